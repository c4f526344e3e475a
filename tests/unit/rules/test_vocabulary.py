"""What `when` can say beyond a comparison, through the whole engine: windows, events, votes, hours, expressions."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from hub.model import (
    HOUR,
    MINUTE,
    SECOND,
    Condition,
    DeviceEvent,
    EventMap,
    Expression,
    Group,
    Hours,
    Reason,
    Rule,
    Selector,
    Text,
    Transition,
    Window,
)
from hub.model import Test as Comparison
from rules import Engine
from tests.support.rulesite import IS_TRUE, T0, Bench, device, reading, rule, site

TEMPERATURE = Selector(kind="env.temperature")


def inputs(said: Sequence[object]) -> list[str]:
    return [t.input for t in said if isinstance(t, Transition)]


def looking(fold: str, verb: str, limit: float, seconds: int, **more: Any) -> Rule:
    when = Comparison(verb, limit, over=Window(fold, seconds * SECOND), **more)
    return rule(when, kind="env.temperature", name=fold)


def test_an_average_is_weighted_by_time_and_raised_between_readings() -> None:
    bench = Bench(looking("average", "above", 50.0, 100))
    bench.say(0, "t", 40.0)
    assert bench.say(100, "t", 70.0) == []
    assert bench.wake(130) == []
    assert bench.due is not None
    assert bench.wake(136) == ["raise"]


def test_an_engine_whose_windows_hold_one_value_sleeps() -> None:
    bench = Bench(looking("average", "above", 50.0, 100), looking("max", "above", 50.0, 100))
    bench.say(0, "t", 40.0)
    bench.say(10, "t", 41.0)
    for second in range(11, 120):
        bench.wake(second)
    assert bench.due is None


def test_too_little_of_a_window_is_no_ground_for_all_is_well() -> None:
    bench = Bench(looking("average", "below", 50.0, 100))
    bench.say(0, "t", 20.0)
    assert bench.states() == []
    assert bench.wake(50) == ["raise"]
    bench.restart()
    assert bench.say(60, "t", 90.0) == []
    assert bench.states() == ["unacknowledged"]


def test_what_a_part_of_a_window_shows_is_raised_at_once() -> None:
    bench = Bench(looking("rises", "at_least", 5.0, 600))
    bench.say(0, "t", 20.0)
    assert bench.say(1, "t", 25.0) == ["raise"]
    assert bench.wake(1_000) == ["return"]


def test_a_bad_reading_is_unknown_and_holds() -> None:
    bench = Bench(looking("max", "above", 50.0, 60))
    bench.say(0, "t", 60.0)
    assert bench.states() == ["unacknowledged"]
    bench.say(1, "t", 60.0, Reason.NO_COMMUNICATION)
    bench.wake(1_000)
    assert bench.states() == ["unacknowledged"]


@pytest.mark.parametrize("fold", ["average", "median", "max", "rises", "sum"])
def test_a_window_survives_a_crash(fold: str) -> None:
    verb, limit = ("at_least", 8.0) if fold == "rises" else ("above", 55.0 if fold == "sum" else 25.0)
    whole = Bench(looking(fold, verb, limit, 100))
    broken = Bench(looking(fold, verb, limit, 100))
    values = [20.0, 22.0, 24.0, 26.0, 28.0, 30.0, 20.0]
    said: list[list[list[str]]] = []
    for bench, crash in ((whole, False), (broken, True)):
        mine = []
        for n, value in enumerate(values):
            mine.append([*bench.wake(20 * n), *bench.say(20 * n, "t", value)])
            if crash and n == 3:
                bench.restart()
                if fold != "sum":
                    bench.say(20 * n, "t", value)
        said.append(mine)
    assert said[0] == said[1]


def counting(n: int, seconds: int, **more: Any) -> Rule:
    window = Window("count", seconds * SECOND, **more)
    selector = Selector(event="security.auth_failure")
    return rule(Comparison("at_least", n, over=window), name="storm", for_each=selector)


def told(engine: Engine, second: float, device_id: str = "p", **attributes: Any) -> list[str]:
    at = T0 + int(second * SECOND)
    event = DeviceEvent(device_id, "security.auth_failure", attributes, at, at)
    return inputs(engine.step([], at, [event]))


def town(*rules: Rule) -> Engine:
    teller = msgspec.structs.replace(
        device("p", {"a": "fire.alarm"}), events=(EventMap("f", "security.auth_failure", None),)
    )
    return Engine(site(rules, teller))


def test_events_are_counted_by_device_and_forgotten_in_time() -> None:
    engine = town(counting(3, 60))
    assert [told(engine, n) for n in (0, 30, 59)] == [[], [], ["raise"]]
    assert engine.due() == T0 + 60 * SECOND
    assert inputs(engine.wake(T0 + 60 * SECOND)) == ["return"]


def test_only_different_attributes_count_where_asked() -> None:
    engine = town(counting(2, 60, distinct="user"))
    assert [told(engine, n, user="an") for n in (0, 1, 2)] == [[], [], []]
    assert told(engine, 3, user="binh") == ["raise"]


def test_only_events_that_match_count() -> None:
    engine = town(counting(1, 60, where=(("level", Comparison("above", 3)),)))
    assert told(engine, 0, level=3) == []
    assert told(engine, 1, level="high") == []
    assert told(engine, 2, level=4) == ["raise"]


def test_counts_survive_a_crash() -> None:
    engine = town(counting(3, 60))
    told(engine, 0)
    told(engine, 10)
    kept = msgspec.json.decode(msgspec.json.encode(engine.dump()))
    engine = town(counting(3, 60))
    engine.load(kept)
    assert told(engine, 20) == ["raise"]


def test_an_event_that_comes_later_than_the_window_counts_for_nothing() -> None:
    engine = town(counting(1, 60))
    at = T0 + HOUR
    late = DeviceEvent("p", "security.auth_failure", {}, T0, at)
    assert engine.step([], at, [late]) == []


def test_the_text_of_an_event_has_its_attributes() -> None:
    storm = msgspec.structs.replace(counting(1, 60), text=Text.same("{value} from {event.user}"))
    engine = town(storm)
    event = DeviceEvent("p", "security.auth_failure", {"user": "x" * 500}, T0, T0)
    (raised,) = engine.step([], T0, [event])
    assert isinstance(raised, Transition)
    assert raised.text.en == f"1 from {'x' * 80}"


def test_an_alarm_never_says_a_plate() -> None:
    text = Text.same("{event.plate} at {event.where}")
    engine = town(msgspec.structs.replace(counting(1, 60, distinct="plate"), text=text))
    event = DeviceEvent("p", "security.auth_failure", {"plate": "20A-123.45", "where": "gate, 20A12345"}, T0, T0)
    (raised,) = engine.step([], T0, [event])
    assert isinstance(raised, Transition)
    assert raised.text.en == "20A-***.45 at gate, 20A-***.45"
    assert raised.cause["event"] == {"plate": "20A-***.45"}


def test_two_of_three_decide_and_unknown_ones_do_not() -> None:
    parts = tuple(Comparison("is", True, of=Selector(point=p)) for p in "abc")
    vote = rule(Group("at_least", parts, n=2), name="vote")
    bench = Bench(vote, points={"a": "fire.alarm", "b": "device.flag", "c": "device.flag"})
    bench.say(0, "a", True)
    assert bench.states() == []
    assert bench.say(1, "c", True) == ["raise"]
    assert bench.say(2, "c", False) == []
    assert bench.states() == ["unacknowledged"], "b was never heard: one of three may still be two"
    assert bench.say(3, "b", False) == ["return"]


def test_any_of_a_kind_watches_every_point_of_the_device() -> None:
    hot = Group("any", (Comparison("above", 60.0, of=TEMPERATURE),), each=True)
    any_hot = rule(hot, name="any", for_each=Selector(profile="test/profile"))
    bench = Bench(any_hot, points={"a": "env.temperature", "b": "env.temperature"})
    bench.say(0, "a", 20.0)
    assert bench.say(1, "b", 70.0) == ["raise"]


def test_hours_open_and_close_a_rule() -> None:
    hours = Hours(frozenset(range(7)), 22 * 60 + 20, 23 * 60)
    bench = Bench(rule(name="night", active=hours))
    bench.say(0, "a", True)
    assert bench.states() == [], "T0 is 22:13:20 UTC"
    assert bench.wake(400) == ["raise"]
    assert bench.wake(400 + 40 * 60) == ["return"]


def expression(text: str, **names: Selector | None) -> Condition:
    return Expression(text, tuple(names.items()))


@pytest.mark.parametrize(
    ("text", "t", "u", "raised"),
    [
        ("t - u > 5", 30.0, 20.0, True),
        ("t - u > 5", 30.0, 28.0, False),
        ("abs(u - t) > 5 and not u == 0", 20.0, 30.0, True),
        ("t / u > 1", 20.0, 0.0, False),
        ("max(t, u) in [20, 30]", 20.0, 30.0, True),
        ("10 < t < 40", 20.0, 0.0, True),
        ("t > 10 or u > 10", 20.0, None, True),
        ("t > 10 and u > 10", 20.0, None, False),
    ],
)
def test_an_expression_computes_and_does_not_guess(text: str, t: float, u: float | None, raised: bool) -> None:
    when = expression(text, t=Selector(point="t"), u=Selector(point="u"))
    bench = Bench(
        rule(when, name="e", for_each=Selector(point="t")), points={"t": "env.temperature", "u": "env.humidity"}
    )
    bench.say(0, "u", u, Reason.NONE if u is not None else Reason.NO_COMMUNICATION)
    bench.say(1, "t", t)
    assert (bench.states() == ["unacknowledged"]) is raised


def test_since_in_an_expression_is_true_by_time_alone() -> None:
    bench = Bench(rule(expression("since(value) > 60", value=None), kind="env.temperature", name="frozen"))
    bench.say(0, "t", 20.0)
    bench.say(30, "t", 20.0)
    assert bench.due == 60
    assert bench.wake(60) == ["raise"]
    assert bench.say(61, "t", 21.0) == ["return"]


def test_a_clock_set_back_leaves_windows_as_they_were() -> None:
    bench = Bench(looking("max", "above", 50.0, 60))
    bench.say(1_000, "t", 60.0)
    bench.say(1_010, "t", 20.0)
    assert bench.say(10, "t", 21.0) == []
    assert bench.states() == ["unacknowledged"]
    assert bench.wake(71) == ["return"]


def test_a_mark_and_its_absence() -> None:
    trial = Comparison("is", True, of=Selector(kind="fire.test"))
    bench = Bench(rule(latch=True, test_during=trial), points={"z1.a": "fire.alarm", "z1.test": "fire.test"})
    bench.say(0, "z1.test", True)
    bench.say(1, "z1.a", True)
    assert [a.last.mark for a in bench.engine.alarms()] == ["TEST"]
    bench.restart()
    bench.say(2, "z1.a", True)
    assert bench.say(3, "z1.test", False) == ["return", "raise"]
    assert [(a.last.mark, a.last.latched) for a in bench.engine.alarms()] == [(None, True)]


def test_ten_minutes_of_silence_about_the_second_source_end_its_confirmation() -> None:
    recent = Comparison(
        "at_least",
        1,
        of=TEMPERATURE,
        over=Window("recent", 10 * MINUTE, counted=Comparison("above", 50.0)),
    )
    signal = Group("confirmed", (IS_TRUE, recent))
    bench = Bench(rule(signal, name="both"))
    bench.say(0, "t", 60.0)
    bench.say(1, "t", 20.0)
    assert bench.say(300, "a", True) == ["raise"]
    assert bench.wake(601) == ["return"]


def test_a_window_that_cannot_be_read_is_said_and_nothing_is_lost() -> None:
    bench = Bench(looking("max", "above", 50.0, 60))
    bench.say(0, "t", 60.0)
    kept = bench.engine.dump()
    next(iter(next(iter(kept["windows"].values())).values()))["ends"] = "x"
    with pytest.raises(ValueError, match="cannot be read"):
        Engine(bench.site).load(kept)
    assert reading("p/t", 1.0).value == 1.0
