"""Commands in configuration: what a profile offers, what a site allows, and what neither may say."""

from pathlib import Path

import pytest

from hub.model import SECOND, CommandSpec, Group, ReadBack, Selector, Text
from hub.model import Test as Comparison
from tests.unit.config.fakes import messages, site

PUMP = (
    """
profile: lab/pump
title: Pump
driver: asked
source: Lab notes, page 6
points:
  switch: {kind: device.flag, writable: true, address: {cell: 1}}
  key: {kind: device.count, writable: true, range: [0, 9], address: {cell: 2}}
  running: {kind: device.flag, address: {cell: 3}}
  mode: {kind: device.state, map: {0: "off", 1: auto}, address: {cell: 4}}
commands:
  start:
    title: {vi: Chạy, en: Start}
    point: switch
    value: true
    danger: 2
    roles: [operator, engineer]
    select: true
    interlock: {all: [{point: mode, is: auto}, {point: $health, is: online}]}
    arm: {point: key, value: 7}
    read_back: {point: running, value: true, within: 8s}
    timeout: 4s
  stop: {point: switch, value: false}
examples:
"""
    + 5 * "  - {point: running, raw: 1, value: true}\n"
)
SITE = """
version: 1
site: {id: lab, name: Lab}
zones: [{id: a}]
devices:
  - {id: p1, profile: lab/pump, zone: a, connection: {host: h1}%s}
"""


def pump(folder: Path, device: str = "", profile: str = PUMP) -> dict[str, CommandSpec]:
    made = site(folder, SITE % device, profiles__lab__pump=profile)
    return {spec.name: spec for spec in made.devices["p1"].commands}


def mistakes(folder: Path, device: str = "", profile: str = PUMP) -> list[str]:
    return messages(folder, SITE % device, profiles__lab__pump=profile)


def test_a_command_carries_everything_with_the_devices_own_points(tmp_path: Path) -> None:
    start = pump(tmp_path, ", commands: {allow: [start]}")["start"]
    assert (start.point, start.value, start.danger, start.roles) == ("p1/switch", True, 2, ("operator", "engineer"))
    assert (start.title, start.timeout, start.select, start.fire) == (Text("Chạy", "Start"), 4 * SECOND, True, False)
    assert start.read_back == ReadBack("p1/running", True, 8 * SECOND)
    assert start.arm is not None
    assert (start.arm.point, start.arm.value) == ("p1/key", 7)
    mode = Comparison("is", "auto", of=Selector(point="mode"))
    health = Comparison("is", "online", of=Selector(point="$health"))
    assert start.interlock == Group("all", (mode, health))


def test_a_command_is_off_until_the_device_allows_it(tmp_path: Path) -> None:
    def allowed(device: str) -> list[str]:
        return [name for name, spec in pump(tmp_path, device).items() if spec.allowed]

    assert allowed("") == []
    assert allowed(", commands: {allow: [stop]}") == ["stop"]
    assert allowed(", points: {switch: {writable: true}}") == ["start", "stop"]


def test_a_point_is_writable_when_profile_and_device_both_say_so(tmp_path: Path) -> None:
    def writable(device: str) -> list[str]:
        made = site(tmp_path, SITE % device, profiles__lab__pump=PUMP)
        return [point.name for point in made.devices["p1"].points if point.writable]

    assert writable("") == []
    assert writable(", commands: {allow: [start]}") == []
    assert writable(", points: {key: {writable: true}}") == ["key"]
    assert writable(", points: {key: {writable: false}}") == []
    added = "{own: {kind: device.flag, address: {cell: 9}, writable: true}}"
    assert writable(f", points: {added}") == ["own"]
    assert mistakes(tmp_path, ", points: {running: {writable: true}}") == ["the profile does not let 'running' be set"]


def test_a_fire_command_needs_the_sites_word_selection_and_an_engineer(tmp_path: Path) -> None:
    fire = PUMP.replace("switch: {kind: device.flag", "switch: {kind: fire.sounders")
    fire = fire.replace("roles: [operator, engineer]", "roles: [engineer]")
    found = pump(tmp_path, ", points: {switch: {writable: true}}", fire)
    assert [(s.fire, s.select, s.allowed, s.roles) for s in found.values()] == [(True, True, False, ("engineer",))] * 2
    assert pump(tmp_path, ", commands: {allow: [stop]}", fire)["stop"].allowed


def test_what_is_dangerous_is_always_selected_first(tmp_path: Path) -> None:
    risky = PUMP.replace("stop: {point: switch, value: false}", "stop: {point: switch, value: false, danger: 4}")
    assert pump(tmp_path, "", risky)["stop"].select


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("point: switch\n", "point: swich\n", "there is no point 'swich'"),
        ("point: switch\n", "point: running\n", "'running' is read-only"),
        ("value: true\n", "value: 1\n", "'switch' cannot be set so: expected true or false, found 1"),
        ("{point: key, value: 7}", "{point: key, value: 10}", "'key' cannot be set so: 10 is outside 0 … 9"),
        ("{point: running, value: true", "{point: runing, value: true", "there is no point 'runing'"),
        ("{point: mode, is: auto}", "{point: mod, is: auto}", "the profile has no point 'mod'"),
        ("is: auto", "is: manual", "'example/mode' is never 'manual', only 'auto' or 'off'"),
        ("{point: mode, is: auto}", "{kind: env.heat, is: true}", "the profile has no point of kind 'env.heat'"),
        ("roles: [operator, engineer]", "roles: [admin]", "the text 'admin' is not one of 'operator' or 'engineer'"),
        ("within: 8s", "within: 8", "expected a duration such as 500ms, 5s, 2m, 24h, 90d or 5y"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_command_is_found_where_it_stands(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in PUMP
    assert mistakes(tmp_path, "", PUMP.replace(old, new)) == [message]


def test_a_fire_command_may_not_be_made_easier(tmp_path: Path) -> None:
    fire = PUMP.replace("switch: {kind: device.flag", "switch: {kind: fire.sounders")
    assert mistakes(tmp_path, "", fire) == ["a command to fire protection is for engineers only"]
    easy = fire.replace("    roles: [operator, engineer]\n    select: true", "    select: false")
    assert mistakes(tmp_path, "", easy) == ["a command to fire protection is always selected first"]
    harmless = fire.replace("    roles: [operator, engineer]\n", "").replace("danger: 2", "danger: 0")
    assert mistakes(tmp_path, "", harmless) == ["a command to fire protection is never harmless"]


def test_an_interlock_asks_for_no_age_and_is_not_empty(tmp_path: Path) -> None:
    whole = "interlock: {all: [{point: mode, is: auto}, {point: $health, is: online}]}"
    (aged,) = mistakes(tmp_path, "", PUMP.replace(whole, "interlock: {point: mode, stale_for: 5s}"))
    assert aged.startswith("an interlock has no 'stale_for'")
    (empty,) = mistakes(tmp_path, "", PUMP.replace(whole, "interlock:"))
    assert empty.startswith("expected a condition")


def test_a_device_allows_only_what_its_profile_has(tmp_path: Path) -> None:
    assert mistakes(tmp_path, ", commands: {allow: [strat]}") == ["the profile has no command 'strat'"]
