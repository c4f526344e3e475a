"""One rule at one place: its tests wired to points, what they say together, and the delay that is running."""

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from hub.model import SECOND, AlarmId, DeviceEvent, Point, Reading, Rule, Test, Value
from hub.model.masking import masked
from rules.binding import Anchor
from rules.condition import AGE, Judge, Verdict, judge
from rules.hours import Gate
from rules.logic import Truth
from rules.pasts import Lens
from rules.timers import Waiting

_UNKNOWN_MEANS: dict[str, bool | None] = {"hold": None, "alarm": True, "normal": False}


class Wire(Waiting):
    """One test of one alarm, listening to one point or to the events of a device.

    Its deadline is when time alone makes it true (`stale_for`), or may change what its window says.

    `heard` is false while nothing was said that a rule may act on: before the first reading of this run, and while the
    point is out of service or not programmed. Then the alarm holds, whatever `on_bad_quality` says.
    """

    __slots__ = (
        "event", "heard", "index", "instance", "judge", "key", "last", "lens", "point", "reading", "span", "test",
        "truth",
    )  # fmt: skip

    def __init__(self, instance: "Instance", index: int, test: Test, point: Point | None) -> None:
        super().__init__()
        self.instance = instance
        self.index = index
        self.test = test
        self.point = point
        over = "" if test.over is None else f" {test.over}"
        self.key = f"{index} {test.verb} {test.operand} {test.deadband} {'' if point is None else point.id}{over}"
        """Names the test across restarts: a test that was edited remembers nothing."""
        self.judge: Judge = _ageless if test.verb == AGE else judge(test)
        self.span = int(test.operand) if test.verb == AGE and isinstance(test.operand, (int, float)) else 0
        self.truth: Truth = None
        self.last: Truth = None
        """The last truth that was not unknown."""
        self.event: DeviceEvent | None = None
        """The last event that counted."""
        of_events = instance.rule.for_each.event is not None and test.over is not None and test.of is None
        self.lens = None if test.over is None else Lens(test, of_events, "" if point is None else point.kind)
        """The window that it looks through; None: the value as it is."""
        self.heard = of_events
        self.reading: Reading | None = None

    @property
    def value(self) -> Value | None:
        """The last value heard, whatever its quality; None for what JSON cannot carry (NaN)."""
        value = None if self.reading is None else self.reading.value
        return None if isinstance(value, float) and not isfinite(value) else value

    @property
    def hears_events(self) -> bool:
        """Whether it listens to a device's events instead of a point."""
        return self.lens is not None and self.test.of is None and self.instance.rule.for_each.event is not None

    def cause(self) -> dict[str, Any]:
        """Return value, limit and unit, as the alarm shows them; quality and reason when they are not good."""
        operand = self.test.operand
        said: dict[str, Any] = {"value": self.value}
        if self.test.verb == AGE:
            said["stale_for_s"] = self.span / SECOND
        elif self.test.verb != "value":
            said[self.test.verb] = list(operand) if isinstance(operand, tuple) else operand
        if self.lens is not None:
            said |= self._seen_through(self.lens)
        if self.test.deadband:
            said["deadband"] = self.test.deadband
        if self.point is not None and self.point.unit is not None:
            said["unit"] = self.point.unit
        if self.reading is not None and self.reading.quality:
            said |= {"quality": self.reading.quality.name.lower(), "reason": self.reading.reason.word}
        return said

    def _seen_through(self, lens: Lens) -> dict[str, Any]:
        """Return what the window said, its name and span; of an event only what the rule itself asks for."""
        window = lens.window
        said: dict[str, Any] = {"over": window.fold, "span_s": window.span / SECOND, "seen": lens.seen}
        if self.event is not None:
            asked = [name for name, _ in window.where] + ([window.distinct] if window.distinct else [])
            said["event"] = masked({name: self.event.attributes.get(name) for name in asked})
        return said


def _ageless(value: Value | None, last: Truth) -> Truth:  # noqa: ARG001 - the shape of every judge
    return None


