"""One rule at one place: its tests wired to points, what they say together, and the delay that is running."""

from collections.abc import Sequence
from math import isfinite
from typing import Any

from hub.model import SECOND, AlarmId, Point, Reading, Rule, Test, Value
from rules.binding import Anchor
from rules.condition import AGE, Judge, Truth, Verdict, judge
from rules.timers import Waiting

_UNKNOWN_MEANS: dict[str, bool | None] = {"hold": None, "alarm": True, "normal": False}


class Wire(Waiting):
    """One test of one alarm, listening to one point. Its deadline is used by `stale_for` alone.

    `heard` is false while nothing was said that a rule may act on: before the first reading of this run, and while the
    point is out of service or not programmed. Then the alarm holds, whatever `on_bad_quality` says.
    """

    __slots__ = ("heard", "index", "instance", "judge", "key", "last", "point", "reading", "span", "test", "truth")

    def __init__(self, instance: "Instance", index: int, test: Test, point: Point | None) -> None:
        super().__init__()
        self.instance = instance
        self.index = index
        self.test = test
        self.point = point
        self.key = f"{index} {test.verb} {test.operand} {test.deadband} {'' if point is None else point.id}"
        """Names the test across restarts: a test that was edited remembers nothing."""
        self.judge: Judge = _ageless if test.verb == AGE else judge(test)
        self.span = int(test.operand) if test.verb == AGE and isinstance(test.operand, (int, float)) else 0
        self.truth: Truth = None
        self.last: Truth = None
        """The last truth that was not unknown."""
        self.heard = False
        self.reading: Reading | None = None

    @property
    def value(self) -> Value | None:
        """The last value heard, whatever its quality; None for what JSON cannot carry (NaN)."""
        value = None if self.reading is None else self.reading.value
        return None if isinstance(value, float) and not isfinite(value) else value

    def cause(self) -> dict[str, Any]:
        """Return value, limit and unit, as the alarm shows them; quality and reason when they are not good."""
        operand = self.test.operand
        said: dict[str, Any] = {"value": self.value}
        if self.test.verb == AGE:
            said["stale_for_s"] = self.span / SECOND
        else:
            said[self.test.verb] = list(operand) if isinstance(operand, tuple) else operand
        if self.test.deadband:
            said["deadband"] = self.test.deadband
        if self.point is not None and self.point.unit is not None:
            said["unit"] = self.point.unit
        if self.reading is not None and self.reading.quality:
            said |= {"quality": self.reading.quality.name.lower(), "reason": self.reading.reason.word}
        return said


def _ageless(value: Value | None, last: Truth) -> Truth:  # noqa: ARG001 - the shape of every judge
    return None


class Instance(Waiting):
    """One alarm to be: a rule at an anchor. Its deadline is the end of the on-delay or off-delay that is running."""

    __slots__ = ("active", "anchor", "id", "rule", "truths", "verdict", "wires")

    def __init__(
        self, rule: Rule, anchor: Anchor, tests: Sequence[tuple[Test, Point | None]], verdict: Verdict
    ) -> None:
        super().__init__()
        self.rule = rule
        self.anchor = anchor
        self.id: AlarmId = f"{rule.id}:{anchor.id}"
        self.verdict = verdict
        self.active = False
        self.truths: list[Truth] = [None] * len(tests)
        self.wires = [Wire(self, i, test, point) for i, (test, point) in enumerate(tests)]

    @property
    def delay(self) -> int:
        """Nanoseconds that must pass before the alarm leaves the side it is on."""
        return self.rule.off_delay if self.active else self.rule.on_delay

    def wanted(self) -> bool | None:
        """Return whether the alarm should be active; None: it holds as it is."""
        truth = self.verdict(self.truths)
        if truth is not None or not all(wire.heard for wire in self.wires):
            return truth
        return _UNKNOWN_MEANS[self.rule.on_bad_quality]

    def value(self) -> Value | None:
        """Return the value that `{value}` stands for: the anchor's, else that of the first test."""
        own = (w for w in self.wires if w.point is not None and w.point == self.anchor.point)
        wire = next(own, self.wires[0] if self.wires else None)
        return None if wire is None else wire.value

    def cause(self) -> dict[str, Any]:
        """Return the values and limits that decided: flat for one test, a list `tests` for a group."""
        if len(self.wires) == 1 and self.wires[0].test is self.rule.when:
            return self.wires[0].cause()
        tests = [{"point": "" if w.point is None else w.point.name, **w.cause(), "holds": w.truth} for w in self.wires]
        return {"value": self.value(), "tests": tests}
