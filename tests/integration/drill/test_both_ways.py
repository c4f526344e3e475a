"""The virtual clock is honest: what it plays is what the wire plays, alarm by alarm."""

import asyncio
import shutil

import pytest

from drivers import REGISTRY
from hub.cli.drilling.cast import on_stage
from hub.cli.drilling.verdict import Heard, judge
from hub.cli.drilling.virtual import Virtual
from hub.cli.drilling.wire import Wire
from hub.config import load, shipped
from hub.model import SECOND, Site, Transition
from simulators.scenario import load as load_scenario
from simulators.timeline import Scenario

MARKET = """\
scenario: {id: market, title: A market at its worst, lasts: 17s}
steps:
  - {at: 1s, set: {panel-market/z07.pre_alarm: true}}
  - {at: 2s, set: {panel-market/z07.alarm: true, panel-market/mains: false}}
  - {at: 3s, set: {panel-market/z08.alarm: true, smoke-stairs/smoke: true, smoke-stairs/tamper: true}}
  - {at: 4s, set: {panel-market/z05.fault: true, heat-boiler/temperature: {to: 70, over: 2s}}}
  - {at: 6s, fault: {device: panel-market, kind: word_order}}
  - {at: 11s, set: {panel-market/z07.pre_alarm: false, smoke-stairs/tamper: false}}
expect:
  - {rule: fire-pre-alarm, point: panel-market/z07.pre_alarm, after: 1s, within: 8s}
  - {rule: fire, point: panel-market/z07.alarm, after: 2s, within: 8s}
  - {rule: fire, point: panel-market/z08.alarm, after: 3s, within: 8s}
  - {rule: fire-coincidence, point: panel-market/z08.alarm, after: 3s, within: 8s}
  - {rule: smoke, point: smoke-stairs/smoke, after: 3s, within: 8s}
  - {rule: device-tamper, point: smoke-stairs/tamper, after: 3s, within: 8s}
  - {rule: mains-lost, point: panel-market/mains, after: 2s, within: 12s}
  - {rule: fire-fault, point: panel-market/z05.fault, after: 4s, within: 12s}
  - {rule: temperature-high, point: heat-boiler/temperature, after: 4s, within: 11s}
"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, Scenario]:
    folder = tmp_path_factory.mktemp("drill") / "starter"
    shutil.copytree(shipped() / "sites" / "starter", folder)
    (folder / "scenarios" / "market.yaml").write_text(MARKET, encoding="utf-8")
    site = load(folder, REGISTRY)
    scenario = load_scenario(site, "market")
    return on_stage(site, scenario), scenario


def story(heard: list[Heard]) -> dict[str, list[tuple[str, object, object]]]:
    """Return what each alarm did: what happened, what it was marked, under which value."""
    found: dict[str, list[tuple[str, object, object]]] = {}
    for _, t in heard:
        if isinstance(t, Transition):
            found.setdefault(t.alarm, []).append((t.input, t.mark, t.latched))
    return found


async def test_a_drill_gives_the_same_alarms_on_the_virtual_clock_and_on_the_wire(
    stage: tuple[Site, Scenario],
) -> None:
    site, scenario = stage
    virtual = Virtual(site, scenario)
    virtual.run()
    wire = Wire(site, scenario)
    assert await wire.run(asyncio.Event()) is not None
    assert judge(scenario, virtual.heard).passed, judge(scenario, virtual.heard)
    assert judge(scenario, wire.heard).passed, judge(scenario, wire.heard)
    assert story(virtual.heard) == story(wire.heard)


async def test_a_drill_that_is_stopped_leaves_nothing_running(stage: tuple[Site, Scenario]) -> None:
    site, scenario = stage
    stop = asyncio.Event()
    stop.set()
    wire = Wire(site, scenario)
    assert await wire.run(stop) is None
    assert not wire.fleet.where
    assert len(asyncio.all_tasks()) == 1


def test_a_run_of_the_virtual_clock_takes_the_same_records_in_the_same_order(stage: tuple[Site, Scenario]) -> None:
    runs = [Virtual(*stage) for _ in range(2)]
    assert runs[0].run() == runs[1].run()
    assert runs[0].ends - runs[0].begins == 17 * SECOND
