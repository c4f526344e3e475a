import msgspec
import pytest
from msgspec.structs import replace

from hub.model import SECOND, Group, Reason, Selector, Text
from hub.model import Test as Comparison
from rules import Engine
from tests.support.rulesite import T0, Bench, act, device, reading, rule, site

HOT = Comparison("above", 60.0, deadband=5.0)
ALARM = "fire:p/a"


def hot(**more):
    return rule(HOT, kind="env.temperature", name="hot", **more)


def test_an_alarm_is_raised_and_returns():
    bench = Bench(rule())
    assert bench.say(0, "a", False) == []
    assert bench.say(1, "a", True) == ["raise"]
    assert bench.say(2, "a", True) == []
    assert bench.states() == ["unacknowledged"]
    assert bench.say(3, "a", False) == ["return"]
    assert bench.states() == ["returned"]


def test_a_transition_says_where_what_and_why():
    bench = Bench(hot(text=Text("{point.name} {value} {unit} ở {zone.name}", "{device.name} {value} {unit} {secret}")))
    (t,) = bench.engine.step([reading("p/t", 71.5)], T0)
    assert (t.alarm, t.occurrence, t.n, t.rule, t.device, t.point, t.zone) == (
        "hot:p/t",
        1,
        1,
        "hot",
        "p",
        "p/t",
        "tn/market",
    )
    assert t.cause == {"value": 71.5, "above": 60.0, "deadband": 5.0, "unit": "degC"}
    assert t.text == Text("t vi 71,5 °C ở Chợ Thái", "device p 71.5 °C {secret}")
    assert t.at == T0
    assert t.instructions == "sop/general.md", "inherited from the zone around"


def test_the_cause_of_a_group_lists_its_tests():
    when = Group("all", (Comparison("is", True), Comparison("above", 60.0, of=Selector(kind="env.temperature"))))
    bench = Bench(rule(when))
    bench.say(0, "t", 70.0)
    (t,) = bench.engine.step([reading("p/a", True)], T0)
    assert t.cause["value"] is True
    assert t.cause["tests"] == [
        {"point": "a", "value": True, "is": True, "holds": True},
        {"point": "t", "value": 70.0, "above": 60.0, "unit": "degC", "holds": True},
    ]


def test_the_text_of_an_alarm_stays_when_it_returns_and_its_cause_moves_on():
    bench = Bench(hot(text=Text.same("{value}")))
    (raised,) = bench.engine.step([reading("p/t", 71.0)], T0)
    (returned,) = bench.engine.step([reading("p/t", 20.0)], T0 + 1)
    assert returned.text == raised.text == Text("71", "71")
    assert returned.cause["value"] == 20.0


def test_a_deadband_keeps_a_wavering_value_from_chattering():
    bench = Bench(hot())
    said = [bench.say(i, "t", v) for i, v in enumerate([61.0, 59.0, 61.0, 56.0, 55.0, 59.0, 61.0])]
    assert said == [["raise"], [], [], [], ["return"], [], ["raise"]]


def test_the_deadband_remembers_across_a_bad_reading():
    bench = Bench(hot())
    bench.say(0, "t", 61.0)
    assert bench.say(1, "t", 61.0, Reason.NO_COMMUNICATION) == []
    assert bench.say(2, "t", 58.0) == []
    assert bench.states() == ["unacknowledged"]


@pytest.mark.parametrize(
    ("policy", "calm", "alarmed"), [("hold", [], []), ("alarm", ["raise"], []), ("normal", [], ["return"])]
)
def test_bad_quality_does_what_the_rule_says(policy, calm, alarmed):
    bench = Bench(rule(on_bad_quality=policy))
    bench.say(0, "a", False)
    assert bench.say(1, "a", False, Reason.NO_COMMUNICATION) == calm
    bench = Bench(rule(on_bad_quality=policy))
    bench.say(0, "a", True)
    assert bench.say(1, "a", True, Reason.NO_COMMUNICATION) == alarmed


def test_an_alarm_for_bad_quality_says_so():
    bench = Bench(rule(on_bad_quality="alarm"))
    (t,) = bench.engine.step([reading("p/a", False, Reason.REFUSED)], T0)
    assert t.cause == {"value": False, "is": True, "quality": "bad", "reason": "refused"}


