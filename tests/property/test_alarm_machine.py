"""Whatever happens in whatever order, an alarm keeps its promises (reliability C1, C4, C8)."""

from collections.abc import Callable
from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from hub.model import (
    HOUR,
    MINUTE,
    SECOND,
    Alarm,
    Group,
    OperatorAction,
    Outcome,
    Reason,
    Selector,
    ServiceChange,
    SystemNote,
    Transition,
    fold,
)
from hub.model import Test as Comparison
from rules import Engine
from rules.book import flags
from rules.machine import HOLDING, NORMAL, TABLE, Change, Flags, Input
from rules.succession import Succession
from tests.support.rulesite import T0, device, reading, site
from tests.support.rulesite import rule as make_rule

DEVICES = ("p", "q")
RULES = (
    make_rule(latch=True, on_bad_quality="alarm"),
    make_rule(name="slow", category="fault", on_delay=5 * SECOND, off_delay=3 * SECOND, group="zone"),
    make_rule(
        Comparison("above", 60.0, deadband=5.0),
        kind="env.temperature",
        name="hot",
        category="process",
        latch=True,
        off_delay=SECOND,
        realarm_after=25 * SECOND,
        max_shelve=MINUTE,
    ),
    make_rule(
        Comparison("stale_for", 20 * SECOND), kind="env.temperature", name="silent", category="fault", group="zone"
    ),
    make_rule(
        Group(
            "any",
            (Comparison("is", True), Group("not", (Comparison("below", 50.0, of=Selector(kind="env.temperature")),))),
        ),
        name="either",
        category="security",
        on_bad_quality="normal",
    ),
    make_rule(
        Comparison("is", "offline"),
        kind="$health",
        name="lost",
        category="fault",
        folds_under="behind",
        fold_grace=10 * SECOND,
    ),
)
POINTS = {"a": "fire.alarm", "t": "env.temperature"}
SITE = site(RULES, device("p", POINTS), device("q", POINTS, behind="p"))
POINT_OF = {"hot": "t", "silent": "t", "lost": "$health"}
ALARMS = [f"{r.id}:{d}/{POINT_OF.get(r.id, 'a')}" for r in RULES for d in DEVICES]
RULE_OF = {r.id: r for r in RULES}
SCOPES = ["point:p/a", "device:q", "zone:tn"]
Say = Transition | ServiceChange | SystemNote


