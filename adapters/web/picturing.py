"""What the interfaces say of the pictures that are kept with an alarm."""

from pydantic import Field

from adapters.web.wire import Wire


class PictureRow(Wire):
    """One picture; its bytes are at `/pictures/{camera}/{key}.jpg`, with the alarm and its occurrence."""

    camera: str
    key: str = Field(description="Names the picture among those of its camera.")
    at: str = Field(description="When the hub had it in full; the camera's own clock is in the picture.")
    size: int = Field(description="Bytes.")


class PicturesAnswer(Wire):
    """The pictures of one occurrence of an alarm, camera by camera, oldest first."""

    alarm: str
    occurrence: int
    cameras: list[str] = Field(description="Those that were asked, nearest first; none: it asked for no pictures.")
    start: str | None = Field(description="From when on pictures are kept; null: none were asked for.")
    end: str | None
    complete: bool = Field(description="No more will come.")
    items: list[PictureRow]
