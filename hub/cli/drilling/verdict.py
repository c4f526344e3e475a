"""What became of a drill: each expected alarm judged by what consoles heard, and every alarm that nobody expected."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from hub.model import HOUR, MINUTE, SECOND, AlarmId, Record, SystemNote, Text, Transition
from rules.book import DRILL, TEST
from rules.flood import BEGAN
from simulators.timeline import Expectation, Scenario

Heard = tuple[int, Record]
"""When, in nanoseconds after the start, and what."""


class Outcome(Struct, frozen=True):
    """One thing that was expected."""

    expected: Expectation
    failure: Text | None
    """Why it was not met; None: it was."""
    raised: int | None = None
    """When the alarm was first raised, nanoseconds after the start."""
    text: Text | None = None

    @property
    def latency(self) -> int | None:
        """From its cause to its alarm, in nanoseconds."""
        return None if self.raised is None else self.raised - self.expected.after


class Unexpected(Struct, frozen=True):
    """An alarm that was raised and that no expectation names; `allowed` says why it may come."""

    alarm: AlarmId
    at: int
    text: Text
    allowed: Text | None = None


class Verdict(Struct, frozen=True):
    """The judgement of one drill."""

    outcomes: tuple[Outcome, ...]
    unexpected: tuple[Unexpected, ...] = ()
    faults: tuple[Text, ...] = ()
    """What else was wrong: a flood that was not to be, an alarm that was not marked."""

    @property
    def passed(self) -> bool:
        """Whether everything was as expected, and nothing came that was not."""
        return not self.faults and not self.strangers and all(o.failure is None for o in self.outcomes)

    @property
    def strangers(self) -> list[Unexpected]:
        """Alarms that nobody expected and nobody allows."""
        return [one for one in self.unexpected if one.allowed is None]


def judge(scenario: Scenario, heard: Sequence[Heard]) -> Verdict:
    """Judge what was heard, in order of time."""
    told: dict[AlarmId, list[tuple[int, Transition]]] = {}
    for at, record in heard:
        if isinstance(record, Transition):
            told.setdefault(record.alarm, []).append((at, record))
    outcomes = [_outcome(e, told.get(e.alarm, [])) for e in scenario.expect]
    expected = {e.alarm for e in scenario.expect}
    others = [_stranger(scenario, one) for alarm, one in told.items() if alarm not in expected]
    faults = [*_unmarked(told), *_flood(scenario, heard)]
    return Verdict(tuple(outcomes), tuple(o for o in others if o is not None), tuple(faults))


def _outcome(expected: Expectation, told: Sequence[tuple[int, Transition]]) -> Outcome:
    raises = [(at, t) for at, t in told if t.input == "raise"]
    if not raises:
        return Outcome(expected, Text("không báo động", "it was not raised"))
    at, first = raises[0]
    return Outcome(expected, _failure(expected, at, raises, told), at, first.text)


def _failure(
    expected: Expectation, at: int, raises: Sequence[tuple[int, Transition]], told: Sequence[tuple[int, Transition]]
) -> Text | None:
    if at < expected.after:
        early = seconds(expected.after - at)
        return Text(f"báo trước nguyên nhân {early}", f"it was raised {early} before its cause")
    if at > expected.until:
        took, late = seconds(at - expected.after), seconds(at - expected.until)
        return Text(f"báo sau {took}, trễ {late}", f"it came after {took}, {late} too late")
    if (n := len(raises)) != expected.times:
        return Text(f"báo {n} lần thay vì {expected.times}", f"it was raised {n} times, not {expected.times}")
    if expected.returns is not None and not _returned(expected.returns, told):
        until = seconds(expected.returns)
        return Text(f"chưa hết sau {until}", f"it had not returned after {until}")
    return _folding(expected, told)


def _returned(until: int, told: Sequence[tuple[int, Transition]]) -> bool:
    return not [t for at, t in told if at <= until][-1].active


def _folding(expected: Expectation, told: Sequence[tuple[int, Transition]]) -> Text | None:
    under = [t.folded_under for at, t in told if t.folded_under is not None and at <= expected.until]
    parents = {alarm.partition(":")[2].partition("/")[0] for alarm in under if alarm is not None}
    named = ", ".join(sorted(parents)) or "–"
    if expected.folded is None and parents:
        return Text(f"bị gộp dưới {named}, lẽ ra phải reo", f"it was folded under {named}, and should have rung")
    if expected.folded is not None and not parents & expected.under:
        wanted = expected.folded
        return Text(f"không được gộp dưới {wanted} ({named})", f"it was not folded under {wanted} ({named})")
    return None


def _stranger(scenario: Scenario, told: Sequence[tuple[int, Transition]]) -> Unexpected | None:
    first = next(((at, t) for at, t in told if t.input == "raise"), None)
    if first is None:
        return None
    at, t = first
    return Unexpected(t.alarm, at, t.text, next((a.why for a in scenario.allow if a.alarm == t.alarm), None))


def _unmarked(told: dict[AlarmId, list[tuple[int, Transition]]]) -> Iterable[Text]:
    bare = sorted(alarm for alarm, said in told.items() if any(t.mark not in (DRILL, TEST) for _, t in said))
    return [Text(f"{alarm} không mang dấu DRILL", f"{alarm} was not marked DRILL") for alarm in bare]


def _flood(scenario: Scenario, heard: Sequence[Heard]) -> Iterable[Text]:
    began = [at for at, record in heard if isinstance(record, SystemNote) and record.what == BEGAN]
    window = scenario.flood
    if window is None:
        return [
            Text(f"lũ báo động bất ngờ sau {seconds(at)}", f"an unexpected flood of alarms began after {seconds(at)}")
            for at in began
        ]
    if not began:
        return [Text("không có lũ báo động như mong đợi", "no flood of alarms began, and one was expected")]
    if window.after <= began[0] <= window.after + window.within:
        return []
    at = seconds(began[0])
    return [Text(f"lũ báo động bắt đầu sau {at}, ngoài khoảng cho phép", f"the flood began after {at}, not in time")]


def seconds(ns: int) -> str:
    """Write a length for people."""
    for unit, size in (("s", SECOND), ("min", MINUTE)):
        if ns < 120 * size:
            return f"{ns / size:.1f} {unit}"
    return f"{ns / HOUR:.1f} h"
