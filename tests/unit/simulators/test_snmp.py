"""Simulated agents as Debian's SNMP programs see them."""

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest

from drivers import REGISTRY
from drivers.bound import bind
from drivers.snmp.driver import SnmpDriver
from hub.config import load
from hub.model import SECOND, ConfigError, ManualClock, Site
from simulators import scenario as scenarios
from simulators.control import Control
from simulators.fleet import Fleet
from simulators.player import Player
from simulators.stage import Stage
from simulators.timeline import Scenario
from tests.unit.simulators.snmp import SECRET, ask, get, running, site_in

START = 1_795_500_000 * SECOND
UPTIME = "1.3.6.1.2.1.1.3.0"
NAMES = "1.3.6.1.2.1.31.1.1.1.1"
OPER = "1.3.6.1.2.1.2.2.1.8"
IN = "1.3.6.1.2.1.31.1.1.1.6"
CHARGE = "1.3.6.1.2.1.33.1.2.4.0"
ENGINE_BOOTS = "1.3.6.1.6.3.10.2.1.2.0"


def number(said: str) -> int:
    return int(said.partition(": ")[2].strip("()").partition(")")[0])


async def test_a_walk_and_a_bulk_walk_see_the_same_tree(tmp_path: Path) -> None:
    async with running(site_in(tmp_path)) as fleet:
        walked = await ask(fleet, "switch", "snmpwalk", "1.3.6.1.2.1.2")
        fetched = await ask(fleet, "switch", "snmpbulkwalk", "1.3.6.1.2.1.2")
    assert set(walked) == set(fetched)
    assert {name for name in walked if name.startswith(OPER + ".")} == {f"{OPER}.{n}" for n in range(1, 5)}


async def test_rows_bear_the_names_that_the_site_gave_them(tmp_path: Path) -> None:
    async with running(site_in(tmp_path)) as fleet:
        names = await ask(fleet, "switch", "snmpwalk", NAMES)
        assert sorted(names.values()) == [f'STRING: "Gi1/0/{n}"' for n in range(1, 5)]
        fleet.set("switch/p03.status", "down")
        row = next(oid for oid, name in names.items() if name == 'STRING: "Gi1/0/3"').rpartition(".")[2]
        assert await get(fleet, "switch", f"{OPER}.{row}") == "INTEGER: 2"


async def test_scalars_are_scaled_back_and_keep_their_type(tmp_path: Path) -> None:
    async with running(site_in(tmp_path)) as fleet:
        fleet.set("ups/charge", 63)
        fleet.set("ups/battery_voltage", 52.8)
        fleet.set("ups/mains", False)
        assert await get(fleet, "ups", CHARGE) == "INTEGER: 63"
        assert await get(fleet, "ups", "1.3.6.1.2.1.33.1.2.5.0") == "INTEGER: 528"
        assert await get(fleet, "ups", "1.3.6.1.2.1.33.1.4.1.0") == "INTEGER: 5"


async def test_an_alarm_is_a_row_that_comes_and_goes(tmp_path: Path) -> None:
    """RFC 1628: the table holds the names of the alarms that are present."""
    table, overload = "1.3.6.1.2.1.33.1.6.2.1.2", "OID: .1.3.6.1.2.1.33.1.6.3.8"
    async with running(site_in(tmp_path)) as fleet:
        assert overload not in (await ask(fleet, "ups", "snmpwalk", table)).values()
        fleet.set("ups/overload", True)
        assert overload in (await ask(fleet, "ups", "snmpwalk", table)).values()
        fleet.set("ups/overload", False)
        assert overload not in (await ask(fleet, "ups", "snmpwalk", table)).values()


async def test_a_counter_grows_by_its_rate(tmp_path: Path) -> None:
    clock = ManualClock(START)
    async with running(site_in(tmp_path), clock) as fleet:
        fleet.set("switch/p01.in", 1000.0)
        before = number(await get(fleet, "switch", f"{IN}.1"))
        clock.advance(100 * SECOND)
        fleet.step()
        grown = number(await get(fleet, "switch", f"{IN}.1")) - before
        assert 98_000 <= grown <= 102_000, "an agent lets its clock run on by at most 2 s between two ticks"


