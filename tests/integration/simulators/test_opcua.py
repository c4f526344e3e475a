"""The real OPC UA driver on the simulated wire: values, alarms, acknowledgements, and what it makes of each fault."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drivers import REGISTRY
from hub.cli.doctor import examine
from hub.config import load
from hub.model import Device, DeviceState, Reason
from tests.integration.simulators.test_drivers import Road

SITE = """\
version: 1
site: {id: one, name: One, timezone: Asia/Ho_Chi_Minh}
zones: [{id: z, name: Z}]
devices:
  - id: panel
    profile: fire/opcua-panel
    zone: z
    connection: {url: "opc.tcp://10.9.8.7", interval: 100ms}
    with: {zones: 2}
    commands: {allow: [silence, reset]}
"""


def device(folder: Path) -> Device:
    (folder / "site.yaml").write_text(SITE, encoding="utf-8")
    return load(folder, REGISTRY).devices["panel"]


@pytest.fixture
async def road(tmp_path: Path) -> AsyncIterator[Road]:
    road = Road(device(tmp_path))
    await road.start()
    yield road
    await road.stop()


async def online(road: Road) -> None:
    await road.ledger.until(lambda: road.ledger.health.get("panel") is DeviceState.ONLINE)


async def test_the_states_of_a_panel_come_through(road: Road) -> None:
    await road.sees("panel/z01.alarm", False)
    road.fleet.set("panel/z01.alarm", True)
    await road.sees("panel/z01.alarm", True)
    await road.sees("panel/z01.state", "alarm")
    road.fleet.set("panel/z01.fault", True)
    await road.sees("panel/z01.state", "fault and alarm")
    road.fleet.set("panel/z02.mode", "disabled")
    await road.sees("panel/z02.switched_off", True)
    road.fleet.set("panel/zones_in_fire", 3)
    await road.sees("panel/zones_in_fire", 3)
    road.fleet.set("panel/mains", False)
    await road.sees("panel/mains", False)
    await road.sees("panel/battery", False)
    road.fleet.set("panel/service_level", 150)
    await road.sees("panel/service_level", 150)
    await online(road)


async def test_a_condition_is_seen_coming_acknowledged_and_going(road: Road) -> None:
    await road.sees("panel/z01.condition", False)
    road.fleet.set("panel/z01.condition", True)
    await road.sees("panel/z01.condition", True)
    await road.sees("panel/z01.acknowledged", False)
    road.fleet.set("panel/z01.acknowledged", True)
    await road.sees("panel/z01.acknowledged", True)
    road.fleet.set("panel/z01.condition", False)
    await road.sees("panel/z01.condition", False)


async def test_what_happened_while_the_panel_started_anew_is_known_afterwards(road: Road) -> None:
    road.fleet.set("panel/z01.condition", True)
    await road.sees("panel/z01.condition", True)
    road.fleet.fault("panel", "reboot")
    road.fleet.set("panel/z01.condition", False)
    road.fleet.set("panel/z02.condition", True)
    await road.sees("panel/z02.condition", True)
    await road.sees("panel/z01.condition", False)
    await online(road)


async def test_the_commands_of_a_panel_call_its_methods(road: Road) -> None:
    await online(road)
    await road.runner.write("panel", "panel/silence", True)
    assert road.fleet.get("panel/silence") is True
    assert road.fleet.get("panel/reset") is False
    await road.runner.write("panel", "panel/reset", True)
    assert road.fleet.get("panel/reset") is True


async def test_a_bad_status_is_a_reason_and_never_a_value(road: Road) -> None:
    await road.sees("panel/z01.alarm", False)
    road.fleet.fault("panel", "status", code=0x8031_0000)
    await road.ledger.until(lambda: road.ledger.samples["panel/z01.alarm"].reason is Reason.NO_COMMUNICATION)
    assert road.ledger.samples["panel/z01.alarm"].value is None
    road.fleet.heal("panel")
    await road.sees("panel/z01.alarm", False)


@pytest.mark.parametrize("kind", ["cut", "garbage"])
async def test_a_broken_line_makes_the_panel_offline_and_a_mended_one_brings_it_back(road: Road, kind: str) -> None:
    await online(road)
    road.fleet.fault("panel", kind)
    road.fleet.set("panel/z01.alarm", True)
    await road.ledger.until(lambda: road.ledger.health["panel"] is DeviceState.OFFLINE)
    road.fleet.heal("panel")
    await road.sees("panel/z01.alarm", True)
    await online(road)


async def test_the_doctor_finds_a_panel_well(road: Road, tmp_path: Path) -> None:
    await online(road)
    site = road.fleet.redirected(load(tmp_path, REGISTRY))
    (row,) = await examine(site, [site.devices["panel"]], "en", 5.0)
    assert [step["step"] for step in row["steps"]] == ["configuration", "name", "port", "sign_in", "read", "decode"], (
        row
    )
    assert row["ok"], row["steps"][-1]
