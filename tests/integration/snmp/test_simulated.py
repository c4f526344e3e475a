"""The real driver and the real receiver against simulated agents."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from drivers import REGISTRY
from drivers.runner import Runner
from hub.model import SECOND, DeviceEvent, DeviceState, Intake, Reason, Sample, SystemClock, Timestamp, one_by_one
from simulators.fleet import Fleet
from tests.unit.simulators.snmp import V3_RECEIVER, running, site_in


class Heard:
    """A sink that remembers the last of everything."""

    def __init__(self) -> None:
        self.last: dict[str, Sample] = {}
        self.events: list[DeviceEvent] = []
        self._more = asyncio.Event()

    def take(self, intake: Intake) -> None:
        self.last |= {s.point: s for s in one_by_one([*intake.blocks, *intake.samples])}
        self.events += intake.events
        if intake.release is not None:
            intake.release()
        self._more.set()

    def report(self, device: str, state: DeviceState, reason: str = "", detail: str = "") -> None:
        pass

    async def receipts(self, source: str) -> bytes:
        return b""

    def last_heard(self, device: str) -> Timestamp | None:
        return None

    def value(self, point: str) -> object:
        return self.last[point].value if point in self.last else None

    async def until(self, true: object) -> None:
        async with asyncio.timeout(20):
            while not true():  # type: ignore[operator]
                self._more.clear()
                await self._more.wait()


@asynccontextmanager
async def heard(fleet: Fleet) -> AsyncIterator[Heard]:
    devices = list(fleet.redirected(fleet.site).devices.values())
    ear = Heard()
    runner = Runner(devices, REGISTRY, ear, SystemClock(), dice=random.Random(1))
    task = asyncio.create_task(runner.run())
    try:
        yield ear
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_every_point_of_every_agent_is_read_well(tmp_path: Path) -> None:
    site = site_in(tmp_path)
    wanted = {p.id for d in ("switch", "ups", "ups-2") for p in site.devices[d].points if p.address is not None}
    async with running(site) as fleet, heard(fleet) as ear:
        await ear.until(lambda: wanted <= ear.last.keys() and not any(s.reason for s in ear.last.values()))
        fleet.set("switch/p02.status", "down")
        fleet.set("ups/overload", True)
        await ear.until(lambda: ear.value("switch/p02.status") == 2 and ear.value("ups/overload") is True)
        fleet.set("switch/p01.in", 1000.0)
        await ear.until(lambda: isinstance(r := ear.value("switch/p01.in"), float) and 900 < r < 1100)


async def test_rates_and_rows_survive_a_reboot(tmp_path: Path) -> None:
    async with running(site_in(tmp_path)) as fleet, heard(fleet) as ear:
        fleet.set("switch/p01.in", 5000.0)
        fleet.set("switch/p03.alias", "uplink")
        await ear.until(lambda: isinstance(r := ear.value("switch/p01.in"), float) and 4000 < r < 6000)
        fleet.fault("switch", "reboot")
        seen: list[object] = []
        for _ in range(4):
            before = ear.last["switch/p01.in"]
            await ear.until(lambda before=before: ear.last["switch/p01.in"] is not before)
            seen.append(ear.value("switch/p01.in"))
        assert all(r is None or 4000 < float(str(r)) < 6000 for r in seen), "no rate from before and after"
        assert isinstance(seen[-1], float)
        await ear.until(lambda: ear.value("switch/p03.alias") == "uplink")


async def test_a_value_of_a_wrong_type_is_never_a_value(tmp_path: Path) -> None:
    async with running(site_in(tmp_path)) as fleet, heard(fleet) as ear:
        await ear.until(lambda: ear.value("ups/charge") is not None)
        fleet.fault("ups", "wrong_type")
        await ear.until(lambda: ear.last["ups/charge"].reason is Reason.UNDECODABLE)
        assert ear.value("ups/charge") is None


@pytest.mark.parametrize("receiver", ["", V3_RECEIVER], ids=["2c", "3"])
async def test_what_an_agent_tells_is_an_event_of_its_device(receiver: str, tmp_path: Path) -> None:
    async with running(site_in(tmp_path, receiver)) as fleet, heard(fleet) as ear:
        await ear.until(lambda: "traps/traps" in ear.last)
        fleet.set("switch/p03.status", "down")
        fleet.notify("switch", "link_down", about="switch/p03.status")
        fleet.notify("ups", "ups_on_battery")
        fleet.notify("ups-2", "ups_test_completed")
        await ear.until(lambda: len(ear.events) == 3)
    found = {e.device: e.attributes for e in ear.events}
    assert [found[d]["trap"] for d in ("switch", "ups", "ups-2")] == [
        "link_down", "ups_on_battery", "ups_test_completed"
    ]  # fmt: skip
    assert {k: found["switch"][k] for k in ("port", "oper", "name")} == {"port": 3, "oper": 2, "name": "Gi1/0/3"}


async def test_a_trap_of_version_3_after_a_reboot_is_believed(tmp_path: Path) -> None:
    async with running(site_in(tmp_path, V3_RECEIVER)) as fleet, heard(fleet) as ear:
        await ear.until(lambda: "traps/traps" in ear.last)
        fleet.notify("ups", "ups_on_battery")
        await ear.until(lambda: len(ear.events) == 1)
        fleet.fault("ups", "reboot")
        fleet.notify("ups", "cold_start")
        await ear.until(lambda: len(ear.events) == 2)
    assert ear.events[1].attributes["trap"] == "cold_start"


@pytest.mark.parametrize("device", ["switch", "ups"], ids=["of an agent of 2c", "of an agent of 3"])
async def test_an_inform_of_version_3_finds_the_receivers_engine_and_is_confirmed(device: str, tmp_path: Path) -> None:
    async with running(site_in(tmp_path, V3_RECEIVER)) as fleet, heard(fleet) as ear:
        await ear.until(lambda: "traps/traps" in ear.last)
        agent = fleet._line_of[device].agent  # type: ignore[attr-defined]
        for name in ("cold_start", "warm_start"):
            fleet.notify(device, name, confirmed=True)
            await ear.until(lambda name=name: ear.events and ear.events[-1].attributes["trap"] == name)
            async with asyncio.timeout(10):
                while agent.confirming:
                    await asyncio.sleep(0.01)
    assert [(e.device, e.attributes["trap"]) for e in ear.events] == [(device, "cold_start"), (device, "warm_start")]
    assert all(e.dedupe_key for e in ear.events)


async def test_an_inform_is_sent_until_it_is_confirmed(tmp_path: Path) -> None:
    async with running(site_in(tmp_path)) as fleet:
        fleet.notify("switch", "link_up", confirmed=True)  # nobody listens yet
        async with heard(fleet) as ear:
            await ear.until(lambda: bool(ear.events))
            assert ear.events[0].dedupe_key
            agent = fleet._line_of["switch"].agent  # type: ignore[attr-defined]
            async with asyncio.timeout(10):
                while agent.informs:
                    await asyncio.sleep(0.01)
    assert len(ear.events) == 1


async def test_a_trap_makes_the_hub_look_before_its_interval_is_over(tmp_path: Path) -> None:
    site = site_in(tmp_path)
    slow = {**site.devices, "switch": replace(site.devices["switch"], interval=1000 * SECOND)}
    site = replace(site, devices=slow)
    async with running(site) as fleet, heard(fleet) as ear:
        await ear.until(lambda: ear.value("switch/p01.status") == 1 and "traps/traps" in ear.last)
        fleet.set("switch/p01.status", "down")
        fleet.notify("switch", "link_down", about="switch/p01.status")
        await ear.until(lambda: ear.value("switch/p01.status") == 2)


async def test_a_silent_agent_tells_nothing(tmp_path: Path) -> None:
    async with running(site_in(tmp_path)) as fleet, heard(fleet) as ear:
        await ear.until(lambda: "traps/traps" in ear.last)
        fleet.fault("switch", "silence")
        fleet.notify("switch", "link_down")
        fleet.notify("ups", "ups_on_battery")
        await ear.until(lambda: bool(ear.events))
    assert [e.device for e in ear.events] == ["ups"]


async def test_what_nobody_expects_cannot_be_told(tmp_path: Path) -> None:
    async with running(site_in(tmp_path)) as fleet:
        with pytest.raises(KeyError):
            fleet.notify("switch", "no_such_event")
        with pytest.raises(ValueError, match="tells nothing by itself"):
            fleet.notify("traps", "link_down")
