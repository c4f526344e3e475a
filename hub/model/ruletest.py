"""Rule tests as values: what `*.test.yaml` says, checked, ready to be run on a virtual clock by `rules.testing`."""

from msgspec import Struct

from hub.model.alarm import Priority
from hub.model.clock import Timestamp
from hub.model.ids import AlarmId, DeviceId, PointId
from hub.model.reading import Reason, Value

STATES = ("active", "latched", "returned", "normal")
"""What a test may expect of an alarm; whether it is acknowledged is asked besides."""


class Expected(Struct, frozen=True):
    """One alarm that must be shown; None is not asked. `normal` says that it must not be shown."""

    alarm: AlarmId
    state: str
    acked: bool | None = None
    priority: Priority | None = None
    mark: str | None = None
    """`TEST`: raised under test."""
    hold: str | None = None
    """What it is held by: shelved, suppressed, out_of_service; none: by nothing."""
    under: AlarmId | None = None
    """The alarm that it is folded under."""
    first: bool | None = None
    """Whether it is the first of its group."""
    acked_by: str | None = None


class Action(Struct, frozen=True):
    """What a person does to the present occurrence of an alarm, and the word of the refusal that is expected."""

    kind: str
    """ack, reset, comment, shelve, unshelve, out_of_service, in_service."""
    alarm: AlarmId
    refused: str | None = None
    who: str | None = None
    """None: the test itself."""
    note: str | None = None
    lasting: Timestamp | None = None
    """Nanoseconds until a hold ends by itself; None: none is named."""
    once: bool = False
    scope: str | None = None
    """What goes out of service: point, device, zone."""


class Step(Struct, frozen=True):
    """What happens at one instant, in this order: values, qualities, events, actions; then what must be shown."""

    at: Timestamp
    """Nanoseconds since the test began."""
    values: tuple[tuple[PointId, Value], ...] = ()
    qualities: tuple[tuple[PointId, Reason], ...] = ()
    events: tuple[tuple[DeviceId, str, dict[str, Value | None]], ...] = ()
    """Device, kind and attributes of what happens."""
    actions: tuple[Action, ...] = ()
    expected: tuple[Expected, ...] | None = None
    """Every alarm that must be shown, no more and no less; None: nothing is asked."""
    origin: str = ""
    """file:line of the step."""


class RuleTest(Struct, frozen=True):
    """One story: steps in order of time."""

    name: str
    steps: tuple[Step, ...]
    origin: str = ""
    """file:line of the test."""
    start: int | None = None
    """Minutes after local midnight of a Tuesday at which it begins; None: it does not matter."""
