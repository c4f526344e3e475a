"""A site as checked values: everything the YAML said, ready to run."""

from msgspec import Struct

from hub.model.device import Device, Point
from hub.model.figure import FigureSpec
from hub.model.ids import DeviceId, PointId, ZoneId
from hub.model.looking import Guarded
from hub.model.notify import Notifying
from hub.model.rule import Rule
from hub.model.text import Text


class Zone(Struct, frozen=True):
    """A place, of any size, inside its parent place."""

    id: ZoneId
    title: Text
    parent: ZoneId | None = None
    at: tuple[float, float] | None = None
    outline: str | None = None
    """A GeoJSON file of the site, relative to its folder."""
    instructions: str | None = None


class WebSettings(Struct, frozen=True):
    """Where the console and the interfaces listen."""

    host: str = "127.0.0.1"
    port: int = 8080
    cert: str | None = None
    key: str | None = None


class StoreSettings(Struct, frozen=True):
    """Which database, and how long each class is kept (nanoseconds)."""

    url: str = "embedded"
    keep: dict[str, int] = {}


class Site(Struct, frozen=True):
    """One site: its zones, devices, rules and settings."""

    id: str
    title: Text
    timezone: str
    language: str
    folder: str
    web: WebSettings
    store: StoreSettings
    zones: dict[ZoneId, Zone]
    devices: dict[DeviceId, Device]
    points: dict[PointId, Point]
    """Every point of every device, the hub's own (`$health`) included."""
    rules: tuple[Rule, ...]
    map: str | None = None
    """A GeoJSON file with the site's outlines, relative to its folder."""
    notifying: Notifying = Notifying()
    figures: tuple[FigureSpec, ...] = ()
    """Published numbers."""
    guarded: Guarded = Guarded()
    """Who may look at whole plates, and which are looked for."""
    operators: int = 1
    """How many people watch the alarms at a time: a flood is judged for each of them."""
