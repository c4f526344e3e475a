import pytest

from hub.model import Group, Selector
from hub.model import Test as Comparison
from rules import Engine
from tests.support.rulesite import IS_TRUE, T0, device, reading, rule, site

PANEL = {
    "z01.alarm": "fire.alarm",
    "z01.smoke": "env.smoke",
    "z02.alarm": "fire.alarm",
    "z02.smoke": "env.smoke",
    "smoke": "env.smoke",
}


def watched(selector, *devices, when=IS_TRUE):
    return sorted(Engine(site((rule(when, for_each=selector),), *devices)).watched)


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (Selector(kind="fire.alarm"), ["p/z01.alarm", "p/z02.alarm"]),
        (Selector(point="z01.alarm"), ["p/z01.alarm"]),
        (Selector(kind="fire.alarm", zone="tn"), ["p/z01.alarm", "p/z02.alarm"]),
        (Selector(kind="fire.alarm", zone="tn/mark"), []),
        (Selector(kind="fire.alarm", tag="vip"), ["p/z01.alarm", "p/z02.alarm"]),
        (Selector(kind="fire.alarm", tag="other"), []),
        (Selector(kind="fire.alarm", device="q"), []),
        (Selector(kind="$health", profile="test/profile"), ["p/$health"]),
        (Selector(), []),
    ],
)
def test_a_rule_watches_what_it_selects(selector, expected):
    assert watched(selector, device("p", PANEL, tags=frozenset({"vip"}))) == expected


def test_an_operand_binds_to_the_point_in_the_same_group():
    when = Group("all", (IS_TRUE, Comparison("is", True, of=Selector(point="smoke"))))
    engine = Engine(site((rule(when),), device("p", PANEL)))
    engine.step([reading("p/z01.alarm", True), reading("p/z02.alarm", True), reading("p/smoke", True)], T0)
    assert engine.alarms() == []
    (t,) = engine.step([reading("p/z02.smoke", True)], T0)
    assert t.alarm == "fire:p/z02.alarm"


def test_of_several_points_of_a_kind_the_nearest_name_is_meant():
    when = Group("all", (IS_TRUE, Comparison("is", True, of=Selector(kind="env.smoke"))))
    engine = Engine(site((rule(when),), device("p", PANEL)))
    (t,) = engine.step([reading("p/z01.alarm", True), reading("p/z02.alarm", True), reading("p/z01.smoke", True)], T0)
    assert t.alarm == "fire:p/z01.alarm"


def test_an_operand_may_be_named_in_full():
    when = Group("all", (IS_TRUE, Comparison("is", True, of=Selector(point="z02.smoke"))))
    assert watched(Selector(point="z01.alarm"), device("p", PANEL), when=when) == ["p/z01.alarm", "p/z02.smoke"]


def test_a_rule_for_devices_makes_one_alarm_a_device():
    when = Comparison("is", True, of=Selector(kind="env.smoke"))
    engine = Engine(
        site((rule(when, for_each=Selector(profile="test/profile")),), device("p", PANEL), device("q", PANEL))
    )
    (t,) = engine.step([reading("q/z01.smoke", True)], T0)
    assert (t.alarm, t.device, t.point) == ("fire:q", "q", None)
    assert t.cause["value"] is True


def test_an_operand_without_a_point_is_unknown_and_reported():
    when = Group("any", (IS_TRUE, Comparison("above", 1.0, of=Selector(kind="env.co"))))
    engine = Engine(site((rule(when, on_bad_quality="alarm"),), device("p", {"a": "fire.alarm"})))
    assert [(r.id, point, of.kind) for r, point, of in engine.unbound] == [("fire", "p/a", "env.co")]
    assert engine.step([reading("p/a", False)], T0) == []
    assert [t.input for t in engine.step([reading("p/a", True)], T0)] == ["raise"]
