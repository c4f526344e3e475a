import msgspec
import pytest

from hub.model import HOUR, MINUTE, SECOND, ServiceChange
from hub.model import Test as Comparison
from rules import Engine
from tests.support.rulesite import T0, Bench, act, device, reading, rule, site

HOT = "hot:p/t"
FIRE = "fire:p/a"
OUT = {"note": "detector is replaced", "until": T0 + HOUR}


def hot(**more):
    settings = {"category": "process"} | more
    return rule(Comparison("above", 60.0), kind="env.temperature", name="hot", **settings)


def hot_bench(*rules, **more):
    bench = Bench(hot(**more), *rules)
    bench.say(0, "t", 70.0)
    return bench


def shelve(seconds=600, **more):
    return act("shelve", HOT, 1, note="fan is being repaired", until=T0 + seconds * SECOND, **more)


def told(outcome):
    return [getattr(record, "input", "") or record.scope for record in outcome.records]


# -- shelving


def test_a_shelved_alarm_says_why_by_whom_and_until_when():
    bench = hot_bench()
    outcome = bench.engine.act(shelve(), T0)
    (hold,) = outcome.done.holds
    assert (hold.kind, hold.who, hold.why, hold.until) == ("shelved", "an", "fan is being repaired", T0 + 600 * SECOND)
    assert (outcome.done.hold, outcome.done.state) == ("shelved", "unacknowledged")


def test_shelving_ends_by_time_and_the_alarm_returns_unacknowledged():
    bench = hot_bench()
    bench.engine.act(act("ack", HOT, 1), T0)
    bench.engine.act(shelve(), T0)
    assert bench.due == 600
    assert bench.wake(599) == []
    (back,) = bench.engine.wake(T0 + 600 * SECOND)
    assert (back.input, back.who, back.state, back.holds) == ("unshelve", None, "unacknowledged", ())
    assert bench.engine.alarm(HOT).acked_by is None


def test_what_came_and_went_while_it_was_shelved_is_over_when_the_shelving_ends():
    bench = hot_bench()
    bench.engine.act(shelve(), T0)
    assert bench.say(10, "t", 20.0) == ["return"]
    assert bench.states() == ["returned"], "still listed: it is shelved"
    assert bench.wake(600) == ["unshelve"]
    assert bench.states() == []


def test_a_shelved_alarm_is_evaluated_and_does_not_end_with_a_new_occurrence():
    bench = hot_bench()
    bench.engine.act(shelve(), T0)
    bench.say(10, "t", 20.0)
    (again,) = bench.engine.step([reading("p/t", 71.0)], T0 + 20 * SECOND)
    assert (again.occurrence, again.hold) == (2, "shelved")


def test_shelved_once_it_returns_with_its_condition():
    bench = hot_bench()
    bench.engine.act(shelve(once=True), T0)
    assert bench.say(10, "t", 20.0) == ["return", "unshelve"]
    assert bench.states() == []
    assert bench.due is None


def test_a_person_may_end_the_shelving_earlier():
    bench = hot_bench()
    bench.engine.act(shelve(), T0)
    outcome = bench.engine.act(act("unshelve", HOT, 0, note="repaired"), T0 + SECOND)
    assert (outcome.done.input, outcome.done.who, outcome.done.note) == ("unshelve", "an", "repaired")
    assert bench.due is None


@pytest.mark.parametrize(
    ("settings", "action", "why"),
    [
        ({}, shelve(-1), "until_invalid"),
        ({}, shelve(9 * 3600), "until_too_late"),
        ({"max_shelve": MINUTE}, shelve(61), "until_too_late"),
        ({"max_shelve": 0}, shelve(), "forbidden"),
        ({}, act("shelve", HOT, 1, until=T0 + SECOND), "note_missing"),
        ({}, act("shelve", HOT, 2, note="x", until=T0 + SECOND), "conflict"),
        ({}, act("unshelve", HOT, 0), "not_held"),
        ({"category": "fire"}, shelve(), "forbidden"),
    ],
)
def test_shelving_is_refused_with_a_word(settings, action, why):
    bench = hot_bench(**settings)
    assert bench.engine.act(action, T0).refused == why
    assert bench.engine.alarm(HOT).last.holds == ()


