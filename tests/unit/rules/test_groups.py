"""Alarms that belong together, and how often one came."""

from hub.model import SECOND
from hub.model import Test as Comparison
from tests.support.rulesite import T0, Bench, act, reading, rule

HOT = "hot:p/t"


def hot(**more):
    settings = {"category": "process"} | more
    return rule(Comparison("above", 60.0), kind="env.temperature", name="hot", **settings)


def test_the_first_of_a_group_is_marked_and_keeps_its_mark_until_the_group_is_over():
    group = {"group": "device", "category": "fault"}
    bench = Bench(hot(**group), rule(name="smoke", **group))
    (first,) = bench.engine.step([reading("p/a", True)], T0)
    (second,) = bench.engine.step([reading("p/t", 70.0)], T0)
    assert (first.group, first.first, second.first) == ("device:p", True, False)
    bench.engine.act(act("ack", "smoke:p/a", 1), T0)
    bench.say(1, "a", False)
    (late,) = bench.engine.step([reading("p/a", True)], T0 + 2 * SECOND)
    assert late.first is False, "the group still stands"
    for alarm in ("smoke:p/a", HOT):
        bench.engine.act(act("ack", alarm, bench.engine.alarm(alarm).last.occurrence), T0)
    bench.say(3, "a", False)
    bench.say(3, "t", 20.0)
    (new,) = bench.engine.step([reading("p/t", 70.0)], T0 + 4 * SECOND)
    assert new.first is True


def test_groups_survive_a_restart():
    group = {"group": "river", "category": "fault"}
    bench = Bench(hot(**group), rule(name="smoke", **group))
    bench.say(0, "t", 70.0)
    bench.restart()
    (t,) = bench.engine.step([reading("p/a", True)], T0 + SECOND)
    assert (t.group, t.first) == ("river", False)


def test_how_often_an_alarm_was_raised_while_nobody_dealt_with_it_is_counted():
    bench = Bench(hot())
    for second in range(6):
        bench.say(second, "t", 70.0 if second % 2 == 0 else 20.0)
    assert bench.engine.alarm(HOT).raised == 3
    bench.engine.act(act("ack", HOT, 3), T0)
    bench.say(9, "t", 70.0)
    assert bench.engine.alarm(HOT).raised == 1
