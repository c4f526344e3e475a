"""The province rehearses: every shipped scenario gives exactly the alarms that it promises, in their time."""

import asyncio
from functools import cache

import pytest

from drivers import REGISTRY
from hub.cli.drilling.cast import on_stage
from hub.cli.drilling.verdict import Verdict, judge
from hub.cli.drilling.virtual import Virtual
from hub.cli.drilling.wire import Wire
from hub.config import load, shipped
from hub.model import Site
from simulators.scenario import load as load_scenario
from simulators.scenario import names

PROVINCE = shipped() / "sites" / "thai-nguyen"
SCENARIOS = sorted(path.stem for path in (PROVINCE / "scenarios").glob("*.yaml"))
WIRE_ONLY = {"hostile-inputs"}
PROMISED = {
    "april-2023", "city-link-cut", "core-switch-down", "evening-congestion", "fault-storm", "hostile-inputs",
    "login-storm", "market-fire", "night-vandalism", "plate-watched", "river-flood",
}  # fmt: skip


@cache
def province() -> Site:
    return load(PROVINCE, REGISTRY)


def wrong(verdict: Verdict) -> list[str]:
    """Return what a duty officer would be told."""
    missed = [f"{o.expected.alarm}: {o.failure.en}" for o in verdict.outcomes if o.failure is not None]
    return [*missed, *(f"unexpected: {u.alarm}" for u in verdict.strangers), *(fault.en for fault in verdict.faults)]


def test_the_province_has_the_scenarios_that_were_promised() -> None:
    assert set(names(province())) >= PROMISED


@pytest.mark.parametrize("name", [name for name in SCENARIOS if name not in WIRE_ONLY])
def test_a_scenario_gives_exactly_its_alarms_on_the_virtual_clock(name: str) -> None:
    scenario = load_scenario(province(), name)
    played = Virtual(on_stage(province(), scenario), scenario)
    verdict = judge(scenario, played.run())
    assert wrong(verdict) == []
    assert len(verdict.outcomes) == len(scenario.expect) > 0


@pytest.mark.parametrize("name", sorted(WIRE_ONLY))
async def test_what_only_the_wire_can_show_gives_exactly_its_alarms_there(name: str) -> None:
    """Takes as long as the scenario lasts: broken bytes exist on a wire only, and a silence takes its time."""
    scenario = load_scenario(province(), name)
    heard = await Wire(on_stage(province(), scenario), scenario).run(asyncio.Event())
    assert heard is not None
    assert wrong(judge(scenario, heard)) == []