@pytest.mark.parametrize("reason", [Reason.WAITING, Reason.OUT_OF_SERVICE, Reason.NOT_PROGRAMMED])
@pytest.mark.parametrize("policy", ["alarm", "normal"])
def test_a_point_that_cannot_speak_by_intent_is_nobodys_news(reason, policy):
    bench = Bench(rule(on_bad_quality=policy))
    assert bench.say(0, "a", None, reason) == []
    bench.say(1, "a", True)
    assert bench.say(2, "a", True, reason) == []
    assert bench.states() == ["unacknowledged"]


@pytest.mark.parametrize(
    "reason", [Reason.STALE, Reason.OUT_OF_RANGE, Reason.RETAINED, Reason.CLOCK, Reason.SUBSTITUTED]
)
def test_an_uncertain_value_is_used(reason):
    assert Bench(rule()).say(0, "a", True, reason) == ["raise"]


def test_an_on_delay_must_be_lived_through():
    bench = Bench(rule(on_delay=10 * SECOND))
    assert bench.say(0, "a", True) == []
    assert bench.due == 10
    assert bench.say(5, "a", False) == []
    assert bench.due is None
    assert bench.say(6, "a", True) == []
    assert bench.wake(15.9) == []
    assert bench.wake(16) == ["raise"]


def test_an_off_delay_must_be_lived_through():
    bench = Bench(rule(off_delay=10 * SECOND))
    assert bench.say(0, "a", True) == ["raise"]
    assert bench.say(1, "a", False) == []
    assert bench.say(5, "a", True) == []
    assert bench.due is None
    assert bench.say(20, "a", False) == []
    assert bench.say(30, "t", 1.0) == ["return"], "a step does first what is due"


def test_a_delay_that_ends_while_nothing_is_known_waits_for_knowledge():
    bench = Bench(rule(on_delay=10 * SECOND))
    bench.say(0, "a", True)
    bench.say(5, "a", True, Reason.NO_COMMUNICATION)
    assert bench.wake(10) == []
    assert bench.due is None
    assert bench.say(30, "a", True) == ["raise"]


def test_stale_for_raises_on_silence_and_returns_on_a_fresh_reading():
    bench = Bench(rule(Comparison("stale_for", 60 * SECOND)))
    assert bench.engine.due() == 0, "silence is counted from the first wake"
    bench.wake(0)
    assert bench.due == 60
    bench.say(50, "a", True)
    assert bench.say(80, "a", True, Reason.STALE) == []
    assert bench.say(90, "a", True, Reason.NO_COMMUNICATION) == []
    assert bench.due == 110
    assert bench.wake(110) == ["raise"]
    (alarm,) = bench.engine.alarms()
    assert alarm.last.cause["stale_for_s"] == 60
    assert bench.say(120, "a", True) == ["return"]


def test_stale_for_also_raises_for_a_point_that_never_spoke():
    bench = Bench(rule(Comparison("stale_for", 60 * SECOND)))
    bench.wake(0)
    assert bench.wake(60) == ["raise"]


def test_the_hubs_own_absence_is_not_the_silence_of_a_point():
    bench = Bench(rule(Comparison("stale_for", 60 * SECOND)))
    bench.say(0, "a", True)
    bench.wake(20)
    bench.restart()
    assert bench.wake(1000) == []
    assert bench.due == 1040
    assert bench.wake(1040) == ["raise"]


def test_after_a_restart_nothing_changes_until_readings_say_so():
    bench = Bench(rule(on_bad_quality="alarm"), hot(on_bad_quality="normal"))
    bench.say(0, "a", True)
    bench.say(0, "t", 70.0)
    bench.restart()
    assert bench.wake(100) == []
    assert bench.say(100, "a", True) == []
    assert bench.states() == ["unacknowledged", "unacknowledged"]
    assert bench.say(101, "a", False) == ["return"]


def test_a_running_delay_ends_at_its_own_time_after_a_restart():
    bench = Bench(rule(on_delay=60 * SECOND))
    bench.say(0, "a", True)
    bench.restart()
    assert bench.say(30, "a", True) == []
    assert bench.due == 60
    assert bench.wake(60) == ["raise"]


