"""Devices, their points, and how healthy they are."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import force_setattr

from hub.model.clock import SECOND, Timestamp
from hub.model.command import CommandSpec
from hub.model.ids import DeviceId, PointId, ZoneId
from hub.model.kinds import EVENT_KINDS
from hub.model.lane import Lane
from hub.model.reading import Value
from hub.model.text import Text


class Point(Struct, frozen=True):
    """One quantity of one device: what its number means (ours) and where it lives (the driver's `address`)."""

    id: PointId
    device: DeviceId
    name: str
    title: Text
    kind: str
    zone: ZoneId
    lane: Lane
    unit: str | None = None
    type: str = "float"
    """`bool`, `int`, `float` or `text`: the type of the value after normalising."""
    address: Any = None
    """The driver's own address model; None for the hub's own points (`$health`)."""
    scale: float = 1.0
    offset: float = 0.0
    mapping: dict[str, Value] | None = None
    """Raw value (as text) → value; a raw value that is missing here is undecodable."""
    invert: bool = False
    range: tuple[float, float] | None = None
    """What is normal to see; outside it the quality is uncertain, out_of_range."""
    deadband: float = 0.0
    """A change no greater than this (in `unit`) is not reported."""
    interval: int | None = None
    """Nanoseconds between scans of this point; None: the device's."""
    stale_after: int | None = None
    """Nanoseconds without a refresh after which the value is uncertain, stale."""
    writable: bool = False
    tags: frozenset[str] = frozenset()


class EventMap(Struct, frozen=True):
    """Which message of a device is which device event; `address` and `attributes` are the driver's own language."""

    name: str
    kind: str
    address: Any
    attributes: dict[str, str] = {}
    lane: Lane = Lane.BULK


class FoundRow(Struct, frozen=True):
    """A row of a device's table, told apart from the others by what the device calls it."""

    label: str
    nth: int = 1
    """Which of several rows with this label, in the device's own order."""
    by: str = ""
    """Where the label stands, in the driver's words; empty: where the driver looks first."""


class FoundGroup(Struct, frozen=True):
    """Points that a device itself names: a set for each row of one of its tables, found while the hub runs."""

    name: str
    address: Any
    """The driver's own model: which table, and what its rows are called by."""
    most: int
    """Rows that are taken, those that are gone included."""
    every: int
    """Nanoseconds between two looks whether rows have come or gone."""
    each: int
    """Points of a row."""
    points: Callable[[str, FoundRow], tuple[Point, ...]]
    """Make the points of a row from the word that their names have in common."""
    simulated: tuple[str, ...] = ()
    """What the rows of a simulated device are called."""


class Device(Struct, frozen=True):
    """One thing spoken to over one connection, with everything its driver and the rules need."""

    id: DeviceId
    title: Text
    profile: str
    driver: str
    zone: ZoneId
    connection: Any
    """The driver's own connection model, secrets resolved."""
    points: tuple[Point, ...]
    events: tuple[EventMap, ...] = ()
    commands: tuple[CommandSpec, ...] = ()
    interval: int = SECOND
    timeout: int = 3 * SECOND
    silent_after: int | None = None
    """For devices that report by themselves: nanoseconds without a word after which they are offline."""
    behind: DeviceId | None = None
    tags: frozenset[str] = frozenset()
    at: tuple[float, float] | None = None
    enabled: bool = True
    parameters: dict[str, Value] = {}
    limits: dict[str, Any] = {}
    """What the profile says of the device's limits (largest read, forbidden ranges), for the driver."""
    origin: str = ""
    """file:line where the device is described."""
    unknown_states: tuple[str, ...] = ()
    """Kinds that its protocol cannot tell, as its profile says."""
    found: tuple[FoundGroup, ...] = ()
    """Points that may come while the hub runs."""
    sees: bool = False
    """Whether its driver can fetch pictures of what it sees."""


MADE_OF = {
    "traffic.passage": (
        "traffic.passage", "traffic.violation", "traffic.wrong_way_driver", "traffic.watch_list",
    ),
}  # fmt: skip
"""Kind of events that a device tells → kinds that the hub makes of them (hub.passing)."""


HEARD = {"snmp-trap": "snmp"}
"""Driver of a receiver → driver of the devices that it hears."""


def tellers(devices: Mapping[DeviceId, Device], kind: str) -> frozenset[DeviceId]:
    """Return the devices that can tell events of a kind: those whose profile says so, and those of the same driver.

    A receiver of traps knows the kinds, and the events are filed under the device that sent them: any that speaks SNMP,
    and those that the receiver's `sources` name.
    """
    own = {d.id for d in devices.values() if any(kind in MADE_OF.get(e.kind, (e.kind,)) for e in d.events)}
    drivers = {devices[device].driver for device in own} - {""}
    drivers |= {HEARD[driver] for driver in drivers if driver in HEARD}
    sources = {source for device in own for source in getattr(devices[device].connection, "sources", ())}
    return frozenset(own | sources & devices.keys() | {d.id for d in devices.values() if d.driver in drivers})


class DeviceState(StrEnum):
    """Health of a device."""

    WAITING = "waiting"
    ONLINE = "online"
    DEGRADED = "degraded"
    OFFLINE = "offline"
    OUT_OF_SERVICE = "out_of_service"


class DeviceChange(Struct, frozen=True, tag="device_change"):
    """A device's health changed. `reason` is one word, `detail` the sentence for the maintainer."""

    device: DeviceId
    state: DeviceState
    reason: str
    detail: str
    at: Timestamp


class DeviceStatus(Struct, frozen=True):
    """A device's health as it stands."""

    device: DeviceId
    state: DeviceState
    reason: str
    detail: str
    since: Timestamp
    last_heard: Timestamp | None


class DeviceEvent(Struct, frozen=True, tag="device_event"):
    """Something that happened at a device at an instant (a plate passage, a trap, a line crossed)."""

    device: DeviceId
    kind: str
    attributes: dict[str, Value | None]
    source_time: Timestamp | None
    hub_time: Timestamp
    dedupe_key: str | None = None
    lane: Lane = Lane.BULK
    """Where nobody says another, the lane of its kind."""

    def __post_init__(self) -> None:
        if self.lane is Lane.BULK and (kind := EVENT_KINDS.get(self.kind)) is not None:
            force_setattr(self, "lane", kind.lane)


class Stray(Struct, frozen=True, tag="stray"):
    """Input that could not be understood, kept for people to look at (the quarantine)."""

    device: DeviceId
    source: str
    """Where it came from in the protocol's words: a topic, a register range."""
    reason: str
    body: bytes
    """At most 4 KiB of it."""
    at: Timestamp
