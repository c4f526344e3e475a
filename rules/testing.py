"""Runs rule tests on a virtual clock: no server, no device, no waiting."""

from collections.abc import Iterable, Iterator, Sequence
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from hub.model import (
    QUALITY_OF,
    SECOND,
    Alarm,
    DeviceEvent,
    DeviceId,
    Hours,
    OperatorAction,
    PointId,
    Reading,
    Reason,
    Site,
    Timestamp,
    Value,
    state_name,
)
from hub.model.hours import next_turn
from hub.model.ruletest import Action, Expected, RuleTest, Step
from rules.engine import Engine

START: Timestamp = 1_700_000_000 * SECOND
"""When every test begins."""
TESTER = "test"
_MOST_WAKES = 100_000
"""A test whose time cannot pass within so many wakes is stopped."""


class Result(Struct, frozen=True):
    """What became of one test; no failures: it passed."""

    name: str
    origin: str
    failures: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether everything was as expected."""
        return not self.failures


def run(site: Site, tests: Iterable[RuleTest]) -> list[Result]:
    """Run each test against fresh rules of `site`; a test never sees what another did."""
    return [Result(test.name, test.origin, tuple(_Run(site).failures(test))) for test in tests]


class _Run:
    """One test under way."""

    def __init__(self, site: Site) -> None:
        self._engine = Engine(site)
        self._zone = ZoneInfo(site.timezone)
        self._values: dict[PointId, Value | None] = {}
        self._seq = 0

    def failures(self, test: RuleTest) -> Iterator[str]:
        start = begin(test, self._zone)
        for step in test.steps:
            now = start + step.at
            self._pass_time(now)
            self._engine.step(list(self._readings(step, now)), now, [_event(*e, now) for e in step.events])
            yield from self._act(step, now)
            if step.expected is not None:
                yield from self._impossible(step, step.expected)
                yield from _compare(step, step.expected, self._engine.alarms())

    def _impossible(self, step: Step, expected: Sequence[Expected]) -> Iterator[str]:
        """Say which alarms can never be: nothing that is expected of them would mean anything."""
        for wanted in expected:
            if not self._engine.can_raise(wanted.alarm):
                rule, _, where = wanted.alarm.partition(":")
                yield f"{step.origin}: at {_seconds(step)} the rule {rule} does not watch {where}"

    def _pass_time(self, now: Timestamp) -> None:
        for _ in range(_MOST_WAKES):
            due = self._engine.due()
            if due is None or due > now:
                return
            self._engine.wake(max(due, START))
        raise ValueError("the rules never come to rest")

    def _readings(self, step: Step, now: Timestamp) -> Iterator[Reading]:
        for point, value in step.values:
            self._values[point] = value
            yield self._reading(point, Reason.NONE, now)
        for point, reason in step.qualities:
            yield self._reading(point, reason, now)

    def _reading(self, point: PointId, reason: Reason, now: Timestamp) -> Reading:
        self._seq += 1
        return Reading(point, self._values.get(point), QUALITY_OF[reason], reason, now, now, self._seq)

    def _act(self, step: Step, now: Timestamp) -> Iterator[str]:
        for action in step.actions:
            alarm = self._engine.alarm(action.alarm)
            occurrence = 0 if alarm is None else alarm.last.occurrence
            who, until = action.who or TESTER, None if action.lasting is None else now + action.lasting
            asked = OperatorAction(
                action.kind, action.alarm, occurrence, who, now, action.note, until=until, once=action.once,
                scope=action.scope,
            )  # fmt: skip
            outcome = self._engine.act(asked, now)
            if outcome.refused != action.refused:
                yield _refusal(step, action, outcome.refused)


def begin(test: RuleTest, zone: ZoneInfo) -> Timestamp:
    """Return when a test begins: at its time on the wall clock of a Tuesday, or whenever."""
    if test.start is None:
        return START
    every_day = Hours(frozenset({1}), test.start, test.start + 1)
    return next_turn(every_day, zone, START)


def _event(device: DeviceId, kind: str, attributes: dict[str, Value | None], now: Timestamp) -> DeviceEvent:
    return DeviceEvent(device, kind, attributes, now, now)


def _refusal(step: Step, action: Action, refused: str | None) -> str:
    wanted = "to be taken" if action.refused is None else f"to be refused: {action.refused}"
    got = "it was taken" if refused is None else f"it was refused: {refused}"
    return f"{step.origin}: at {_seconds(step)} {action.kind} of {action.alarm} was expected {wanted}, but {got}"


def _compare(step: Step, expected: Sequence[Expected], shown: Sequence[Alarm]) -> Iterator[str]:
    """Give one text for each alarm that is missing, different or too many."""
    by_id = {alarm.last.alarm: alarm for alarm in shown}
    where = f"{step.origin}: at {_seconds(step)}"
    for wanted in expected:
        alarm = by_id.pop(wanted.alarm, None)
        if not _fits(wanted, alarm):
            got = "is not shown" if alarm is None else f"is {_described(alarm)}"
            yield f"{where} {wanted.alarm}\n  - expected {_spelled(wanted)}\n  + but it {got}"
    for alarm in by_id.values():
        yield f"{where} {alarm.last.alarm}\n  - not expected\n  + but it is {_described(alarm)}"


def _fits(wanted: Expected, alarm: Alarm | None) -> bool:
    if alarm is None:
        return wanted.state == "normal"
    return (
        wanted.state == _state(alarm)
        and wanted.acked in (None, alarm.last.acked)
        and wanted.priority in (None, alarm.last.priority)
        and (wanted.mark is None or wanted.mark == alarm.last.mark)
        and (wanted.hold is None or wanted.hold == (alarm.last.hold or "none"))
        and wanted.under in (None, alarm.last.folded_under)
        and wanted.first in (None, alarm.last.first)
        and wanted.acked_by in (None, alarm.acked_by)
    )


def _state(alarm: Alarm) -> str:
    """Return the state in the words of tests: active, latched, returned."""
    last = alarm.last
    if last.active:
        return "active"
    return "latched" if last.latched else state_name(last.active, last.acked, last.latched)


def _described(alarm: Alarm) -> str:
    last, by = alarm.last, alarm.acked_by if alarm.last.acked else None
    seen = Expected(last.alarm, _state(alarm), last.acked, last.priority, last.mark, last.hold, last.folded_under)
    return _spelled(replace(seen, first=last.first or None, acked_by=by))


def _spelled(wanted: Expected) -> str:
    parts = [wanted.state]
    if wanted.acked is not None:
        parts.append("acknowledged" if wanted.acked else "not acknowledged")
    if wanted.acked_by is not None:
        parts.append(f"by {wanted.acked_by}")
    parts += [] if wanted.priority is None else [wanted.priority.word]
    parts += [] if wanted.mark is None else [f"marked {wanted.mark}"]
    parts += [] if wanted.hold is None else ["held by nothing" if wanted.hold == "none" else wanted.hold]
    parts += [] if wanted.under is None else [f"folded under {wanted.under}"]
    parts += [] if wanted.first is None else ["first of its group" if wanted.first else "not first of its group"]
    return ", ".join(parts)


def _seconds(step: Step) -> str:
    return f"{step.at / SECOND:g}s"
