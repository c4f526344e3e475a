"""Points for rows that nobody listed: an agent's table comes to life in a hub that runs, and outlives its restart."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.model import Quality, Reason
from tests.integration.snmp.whole import HEAD, Whole, whole
from tests.support import snmpd
from tests.support.snmpd import COMMUNITY, MADE_UP, Snmpd

TABLE = f"{MADE_UP}.5.1"
PROFILE = f"""
profile: test/rack
title: Rack
driver: snmp
source: this test
interval: 200ms
timeout: 2s
found:
  port:
    every: 1s
    most: 3
    address: {{walk: {TABLE}.2, names: [{TABLE}.1], changed: [{MADE_UP}.4.0]}}
    points:
      status: {{kind: link.status, map: {{1: up, 2: down}}, name: "Port {{label}}",
                address: {{table: {TABLE}, column: 2, type: enum}}}}
examples:
  - {{point: port.row.status, raw: 1, value: up}}
  - {{point: port.row.status, raw: 2, value: down}}
  - {{point: port.row.status, raw: 3, reason: undecodable}}
  - {{point: port.row.status, raw: {{type: none}}, reason: not_programmed}}
  - {{point: port.row.status, raw: 9, reason: undecodable}}
"""
SITE = (
    HEAD
    + """
devices:
  - id: rack
    profile: test/rack
    zone: z
    connection: {host: 127.0.0.1, port: %s, version: 2c, community: {secret: s}}
rules:
  - {id: down, category: fault, priority: low, for_each: {kind: link.status}, when: {is: down},
     text: {vi: "Mất {point.name}", en: "{point.name} is down"}}
"""
)


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Snmpd]:
    if reason := snmpd.available():
        pytest.skip(reason)
    with snmpd.running(tmp_path / "agent") as running:
        yield running


def have(agent: Snmpd, changed: int, **ports: tuple[int, int]) -> None:
    """Let the agent have these ports: name → index and status."""
    made: dict[str, tuple[str, object]] = {f"{MADE_UP}.4.0": ("timeticks", changed)}
    for name, (index, status) in ports.items():
        made |= {f"{TABLE}.1.{index}": ("string", name), f"{TABLE}.2.{index}": ("integer", status)}
    agent.make_up(made)


def files(agent: Snmpd) -> dict[str, str]:
    return {
        "site.yaml": SITE % agent.port, "secrets.yaml": f"s: {COMMUNITY}\n", "profiles/test/rack.yaml": PROFILE,
    }  # fmt: skip


async def names(hub: Whole) -> dict[str, str]:
    """Return the points of the rack as the console learns them, and what each is called."""
    status, page = await hub.ask("viewer", "GET", "/devices/rack/points")
    assert status == 200
    return {row["name"]: row["title"]["en"] for row in page["items"] if not row["name"].startswith("$")}


async def test_ports_come_go_and_come_back_while_the_hub_runs_and_rules_watch_them(agent, tmp_path):
    have(agent, 1, Gi1=(1, 1), Gi2=(2, 2))
    async with whole(tmp_path / "site", files(agent)) as hub:
        await hub.reads("rack/port.Gi1.status", "up")
        await hub.until(lambda: "down:rack/port.Gi2.status" in hub.alarms())
        assert await names(hub) == {"port.Gi1.status": "Port Gi1", "port.Gi2.status": "Port Gi2"}

        have(agent, 2, Gi1=(7, 1), Gi3=(8, 2))
        await hub.until(lambda: "down:rack/port.Gi3.status" in hub.alarms())
        await hub.until(lambda: (r := hub.reading("rack/port.Gi2.status")) and r.reason is Reason.NOT_PROGRAMMED)
        gone = hub.reading("rack/port.Gi2.status")
        assert gone is not None
        assert (gone.value, gone.quality) == ("down", Quality.BAD)
        assert "down:rack/port.Gi2.status" in hub.alarms()
        assert hub.reading("rack/port.Gi1.status").value == "up"

        have(agent, 3, Gi1=(7, 1), Gi3=(8, 2), Gi2=(9, 1))
        await hub.reads("rack/port.Gi2.status", "up")
        await hub.until(lambda: hub.notes("rows_back"))
        assert hub.notes("rows_found", "rows_gone", "rows_back") == [
            "rows_found: Gi1, Gi2", "rows_found: Gi3", "rows_gone: Gi2", "rows_back: Gi2",
        ]  # fmt: skip
        assert not (await hub.hub._applying.plan()).changes, "rows are no change of the configuration"
        assert hub.hub._runner.lines == {f"snmp 127.0.0.1:{agent.port} (rack)": True}


async def test_after_a_restart_the_points_are_there_though_the_agent_is_not(agent, tmp_path):
    have(agent, 1, up=(1, 2))
    async with whole(tmp_path / "site", files(agent)) as hub:
        await hub.until(lambda: "down:rack/port.up.status" in hub.alarms())
    agent.stop()
    async with whole(tmp_path / "site", files(agent)) as hub:
        assert list(await names(hub)) == ["port.up.status"]
        assert "down:rack/port.up.status" in hub.alarms()


async def test_a_table_that_is_too_large_is_named_in_the_health_of_its_device(agent, tmp_path):
    have(agent, 1, **{f"p{n}": (n, 1) for n in range(1, 6)})
    async with whole(tmp_path / "site", files(agent)) as hub:
        await hub.until(lambda: hub.hub._state.device("rack").state == "degraded")
        health = hub.hub._state.device("rack")
        assert health.reason == "misconfigured"
        assert "5 rows, more than the 3 that are taken" in health.detail
        have(agent, 2, p1=(1, 1))
        await hub.reads("rack/port.p1.status", "up")
        await hub.until(lambda: hub.hub._state.device("rack").state == "online")


HOST = (
    HEAD
    + """
devices:
  - {id: pc, profile: net/linux-host, zone: z, with: {walk: 1, interface: lo}, interval: 500ms,
     connection: {host: 127.0.0.1, port: %s, version: 2c, community: {secret: s}}}
"""
)


async def test_the_cards_of_this_very_machine_become_points(agent, tmp_path):
    given = {"site.yaml": HOST % agent.port, "secrets.yaml": f"s: {COMMUNITY}\n"}
    async with whole(tmp_path / "site", given) as hub:
        await hub.until(lambda: "pc/card.lo.link" in hub.hub._state.site.points)
        await hub.reads("pc/card.lo.link", "up")
        await hub.until(lambda: (r := hub.reading("pc/card.lo.in")) and r.quality is Quality.GOOD)
        cards = {p.name.split(".")[1] for p in hub.hub._state.site.devices["pc"].points if p.name.startswith("card.")}
        assert len(cards) == len(list(Path("/sys/class/net").iterdir()))