async def test_a_reboot_begins_anew_with_one_boot_more_and_other_rows(tmp_path: Path) -> None:
    clock = ManualClock(START)
    async with running(site_in(tmp_path), clock) as fleet:
        clock.advance(3600 * SECOND)
        fleet.step()
        names = await ask(fleet, "switch", "snmpwalk", NAMES)
        assert number(await get(fleet, "switch", UPTIME)) >= 360_000
        fleet.fault("switch", "reboot")
        fleet.fault("ups", "reboot")
        assert number(await get(fleet, "switch", UPTIME)) < 1000
        assert number(await get(fleet, "switch", f"{IN}.2")) < 10_000_000
        again = await ask(fleet, "switch", "snmpwalk", NAMES)
        assert sorted(again.values()) == sorted(names.values())
        assert set(again) != set(names), "an agent may give its rows other indexes (RFC 2863 3.1.5)"
        assert boots(fleet, "ups") == boots(fleet, "ups-2") + 1
        assert await get(fleet, "ups", CHARGE)


def boots(fleet: Fleet, device: str) -> int:
    return int(fleet._line_of[device].agent.identity.boots)  # type: ignore[attr-defined]


async def test_agents_of_version_3_are_engines_of_their_own(tmp_path: Path) -> None:
    async with running(site_in(tmp_path)) as fleet:
        fleet.set("ups/charge", 11)
        fleet.set("ups-2/charge", 22)
        assert await get(fleet, "ups", CHARGE) == "INTEGER: 11"
        assert await get(fleet, "ups-2", CHARGE) == "INTEGER: 22"
        engines = {fleet._line_of[d].agent.identity.engine for d in ("ups", "ups-2")}  # type: ignore[attr-defined]
        assert len(engines) == 2


@pytest.mark.parametrize("wrong", [("-A", "not-the-secret"), ("-X", "not-the-secret"), ("-u", "nobody")])
async def test_a_stranger_reads_nothing_from_an_agent_of_version_3(wrong: tuple[str, str], tmp_path: Path) -> None:
    async with running(site_in(tmp_path)) as fleet:
        with pytest.raises(OSError, match=r"(?i)authentication|unknown user|timeout|decryption"):
            await get(fleet, "ups", CHARGE, *wrong)


async def test_a_wrong_community_gets_no_answer(tmp_path: Path) -> None:
    async with running(site_in(tmp_path)) as fleet:
        with pytest.raises(OSError, match="Timeout"):
            await get(fleet, "switch", UPTIME, "-c", "guess")


async def test_version_1_is_answered_too(tmp_path: Path) -> None:
    async with running(site_in(tmp_path)) as fleet:
        assert (await get(fleet, "switch", UPTIME, "-v1")).startswith("Timeticks")
        with pytest.raises(OSError, match="noSuchName"):
            await get(fleet, "switch", "1.3.6.1.2.1.1.9.9.0", "-v1")


async def test_what_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    async with running(site_in(tmp_path)) as fleet:
        assert "No Such" in await get(fleet, "switch", "1.3.6.1.2.1.1.9.9.0")


async def test_an_agent_cannot_be_written(tmp_path: Path) -> None:
    async with running(site_in(tmp_path)) as fleet:
        with pytest.raises(OSError, match="notWritable"):
            await ask(fleet, "switch", "snmpset", "1.3.6.1.2.1.1.5.0", "s", "mine")


async def test_faults_are_seen_on_the_wire_and_heal(tmp_path: Path) -> None:
    async with running(site_in(tmp_path)) as fleet:
        for fault in ("silence", "cut", "half_frames", "garbage"):
            fleet.fault("switch", fault)
            with pytest.raises(OSError, match="Timeout"):
                await get(fleet, "switch", UPTIME)
            fleet.heal("switch")
        fleet.fault("switch", "delay", seconds=0.3)
        assert await get(fleet, "switch", UPTIME)
        fleet.fault("switch", "exception", code=5)
        with pytest.raises(OSError, match="genError"):
            await get(fleet, "switch", UPTIME)
        fleet.heal("switch")
        fleet.fault("switch", "wrong_type")
        assert (await get(fleet, "switch", f"{OPER}.1")).startswith("STRING")
        fleet.heal("switch")
        assert (await get(fleet, "switch", f"{OPER}.1")).startswith("INTEGER")


async def test_a_frozen_agent_repeats_itself(tmp_path: Path) -> None:
    async with running(site_in(tmp_path)) as fleet:
        fleet.set("ups/charge", 63)
        fleet.fault("ups", "frozen")
        assert await get(fleet, "ups", CHARGE) == "INTEGER: 63"
        fleet.set("ups/charge", 11)
        assert await get(fleet, "ups", CHARGE) == "INTEGER: 63"
        fleet.heal("ups")
        assert await get(fleet, "ups", CHARGE) == "INTEGER: 11"


