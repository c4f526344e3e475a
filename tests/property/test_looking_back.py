"""Rules that look back, under whatever a bad world sends: NaN, infinities, repeats, clock steps, crashes."""

import math

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.model import HOUR, SECOND, Reason, Rule, Transition, Window
from hub.model import Test as Comparison
from rules import Engine
from tests.support.rulesite import T0, device, reading, rule, site


def looking(name: str, fold: str, test: Comparison) -> Rule:
    return rule(replace(test, over=Window(fold, 25 * SECOND)), kind="env.temperature", name=name)


RULES = (
    looking("mean", "average", Comparison("above", 60.0, 2.0)),
    looking("middle", "median", Comparison("above", 60.0)),
    looking("peak", "max", Comparison("above", 60.0)),
    looking("climbs", "rises", Comparison("at_least", 40.0)),
    looking("total", "sum", Comparison("above", 1e6)),
    looking("often", "flapping", Comparison("at_least", 4)),
    looking("frozen", "unchanged", Comparison("at_least", 25 * SECOND)),
)
SITE = site(RULES, device("p", {"t": "env.temperature"}))
VALUES = st.sampled_from([20.0, 20.0, 30.0, 59.9, 61.0, 1e308, -1e308, math.nan, math.inf, -math.inf, -0.0, 5e-324])
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), VALUES),
        st.tuples(st.just("again"), st.none()),
        st.tuples(
            st.just("bad"), st.sampled_from([Reason.NO_COMMUNICATION, Reason.UNDECODABLE, Reason.OUT_OF_SERVICE])
        ),
        st.tuples(st.just("wait"), st.integers(1, 40 * SECOND)),
        st.tuples(st.just("step"), st.sampled_from([-HOUR, -24 * HOUR, -SECOND // 2, HOUR])),
        st.tuples(st.just("crash"), st.none()),
    ),
    max_size=30,
)


class World:
    """One engine under bad weather."""

    def __init__(self) -> None:
        self.engine = Engine(SITE)
        self.now = T0
        self.last: float = 20.0
        self.highest = -math.inf

    def transitions(self, said: object) -> list[Transition]:
        assert isinstance(said, list)
        return [t for t in said if isinstance(t, Transition)]

    def say(self, value: float, reason: Reason = Reason.NONE) -> None:
        if math.isfinite(value) and reason is Reason.NONE:
            self.highest = max(self.highest, value)
            self.last = value
        for t in self.transitions(self.engine.step([reading("p/t", value, reason, at=self.now)], self.now)):
            self.check(t)

    def check(self, t: Transition) -> None:
        if t.input == "raise" and t.rule in {"mean", "middle", "peak"}:
            assert self.highest > 60.0, "what was never above the limit, NaN and infinity included, raises nothing"
        msgspec.json.encode(t)

    def wait(self, ns: int) -> None:
        self.now += ns
        due = self.engine.due()
        said = self.transitions(self.engine.wake(self.now))
        assert not said or (due is not None and due <= self.now), "nothing happens that was not due"
        after = self.engine.due()
        assert after is None or after > self.now, "nothing stays due"
        for t in said:
            self.check(t)

    def crash(self) -> None:
        before = {a.last.alarm: a.last.state for a in self.engine.alarms()}
        kept = msgspec.json.decode(msgspec.json.encode(self.engine.dump()))
        self.engine = Engine(SITE)
        self.engine.load(kept)
        assert self.transitions(self.engine.wake(self.now)) == [], "a start alone changes nothing"
        assert {a.last.alarm: a.last.state for a in self.engine.alarms()} == before

    def act(self, what: str, with_: object) -> None:
        match what, with_:
            case "say", float(value):
                self.say(value)
            case "again", _:
                self.say(self.last)
            case "bad", Reason() as reason:
                self.say(self.last, reason)
            case "wait" | "step", int(ns):
                self.now += min(ns, 0)
                self.wait(max(ns, 0))
            case "crash", _:
                self.crash()


@given(ACTS)
@settings(max_examples=100, deadline=None)
def test_rules_that_look_back_bear_anything(acts: list[tuple[str, object]]) -> None:
    world = World()
    for what, with_ in acts:
        world.act(what, with_)


@given(ACTS)
@settings(max_examples=40, deadline=None)
def test_the_same_calls_give_the_same_transitions_byte_for_byte(acts: list[tuple[str, object]]) -> None:
    dumps = []
    for _ in range(2):
        world = World()
        for what, with_ in acts:
            world.act(what, with_)
        dumps.append(msgspec.json.encode(world.engine.dump()))
    assert dumps[0] == dumps[1]
