"""Events counted by an attribute: an alarm for each source, bounded, and those beyond the bound are seen together."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from hub.model import SECOND, DeviceEvent, EventMap, Rule, Selector, Transition, Window
from hub.model import Test as Comparison
from rules import Engine
from rules.families import EVER, MOST, name_of
from rules.succession import succeed
from tests.support.rulesite import T0, act, device, rule, site

KIND = "security.auth_failure"
SWITCH = replace(device("sw", {}), events=(EventMap(KIND, KIND, None),))


def burst(count: int = 3, **more: object) -> Rule:
    counted = Comparison("at_least", count, over=Window("count", 60 * SECOND))
    settings: dict[str, Any] = {"name": "burst", "category": "security"} | more
    settings.setdefault("for_each", Selector(event=KIND, by="source"))
    return rule(counted, **settings)


SITE = site((burst(),), SWITCH)


def failures(source: object, times: int = 1) -> list[DeviceEvent]:
    return [DeviceEvent("sw", KIND, {"source": source}, None, T0)] * times  # type: ignore[dict-item]


def at(second: float) -> int:
    return T0 + int(second * SECOND)


def said(records: Sequence[object]) -> list[tuple[str, str]]:
    return [(t.alarm, t.input) for t in records if isinstance(t, Transition)]


def tell(engine: Engine, second: float, events: list[DeviceEvent]) -> list[tuple[str, str]]:
    return said(engine.step([], at(second), events))


def test_each_source_has_an_alarm_of_its_own_that_can_be_acted_on() -> None:
    engine = Engine(SITE)
    assert tell(engine, 0, failures("10.0.0.1", 2) + failures("10.0.0.2", 2)) == [], "two each are too few"
    assert tell(engine, 1, failures("10.0.0.1")) == [("burst:sw~10.0.0.1", "raise")]
    assert engine.alarm("burst:sw~10.0.0.1").last.cause["key"] == "10.0.0.1"  # type: ignore[union-attr]
    assert engine.act(act("ack", "burst:sw~10.0.0.1", 1), at(2)).refused is None
    assert tell(engine, 3, failures("10.0.0.2")) == [("burst:sw~10.0.0.2", "raise")]
    assert said(engine.wake(at(61))) == [("burst:sw~10.0.0.1", "return"), ("burst:sw~10.0.0.2", "return")]


def test_sources_beyond_the_bound_count_together_and_are_as_visible() -> None:
    engine = Engine(SITE)
    for n in range(MOST):
        tell(engine, 0, failures(f"10.0.0.{n}"))
    assert len(engine.possible) == MOST + 1
    assert tell(engine, 1, failures("172.16.0.1") + failures("172.16.0.2")) == []
    assert tell(engine, 2, failures("172.16.0.3")) == [("burst:sw~*", "raise")]
    assert engine.alarm("burst:sw~*").last.cause["key"] == "*"  # type: ignore[union-attr]
    assert len(engine.possible) == MOST + 1, "no more than that at a time"
    assert tell(engine, 120, failures("172.16.0.4", 3))[-1] == ("burst:sw~172.16.0.4", "raise"), "there is room again"


def test_of_sources_that_ever_had_an_alarm_there_is_an_end_too() -> None:
    engine = Engine(SITE)
    for n in range(EVER + 5):
        tell(engine, n * 100, failures(f"h{n}", 3))
    names = {alarm.last.alarm for alarm in engine._book.every()}
    assert len(names) == EVER + 1
    assert "burst:sw~*" in names


def test_an_event_without_the_attribute_counts_with_the_others() -> None:
    engine = Engine(SITE)
    assert tell(engine, 0, failures(None, 2) + failures("", 1)) == [("burst:sw~*", "raise")]


def test_what_does_not_belong_into_a_name_is_replaced_and_told_apart() -> None:
    assert name_of("10.0.0.1") == "10.0.0.1"
    assert name_of("fe80::1") == "fe80::1"
    assert name_of(22) == "22"
    strange = {name_of("a b"), name_of("a/b"), name_of("a_b"), name_of("x" * 500), name_of("*"), name_of("a~b")}
    assert len(strange) == 6
    assert all(len(name) <= 73 and "/" not in name and "~" not in name and name != "*" for name in strange)


def test_counts_and_alarms_of_each_source_survive_a_crash() -> None:
    engine = Engine(SITE)
    tell(engine, 0, failures("a", 3) + failures("b", 2))
    engine.act(act("ack", "burst:sw~a", 1), at(1))
    dump = msgspec.json.decode(msgspec.json.encode(engine.dump()))
    again = Engine(SITE)
    again.load(dump)
    assert again.orphans(at(2)) == []
    assert tell(again, 3, failures("b")) == [("burst:sw~b", "raise")]
    assert said(again.wake(at(60))) == [("burst:sw~a", "return"), ("burst:sw~b", "return")]


def test_they_survive_a_change_of_other_rules_and_end_with_their_own() -> None:
    engine = Engine(SITE)
    tell(engine, 0, failures("a", 3) + failures("b", 2))
    next_ = succeed(engine, site((burst(), rule(name="other")), SWITCH), at(1))
    assert (next_.records, next_.removed) == ([], [])
    assert tell(next_.engine, 2, failures("b")) == [("burst:sw~b", "raise")]
    gone = succeed(next_.engine, site((), SWITCH), at(3))
    assert sorted(said(gone.records)) == [("burst:sw~a", "remove"), ("burst:sw~b", "remove")]
