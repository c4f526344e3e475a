"""A walk becomes a profile that loads: known objects with their kinds, tables by name, counters as rates."""

import pytest

from drivers import REGISTRY
from hub.importing import mistakes
from tests.unit.importing.walks import SYSTEM, proposed, table

IF, IFX = "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1"


def switch(ports: int) -> str:
    numbers = range(1, ports + 1)
    names = [f"Gi1/0/{n}" for n in numbers]
    return (
        SYSTEM
        + table(IF, {1: ("INTEGER", [*numbers]), 2: ("STRING", names), 4: ("INTEGER", [1500] * ports)})
        + table(IF, {8: ("INTEGER", [1] * ports)})
        + table(IFX, {1: ("STRING", names), 6: ("Counter64", [10**n for n in numbers])})
    )  # fmt: skip


def test_the_ports_of_a_switch_become_one_group_of_known_points():
    made = proposed(switch(6))
    (group,) = made.each
    assert (group.count, group.name) == (6, "Gi1_0_{n}")
    assert group.points["status"]["kind"] == "link.status"
    row = {"column_oid": f"{IFX}.1", "equals": "Gi1/0/{n}"}
    assert group.points["in"]["address"] == {
        "table": IFX, "column": 6, "row": row, "type": "counter64", "rate": True,
    }  # fmt: skip
    assert group.points["mtu"]["kind"] == "x.mtu"
    assert not mistakes(made, REGISTRY)


def test_rows_with_names_of_their_own_become_points_of_their_own():
    text = SYSTEM + table(IF, {8: ("INTEGER", [1, 2])}) + table(IFX, {1: ("STRING", ["lo", "Wan {1}"])})
    made = proposed(text)
    assert made.points["lo.status"]["address"]["row"] == {"column_oid": f"{IFX}.1", "equals": "lo"}
    assert made.points["m2_2_r2.status"]["address"]["index"] == "2", "a brace in a name would be a template"
    assert not mistakes(made, REGISTRY)


def test_two_rows_of_one_name_are_told_apart():
    made = proposed(SYSTEM + table(IF, {8: ("INTEGER", [1, 2])}) + table(IFX, {1: ("STRING", ["port", "port"])}))
    assert made.points["port_2.status"]["address"]["row"]["nth"] == 2


def test_a_known_object_keeps_kind_unit_and_scale_of_the_shipped_profile():
    made = proposed(SYSTEM + ".1.3.6.1.2.1.33.1.2.5.0 = INTEGER: 528\n.1.3.6.1.2.1.33.1.2.4.0 = INTEGER: 99\n")
    assert made.points["battery_voltage"]["scale"] == 0.1
    assert {"point": "battery_voltage", "raw": 528, "value": 52.8} in made.examples
    assert made.points["charge"]["kind"] == "power.battery_level"
    assert not mistakes(made, REGISTRY)


def test_an_unknown_table_is_found_without_its_mib():
    entry = "1.3.6.1.4.1.32473.5.1.1.1"
    text = SYSTEM + table(entry, {2: ("STRING", ["pump", "valve"]), 3: ("Gauge32", [7, 9]), 4: ("Counter32", [1, 2])})
    made = proposed(text)
    assert made.points["pump.c3"]["kind"] == "x.e32473_5_1_1_1_c3"
    assert made.points["valve.c4"]["address"]["rate"] is True
    assert not mistakes(made, REGISTRY)


def test_a_table_too_long_is_only_counted_and_said_so():
    made = proposed(SYSTEM + table("1.3.6.1.4.1.32473.6.1", {2: ("INTEGER", [5] * 80), 3: ("Gauge32", [1] * 80)}))
    assert made.points["e32473_6_rows"]["address"]["fold"] == "count"
    assert any("32473.6.1 (80)" in sentence for sentence in made.check)
    assert not mistakes(made, REGISTRY)


def test_only_what_is_asked_for_is_imported():
    made = proposed(switch(3), under=("1.3.6.1.2.1.1",), most_rows=64)
    assert set(made.points) == {"description", "uptime", "name"}
    assert not made.each


def test_a_shipped_profile_that_knows_the_device_is_named():
    known = "".join(f".1.3.6.1.2.1.33.1.{o} = INTEGER: 1\n" for o in (
        "4.1.0", "3.3.1.3.1", "3.3.1.2.1", "3.1.0", "2.1.0", "2.2.0", "2.3.0", "2.4.0", "2.5.0", "2.6.0", "2.7.0",
        "4.4.1.2.1", "4.4.1.4.1", "4.4.1.5.1", "6.1.0", "7.3.0", "6.2.1.2.1",
    ))  # fmt: skip
    assert any(
        "power/ups-rfc1628" in sentence and "prefer it" in sentence for sentence in proposed(SYSTEM + known).check
    )


def test_too_little_is_refused_with_what_to_do():
    with pytest.raises(ValueError, match="walk more of the agent"):
        proposed(".1.3.6.1.2.1.1.7.0 = INTEGER: 72\n")