def test_shelving_twice_is_refused():
    bench = hot_bench()
    bench.engine.act(shelve(), T0)
    assert bench.engine.act(shelve(), T0).refused == "already"


def test_without_an_end_shelving_lasts_as_long_as_the_rule_allows():
    bench = hot_bench(max_shelve=2 * HOUR)
    assert bench.engine.act(act("shelve", HOT, 1, note="x"), T0).done.holds[0].until == T0 + 2 * HOUR


@pytest.mark.parametrize("journaled", [True, False])
def test_shelving_survives_a_kill_and_ends_when_it_was_to_end(journaled):
    bench = hot_bench()
    before = bench.engine.dump()
    outcome = bench.engine.act(shelve(), T0)
    fresh = Engine(bench.site)
    fresh.load(before if journaled else bench.engine.dump(), outcome.records if journaled else ())
    assert fresh.due() == 0
    assert fresh.wake(T0 + 599 * SECOND) == []
    assert [t.input for t in fresh.wake(T0 + 600 * SECOND)] == ["unshelve"]


def test_a_shelving_that_ended_while_the_hub_was_down_ends_at_the_start():
    bench = hot_bench()
    bench.engine.act(shelve(), T0)
    bench.restart()
    assert bench.wake(3600) == ["unshelve"]


@pytest.mark.parametrize("step", [-3600, 3600])
def test_shelving_ends_at_the_instant_that_was_named_also_when_the_clock_is_stepped(step):
    bench = hot_bench()
    bench.wake(10_000)
    until = T0 + (10_000 + max(step, 0) + 60) * SECOND
    bench.engine.act(act("shelve", HOT, 1, note="x", until=until), T0 + 10_000 * SECOND)
    bench.wake(10_000 + step)
    assert bench.engine.due() == until


# -- reminders


def test_an_acknowledged_alarm_that_still_stands_must_be_acknowledged_again():
    bench = hot_bench(realarm_after=30 * MINUTE)
    assert bench.due is None
    bench.engine.act(act("ack", HOT, 1), T0)
    assert bench.due == 1800
    (again,) = bench.engine.wake(T0 + 1800 * SECOND)
    assert (again.input, again.state, again.occurrence) == ("realarm", "unacknowledged", 1)
    assert bench.due is None


def test_a_reminder_is_dropped_when_the_alarm_returns_and_survives_a_restart():
    bench = hot_bench(realarm_after=30 * MINUTE)
    bench.engine.act(act("ack", HOT, 1), T0)
    bench.restart()
    bench.wake(1)
    assert bench.due == 1800
    bench.say(10, "t", 20.0)
    assert bench.due is None


# -- out of service


@pytest.mark.parametrize("scope", ["point:p/a", "device:p", "zone:tn/market", "zone:tn"])
def test_a_point_a_device_or_a_zone_goes_out_of_service_with_everything_in_it(scope):
    bench = Bench(rule(latch=True))
    bench.say(0, "a", True)
    outcome = bench.engine.act(act("out_of_service", "", 0, scope=scope, **OUT), T0)
    assert told(outcome) == [scope, "out_of_service"]
    assert bench.engine.alarm(FIRE).last.hold == "out_of_service"
    assert bench.engine.out_of_service() == [ServiceChange(scope, True, T0, "an", OUT["note"], OUT["until"])]


@pytest.mark.parametrize(
    ("word", "scope"), [("point", "point:p/a"), ("device", "device:p"), ("zone", "zone:tn/market")]
)
def test_an_alarm_that_never_was_names_what_goes_out_of_service(word, scope):
    bench = Bench(rule())
    outcome = bench.engine.act(act("out_of_service", FIRE, 0, scope=word, **OUT), T0)
    assert (outcome.refused, outcome.change.scope, told(outcome)) == (None, scope, [scope])


