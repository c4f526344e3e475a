"""Suppression by design: hours or a state in which alarms are evaluated and not told, with an end."""

from typing import Any

import msgspec
import pytest

from hub.model import HOUR, MINUTE, SECOND, Hours, Reason, Rule, Selector, Transition
from hub.model import Test as Comparison
from rules import Engine
from rules.muting import MUTE
from tests.support.rulesite import T0, Bench, act, rule

WORKS = Comparison("is", True, of=Selector(point="works"))
POINTS = {"a": "device.flag", "t": "env.temperature", "works": "device.flag"}
START = 22 * 60 + 13
"""T0 is 22:13:20 of a Tuesday in November 2023, UTC."""
HOT = Comparison("above", 50.0)


def muted(during: Any = WORKS, **more: Any) -> Rule:
    settings: dict[str, Any] = {"kind": "env.temperature", "category": "process", "mute_during": during} | more
    return rule(HOT, name="hot", **settings)


def bench(*rules: Rule) -> Bench:
    return Bench(*(rules or (muted(),)), points=POINTS)


def hold(table: Bench) -> str | None:
    [alarm] = table.engine.alarms()
    return alarm.last.hold


def test_what_is_raised_while_a_state_mutes_is_held_and_evaluated() -> None:
    table = bench()
    table.say(0, "works", True)
    assert table.say(1, "t", 60.0) == ["raise"]
    assert hold(table) == "suppressed"
    assert table.say(2, "t", 20.0) == ["return"]
    assert table.say(3, "works", False) == ["unsuppress"]
    assert table.engine.alarms() == []


def test_what_still_stands_when_the_state_ends_returns_unacknowledged() -> None:
    table = bench()
    table.say(0, "works", True)
    table.say(1, "t", 60.0)
    assert table.say(9, "works", False) == ["unsuppress"]
    assert (table.states(), hold(table)) == (["unacknowledged"], None)


def test_a_mute_that_begins_holds_what_stands_already_also_when_it_was_acknowledged() -> None:
    table = bench()
    table.say(1, "t", 60.0)
    table.engine.act(act("ack", "hot:p/t", 1), T0 + 2 * SECOND)
    assert table.say(3, "works", True) == ["suppress"]
    assert table.say(9, "works", False) == ["unsuppress"]
    assert table.states() == ["unacknowledged"]


def test_a_state_that_does_not_end_mutes_no_longer_than_it_may() -> None:
    table = bench(muted(mute_at_most=10 * MINUTE))
    table.say(0, "works", True)
    table.say(60, "t", 60.0)
    [alarm] = table.engine.alarms()
    assert [h.until for h in alarm.last.holds] == [T0 + 10 * MINUTE]
    assert table.due == 600
    assert table.wake(600) == ["unsuppress"]
    assert table.say(700, "works", True) == []
    assert table.say(701, "t", 20.0) == ["return"]
    assert table.say(702, "t", 60.0) == ["raise"]
    assert hold(table) is None


def test_a_state_that_ended_may_mute_again() -> None:
    table = bench(muted(mute_at_most=10 * MINUTE))
    table.say(0, "works", True)
    table.wake(601)
    table.say(602, "works", False)
    table.say(603, "works", True)
    table.say(604, "t", 60.0)
    assert hold(table) == "suppressed"


def test_an_unknown_state_hides_nothing() -> None:
    table = bench()
    table.say(0, "works", True, Reason.UNDECODABLE)
    table.say(1, "t", 60.0)
    assert hold(table) is None
    table.say(2, "works", True)
    assert hold(table) == "suppressed"
    assert table.say(3, "works", None, Reason.UNDECODABLE) == ["unsuppress"]


def test_a_device_without_such_a_point_is_not_muted() -> None:
    table = bench(muted(Comparison("is", True, of=Selector(point="absent"))))
    table.say(1, "t", 60.0)
    assert hold(table) is None


