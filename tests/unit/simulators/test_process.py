"""The physics of a quiet city."""

from itertools import pairwise

import msgspec
import pytest

from hub.model import HOUR, SECOND, Priority, Rule, Selector, Text, Value
from hub.model.rule import Test as Comparison
from hub.model.scaling import to_engineering
from simulators.calm import calm
from simulators.process import Process
from simulators.raw import raw_of
from tests.unit.simulators.site import START, mqtt, sensor, site_of


def rule(name: str, kind: str, verb: str, operand: object, deadband: float = 0.0) -> Rule:
    test = Comparison(verb, operand, deadband)  # type: ignore[arg-type]
    return Rule(name, "process", Priority.LOW, Selector(kind=kind), test, Text.same(name))


def test_the_same_seed_gives_the_same_city_and_another_seed_another() -> None:
    point = mqtt("a", "t", "env.temperature", "float", path="t")
    times = [START + n * 7 * SECOND for n in range(50)]
    first, second, other = Process(1), Process(1), Process(2)
    assert [first.value(point, t) for t in times] == [second.value(point, t) for t in reversed(times)][::-1]
    assert [first.value(point, t) for t in times] != [other.value(point, t) for t in times]


def test_values_move_smoothly_and_stay_in_the_range_of_the_point() -> None:
    point = mqtt("a", "t", "env.water_level", "float", {"range": (18.0, 32.0)}, path="t")
    process = Process(3)
    values = [process.value(point, START + n * SECOND) for n in range(2000)]
    assert all(isinstance(v, float) and 18 < v < 32 for v in values)
    assert len(set(values)) > 5
    assert all(abs(a - b) < 0.5 for a, b in pairwise(values))  # type: ignore[operator]


def test_the_rules_of_the_site_are_kept_to() -> None:
    device = sensor("a")
    site = site_of(device)
    rules = (
        rule("flood", "env.water_level", "above", 0.15, 0.03),
        rule("cold", "env.temperature", "outside", (2.0, 8.0)),
        rule("battery", "power.battery_level", "below", 90, 5),
        rule("shut", "access.door", "is", False),
    )
    process = Process(0, calm(msgspec.structs.replace(site, rules=rules)))
    for n in range(300):
        now = START + n * HOUR // 3
        seen = {p.name: process.value(p, now) for p in device.points}
        assert float(seen["plain"]) < 0.12
        assert 2.0 < float(seen["temperature"]) < 8.0
        assert int(seen["battery"]) >= 95
        assert seen["door"] is True


def test_a_ramp_is_a_straight_line_and_is_given_back() -> None:
    point = mqtt("a", "t", "env.temperature", "float", path="t")
    process = Process()
    process.hold(point, 10.0, START)
    process.hold(point, 30.0, START, over=10 * SECOND)
    assert [process.value(point, START + n * 5 * SECOND) for n in range(4)] == [10.0, 20.0, 30.0, 30.0]
    process.free(point.id)
    assert process.value(point, START) == Process().value(point, START)


@pytest.mark.parametrize(
    ("type_", "more", "value", "raw"),
    [
        ("float", {"scale": 0.1, "offset": -40.0}, 21.5, 615.0),
        ("bool", {"invert": True}, True, False),
        ("bool", {"mapping": {"ON": True, "OFF": False}}, False, "OFF"),
        ("text", {"mapping": {"0": "day", "1": "night"}}, "night", 1),
        ("bool", {"mapping": {"true": False, "false": True}, "invert": True}, True, True),
    ],
)
def test_what_a_device_says_is_what_the_hub_understands(
    type_: str, more: dict[str, object], value: Value, raw: Value
) -> None:
    point = mqtt("a", "p", "device.value", type_, more, path="p")
    assert raw_of(point, value) == raw
    assert to_engineering(point, raw) == value


def test_a_value_that_the_mapping_lacks_is_refused_with_what_it_has() -> None:
    point = mqtt("a", "p", "device.state", "text", {"mapping": {"0": "day", "1": "night"}}, path="p")
    with pytest.raises(ValueError, match="its mapping has day, night"):
        raw_of(point, "dusk")