class Circuit(Struct, frozen=True):
    """The condition of a rule at one place, compiled: its tests, and the closures that judge them together."""

    tests: tuple[Test, ...]
    when: Verdict
    own: int
    """How many of the tests are those of `when`; then come those of `test_during`."""
    tried: int
    """Where the tests of `mute_during` begin."""
    trial: Verdict | None = None
    mute: Verdict | None = None


class Instance(Waiting):
    """One alarm to be: a rule at an anchor. Its deadline is the end of the on-delay or off-delay that is running."""

    __slots__ = ("active", "anchor", "born", "circuit", "gate", "id", "marked", "rule", "truths", "wires")

    def __init__(self, rule: Rule, anchor: Anchor, circuit: Circuit, points: Sequence[Point | None]) -> None:
        super().__init__()
        self.rule = rule
        self.anchor = anchor
        self.id: AlarmId = f"{rule.id}:{anchor.id}"
        self.circuit = circuit
        self.active = False
        self.marked = False
        """Whether the alarm that is active was raised under test."""
        self.born: Callable[[Instance], None] | None = None
        """Who wants to know that it is raised."""
        self.gate: Gate | None = None
        """The hours of the rule; None: always."""
        self.truths: list[Truth] = [None] * len(circuit.tests)
        pairs = zip(circuit.tests, points, strict=True)
        self.wires = [Wire(self, i, test, point) for i, (test, point) in enumerate(pairs)]

    @property
    def delay(self) -> int:
        """Nanoseconds that must pass before the alarm leaves the side it is on."""
        return self.rule.off_delay if self.active else self.rule.on_delay

    @property
    def under_test(self) -> bool:
        """Whether its place is known to be under test: what is raised now is marked TEST."""
        trial = self.circuit.trial
        return trial is not None and trial(self.truths) is True

    @property
    def test_over(self) -> bool:
        """Whether what was raised under test is real by now; not before it was heard whether the test goes on."""
        heard = all(wire.heard for wire in self.wires[self.circuit.own : self.circuit.tried])
        return self.marked and self.active and heard and not self.under_test

    @property
    def muting(self) -> Truth:
        """Whether the state of `mute_during` is on."""
        return None if self.circuit.mute is None else self.circuit.mute(self.truths)

    @property
    def mute_heard(self) -> bool:
        """Whether everything was heard that `mute_during` asks."""
        return all(wire.heard for wire in self.wires[self.circuit.tried :])

    def wanted(self) -> bool | None:
        """Return whether the alarm should be active; None: it holds as it is."""
        if self.gate is not None and not self.gate.open:
            return False
        truth = self.circuit.when(self.truths)
        if truth is not None or not all(wire.heard for wire in self.wires[: self.circuit.own]):
            return truth
        return _UNKNOWN_MEANS[self.rule.on_bad_quality]

    def value(self) -> Value | None:
        """Return the value that `{value}` stands for: the anchor's, else that of the first test."""
        own = (w for w in self.wires if w.point is not None and w.point == self.anchor.point)
        wire = next(own, self.wires[0] if self.wires else None)
        if wire is None:
            return None
        lens = wire.lens
        if lens is not None and lens.is_index:
            return None if lens.seen is None else int(lens.seen)
        return lens.seen if lens is not None and wire.hears_events else wire.value

    def event(self) -> DeviceEvent | None:
        """Return the last event that counted; of events that have no alarm of their own not whose it was."""
        event, by = next((w.event for w in self.wires if w.event is not None), None), self.rule.for_each.by
        if event is None or by is None or self.anchor.key != "*":
            return event
        return replace(event, attributes=event.attributes | {by: "*"})

    def cause(self) -> dict[str, Any]:
        """Return the values and limits that decided: flat for one test, a list `tests` for a group."""
        wires = self.wires[: self.circuit.own]
        if len(wires) == 1 and isinstance(self.rule.when, Test):
            by = self.rule.for_each.by
            return wires[0].cause() if by is None else {"by": by, "key": self.anchor.key, **wires[0].cause()}
        tests = [{"point": "" if w.point is None else w.point.name, **w.cause(), "holds": w.truth} for w in wires]
        return {"value": self.value(), "tests": tests}
