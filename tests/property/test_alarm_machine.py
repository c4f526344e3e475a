"""Whatever happens in whatever order, an alarm keeps its promises (reliability C1, C4)."""

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from hub.model import SECOND, Alarm, Group, OperatorAction, Reason, Selector, Transition, fold
from hub.model import Test as Comparison
from rules import Engine
from rules.machine import TABLE, Change, Flags, Input
from tests.support.rulesite import T0, device, reading, site
from tests.support.rulesite import rule as make_rule

DEVICES = ("p", "q")
RULES = (
    make_rule(latch=True, on_bad_quality="alarm"),
    make_rule(name="slow", on_delay=5 * SECOND, off_delay=3 * SECOND),
    make_rule(
        Comparison("above", 60.0, deadband=5.0), kind="env.temperature", name="hot", latch=True, off_delay=SECOND
    ),
    make_rule(Comparison("stale_for", 20 * SECOND), kind="env.temperature", name="silent"),
    make_rule(
        Group(
            "any",
            (Comparison("is", True), Group("not", (Comparison("below", 50.0, of=Selector(kind="env.temperature")),))),
        ),
        name="either",
        on_bad_quality="normal",
    ),
)
SITE = site(RULES, *(device(d, {"a": "fire.alarm", "t": "env.temperature"}) for d in DEVICES))
ALARMS = [f"{r.id}:{d}/{'t' if r.id in ('hot', 'silent') else 'a'}" for r in RULES for d in DEVICES]


class AlarmMachine(RuleBasedStateMachine):
    """Readings, people, time and crashes against one engine; `journal` is what a disk would hold."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = Engine(SITE)
        self.now = T0
        self.journal: list[Transition] = []
        self.kept: tuple[dict[str, object], int] = ({}, 0)
        self.truth: dict[str, Alarm] = {}

    def write(self, transitions: list[Transition]) -> None:
        for t in transitions:
            assert t.at == self.now
            before = self.truth.get(t.alarm)
            self.check(before, t)
            self.truth[t.alarm] = fold(before, t)
        self.journal += transitions

    def check(self, before: Alarm | None, t: Transition) -> None:
        """One transition follows the last by the table, numbers included."""
        last = None if before is None else before.last
        flags = Flags(False, True, False) if last is None else Flags(last.active, last.acked, last.latched)
        cell = TABLE[flags, Input(t.input)]
        assert isinstance(cell, Change)
        assert t.n == (0 if last is None else last.n) + 1
        assert t.occurrence == (0 if last is None else last.occurrence) + cell.new_occurrence
        latching = next(r for r in RULES if r.id == t.rule).latch
        assert (t.active, t.acked) == cell.flags[:2]
        assert t.latched == (latching if t.input == "raise" else cell.flags.latched)

    @rule(who=st.sampled_from(DEVICES), on=st.booleans())
    def fire(self, who: str, on: bool) -> None:
        self.write(self.engine.step([reading(f"{who}/a", on, at=self.now)], self.now))

    @rule(who=st.sampled_from(DEVICES), value=st.sampled_from([20.0, 49.0, 54.0, 57.0, 61.0, float("nan")]))
    def temperature(self, who: str, value: float) -> None:
        self.write(self.engine.step([reading(f"{who}/t", value, at=self.now)], self.now))

    @rule(who=st.sampled_from(DEVICES), point=st.sampled_from("at"), reason=st.sampled_from(list(Reason)))
    def any_quality(self, who: str, point: str, reason: Reason) -> None:
        value = True if point == "a" else 61.0
        self.write(self.engine.step([reading(f"{who}/{point}", value, reason, at=self.now)], self.now))

    @rule(ns=st.integers(1, 30 * SECOND))
    def time_passes(self, ns: int) -> None:
        self.now += ns
        due = self.engine.due()
        woken = self.engine.wake(self.now)
        assert not woken or (due is not None and due <= self.now), "nothing happens that was not due"
        self.write(woken)
        after = self.engine.due()
        assert after is None or after > self.now, "nothing stays due"

    @rule(kind=st.sampled_from(["ack", "reset", "comment"]), alarm=st.sampled_from(ALARMS), back=st.integers(-1, 2))
    def person(self, kind: str, alarm: str, back: int) -> None:
        known = self.truth.get(alarm)
        seen = 1 if known is None else known.last.occurrence - back
        outcome = self.engine.act(OperatorAction(kind, alarm, seen, "an", self.now), self.now)
        assert (outcome.done is None) == (outcome.refused is not None)
        if outcome.done is None:
            assert self.engine.alarm(alarm) == known, "what is refused changes nothing"
        else:
            assert known is not None
            assert back == 0 or (kind == "comment" and seen == 0)
            self.write([outcome.done])

    @rule(alarm=st.sampled_from(ALARMS), request=st.sampled_from(["r1", "r2"]))
    def person_twice(self, alarm: str, request: str) -> None:
        known = self.truth.get(alarm)
        action = OperatorAction("comment", alarm, 0, f"an-{alarm}-{len(self.journal)}", self.now, request=request)
        outcome = self.engine.act(action, self.now)
        assert self.engine.act(action, self.now) == outcome
        if outcome.done is not None:
            assert known is not None
            self.write([outcome.done])

    @rule()
    def checkpoint(self) -> None:
        self.kept = (msgspec.json.decode(msgspec.json.encode(self.engine.dump())), len(self.journal))

    @rule()
    def crash(self) -> None:
        """The process dies: the last checkpoint and the journal after it are all there is."""
        dump, upto = self.kept
        self.engine = Engine(SITE)
        self.engine.load(dump, self.journal[upto:])
        assert self.engine.orphans(self.now) == []
        assert self.engine.wake(self.now) == [], "a start alone changes nothing"

    @invariant()
    def state_is_the_fold_of_the_journal(self) -> None:
        for alarm in ALARMS:
            assert self.engine.alarm(alarm) == self.truth.get(alarm)

    @invariant()
    def shown_is_what_is_not_normal_and_acknowledged(self) -> None:
        shown = {a.last.alarm for a in self.engine.alarms()}
        assert shown == {i for i, a in self.truth.items() if a.last.state != "normal"}


TestAlarmMachine = AlarmMachine.TestCase
TestAlarmMachine.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
