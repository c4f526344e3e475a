"""Figures: published numbers with a definition, a window and a coverage."""

from msgspec import Struct

from hub.model.ids import DeviceId, PointId
from hub.model.reading import Value
from hub.model.text import Text


class FigureSpec(Struct, frozen=True):
    """How a figure is made: of what, put together how, over which window, compared with which."""

    id: str
    title: Text
    aggregate: str
    """`mean`, `min`, `max`, `sum`, `count`, `good_share`."""
    window: str
    """`hour`, `day`, `week`, `month`, in the site's time zone."""
    compare: str
    """`none`, `previous`, or `day`, `week`, `year`: the same window so much earlier."""
    points: tuple[PointId, ...] = ()
    """Of these points; none: of device events."""
    devices: tuple[DeviceId, ...] = ()
    event: str | None = None
    attribute: str | None = None
    where: dict[str, Value] = {}
    """Attributes that an event must have to count."""
    unit: str | None = None
    divide: float = 1.0
    """The result is divided by it: a sum of hourly rates, told each minute, by 60 is a number of vehicles."""
    tolerance: float = 0.05
    """The coverages of two windows may differ by so much."""
    least: float = 0.5
    """Below this coverage nothing is compared."""
