"""When the rules change, what is unchanged goes on as if nothing had happened (reliability C6)."""

import pytest

from hub.model import SECOND, Transition
from hub.model import Test as Comparison
from rules import Engine
from rules.succession import succeed
from tests.support.rulesite import T0, act, device, reading, rule, site

PANEL = device("p", {"a": "fire.alarm", "t": "env.temperature"})
SLOW = rule(name="slow", category="fault", on_delay=60 * SECOND)


def hot(limit=60.0, **more):
    settings = {"category": "process"} | more
    return rule(Comparison("above", limit, deadband=5.0), kind="env.temperature", name="hot", **settings)


def running(*rules):
    engine = Engine(site(rules, PANEL))
    engine.step([reading("p/a", True), reading("p/t", 61.0)], T0)
    return engine


def later(second):
    return T0 + second * SECOND


def inputs(records):
    return [(t.alarm, t.input) for t in records if isinstance(t, Transition)]


def test_unchanged_rules_say_nothing_and_go_on():
    old = running(rule(latch=True), hot(), SLOW)
    old.act(act("ack", "fire:p/a", 1), T0)
    next_ = succeed(old, site((hot(), SLOW, rule(latch=True)), PANEL), later(30))
    assert (next_.records, next_.removed, next_.kept, next_.changed) == ([], [], 3, [])
    assert next_.engine.alarm("fire:p/a").acked_by == "an"
    assert next_.engine.step([reading("p/t", 58.0, at=later(31))], later(31)) == [], "inside the deadband"
    assert inputs(next_.engine.wake(later(60))) == [("slow:p/a", "raise")], "its delay went on"


def test_a_hundred_reloads_miss_no_edge_and_make_none():
    engine, said = running(rule(), hot()), []
    for n in range(100):
        next_ = succeed(engine, site((rule(), hot()), PANEL), later(n))
        assert next_.records == []
        engine = next_.engine
        said += inputs(engine.step([reading("p/a", n % 2 == 1, at=later(n))], later(n)))
    assert {alarm for alarm, _ in said} == {"fire:p/a"}
    assert [what for _, what in said] == ["return", "raise"] * 50


def test_an_alarm_whose_rule_is_gone_ends_and_is_reported():
    next_ = succeed(running(rule(), hot()), site((hot(),), PANEL), later(1))
    assert [alarm.last.alarm for alarm in next_.removed] == ["fire:p/a"]
    assert inputs(next_.records) == [("fire:p/a", "remove")]
    assert (next_.gone, next_.kept) == (["fire"], 1)


@pytest.mark.parametrize(("limit", "said"), [(80.0, [("hot:p/t", "return")]), (55.0, [])])
def test_a_new_limit_is_judged_at_once_on_the_last_reading(limit, said):
    next_ = succeed(running(hot()), site((hot(limit),), PANEL), later(1))
    assert inputs(next_.records) == said
    assert next_.changed == ["hot"]


def test_a_new_rule_is_judged_at_once_where_its_point_is_heard_by_another():
    next_ = succeed(running(rule()), site((rule(), rule(name="second", category="fault")), PANEL), later(1))
    assert inputs(next_.records) == [("second:p/a", "raise")]
    assert next_.added == ["second"]


def test_what_is_out_of_service_stays_so_for_new_rules():
    old = running(rule())
    old.act(act("out_of_service", "", 0, scope="device:p", note="w", until=later(900)), T0)
    next_ = succeed(old, site((rule(), rule(name="second", category="fault")), PANEL), later(1))
    (t,) = next_.records
    assert t.hold == "out_of_service"
    assert next_.engine.due() == later(900)


def test_a_rule_that_cannot_be_compiled_leaves_the_old_ones_running():
    old = running(rule())
    with pytest.raises(ValueError, match="bad"):
        succeed(old, site((rule(Comparison("above", "x"), name="bad"),), PANEL), later(1))
    assert inputs(old.step([reading("p/a", False)], later(2))) == [("fire:p/a", "return")]


def test_a_point_whose_number_means_something_else_is_unknown_until_it_is_heard_again():
    old = running(hot())
    next_ = succeed(old, site((hot(20.0),), PANEL), later(1), strange=frozenset({"p/t"}))
    assert next_.records == [], "61 of the old unit says nothing about 20 of the new one"
    assert next_.engine.alarm("hot:p/t").last.active
    assert inputs(next_.engine.step([reading("p/t", 1.0, at=later(2))], later(2))) == [("hot:p/t", "return")]


def test_who_changed_the_rules_ended_the_alarms_of_those_that_are_gone():
    (t,) = succeed(running(rule()), site((), PANEL), later(1), who="an").records
    assert (t.input, t.who) == ("remove", "an")