def test_hours_mute_from_their_beginning_to_their_end() -> None:
    table = bench(muted(Hours(frozenset(range(7)), START + 1, START + 11)))
    table.say(0, "t", 60.0)
    assert hold(table) is None
    assert table.due == 40
    assert table.wake(40) == ["suppress"]
    [alarm] = table.engine.alarms()
    assert [(h.by, h.until) for h in alarm.last.holds] == [(MUTE, T0 + 640 * SECOND)]
    assert table.wake(639) == []
    assert table.wake(640) == ["unsuppress"]
    assert table.states() == ["unacknowledged"]


def test_hours_that_are_on_at_the_start_mute_the_first_alarm() -> None:
    table = bench(muted(Hours(frozenset(range(7)), START - 5, START + 5)))
    table.say(0, "t", 60.0)
    assert hold(table) == "suppressed"


@pytest.mark.parametrize("during", [WORKS, Hours(frozenset(range(7)), START, START + 10)])
def test_a_mute_goes_on_after_a_restart_and_keeps_its_end(during: Any) -> None:
    table = bench(muted(during, mute_at_most=10 * MINUTE))
    table.say(0, "works", True)
    table.say(1, "t", 60.0)
    table.restart()
    assert table.wake(60) == []
    assert hold(table) == "suppressed"
    table.say(61, "works", True)
    assert hold(table) == "suppressed"
    end = 600 if during is WORKS else 580
    assert table.wake(end - 1) == []
    assert table.wake(end) == ["unsuppress"]


def test_a_mute_that_was_over_while_the_hub_was_down_ends_at_the_start() -> None:
    table = bench(muted(mute_at_most=10 * MINUTE))
    table.say(0, "works", True)
    table.say(1, "t", 60.0)
    table.restart()
    assert table.wake(3600) == ["unsuppress"]


def test_a_mute_without_an_alarm_keeps_its_end_across_a_restart() -> None:
    table = bench(muted(mute_at_most=10 * MINUTE))
    table.say(0, "works", True)
    table.restart()
    table.say(500, "works", True)
    table.say(501, "t", 60.0)
    assert table.wake(600) == ["unsuppress"]


def test_after_a_crash_the_journal_says_since_when() -> None:
    table = bench(muted(mute_at_most=10 * MINUTE))
    kept = table.engine.dump()
    said: list[Any] = []
    table.say(0, "works", True)
    table.say(1, "t", 60.0)
    said += [a.last for a in table.engine.alarms()]
    table.engine = Engine(table.site)
    table.engine.load(kept, msgspec.convert(msgspec.to_builtins(said), list[Transition]))
    table.say(500, "works", True)
    assert hold(table) == "suppressed"
    assert table.wake(600) == ["unsuppress"]


def test_a_rule_that_mutes_nothing_any_more_frees_what_it_muted() -> None:
    table = bench()
    table.say(0, "works", True)
    table.say(1, "t", 60.0)
    dump = table.engine.dump()
    engine = Engine(bench(muted(None)).site)
    engine.load(dump)
    assert [t.input for t in engine.orphans(T0 + 2 * SECOND) if isinstance(t, Transition)] == ["unsuppress"]


def test_a_shelf_ends_by_itself_while_the_mute_goes_on() -> None:
    table = bench()
    table.say(1, "t", 60.0)
    table.engine.act(act("shelve", "hot:p/t", 1, note="known", until=T0 + HOUR), T0 + 2 * SECOND)
    table.say(3, "works", True)
    assert table.wake(3600) == ["unshelve"]
    assert hold(table) == "suppressed"
    assert table.say(3700, "works", False) == ["unsuppress"]
    assert table.states() == ["unacknowledged"]


def test_a_fire_is_never_muted_whatever_a_rule_says() -> None:
    table = bench(muted(category="fire"))
    table.say(0, "works", True)
    table.say(1, "t", 60.0)
    assert hold(table) is None


def test_the_tests_of_a_walk_test_and_of_a_mute_do_not_mix() -> None:
    trial = Comparison("is", True, of=Selector(point="a"))
    table = bench(muted(test_during=trial))
    table.say(0, "a", True)
    table.say(1, "works", False)
    table.say(2, "t", 60.0)
    [alarm] = table.engine.alarms()
    assert (alarm.last.mark, alarm.last.hold) == ("TEST", None)
