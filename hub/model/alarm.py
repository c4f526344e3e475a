"""Alarms: the flags of OPC UA Part 9, the record of each change, and the fold of those records."""

from enum import IntEnum, StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from hub.model.clock import Timestamp
from hub.model.ids import AlarmId, DeviceId, PointId, ZoneId, within
from hub.model.text import Text


class Priority(IntEnum):
    """How soon a person must act."""

    CRITICAL = 1
    HIGH = 2
    MEDIUM = 3
    LOW = 4

    @property
    def word(self) -> str:
        """The priority as interfaces write it: `critical`."""
        return self.name.lower()


CATEGORIES = ("fire", "supervisory", "fault", "process", "security", "traffic", "environment", "system")
NEVER_HIDDEN = frozenset({"fire"})
"""Categories whose alarms wait for no delay and can be neither shelved nor suppressed."""


class HoldKind(StrEnum):
    """What may keep an alarm from annunciating; of several the first in this order is shown."""

    OUT_OF_SERVICE = "out_of_service"
    SUPPRESSED = "suppressed"
    SHELVED = "shelved"


class Hold(Struct, frozen=True, omit_defaults=True):
    """One reason why an alarm does not annunciate; it is evaluated all the same. (kind, by) is unique in an alarm."""

    kind: HoldKind
    since: Timestamp
    by: str = ""
    """What holds it: `zone:…`, `device:…`, `point:…` out of service, `alarm:…` it folds under, `mute_during` of
    its rule; empty: it is shelved."""
    until: Timestamp | None = None
    """When it ends by itself; None: when what holds it ends."""
    once: bool = False
    """Shelved until the condition is normal again, and no longer than `until`."""
    who: str | None = None
    why: str | None = None


class ServiceChange(Struct, frozen=True, tag="service_change"):
    """A point, a device or a zone was taken out of service, or put back; every alarm in it is held meanwhile."""

    scope: str
    """`point:…`, `device:…` or `zone:…` (the zone and everything in it)."""
    out: bool
    at: Timestamp
    who: str | None = None
    """None: its time was over."""
    note: str | None = None
    until: Timestamp | None = None
    request: str | None = None

    def covers(self, zone: ZoneId, device: DeviceId, point: PointId | None) -> bool:
        """Tell whether an alarm at this place is held by it."""
        kind, _, name = self.scope.partition(":")
        return within(zone, name) if kind == "zone" else name == (device if kind == "device" else point)


class Transition(Struct, frozen=True, tag="transition"):
    """One change of one alarm; journaled before anyone hears of it.

    (alarm, occurrence, n) is unique and n grows by one within an alarm for ever, across restarts.
    """

    alarm: AlarmId
    occurrence: int
    """Grows by one each time the alarm becomes active from normal; what an acknowledgement names."""
    n: int
    input: str
    """What happened: a word of `rules.machine.Input`."""
    active: bool
    acked: bool
    latched: bool
    priority: Priority
    category: str
    rule: str
    device: DeviceId
    point: PointId | None
    zone: ZoneId
    text: Text
    cause: dict[str, Any]
    """Values and limits that decided: `{"value": 71.5, "above": 60, "unit": "percent"}`."""
    at: Timestamp
    who: str | None = None
    note: str | None = None
    request: str | None = None
    instructions: str | None = None
    holds: tuple[Hold, ...] = ()
    """Why it does not annunciate, oldest first; empty: it does."""
    group: str | None = None
    """The group it belongs to: `device:…`, `zone:…` or a name."""
    first: bool = False
    """Whether it was the first of its group (first-out)."""
    mark: str | None = None
    """`TEST` (its device is under a walk test) or `DRILL`: shown with that word everywhere, told to nobody outside."""
    cameras: tuple[DeviceId, ...] = ()
    """Those that see its place, nearest first."""

    @property
    def state(self) -> str:
        """The name people know, derived from the flags (ISA-18.2 A–F)."""
        return state_name(self.active, self.acked, self.latched)

    @property
    def hold(self) -> str | None:
        """The hold that people are shown: out of service before suppressed before shelved."""
        kinds = {hold.kind for hold in self.holds}
        return next((kind.value for kind in HoldKind if kind in kinds), None)

    @property
    def folded_under(self) -> AlarmId | None:
        """The alarm of which this one is a consequence, while it is folded under it."""
        return next((hold.by.removeprefix("alarm:") for hold in self.holds if hold.by.startswith("alarm:")), None)


class Alarm(Struct, frozen=True):
    """An alarm as it stands: its last transition, and what its earlier ones said."""

    last: Transition
    since: Timestamp
    """When this occurrence became active."""
    acked_by: str | None = None
    acked_at: Timestamp | None = None
    returned_at: Timestamp | None = None
    comments: int = 0
    raised: int = 1
    """How often it was raised since it was last normal and acknowledged."""

    @property
    def retained(self) -> bool:
        """Whether a console must know it: not normal and acknowledged, or shelved."""
        t = self.last
        return t.active or t.latched or not t.acked or any(hold.kind is HoldKind.SHELVED for hold in t.holds)


def state_name(active: bool, acked: bool, latched: bool) -> str:
    """Derive the name of a state: normal, unacknowledged, acknowledged, returned, latched_…"""
    if active:
        return "acknowledged" if acked else "unacknowledged"
    if latched:
        return "latched_acknowledged" if acked else "latched_unacknowledged"
    return "normal" if acked else "returned"


def fold(alarm: Alarm | None, t: Transition) -> Alarm:
    """Return the alarm after one more transition; alarm state is nothing but this fold over the journal."""
    if alarm is None or (t.input == "raise" and t.occurrence != alarm.last.occurrence):
        return _raised(alarm, t)
    after = replace(alarm, last=t)
    match t.input:
        case "ack":
            after = replace(after, acked_by=t.who, acked_at=t.at)
        case "return":
            after = replace(after, returned_at=t.at)
        case "comment":
            after = replace(after, comments=alarm.comments + 1)
        case "raise":
            after = replace(after, returned_at=None, acked_by=None, acked_at=None)
        case _ if not t.acked:
            after = replace(after, acked_by=None, acked_at=None)
    return after


def _raised(alarm: Alarm | None, t: Transition) -> Alarm:
    if alarm is None:
        return Alarm(t, t.at)
    known = alarm.last
    standing = known.active or known.latched or not known.acked
    return Alarm(t, t.at, comments=alarm.comments, raised=alarm.raised + 1 if standing else 1)
