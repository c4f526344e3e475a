"""An acknowledgement here is one at the panel, and one at the panel is seen here: through a whole hub, over REST."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from drivers import REGISTRY
from hub.app import Hub
from hub.config import load
from hub.model import Command, CommandResult, Site, SystemClock
from hub.wire.certificates import FOLDER, Certificates
from simulators.fleet import Fleet
from tests.support.opcua_server import PASSWORD, USER
from tests.support.opcua_shared import Shared, shared

SITE = """
version: 1
site: {id: works, name: {vi: Trạm, en: Works}, timezone: Asia/Ho_Chi_Minh, language: en}
web: {host: 127.0.0.1, port: 0}
store: {url: "postgresql://127.0.0.1:1/none"}
zones: [{id: town, name: {vi: Phố, en: Town}}]
devices:
  - {id: panel, zone: town, DEVICE}
rules:
  - id: fire
    category: fire
    priority: critical
    for_each: {kind: fire.alarm}
    when: {is: true}
    latch: true
    text: {vi: CHÁY, en: FIRE}
"""
SHIPPED = "profile: fire/opcua-panel, with: {zones: 2}, connection: {url: 'opc.tcp://10.1.2.3/panel'}"
FOREIGN = (
    """
profile: test/foreign
title: {vi: Tủ, en: Panel}
driver: opcua
source: this test
points:
  z01.alarm: {kind: fire.alarm, address: {condition: "2:Plant.Zone 1"}}
  z01.acknowledged: {kind: device.flag, address: {condition: "2:Plant.Zone 1", state: acked}}
examples:
"""
    + 5 * "  - {point: z01.alarm, raw: true, value: true}\n"
)
ALARM = "fire:panel/z01.alarm"


class Works:
    """A hub, and an operator who speaks to it."""

    def __init__(self, hub: Hub, web: aiohttp.ClientSession) -> None:
        self.hub = hub
        self.web = web

    async def until(self, look: Callable[[], Any]) -> Any:
        async with asyncio.timeout(20):
            while not (found := look()):
                await asyncio.sleep(0.02)
            return found

    async def reads(self, **wanted: Any) -> None:
        """Wait until points of the panel have these values; `_` in a name stands for a dot."""
        for name, value in wanted.items():
            point = f"panel/{name.replace('_', '.', 1)}"
            await self.until(lambda p=point, v=value: (r := self.hub._state.reading(p)) is not None and r.value == v)  # type: ignore[misc]

    async def raised(self) -> Any:
        return await self.until(lambda: (a := self.hub._state.alarm(ALARM)) is not None and a.last.active and a)

    async def acknowledge(self, note: str = "seen") -> None:
        alarm = await self.raised()
        body = {"occurrence": alarm.last.occurrence, "note": note, "request": f"r{alarm.last.n}"}
        async with self.web.post(f"/api/v1/alarms/{ALARM}/ack", json=body) as answer:
            assert answer.status == 200, await answer.text()

    async def result(self) -> CommandResult:
        """Wait for the first result of telling the panel."""
        found: CommandResult = await self.until(
            lambda: next((r for _, r in self.hub._journal.read(0) if isinstance(r, CommandResult)), None)
        )
        return found

    def notes(self) -> list[tuple[str | None, str | None]]:
        """Return who commented what on the alarm."""
        records = [r for _, r in self.hub._journal.read(0)]
        return [(r.who, r.note) for r in records if getattr(r, "input", "") == "comment"]  # type: ignore[union-attr]


@asynccontextmanager
async def working(site: Site, state: Path) -> AsyncIterator[Works]:
    hub = Hub(site, state, port=0)
    try:
        await hub.start()
        headers = {"Authorization": f"Bearer {hub.token('binh', 'operator')}"}
        async with aiohttp.ClientSession(hub.url, headers=headers) as web:
            yield Works(hub, web)
    finally:
        await hub.stop()


def site_at(folder: Path, device: str, profile: str = "") -> Site:
    (folder / "profiles" / "test").mkdir(parents=True, exist_ok=True)
    (folder / "site.yaml").write_text(SITE.replace("DEVICE", device), encoding="utf-8")
    if profile:
        (folder / "profiles" / "test" / "foreign.yaml").write_text(profile, encoding="utf-8")
    return load(folder, REGISTRY)


@asynccontextmanager
async def simulated(folder: Path) -> AsyncIterator[tuple[Works, Fleet]]:
    site = site_at(folder, SHIPPED)
    fleet = Fleet(site)
    await fleet.start()
    try:
        async with working(fleet.redirected(site), folder / "state") as works:
            await works.reads(z01_alarm=False, z01_acknowledged=True)
            fleet.set("panel/z01.alarm", True)
            await works.reads(z01_alarm=True, z01_condition=True, z01_acknowledged=False)
            yield works, fleet
    finally:
        await fleet.stop()


async def test_an_ack_by_rest_is_one_at_the_panel_and_one_at_the_panel_is_noted_here(tmp_path: Path) -> None:
    async with simulated(tmp_path) as (works, fleet):
        await works.acknowledge()
        await works.reads(z01_acknowledged=True)
        told = await works.result()
        assert (told.outcome, told.name, told.who, told.point) == ("done", "acknowledge", "binh", "panel/z01.alarm")
        order = [type(r) for _, r in works.hub._journal.read(0) if isinstance(r, Command | CommandResult)]
        assert order == [Command, CommandResult]
        assert works.notes() == []
        fleet.set("panel/z02.alarm", True)
        await works.reads(z02_acknowledged=False)
        fleet.set("panel/z02.acknowledged", True)
        await works.until(works.notes)
        assert works.notes() == [("device:panel", "acknowledged at the device")]
        alarm = works.hub._state.alarm("fire:panel/z02.alarm")
        assert alarm is not None
        assert not alarm.last.acked, "whoever stands at the panel does not sit at this desk"


async def test_a_panel_that_is_away_is_told_when_it_is_back_and_until_then_the_alarm_says_so(tmp_path: Path) -> None:
    async with simulated(tmp_path) as (works, fleet):
        fleet.fault("panel", "silence")
        fleet.fault("panel", "cut")
        await works.until(lambda: works.hub._state.device("panel").state == "offline")
        await works.acknowledge()
        await works.until(works.notes)
        who, note = works.notes()[0]
        assert who == "hub"
        assert "does not know of this acknowledgement yet" in str(note)
        fleet.heal("panel")
        assert (await works.result()).outcome == "done"
        await works.reads(z01_acknowledged=True)


@pytest.fixture
def foreign() -> Shared:
    return shared()


async def test_a_panel_of_another_maker_is_acknowledged_by_event_id_too(foreign: Shared, tmp_path: Path) -> None:
    state = tmp_path / "state"
    Certificates(state / FOLDER).make("Test", SystemClock().now())
    Certificates(state / FOLDER).trust(foreign.certificate)
    (tmp_path / "word").write_text(PASSWORD)
    url = f"opc.tcp://127.0.0.1:{foreign.port}/foreign"
    connection = f"{{url: '{url}', user: {USER}, password: {{file: {tmp_path}/word}}}}"
    site = site_at(tmp_path / "site", f"profile: test/foreign, connection: {connection}", FOREIGN)
    await foreign.order("alarm", {"active": True})
    try:
        async with working(site, state) as works:
            await works.reads(z01_acknowledged=False)
            await works.acknowledge("đã biết")
            await works.reads(z01_acknowledged=True)
            assert (await works.result()).outcome == "done"
            assert "binh: đã biết" in (await foreign.order("state", None))["comments"]
    finally:
        await foreign.order("alarm", {"active": False})