def test_what_is_raised_in_something_out_of_service_is_held_from_the_start_and_latches_all_the_same():
    bench = Bench(rule(latch=True))
    bench.engine.act(act("out_of_service", "", 0, scope="device:p", **OUT), T0)
    (raised,) = bench.engine.step([reading("p/a", True)], T0 + SECOND)
    assert (raised.input, raised.hold, raised.holds[0].by) == ("raise", "out_of_service", "device:p")
    bench.say(2, "a", False)
    outcome = bench.engine.act(act("in_service", FIRE, 0, note="tested"), T0 + 3 * SECOND)
    assert told(outcome) == ["device:p", "in_service"]
    assert bench.states() == ["latched_unacknowledged"]


def test_service_resumes_by_time_also_after_a_kill():
    bench = Bench(rule())
    before = bench.engine.dump()
    outcome = bench.engine.act(act("out_of_service", "", 0, scope="device:p", **OUT), T0)
    fresh = Engine(bench.site)
    fresh.load(before, outcome.records)
    fresh.wake(T0 + SECOND)
    assert fresh.due() == T0 + HOUR
    (back,) = fresh.wake(T0 + HOUR)
    assert back == ServiceChange("device:p", False, T0 + HOUR)
    assert fresh.out_of_service() == []


def test_an_alarm_returns_only_with_the_last_of_the_scopes_that_hold_it():
    bench = Bench(rule())
    for scope in ("point:p/a", "zone:tn"):
        bench.engine.act(act("out_of_service", "", 0, scope=scope, **OUT), T0)
    bench.say(0, "a", True)
    bench.engine.act(act("ack", FIRE, 1), T0)
    first = bench.engine.act(act("in_service", FIRE, 0), T0).records
    assert [r.scope if isinstance(r, ServiceChange) else r.state for r in first] == ["point:p/a", "acknowledged"]
    assert bench.engine.alarm(FIRE).last.hold == "out_of_service"
    assert bench.engine.act(act("in_service", FIRE, 0), T0).done.state == "unacknowledged"


@pytest.mark.parametrize(
    ("action", "why"),
    [
        (act("out_of_service", "", 0, scope="device:x", **OUT), "unknown"),
        (act("out_of_service", "fire:x/a", 0, scope="point", **OUT), "unknown"),
        (act("out_of_service", "", 0, scope="device:p", note="x"), "until_missing"),
        (act("out_of_service", "", 0, scope="device:p", note="x", until=T0), "until_invalid"),
        (act("out_of_service", "", 0, scope="device:p", note="x", until=T0 + 721 * HOUR), "until_too_late"),
        (act("out_of_service", "", 0, scope="device:p", until=T0 + HOUR), "note_missing"),
        (act("in_service", "", 0, scope="device:p"), "not_held"),
        (act("in_service", FIRE, 0), "not_held"),
    ],
)
def test_out_of_service_is_refused_with_a_word(action, why):
    bench = Bench(rule())
    assert bench.engine.act(action, T0).refused == why
    assert bench.engine.out_of_service() == []


def test_the_same_request_takes_out_of_service_once_also_after_a_restart():
    bench = Bench(rule())
    action = act("out_of_service", "", 0, scope="device:p", request="r", **OUT)
    first = bench.engine.act(action, T0)
    assert bench.engine.act(action, T0 + 1).records == ()
    dump = msgspec.json.decode(msgspec.json.encode(bench.engine.dump()))
    bench.engine = Engine(bench.site)
    bench.engine.load(dump)
    assert bench.engine.act(action, T0 + 2).change == first.change


def test_of_several_holds_the_strongest_is_shown_and_each_ends_for_itself():
    bench = hot_bench()
    bench.engine.act(shelve(), T0)
    bench.engine.act(act("out_of_service", HOT, 0, scope="device", **OUT), T0)
    assert bench.engine.alarm(HOT).last.hold == "out_of_service"
    bench.engine.act(act("in_service", HOT, 0), T0)
    assert bench.engine.alarm(HOT).last.hold == "shelved"


def test_a_zone_out_of_service_does_not_hold_its_neighbour():
    engine = Engine(site((rule(),), device("p", {"a": "fire.alarm"}), device("q", {"a": "fire.alarm"}, zone="tn/x")))
    engine.act(act("out_of_service", "", 0, scope="zone:tn/market", **OUT), T0)
    (near, far) = engine.step([reading("p/a", True), reading("q/a", True)], T0)
    assert (near.hold, far.hold) == ("out_of_service", None)
