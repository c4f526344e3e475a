"""Scenarios: read, checked against the site, played on a clock that moves by hand."""

import json
from pathlib import Path

import msgspec
import pytest

from hub.config import shipped
from hub.config.problems import render
from hub.model import SECOND, ConfigError, ManualClock, Priority, Rule, Selector, Site, Text
from hub.model.rule import Test as Comparison
from simulators.fleet import Fleet
from simulators.player import Player
from simulators.scenario import load
from simulators.schema import schema
from simulators.timeline import Scenario
from tests.unit.simulators.site import START, panel, sensor, site_of

TOUR = """\
scenario: {id: tour, title: {vi: Vòng quanh, en: A tour}, loop: 60s}
steps:
  - {at: 5s, set: {panel/fire: true, one/smoke: true}, say: {vi: Cháy, en: Fire}}
  - {at: 10s, set: {one/temperature: {to: 70, over: 10s}}, fault: {device: one, kind: silence}}
  - {at: 30s, set: {panel/fire: false, one/smoke: null}, heal: [one]}
expect:
  - {rule: fire, point: panel/fire, within: 6s}
"""


def site_with(folder: Path, text: str, name: str = "tour") -> Site:
    (folder / "scenarios").mkdir()
    (folder / "scenarios" / f"{name}.yaml").write_text(text, encoding="utf-8")
    fire = Rule(
        "fire", "fire", Priority.CRITICAL, Selector(kind="fire.alarm"), Comparison("is", True), Text.same("fire")
    )
    return msgspec.structs.replace(site_of(panel(), sensor("one")), folder=str(folder), rules=(fire,))


@pytest.fixture
def scenario(tmp_path: Path) -> Scenario:
    return load(site_with(tmp_path, TOUR), "tour")


def test_a_scenario_happens_step_by_step_and_again_after_its_loop(tmp_path: Path, scenario: Scenario) -> None:
    clock = ManualClock(START)
    fleet = Fleet(site_of(panel(), sensor("one")), clock=clock)
    told: list[str] = []
    player = Player(scenario, fleet, clock, lambda text: told.append(text.en))

    player.step()
    assert fleet.get("panel/fire") is False
    clock.advance(6 * SECOND)
    player.step()
    assert (fleet.get("panel/fire"), fleet.get("one/smoke"), told) == (True, True, ["Fire"])
    clock.advance(4 * SECOND)
    player.step()
    clock.advance(10 * SECOND)
    assert fleet.get("one/temperature") == 70
    assert fleet.faults.any_of("one", "silence")
    clock.advance(15 * SECOND)
    player.step()
    assert (fleet.get("panel/fire"), fleet.get("one/smoke")) == (False, False)
    assert not fleet.faults.all()
    assert fleet.get("one/temperature") == 70
    clock.advance(31 * SECOND)
    player.step()
    assert (player.rounds, fleet.get("panel/fire"), told) == (1, True, ["Fire", "Fire"])
    assert fleet.get("one/temperature") != 70


def test_a_scenario_that_does_not_loop_ends(tmp_path: Path) -> None:
    clock = ManualClock(START)
    site = site_with(tmp_path, TOUR.replace(", loop: 60s", ""))
    player = Player(load(site, "tour"), Fleet(site, clock=clock), clock)
    assert not player.finished
    clock.advance(60 * SECOND)
    player.step()
    assert player.finished


def test_the_expected_alarms_are_read(scenario: Scenario) -> None:
    assert [(e.rule, e.point, e.within) for e in scenario.expect] == [("fire", "panel/fire", 6 * SECOND)]


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("one/smoke: true", "one/smoek: true", "tour.yaml:3:38: error: unknown point 'one/smoek'"),
        ("panel/fire: true", "panel/fire: 1", "panel/fire is of type bool; it cannot be 1"),
        ("kind: silence", "kind: silense", "unknown fault 'silense'"),
        ("kind: silence", "kind: word_order", "a mqtt device cannot show 'word_order'"),
        ("device: one", "device: two", "unknown device 'two'"),
        ("heal: [one]", "heal: [ones]", "did you mean 'one'?"),
        ("rule: fire", "rule: fier", "did you mean 'fire'?"),
        ("at: 5s", "at: 5", "if you mean seconds write '5s'"),
        ("at: 5s", "at: 50s", "the steps are not in the order of their times"),
        ("loop: 60s", "loop: 20s", "the last step is at 30s"),
        ("say:", "tell:", "unknown key 'tell'"),
        ("point: panel/fire,", "device: panel,", "the rule fire does not watch 'panel'"),
        (
            "point: panel/fire,",
            "point: panel/fire, device: one,",
            "say where: exactly one of `point`, `device`, `behind`",
        ),
        ("within: 6s", "within: 6s, count: 3", "expected 3 places, found 1"),
        ("within: 6s", "within: 6s, folded: switch", "unknown device 'switch'"),
        ("panel/fire: true", '"panel/*.fire": true', "no point is called like 'panel/*.fire'"),
        ("loop: 60s", "loop: 60s, begins: tomorrow", "'tomorrow' is no date and time"),
        ("loop: 60s", "loop: 60s, watch: [B?D]", "'B?D' is no plate"),
    ],
)
def test_every_mistake_is_named_with_its_place(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    assert right in TOUR
    site = site_with(tmp_path, TOUR.replace(right, wrong, 1))
    with pytest.raises(ConfigError) as raised:
        load(site, "tour")
    shown = render(raised.value.problems)  # type: ignore[arg-type]
    assert "scenarios/tour.yaml:" in shown
    assert said in shown


def test_a_scenario_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no scenario 'torn'; did you mean 'tour'"):
        load(site_with(tmp_path, TOUR), "torn")


def test_the_shipped_schema_of_scenarios_is_up_to_date() -> None:
    shipped_schema = json.loads((shipped() / "schema" / "scenario.schema.json").read_text(encoding="utf-8"))
    assert shipped_schema == schema(), "run `make schema`"
