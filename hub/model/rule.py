"""Rules as values: what the integrator wrote, checked, ready to be compiled by `rules`."""

from typing import Any

from msgspec import Struct

from hub.model.alarm import Priority
from hub.model.reading import Value
from hub.model.text import Text


class Selector(Struct, frozen=True):
    """Which points or devices a rule or an operand speaks of; all given fields must match. Empty matches nothing.

    `kind`, `profile`, `zone` (the zone and everything in it), `tag`, `device`, `point` (a point's name).
    """

    kind: str | None = None
    profile: str | None = None
    zone: str | None = None
    tag: str | None = None
    device: str | None = None
    point: str | None = None


class Test(Struct, frozen=True):
    """One comparison: verb, its operand, deadband, and (inside all/any) which point of the same device.

    verbs: is, is_not, one_of, above, below, outside, stale_for (operand: nanoseconds).
    """

    verb: str
    operand: Value | tuple[Value, ...] | tuple[float, float]
    deadband: float = 0.0
    of: Selector | None = None
    """None: the point that `for_each` selected."""


class Group(Struct, frozen=True):
    """`all`, `any` (of parts) or `not` (of one part)."""

    verb: str
    parts: tuple["Condition", ...]


Condition = Test | Group


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
    notify: str | None = None
    folds_under: str | None = None
    cameras: dict[str, Any] = {}
    origin: str = ""
    """file:line where the rule is written."""
