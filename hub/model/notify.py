"""Who is told of an alarm, over which channel and when; and the record of what became of telling them."""

from typing import Any

from msgspec import Struct

from hub.model.alarm import Priority
from hub.model.clock import DAY, SECOND, Timestamp
from hub.model.ids import AlarmId, DeviceId, PointId, ZoneId
from hub.model.text import Text

EVENTS = ("raised", "raised_again", "acknowledged", "returned", "closed", "test")
"""What a message tells of an alarm; `closed` is normal and acknowledged, reset, or removed with its rule."""
UNLESS = ("acknowledged", "returned")
"""What stops a step of an escalation that has not been taken."""
NOBODY = "nobody"
"""What `notify:` of a rule says that tells nobody though its category has an escalation."""
PER_CONTACT = frozenset({"phone", "email", "name", "address"})
"""Placeholders that differ from person to person: a message that holds one is sent to each of them."""
PLACEHOLDERS = PER_CONTACT | {
    "text", "subject", "event", "priority", "category", "rule", "zone", "device", "alarm", "state", "count", "key",
    "time", "site",
}  # fmt: skip
"""What may stand in braces in a message template."""


class Contact(Struct, frozen=True):
    """A person who can be told, and where: address kind (`email`, `phone`, …) → address."""

    id: str
    name: str
    addresses: dict[str, str] = {}


class Roster(Struct, frozen=True):
    """Who is on duty: the contacts named by the events of a calendar file, or `fallback` when it names nobody."""

    id: str
    fallback: tuple[str, ...]
    calendar: str | None = None


class Quiet(Struct, frozen=True):
    """Hours in which messages of some priorities wait: minutes after midnight in the site's time zone."""

    start: int
    end: int
    priorities: frozenset[Priority]


class Channel(Struct, frozen=True):
    """One way out to people or machines."""

    id: str
    type: str
    settings: Any
    """The channel type's own model, secrets resolved."""
    language: str = "vi"
    tells: frozenset[str] = frozenset({"raised"})
    """Which of EVENTS go out; all but `raised` only to those who were told that it was raised."""
    to: tuple[str, ...] = ()
    """Contacts who are always told."""
    each: bool = False
    """One message for each contact."""
    gather: int = 0
    """Nanoseconds in which alarms are gathered into one message; 0: each alarm has its own."""
    by: str = "rule"
    """What alarms of one message share: rule, zone, device, nothing."""
    again: int = 0
    """Nanoseconds after telling of an alarm in which its next occurrence waits; never for fire."""
    give_up: int = DAY
    """Nanoseconds after which an undelivered message is laid in the dead-letter list."""
    quiet: Quiet | None = None


class Step(Struct, frozen=True):
    """One step of an escalation, `after` nanoseconds from when the alarm was raised."""

    to: tuple[str, ...]
    after: int = 0
    who: tuple[str, ...] = ()
    """Contacts and rosters."""
    unless: frozenset[str] = frozenset()
    repeat: int | None = None
    """Nanoseconds after which the step is taken again, unless stopped."""
    times: int = 1
    """How often it is taken at most."""


class Notifying(Struct, frozen=True):
    """Everything a site says about telling people."""

    channels: dict[str, Channel] = {}
    contacts: dict[str, Contact] = {}
    rosters: dict[str, Roster] = {}
    escalations: dict[str, tuple[Step, ...]] = {}
    """What `notify:` of a rule names, else its category; a channel's own name is an escalation of one step."""


class Covered(Struct, frozen=True, array_like=True):
    """One thing that a message tells: of which alarm, which occurrence, and which step or event."""

    alarm: AlarmId
    occurrence: int
    what: str


class Told(Struct, frozen=True):
    """An alarm as a message tells it: as it stood when the message was decided."""

    alarm: AlarmId
    occurrence: int
    n: int
    state: str
    priority: Priority
    category: str
    rule: str
    device: DeviceId
    point: PointId | None
    zone: ZoneId
    text: Text
    at: Timestamp
    """When it came into this state."""
    since: Timestamp
    """When it was raised."""
    cause: dict[str, Any] = {}
    raises: int = 1
    """How often it was raised since it was last told anew."""
    folded: int = 0
    """How many alarms are folded under it."""
    who: str | None = None
    note: str | None = None
    earlier: tuple[tuple[int, Timestamp], ...] = ()
    """Changes (n, at) of this occurrence that the same channel was told before."""


class Delivery(Struct, frozen=True, tag="delivery"):
    """A message to one channel: that it was decided, or what became of an attempt; journaled either way."""

    key: str
    """Names the message for ever; whoever receives it twice knows it by this."""
    channel: str
    outcome: str
    """queued, sent, failed (it is tried again), gave_up (dead-letter list), requeued (by a person)."""
    at: Timestamp
    event: str = "raised"
    to: tuple[str, ...] = ()
    """Contacts; empty for channels with an address of their own."""
    group: str = ""
    """What the gathered alarms share."""
    priority: Priority = Priority.LOW
    """The highest among its alarms."""
    covers: tuple[Covered, ...] = ()
    told: tuple[Told, ...] = ()
    """The alarms it spells out; the others are counted only."""
    attempt: int = 0
    detail: str = ""
    who: str | None = None


MOST_SPELT_OUT = 20
"""Alarms that one message spells out."""
MOST_COVERED = 1000
"""Alarms that one message can speak of; more become a second message."""
URGENT_GATHER = 5 * SECOND
"""A critical alarm is told at once; the next ones of its group wait no longer than this."""