def test_a_delay_that_ended_while_the_hub_was_down_waits_for_the_reading():
    bench = Bench(rule(on_delay=60 * SECOND))
    bench.say(0, "a", True)
    bench.restart()
    assert bench.wake(600) == []
    assert bench.say(601, "a", True) == ["raise"]


def test_numbers_go_on_after_a_restart():
    bench = Bench(rule())
    bench.say(0, "a", True)
    bench.say(1, "a", False)
    bench.engine.act(act("ack", ALARM, 1), T0)
    bench.restart()
    (t,) = bench.engine.step([reading("p/a", True)], T0 + 9)
    assert (t.occurrence, t.n) == (2, 4)


def test_the_journal_after_the_dump_is_taken_in_and_what_the_dump_has_is_passed_over():
    bench = Bench(rule(), hot())
    early = bench.engine.step([reading("p/a", True)], T0)
    dump = bench.engine.dump()
    late = [
        bench.engine.act(act("ack", ALARM, 1, request="r1"), T0 + 1).done,
        *bench.engine.step([reading("p/t", 80.0)], T0 + 2),
    ]
    fresh = Engine(bench.site)
    fresh.load(dump, [*early, "another record", *late])
    assert fresh.alarms() == bench.engine.alarms()
    assert fresh.act(act("ack", ALARM, 1, request="r1"), T0 + 5).done == late[0]


def test_the_dump_is_json_and_survives_a_round_trip():
    bench = Bench(rule(on_delay=SECOND), hot())
    bench.say(0, "t", 70.0)
    bench.say(0, "a", True)
    dump = bench.engine.dump()
    fresh = Engine(bench.site)
    fresh.load(msgspec.json.decode(msgspec.json.encode(dump)))
    assert fresh.dump() == dump


def test_an_engine_that_knows_nothing_writes_almost_nothing():
    bench = Bench(rule(), hot())
    bench.say(0, "a", False)
    assert set(bench.engine.dump()) == {"at"}


def test_the_deadband_survives_a_restart():
    bench = Bench(hot())
    bench.say(0, "t", 61.0)
    bench.restart()
    assert bench.say(1, "t", 58.0) == []
    assert bench.states() == ["unacknowledged"]


def test_revision_tells_when_the_dump_has_news():
    bench = Bench(rule(on_delay=SECOND), hot())
    before = bench.engine.revision
    bench.say(0, "a", False)
    bench.say(0, "t", 10.0)
    quiet = bench.engine.revision
    bench.say(1, "a", True)
    assert before <= quiet < bench.engine.revision


def test_an_ack_names_the_occurrence():
    bench = Bench(rule())
    bench.say(0, "a", True)
    bench.say(1, "a", False)
    bench.say(2, "a", True)
    assert bench.engine.act(act("ack", ALARM, 1), T0).refused == "conflict"
    assert bench.states() == ["unacknowledged"]
    outcome = bench.engine.act(act("ack", ALARM, 2), T0)
    assert outcome.done is not None
    assert outcome.alarm is not None
    assert (outcome.done.state, outcome.done.who, outcome.alarm.acked_by) == ("acknowledged", "an", "an")


@pytest.mark.parametrize(
    ("kind", "alarm", "occurrence", "word"),
    [
        ("ack", "fire:p/none", 1, "unknown"),
        ("shout", ALARM, 1, "not_allowed"),
        ("ack", ALARM, 0, "conflict"),
        ("reset", ALARM, 1, "condition_active"),
        ("comment", ALARM, 9, "conflict"),
    ],
)
def test_an_action_is_refused_with_a_word(kind, alarm, occurrence, word):
    bench = Bench(rule(latch=True))
    bench.say(0, "a", True)
    outcome = bench.engine.act(act(kind, alarm, occurrence), T0)
    assert (outcome.done, outcome.refused) == (None, word)


def test_a_second_ack_is_told_that_it_was_done():
    bench = Bench(rule())
    bench.say(0, "a", True)
    bench.engine.act(act("ack", ALARM, 1), T0)
    again = bench.engine.act(act("ack", ALARM, 1, who="binh"), T0)
    assert again.refused == "already"
    assert again.alarm is not None
    assert again.alarm.acked_by == "an"