async def test_a_clock_that_is_wrong_is_a_time_window_that_is_missed(tmp_path: Path) -> None:
    """The engine's time falls out of the window of a manager that knew it before; a new one believes it."""
    async with running(site_in(tmp_path)) as fleet:
        fleet.fault("ups", "clock", seconds=100_000)
        assert await get(fleet, "ups", CHARGE)


SCENARIO = """\
scenario: {id: links, title: {vi: Mất cổng, en: A port is lost}}
steps:
  - at: 1s
    set: {switch/p02.status: down}
    notify: {device: switch, event: %s, about: %s}
"""


def scenario_in(folder: Path, event: str = "link_down", about: str = "switch/p02.status") -> tuple[Site, Scenario]:
    site = site_in(folder)
    (folder / "scenarios").mkdir()
    (folder / "scenarios" / "links.yaml").write_text(SCENARIO % (event, about), encoding="utf-8")
    return site, scenarios.load(site, "links")


async def test_a_scenario_lets_a_device_tell_something(tmp_path: Path) -> None:
    clock = ManualClock(START)
    site, scenario = scenario_in(tmp_path)
    async with running(site, clock) as fleet:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
            listener.bind((fleet.where["traps"].host, fleet.where["traps"].port))
            listener.setblocking(False)
            switch, player = fleet.where["switch"].host, Player(scenario, fleet, clock)
            clock.advance(2 * SECOND)
            player.step()
            async with asyncio.timeout(10):
                message, sender = await asyncio.get_running_loop().sock_recvfrom(listener, 4096)
    assert SECRET.encode() in message
    assert sender[0] == switch


@pytest.mark.parametrize(
    ("event", "about", "words"),
    [("link_dwn", "switch/p02.status", "unknown event 'link_dwn'"), ("link_down", "switch/p99", "unknown point")],
)
def test_a_scenario_that_tells_what_nobody_expects_is_refused(
    event: str, about: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as told:
        scenario_in(tmp_path, event, about)
    assert words in str(told.value.problems)


async def test_an_order_lets_a_device_tell_something(tmp_path: Path) -> None:
    async with running(site_in(tmp_path)) as fleet:
        control = Control(fleet, Stage(fleet, ManualClock(START), lambda _: None))

        async def order(text: str) -> dict[str, Any]:
            return await control.answer(text.encode())

        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
            listener.bind((fleet.where["traps"].host, fleet.where["traps"].port))
            listener.setblocking(False)
            assert await order('{"notify": {"device": "switch", "event": "link_down"}}') == {"ok": True}
            async with asyncio.timeout(10):
                assert await asyncio.get_running_loop().sock_recv(listener, 4096)
        for wrong, words in (
            ('"device": "switch", "event": "no_such"', "no_such"),
            ('"device": "switch", "event": "link_up", "about": "switch/x"', "switch/x"),
            ('"device": "switch"', "expected"),
        ):
            assert words in (await order(f'{{"notify": {{{wrong}}}}}'))["error"]


FOUND = """\
version: 1
site: {id: one, name: One, timezone: Asia/Ho_Chi_Minh}
zones: [{id: z, name: Z}]
devices:
  - {id: sw, profile: net/switch-ifmib, zone: z, connection: {host: h1, %s}}
  - {id: pc, profile: net/linux-host, zone: z, with: {walk: 1}, connection: {host: h2, %s}}
  - {id: ups, profile: power/ups-rfc1628, zone: z, with: {lines: 0}, connection: {host: h3, %s}}
"""


async def test_a_device_whose_rows_nobody_listed_has_those_of_its_profile(tmp_path):
    (tmp_path / "site.yaml").write_text(FOUND.replace("%s", "version: 2c, community: {secret: s}"), encoding="utf-8")
    (tmp_path / "secrets.yaml").write_text(f"s: {SECRET}\n")
    (tmp_path / "secrets.yaml").chmod(0o600)
    site = load(tmp_path, REGISTRY)
    async with running(site) as fleet:
        for device in fleet.redirected(site).devices.values():
            driver = SnmpDriver([bind(device)])
            await driver.open()
            for group in device.found:
                rows = await driver.found(device.id, group)
                assert {row.label for row in rows or ()} == set(group.simulated), group.name
            await driver.close()
