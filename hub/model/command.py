"""What people ask: operator actions on alarms, commands to devices."""

from typing import Any

from msgspec import Struct

from hub.model.alarm import Alarm, ServiceChange, Transition
from hub.model.clock import SECOND, Timestamp
from hub.model.ids import AlarmId, PointId
from hub.model.reading import Value
from hub.model.rule import Condition
from hub.model.text import Text


class OperatorAction(Struct, frozen=True, tag="operator_action"):
    """A person does something to an alarm. `occurrence` names what they saw; 0 means none was named (comment)."""

    kind: str
    """ack, comment, reset, shelve, unshelve, out_of_service, in_service."""
    alarm: AlarmId
    """Empty for a scope that is named without an alarm."""
    occurrence: int
    who: str
    at: Timestamp
    note: str | None = None
    request: str | None = None
    """The client's own id; the same id twice has the effect of once."""
    until: Timestamp | None = None
    """When the hold ends by itself."""
    once: bool = False
    """Shelve until the condition is normal again."""
    scope: str | None = None
    """What goes out of service: `point:…`, `device:…`, `zone:…`."""


class Outcome(Struct, frozen=True):
    """What became of an action: the transition that was journaled, or why not, and the alarm as it stands."""

    done: Transition | None = None
    refused: str | None = None
    """unknown, conflict, already, not_allowed, not_acknowledged, condition_active, not_held, forbidden, until_invalid,
    until_too_late, not_recorded; None: it was carried out."""
    alarm: Alarm | None = None
    change: ServiceChange | None = None
    """What went out of service or came back."""
    records: tuple[Transition | ServiceChange, ...] = ()
    """What must be journaled; empty for a request that was carried out before."""


class PointValue(Struct, frozen=True):
    """A point and a value of it, in engineering units."""

    point: PointId
    value: Value


class ReadBack(Struct, frozen=True):
    """What shows that a command had its effect: the point holds the value `within` nanoseconds."""

    point: PointId
    value: Value
    within: int = 5 * SECOND


class CommandSpec(Struct, frozen=True):
    """One thing that people may ask of one device, as its profile and its site describe it."""

    name: str
    title: Text
    point: PointId
    value: Value
    """What is written, in engineering units."""
    danger: int = 3
    """0 harmless … 5 endangers life."""
    roles: tuple[str, ...] = ("engineer",)
    select: bool = False
    """Whether it must be selected before it is given."""
    fire: bool = False
    """Whether it acts on fire protection: off by default, selected first, engineers only."""
    allowed: bool = False
    """Whether the site lets it be given to this device."""
    timeout: int = 10 * SECOND
    """Nanoseconds that writing may take."""
    arm: PointValue | None = None
    """What is written immediately before."""
    read_back: ReadBack | None = None
    interlock: Condition | None = None
    """What must hold on the last readings; unknown forbids."""
    confirm: bool = False
    """Whether a second person must confirm it before it is sent."""
    after_fire: int = 0
    """Nanoseconds after a new fire of the same device during which it is refused."""


def is_fire(profile: str, kind: str) -> bool:
    """Tell whether a point of a device belongs to fire protection, by its device's profile or its own kind."""
    return profile.startswith("fire/") or kind.startswith("fire.")


class Selection(Struct, frozen=True):
    """A command that was selected: the token that gives it once, to whoever selected it, until `expires`."""

    token: str
    expires: Timestamp


class Awaiting(Struct, frozen=True):
    """A command that was given and waits for a second person."""

    id: str
    device: str
    name: str
    request: str
    who: str
    note: str
    at: Timestamp
    expires: Timestamp
    """After that it is not sent any more."""


class Command(Struct, frozen=True, tag="command"):
    """A person asks a device to set something; journaled before anything is sent."""

    point: PointId
    value: Value
    who: str
    at: Timestamp
    note: str
    request: str
    """Who asked, a slash, and their own id of it; the same id twice has the effect of once."""
    name: str | None = None
    """Which command of the device; None: the point was written as such."""
    before: Value | None = None
    """The point's last value when it was asked."""
    confirmed_by: str | None = None
    """The second person, where one was needed."""


class CommandResult(Struct, frozen=True, tag="command_result"):
    """What became of a command; journaled before anyone hears of it."""

    request: str
    ok: bool
    detail: str
    at: Timestamp
    outcome: str = ""
    """done, refused (nothing was changed), unknown (look at the device; it is not tried again), awaiting (not sent: it
    waits for a second person)."""
    point: PointId = ""
    who: str = ""
    name: str | None = None
    after: Value | None = None
    """What the read-back saw last."""
    reason: str = ""
    """One word for a refusal or for why nothing is known."""


class SystemNote(Struct, frozen=True, tag="system_note"):
    """Something the hub did or noticed about itself: started, stopped, reloaded, shed load, clock stepped."""

    what: str
    detail: dict[str, Any]
    at: Timestamp
