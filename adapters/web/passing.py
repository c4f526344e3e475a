"""What the interfaces say of passages: plates masked for everybody, whole for who may look and says why."""

from typing import Annotated

from pydantic import AfterValidator, Field

from adapters.web.wire import Wire
from hub.model.masking import masked_text

MOST_LOOKED = 200


class PassageRow(Wire):
    """One vehicle passing once."""

    id: str
    time: str = Field(description="When it was read first.")
    device: str
    zone: str
    site: str = Field(description="Where passes are counted once: the device, or a place that several share.")
    lane: str = Field(description="As the camera calls it; empty: it does not say.")
    direction: str | None
    class_: str = Field(alias="class", description="car, motorcycle, bus, truck, bicycle, other, unknown.")
    colour: str | None
    make: str | None
    speed: float | None = Field(description="km/h.")
    limit: float | None = Field(description="The speed that was allowed, km/h.")
    violation: str | None
    plate: str | None = Field(description="Masked (20A-***.45); null: not read, or no longer kept.")
    plate_kind: str
    region: str | None = Field(description="Province code of a Vietnamese plate.")
    country: str | None
    confidence: float | None = Field(description="0 to 1.")
    reads: int = Field(description="How many looks of cameras were merged.")


class LookedRow(PassageRow):
    """A passage as it is seen by who may look; `plate` is whole here."""

    plate: str | None = Field(description="Letters and digits.")
    plate_read: str | None = Field(description="As the camera wrote it.")
    listed: str | None = Field(description="What the camera's own list says of it.")
    picture: str | None = Field(description="Where the picture is, in the camera's words.")


class PassagePage(Wire):
    """Passages, newest first; `next` is the `before` of the following page."""

    items: list[PassageRow]
    next: str | None


class LookedPage(Wire):
    """Passages with whole plates; the journal has who looked and why."""

    items: list[LookedRow]
    next: str | None


class LookRequest(Wire):
    """Look at whole plates; the purpose is kept in the journal."""

    purpose: Annotated[str, Field(min_length=8, max_length=500), AfterValidator(masked_text)]
    plate: str | None = Field(
        default=None, min_length=4, max_length=24, description="Only this one, with or without dashes."
    )
    ids: list[str] = Field(default=[], max_length=MOST_LOOKED, description="Only these passages.")
    device: str | None = Field(default=None, max_length=100)
    zone: str | None = Field(default=None, max_length=200, description="A zone, with everything inside it.")
    lane: str | None = Field(default=None, max_length=40)
    class_: str | None = Field(default=None, alias="class", max_length=40)
    violation: str | None = Field(default=None, max_length=40, description="A kind, or any.")
    start: str | None = Field(default=None, alias="from", description="ISO 8601; a day before `to` when missing.")
    end: str | None = Field(default=None, alias="to", description="ISO 8601; now when missing.")
    before: str | None = Field(default=None, max_length=100)
    limit: int = Field(default=100, ge=1, le=MOST_LOOKED)
