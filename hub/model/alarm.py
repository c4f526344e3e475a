"""Alarms: the flags of OPC UA Part 9, the record of each change, and the fold of those records."""

from enum import IntEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from hub.model.clock import Timestamp
from hub.model.ids import AlarmId, DeviceId, PointId, ZoneId
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


class Transition(Struct, frozen=True, tag="transition"):
    """One change of one alarm; journaled before anyone hears of it.

    (alarm, occurrence, n) is unique and n grows by one within an alarm for ever, across restarts.
    """

    alarm: AlarmId
    occurrence: int
    """Grows by one each time the alarm becomes active from normal; what an acknowledgement names."""
    n: int
    input: str
    """What happened: raise, return, ack, reset, comment, remove."""
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
    hold: str | None = None
    instructions: str | None = None

    @property
    def state(self) -> str:
        """The name people know, derived from the flags (ISA-18.2 A–F)."""
        return state_name(self.active, self.acked, self.latched)


class Alarm(Struct, frozen=True):
    """An alarm as it stands: its last transition, and what its earlier ones said."""

    last: Transition
    since: Timestamp
    """When this occurrence became active."""
    acked_by: str | None = None
    acked_at: Timestamp | None = None
    returned_at: Timestamp | None = None
    comments: int = 0

    @property
    def retained(self) -> bool:
        """Whether a console must show it: not (normal and acknowledged)."""
        t = self.last
        return t.active or t.latched or not t.acked


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
        return Alarm(t, t.at, comments=0 if alarm is None else alarm.comments)
    after = replace(alarm, last=t)
    if t.input == "ack":
        return replace(after, acked_by=t.who, acked_at=t.at)
    if t.input == "return":
        return replace(after, returned_at=t.at)
    if t.input == "raise":
        return replace(after, returned_at=None, acked_by=None, acked_at=None)
    if t.input == "comment":
        return replace(after, comments=alarm.comments + 1)
    return after
