"""What is known of telling people: a pure fold of journaled transitions and deliveries, kept across restarts.

Nothing here decides or sends. What a message was decided for is in its journaled record, so after a crash the same
records give the same state, whenever and in whatever portions they are read.
"""

from collections.abc import Iterator

from msgspec import Struct, field

from hub.model import AlarmId, Timestamp, Transition
from hub.model.notify import Delivery


class Due(Struct):
    """Something that a channel is to be told about an alarm, for which no message was decided yet."""

    at: Timestamp
    what: str
    """Unique within the alarm: `n.step.round` of an escalation, or `event.n`."""
    event: str
    channel: str
    who: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    repeat: int | None = None
    left: int = 0
    """How often it is taken after this time."""
    seen: Transition | None = None
    """The change that is told; None: the alarm as it stands when it is told."""
    people: tuple[str, ...] = ()
    """Of an occurrence that is over: who was told there that it was raised."""
    earlier: list[tuple[int, Timestamp]] = field(default_factory=list)
    """Of an occurrence that is over: what the channel was told of it."""


class Followed(Struct):
    """An alarm that somebody is or was told of."""

    last: Transition
    since: Timestamp
    begun: int = 0
    """`n` of the transition with which telling of this occurrence began; 0: it has not."""
    raises: int = 0
    due: list[Due] = field(default_factory=list)
    heard: dict[str, list[tuple[int, Timestamp]]] = field(default_factory=dict)
    """Channel → which changes of this occurrence it was told."""
    people: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Channel → who was told there of this occurrence."""
    told_at: dict[str, Timestamp] = field(default_factory=dict)
    """Channel → when it was last told that this alarm was raised, in any occurrence."""


class Parcel(Struct):
    """A message that was decided and has not been delivered."""

    delivery: Delivery
    attempts: int = 0
    next: Timestamp = 0
    """When it may be tried."""
    error: str = ""
    since: Timestamp = 0
    """From when giving up is counted."""


class Health(Struct):
    """How a channel fares."""

    sent: int = 0
    failed: int = 0
    gave_up: int = 0
    in_a_row: int = 0
    """Failures since the last success."""
    failing_since: Timestamp | None = None
    detail: str = ""
    last_sent: Timestamp | None = None
    not_before: Timestamp = 0
    """When the channel may be tried again."""


class Ledger(Struct):
    """Everything that is known of telling people, JSON-ready."""

    alarms: dict[AlarmId, Followed] = field(default_factory=dict)
    folded: dict[AlarmId, AlarmId] = field(default_factory=dict)
    """Alarm → the alarm it is folded under."""
    groups: dict[str, Timestamp] = field(default_factory=dict)
    """Group of a channel → when its last message was decided."""
    outbox: dict[str, Parcel] = field(default_factory=dict)
    dead: dict[str, Parcel] = field(default_factory=dict)
    health: dict[str, Health] = field(default_factory=dict)
    forgotten: int = 0
    """Messages that fell off the end of the dead-letter list."""


def waiting(ledger: Ledger, channel: str) -> Iterator[Parcel]:
    """Yield the messages of a channel that are not delivered."""
    return (parcel for parcel in ledger.outbox.values() if parcel.delivery.channel == channel)
