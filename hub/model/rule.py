"""Rules as values: what the integrator wrote, checked, ready to be compiled by `rules`."""

from msgspec import Struct

from hub.model.alarm import Priority
from hub.model.clock import HOUR, MINUTE, SECOND
from hub.model.playbook import PlayStep
from hub.model.reading import Value
from hub.model.text import Text


class Selector(Struct, frozen=True):
    """Which points or devices a rule or an operand speaks of; all given fields must match. Empty matches nothing.

    `kind`, `profile`, `zone` (the zone and everything in it), `tag`, `device`, `point` (a point's name), `event` (a
    kind of device event: one alarm for each device that can tell it, or with `by` for each value of that attribute).
    """

    kind: str | None = None
    profile: str | None = None
    zone: str | None = None
    tag: str | None = None
    device: str | None = None
    point: str | None = None
    event: str | None = None
    by: str | None = None
    """An attribute of the event; None: the device."""


class Window(Struct, frozen=True):
    """What is made of the recent past of a point, or of the events of a device, before it is compared.

    fold: average, median, min, max, sum, rises, falls, flapping, count, recent, rate, usual. `span`: nanoseconds.
    """

    fold: str
    span: int
    distinct: str | None = None
    """Attribute of an event: only different values of it are counted."""
    where: tuple[tuple[str, "Test"], ...] = ()
    """What attributes of an event must be for it to count."""
    counted: "Test | None" = None
    """For `count` and `recent` of a point: what is counted is this becoming true. None: every reading or event."""
    floor: float = 0.0
    """For `usual`: a usual value below this is not worth comparing with."""


class Expression(Struct, frozen=True):
    """One `expr` as it was written, and which points its names stand for (`value`: the point of `for_each`)."""

    text: str
    names: tuple[tuple[str, Selector | None], ...]


class Test(Struct, frozen=True):
    """One comparison: verb, its operand, deadband, and (inside all/any) which point of the same device.

    verbs: is, is_not, one_of, above, below, outside, stale_for and unchanged_for (operand: nanoseconds), at_least (what
    `rises`, `falls`, `flapping` and `count` ask of their window).
    """

    verb: str
    operand: Value | tuple[Value, ...] | tuple[float, float]
    deadband: float = 0.0
    of: Selector | None = None
    """None: the point that `for_each` selected."""
    over: Window | None = None
    """What of the past is compared instead of the value as it is."""
    in_zone: bool = False
    """Whether `of` looks at every device in the zone of the alarm instead of the alarm's own device."""


class Group(Struct, frozen=True):
    """`all`, `any` (of parts), `not` (of one part), `at_least` (`n` of the parts), and what these make of doubt.

    `sure` counts an unknown part as false. `confirmed` and `unconfirmed` (of a signal and its second source) are the
    two halves of `confirm_with`.
    """

    verb: str
    parts: tuple["Condition", ...]
    n: int = 0
    each: bool = False
    """Whether the one part, a test, stands for a test of every point that its `of` names."""


Condition = Test | Group | Expression


class Hours(Struct, frozen=True):
    """When a rule applies: days of the week (0 Monday … 6 Sunday), from and to in minutes after local midnight.

    `to` at or before `start` is on the following day.
    """

    days: frozenset[int]
    start: int
    to: int


class CamerasBeside(Struct, frozen=True):
    """Which cameras belong to an alarm, and of what time their pictures are kept with it."""

    of: str = "zone"
    """`zone`: those of the alarm's zone and of the zones in it; `device`: those within reach, wherever they are."""
    most: int = 3
    within: float | None = None
    """Metres from the alarm's place."""
    before: int = 5 * SECOND
    after: int = 10 * SECOND

    @property
    def pictured(self) -> bool:
        """Whether pictures are kept at all."""
        return self.before > 0 or self.after > 0


class Rule(Struct, frozen=True):
    """What raises an alarm, for which points, how it behaves, and what it tells the operator."""

    id: str
    category: str
    priority: Priority
    for_each: Selector
    when: Condition
    text: Text
    on_delay: int = 0
    """Nanoseconds the condition must hold before the alarm is active."""
    off_delay: int = 0
    latch: bool = False
    on_bad_quality: str = "hold"
    """`hold`, `alarm` or `normal`: what an unknown condition does."""
    instructions: str | None = None
    playbook: tuple[PlayStep, ...] = ()
    """What is to be done, step by step, where the instructions are a checklist."""
    notify: str | None = None
    folds_under: str | None = None
    """`behind`: shown under the failure of the device that this one is behind."""
    fold_grace: int = MINUTE
    """Nanoseconds after the failure's end for which its consequences stay folded, before they are judged again."""
    max_shelve: int = 8 * HOUR
    """The longest time for which it may be shelved; 0: not at all."""
    realarm_after: int = 0
    """Nanoseconds after which an acknowledged alarm that is still active must be acknowledged again; 0: never."""
    group: str | None = None
    """`device`, `zone` or a name: the group of which the first alarm is marked (first-out)."""
    cameras: CamerasBeside | None = None
    active: Hours | None = None
    """Outside these hours the condition counts as false."""
    mute_during: Condition | Hours | None = None
    """While this is true, or within these hours, its alarms are suppressed by design: evaluated, and not told."""
    mute_at_most: int = 8 * HOUR
    """The longest time, nanoseconds, for which one lasting state of `mute_during` mutes."""
    test_during: Condition | None = None
    """While this is true what is raised is marked TEST, does not latch and is told to nobody outside."""
    origin: str = ""
    """file:line where the rule is written."""
