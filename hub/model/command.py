"""What people ask: operator actions on alarms, commands to devices."""

from typing import Any

from msgspec import Struct

from hub.model.alarm import Alarm, Transition
from hub.model.clock import Timestamp
from hub.model.ids import AlarmId, PointId
from hub.model.reading import Value


class OperatorAction(Struct, frozen=True, tag="operator_action"):
    """A person does something to an alarm. `occurrence` names what they saw; 0 means none was named (comment)."""

    kind: str
    """ack, comment, reset."""
    alarm: AlarmId
    occurrence: int
    who: str
    at: Timestamp
    note: str | None = None
    request: str | None = None
    """The client's own id; the same id twice has the effect of once."""


class Outcome(Struct, frozen=True):
    """What became of an action: the transition that was journaled, or why not, and the alarm as it stands."""

    done: Transition | None = None
    refused: str | None = None
    """unknown, conflict, already, not_allowed, not_acknowledged, condition_active, not_recorded."""
    alarm: Alarm | None = None


class Command(Struct, frozen=True, tag="command"):
    """A person asks a device to set something."""

    point: PointId
    value: Value
    who: str
    at: Timestamp
    note: str
    request: str


class CommandResult(Struct, frozen=True, tag="command_result"):
    """What became of a command."""

    request: str
    ok: bool
    detail: str
    at: Timestamp


class SystemNote(Struct, frozen=True, tag="system_note"):
    """Something the hub did or noticed about itself: started, stopped, reloaded, shed load, clock stepped."""

    what: str
    detail: dict[str, Any]
    at: Timestamp