class AlarmMachine(RuleBasedStateMachine):
    """Readings, people, time and crashes against one engine; `journal` is what a disk would hold."""

    def __init__(self) -> None:
        super().__init__()
        self.site = SITE
        self.engine = Engine(SITE)
        self.began = SITE
        """The site that the first call of the script met."""
        self.now = T0
        self.journal: list[Say] = []
        self.kept: tuple[dict[str, object], int] = ({}, 0)
        self.truth: dict[str, Alarm] = {}
        self.out: dict[str, ServiceChange] = {}
        self.flooded = False
        self.script: list[tuple[Callable[[Engine], Any], Any]] = []

    def do(self, call: Callable[[Engine], Any]) -> Any:
        """Ask the engine for something, and note what it said, so that all of it can be asked again."""
        said = call(self.engine)
        self.script.append((call, said))
        return said

    def write(self, records: list[Say]) -> None:
        for record in records:
            assert record.at == self.now
            if isinstance(record, SystemNote):
                assert (record.what == "flood_began") != self.flooded
                self.flooded = not self.flooded
            elif isinstance(record, ServiceChange):
                self.out[record.scope] = record
                if not record.out:
                    del self.out[record.scope]
            else:
                self.check(self.truth.get(record.alarm), record)
                self.truth[record.alarm] = fold(self.truth.get(record.alarm), record)
        self.journal += records

    def check(self, before: Alarm | None, t: Transition) -> None:
        """One transition follows the last by the table, numbers included."""
        last = None if before is None else before.last
        was = NORMAL if last is None else flags(last)
        if t.input == "raise":
            was = Flags(*was[:3], *flags(t)[3:])
        after = flags(t)
        cell = TABLE[was, Input(t.input)]
        assert isinstance(cell, Change)
        assert t.n == (0 if last is None else last.n) + 1
        assert t.occurrence == (0 if last is None else last.occurrence) + cell.new_occurrence
        if t.input == "raise":
            cell = Change(cell.flags._replace(latched=RULE_OF[t.rule].latch))
        one_of_two = t.input in HOLDING and not HOLDING[Input(t.input)][1] and after[3:] == was[3:]
        assert after == (was if one_of_two else cell.flags)

    def step(self, point: str, value: object, reason: Reason = Reason.NONE) -> None:
        now, said = self.now, reading(point, value, reason, at=self.now)  # type: ignore[arg-type]
        self.write(self.do(lambda e: e.step([said], now)))

    @rule(who=st.sampled_from(DEVICES), on=st.booleans())
    def fire(self, who: str, on: bool) -> None:
        self.step(f"{who}/a", on)

    @rule(who=st.sampled_from(DEVICES), value=st.sampled_from([20.0, 49.0, 54.0, 57.0, 61.0, float("nan")]))
    def temperature(self, who: str, value: float) -> None:
        self.step(f"{who}/t", value)

    @rule(who=st.sampled_from(DEVICES), health=st.sampled_from(["online", "offline"]))
    def health(self, who: str, health: str) -> None:
        self.step(f"{who}/$health", health)

    @rule(who=st.sampled_from(DEVICES), point=st.sampled_from("at"), reason=st.sampled_from(list(Reason)))
    def any_quality(self, who: str, point: str, reason: Reason) -> None:
        self.step(f"{who}/{point}", True if point == "a" else 61.0, reason)

    @rule(ns=st.integers(1, 30 * SECOND))
    def time_passes(self, ns: int) -> None:
        self.now += ns
        now, due = self.now, self.engine.due()
        woken = self.do(lambda e: e.wake(now))
        assert not woken or (due is not None and due <= self.now), "nothing happens that was not due"
        self.write(woken)
        after = self.engine.due()
        assert after is None or after > self.now, "nothing stays due"

    def act(self, action: OperatorAction) -> Outcome:
        known, now = self.truth.get(action.alarm), self.now
        outcome: Outcome = self.do(lambda e: e.act(action, now))
        if outcome.refused is not None:
            assert outcome.records == ()
            assert self.engine.alarm(action.alarm) == known, "what is refused changes nothing"
        self.write(list(outcome.records))
        return outcome

    @rule(kind=st.sampled_from(["ack", "reset", "comment"]), alarm=st.sampled_from(ALARMS), back=st.integers(-1, 2))
    def person(self, kind: str, alarm: str, back: int) -> None:
        known = self.truth.get(alarm)
        seen = 1 if known is None else known.last.occurrence - back
        if self.act(OperatorAction(kind, alarm, seen, "an", self.now)).refused is None:
            assert known is not None
            assert back == 0 or (kind == "comment" and seen == 0)

    @rule(
        alarm=st.sampled_from(ALARMS), seconds=st.integers(-1, 90), once=st.booleans(), why=st.sampled_from(["w", ""])
    )
    def shelve(self, alarm: str, seconds: int, once: bool, why: str) -> None:
        known = self.truth.get(alarm)
        seen = 0 if known is None else known.last.occurrence
        until = self.now + seconds * SECOND
        action = OperatorAction("shelve", alarm, seen, "an", self.now, why, until=until, once=once)
        outcome = self.act(action)
        fits = why.strip() and 0 < seconds * SECOND <= RULE_OF[alarm.partition(":")[0]].max_shelve
        assert outcome.refused is not None or (fits and not alarm.startswith("fire"))

    @rule(alarm=st.sampled_from(ALARMS))
    def unshelve(self, alarm: str) -> None:
        self.act(OperatorAction("unshelve", alarm, 0, "an", self.now))

    @rule(scope=st.sampled_from(SCOPES), seconds=st.integers(-1, 90))
    def out_of_service(self, scope: str, seconds: int) -> None:
        until = self.now + seconds * SECOND
        action = OperatorAction("out_of_service", "", 0, "an", self.now, "w", until=until, scope=scope)
        assert (self.act(action).refused is None) == (seconds > 0)

    @rule(scope=st.sampled_from(SCOPES))
    def in_service(self, scope: str) -> None:
        was_out = scope in self.out
        outcome = self.act(OperatorAction("in_service", "", 0, "an", self.now, scope=scope))
        assert (outcome.refused is None) == was_out

    @rule(alarm=st.sampled_from(ALARMS), request=st.sampled_from(["r1", "r2"]))
    def person_twice(self, alarm: str, request: str) -> None:
        action = OperatorAction("comment", alarm, 0, f"an-{alarm}-{len(self.journal)}", self.now, request=request)
        outcome = self.act(action)
        again = self.act(action)
        assert again == msgspec.structs.replace(outcome, records=())

    @rule()
    def checkpoint(self) -> None:
        self.kept = (msgspec.json.decode(msgspec.json.encode(self.engine.dump())), len(self.journal))

    @rule()
    def crash(self) -> None:
        """The process dies: the last checkpoint and the journal after it are all there is."""
        dump, upto = self.kept
        self.engine, self.began = Engine(self.site), self.site
        self.engine.load(dump, self.journal[upto:])
        self.script.clear()
        assert self.engine.orphans(self.now) == []
        assert self.engine.wake(self.now) == [], "a start alone changes nothing"
        self.script.append((lambda e: e, None))

    @invariant()
    def state_is_the_fold_of_the_journal(self) -> None:
        for alarm in ALARMS:
            assert self.engine.alarm(alarm) == self.truth.get(alarm)

    @invariant()
    def shown_is_what_is_not_normal_and_acknowledged(self) -> None:
        shown = {a.last.alarm for a in self.engine.alarms()}
        shelved = {i for i, a in self.truth.items() if any(hold.kind == "shelved" for hold in a.last.holds)}
        assert shown == shelved | {i for i, a in self.truth.items() if a.last.state != "normal"}

    @invariant()
    def a_fire_is_never_hidden_by_anything_but_a_named_absence(self) -> None:
        for alarm, known in self.truth.items():
            if alarm.startswith("fire"):
                assert {h.kind for h in known.last.holds} <= {"out_of_service"}

    @invariant()
    def every_hold_ends(self) -> None:
        for known in self.truth.values():
            for hold in known.last.holds:
                assert hold.until is None or hold.until > self.now or self.engine.due() is not None
                if hold.kind == "out_of_service":
                    assert hold.by in self.out
                elif hold.kind == "suppressed":
                    assert hold.by == "alarm:lost:p/$health"
                else:
                    assert hold.until is not None
                    assert hold.until <= self.now + 8 * HOUR

    @invariant()
    def of_a_group_at_most_one_is_first(self) -> None:
        first = [a for a in self.engine.alarms() if a.last.first]
        assert len(first) <= 1

    def teardown(self) -> None:
        """The same calls give the same answers, byte for byte."""
        if self.script and self.script[0][1] is not None:
            twin = Engine(self.began)
            for call, said in self.script:
                again = call(twin)
                if isinstance(again, Succession):
                    twin, again = again.engine, again.records
                assert msgspec.json.encode(again) == msgspec.json.encode(said)


TestAlarmMachine = AlarmMachine.TestCase
TestAlarmMachine.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