def test_the_same_request_twice_acts_once_also_after_a_restart():
    bench = Bench(rule())
    bench.say(0, "a", True)
    first = bench.engine.act(act("comment", ALARM, 0, request="r"), T0)
    assert bench.engine.act(act("comment", ALARM, 0, request="r"), T0 + 9) == replace(first, records=())
    bench.restart()
    again = bench.engine.act(act("comment", ALARM, 0, request="r"), T0 + 99)
    assert again.done == first.done
    alarm = bench.engine.alarm(ALARM)
    assert alarm is not None
    assert alarm.comments == 1


def test_two_people_may_choose_the_same_request_id():
    bench = Bench(rule())
    bench.say(0, "a", True)
    bench.engine.act(act("comment", ALARM, 0, request="1"), T0)
    assert bench.engine.act(act("ack", ALARM, 1, who="binh", request="1"), T0).done is not None


def test_a_latched_alarm_stays_until_it_is_acknowledged_and_reset():
    bench = Bench(rule(latch=True))
    bench.say(0, "a", True)
    bench.say(1, "a", False)
    assert bench.states() == ["latched_unacknowledged"]
    assert bench.engine.act(act("reset", ALARM, 1), T0).refused == "not_acknowledged"
    bench.engine.act(act("ack", ALARM, 1), T0)
    assert bench.states() == ["latched_acknowledged"]
    assert bench.engine.act(act("reset", ALARM, 1), T0).done is not None
    assert bench.states() == []
    alarm = bench.engine.alarm(ALARM)
    assert alarm is not None
    assert alarm.last.state == "normal"


def test_an_alarm_whose_rule_is_gone_is_removed_with_a_record():
    bench = Bench(rule(), hot())
    bench.say(0, "a", True)
    bench.say(0, "t", 70.0)
    fresh = Engine(site((hot(),), device("p", {"a": "fire.alarm", "t": "env.temperature"})))
    fresh.load(bench.engine.dump())
    (gone,) = fresh.orphans(T0 + 5)
    assert (gone.alarm, gone.input, gone.state, gone.n) == (ALARM, "remove", "normal", 2)
    assert fresh.orphans(T0 + 6) == []
    assert [a.last.rule for a in fresh.alarms()] == ["hot"]
    assert [a["last"]["n"] for a in fresh.dump()["alarms"]] == [2, 1]


def test_the_wall_clock_stepping_back_does_not_stretch_a_delay():
    bench = Bench(rule(on_delay=10 * SECOND))
    bench.say(3600, "a", True)
    assert bench.wake(0) == []
    assert bench.due == 10
    assert bench.wake(10) == ["raise"]


def test_several_readings_of_one_point_in_one_batch_are_all_judged():
    bench = Bench(rule(latch=True))
    out = bench.engine.step([reading("p/a", True), reading("p/a", False)], T0)
    assert [t.input for t in out] == ["raise", "return"]


def test_watched_names_exactly_the_points_that_rules_watch():
    bench = Bench(hot())
    assert bench.engine.watched == {"p/t"}
    assert bench.say(0, "a", True) == []


def test_aged_names_the_points_whose_every_refresh_counts():
    bench = Bench(rule(Comparison("stale_for", SECOND)), hot())
    assert bench.engine.aged == {"p/a"}


def test_the_same_calls_give_the_same_bytes():
    def run() -> bytes:
        bench = Bench(rule(latch=True, on_delay=SECOND), hot(off_delay=SECOND))
        out = []
        for i in range(200):
            now = T0 + i * SECOND // 3
            batch = [reading("p/a", i % 7 > 3, at=now), reading("p/t", float(40 + i * 13 % 41), at=now)]
            out += bench.engine.step(batch, now)
            for alarm in bench.engine.alarms():
                if i % 11 == 0 and (
                    done := bench.engine.act(act("ack", alarm.last.alarm, alarm.last.occurrence), now).done
                ):
                    out.append(done)
        return msgspec.json.encode([out, bench.engine.dump()])

    assert run() == run()


def test_a_rule_that_cannot_be_compiled_is_named_with_its_place():
    with pytest.raises(ValueError, match=r"rules/x.yaml:3 hot: `above` needs a number"):
        Bench(rule(Comparison("above", "x"), kind="env.temperature", name="hot", origin="rules/x.yaml:3"))
