"""Commands from REST to a simulated Modbus panel and pump, through a whole hub: journaled, written, read back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from adapters.web.answers import AwaitingPage, CommandAnswer, CommandPage, Problem, SelectAnswer
from drivers import REGISTRY
from hub.app import Hub
from hub.config import load
from hub.model import Command, CommandResult
from simulators.fleet import Fleet

SITE = """
version: 1
site: {id: works, name: {vi: Trạm, en: Works}, timezone: Asia/Ho_Chi_Minh, language: en}
web: {host: 127.0.0.1, port: 0}
store: {url: "postgresql://127.0.0.1:1/none"}
zones: [{id: town, name: {vi: Phố, en: Town}}]
devices:
  - {id: pump, profile: test/pump, zone: town, connection: {host: 10.0.0.1}, points: {target: {writable: true}},
     commands: {allow: [start, doubtful, guarded]}}
  - {id: panel, profile: fire/test-panel, zone: town, connection: {host: 10.0.0.2}, commands: {allow: [silence]}}
  - {id: tower, profile: fire/en54-modbus, zone: town, connection: {host: 10.0.0.3}, interval: 100ms, with: {zones: 2},
     commands: {allow: [acknowledge, silence, resound, reset]}}
"""
PUMP = """
profile: test/pump
title: {vi: Bơm, en: Pump}
driver: modbus
source: this test
interval: 100ms
timeout: 1s
points:
  switch: {kind: device.flag, writable: true, address: {table: coil, register: 1}}
  running: {kind: device.flag, address: {table: discrete, register: 2}}
  target: {kind: env.water_level, scale: 0.01, range: [0, 8], writable: true, address: {table: holding, register: 3}}
  limit: {kind: env.water_level, scale: 0.01, writable: true, address: {table: holding, register: 4}}
commands:
  start: {point: switch, value: true, danger: 1, roles: [operator, engineer], read_back: {point: switch, value: true}}
  doubtful: {point: switch, value: true, read_back: {point: running, value: true, within: 300ms}}
  guarded: {point: switch, value: false, interlock: {point: running, is: true}}
examples:
  - {point: target, raw: [250], value: 2.5}
  - {point: target, raw: [900], reason: out_of_range}
  - {point: switch, raw: true, value: true}
  - {point: running, raw: false, value: false}
  - {point: running, raw: true, value: true}
"""
PANEL = (
    """
profile: fire/test-panel
title: {vi: Tủ báo cháy, en: Fire panel}
driver: modbus
source: this test
interval: 100ms
timeout: 1s
points:
  silence: {kind: device.flag, writable: true, address: {table: coil, register: 1}}
  z01.alarm: {kind: fire.alarm, address: {table: discrete, register: 1}}
commands:
  silence: {point: silence, value: true, danger: 4, read_back: {point: silence, value: true}}
  release: {point: silence, value: false, danger: 5}
examples:
"""
    + 5 * "  - {point: silence, raw: true, value: true}\n"
)


class Works:
    """A hub on simulated devices, and people who speak to it."""

    def __init__(self, hub: Hub, fleet: Fleet) -> None:
        self.hub = hub
        self.fleet = fleet
        self._sessions: dict[str, aiohttp.ClientSession] = {}

    async def ask(self, role: str, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """Return status and body of a request by somebody of a role."""
        if role not in self._sessions:  # "engineer-2" is another engineer
            headers = {"Authorization": f"Bearer {self.hub.token(role, role.partition('-')[0])}"}
            self._sessions[role] = aiohttp.ClientSession(self.hub.url, headers=headers)
        async with self._sessions[role].request(method, f"/api/v1{path}", json=body) as answer:
            text = await answer.text()
            if answer.status >= 400:
                return answer.status, Problem.model_validate_json(text).code
            return answer.status, await answer.json()

    async def operate(self, role: str, device: str, name: str, **body: Any) -> tuple[int, Any]:
        """Give a command; return the status, and the result or the problem's word."""
        given = {"note": "test", **body}
        status, answer = await self.ask(role, "POST", f"/devices/{device}/commands/{name}/operate", given)
        return status, CommandAnswer.model_validate(answer).result if status == 200 else answer

    async def choose(self, role: str, device: str, name: str) -> Any:
        """Select a command and give it; return the result or the refusal."""
        status, chosen = await self.ask(role, "POST", f"/devices/{device}/commands/{name}/select")
        if status != 200:
            return status, chosen
        return (await self.operate(role, device, name, token=SelectAnswer.model_validate(chosen).token))[1]

    async def confirmed(self, role: str, device: str, name: str) -> Any:
        """Let an engineer give a dangerous command and somebody else confirm it; return the result or the refusal."""
        told = await self.choose("engineer", device, name)
        assert told.outcome == "awaiting", told
        _, page = await self.ask(role, "GET", "/commands/awaiting")
        (waiting,) = AwaitingPage.model_validate(page).items
        assert (waiting.device, waiting.name, waiting.who, waiting.may) == (
            device,
            name,
            "engineer",
            role != "engineer",
        )
        path = f"/commands/awaiting/{waiting.id}/confirm"
        status, answer = await self.ask(role, "POST", path, {"note": "seen"})
        return CommandAnswer.model_validate(answer).result if status == 200 else (status, answer)

    async def reads(self, point: str, value: Any) -> None:
        """Wait until a point has a value."""
        while (reading := self.hub._state.reading(point)) is None or reading.value != value:
            await asyncio.sleep(0.02)

    def journaled(self) -> list[Command | CommandResult]:
        """Return what the journal has of commands."""
        return [r for _, r in self.hub._journal.read(0) if isinstance(r, Command | CommandResult)]

    async def close(self) -> None:
        for session in self._sessions.values():
            await session.close()


@asynccontextmanager
async def working(folder: Path) -> AsyncIterator[Works]:
    """Run it while inside; the state is kept for the next time."""
    for name, text in {
        "site.yaml": SITE, "profiles/test/pump.yaml": PUMP, "profiles/fire/test-panel.yaml": PANEL,
    }.items():  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    site = load(folder, REGISTRY)
    fleet = Fleet(site)
    await fleet.start()
    hub = Hub(fleet.redirected(site), folder / "state", port=0)
    works = Works(hub, fleet)
    try:
        await hub.start()
        fleet.set("pump/running", False)
        fleet.set("pump/switch", False)
        await works.reads("pump/running", False)
        await works.reads("panel/z01.alarm", False)
        yield works
    finally:
        await works.close()
        await hub.stop()
        await fleet.stop()


@pytest.fixture
async def works(tmp_path: Path) -> AsyncIterator[Works]:
    async with working(tmp_path) as made:
        yield made


async def test_an_operator_starts_the_pump_and_its_own_reading_shows_it(works: Works) -> None:
    status, result = await works.operate("operator", "pump", "start", request="r1")
    assert (status, result.outcome, result.after, result.name) == (200, "done", True, "start")
    await works.reads("pump/switch", True)
    asked, told = works.journaled()
    assert isinstance(asked, Command)
    assert isinstance(told, CommandResult)
    assert (asked.who, asked.note, asked.request) == ("operator", "test", told.request)


async def test_an_effect_that_the_device_does_not_show_is_unknown(works: Works) -> None:
    status, result = await works.operate("engineer", "pump", "doubtful")
    assert (status, result.outcome, result.reason, result.ok) == (200, "unknown", "not_confirmed", False)


async def test_an_interlock_is_judged_on_what_the_device_says_now(works: Works) -> None:
    assert await works.operate("engineer", "pump", "guarded") == (409, "interlock")
    works.fleet.set("pump/running", True)
    await works.reads("pump/running", True)
    assert (await works.operate("engineer", "pump", "guarded"))[1].outcome == "done"


async def test_a_fire_command_is_selected_then_confirmed_and_operated_once(works: Works) -> None:
    assert await works.operate("engineer", "panel", "silence") == (409, "not_selected")
    path = "/devices/panel/commands/silence/select"
    assert await works.ask("operator", "POST", path) == (403, "not_allowed")
    status, chosen = await works.ask("engineer", "POST", path)
    assert status == 200
    token = SelectAnswer.model_validate(chosen).token
    status, told = await works.operate("engineer", "panel", "silence", token=token)
    assert (status, told.outcome) == (200, "awaiting")
    assert await works.operate("engineer", "panel", "silence", token=token) == (409, "not_selected")
    _, page = await works.ask("engineer", "GET", "/commands/awaiting")
    waiting = f"/commands/awaiting/{page['items'][0]['id']}"
    assert await works.ask("engineer", "POST", f"{waiting}/confirm", {"note": "me"}) == (403, "same_person")
    assert await works.ask("operator", "POST", f"{waiting}/confirm", {"note": "me"}) == (403, "not_allowed")
    assert await works.ask("viewer", "GET", "/commands/awaiting") == (403, "forbidden")
    status, answer = await works.ask("engineer-2", "POST", f"{waiting}/confirm", {"note": "seen"})
    assert (status, answer["result"]["outcome"], answer["result"]["who"]) == (200, "done", "engineer")
    assert await works.ask("engineer-2", "POST", f"{waiting}/confirm", {"note": "seen"}) == (409, "not_waiting")
    await works.reads("panel/silence", True)


async def test_a_panel_is_acknowledged_silenced_and_reset_and_each_effect_is_read_back(works: Works) -> None:
    works.fleet.set("tower/sounders", True)
    works.fleet.set("tower/unacknowledged", True)
    works.fleet.set("tower/fire", True)
    for point in ("sounders", "unacknowledged", "fire"):
        await works.reads(f"tower/{point}", True)
    told = await works.confirmed("engineer-2", "tower", "silence")
    assert (told.outcome, told.detail) == ("done", "silenced is true")
    await works.reads("tower/silenced", True)
    assert (await works.choose("engineer", "tower", "resound")).outcome == "done"
    assert works.fleet.get("tower/sounders") is True
    assert await works.choose("engineer", "tower", "reset") == (409, "interlock"), "not acknowledged yet"
    assert (await works.choose("engineer", "tower", "acknowledge")).outcome == "done"
    await works.reads("tower/unacknowledged", False)
    assert (await works.confirmed("engineer-2", "tower", "reset")).outcome == "done"
    assert works.fleet.get("tower/sounders") is False
    assert works.fleet.get("tower/command_result") == "done"


async def test_nobody_silences_a_panel_whose_new_fire_was_not_heard_yet(works: Works) -> None:
    works.fleet.set("tower/z01.alarm", True)
    await works.reads("tower/sounders", True)
    await works.reads("tower/z01.alarm", True)
    assert await works.choose("engineer", "tower", "silence") == (409, "new_fire")


async def test_what_the_site_does_not_allow_is_off(works: Works) -> None:
    assert await works.ask("engineer", "POST", "/devices/panel/commands/release/select") == (409, "off")
    assert await works.operate("engineer", "panel", "release") == (409, "off")
    assert await works.operate("engineer", "panel", "explode") == (404, "unknown")
    assert await works.operate("engineer", "nobody", "silence") == (404, "unknown")


async def test_a_point_is_set_in_engineering_units(works: Works) -> None:
    async def write(role: str, point: str, value: Any, note: str = "why") -> tuple[int, Any]:
        return await works.ask(role, "POST", f"/points/{point}/write", {"value": value, "note": note})

    status, answer = await write("engineer", "pump/target", 2.5)
    assert (status, CommandAnswer.model_validate(answer).result.outcome) == (200, "done")
    await works.reads("pump/target", 2.5)
    assert await write("operator", "pump/target", 2.5) == (403, "forbidden")
    assert await write("engineer", "pump/target", 9.0) == (400, "value")
    assert await write("engineer", "pump/target", 2.5, " ") == (400, "no_note")
    status, answer = await write("engineer", "pump/target", 2.505)  # the register has no half centimetres
    assert (status, answer["result"]["outcome"], answer["result"]["reason"]) == (200, "refused", "value")
    assert await write("engineer", "pump/limit", 1.0) == (409, "not_writable")
    assert await write("engineer", "panel/silence", True) == (409, "fire")


async def test_what_the_device_refuses_changed_nothing_and_says_so(works: Works) -> None:
    works.fleet.fault("pump", "exception", code=4)
    status, result = await works.operate("operator", "pump", "start")
    assert (status, result.outcome, result.reason) == (200, "refused", "device")
    assert "device failure" in result.detail


async def test_a_silent_device_leaves_the_command_unknown(works: Works) -> None:
    works.fleet.fault("pump", "silence")
    status, result = await works.operate("operator", "pump", "start")
    assert status == 200
    assert (result.outcome, result.ok) in (("unknown", False), ("refused", False))
    assert len([r for r in works.journaled() if isinstance(r, Command)]) == 1


async def test_the_list_says_what_whoever_asks_may_do(works: Works) -> None:
    async def may(role: str, device: str) -> dict[str, bool]:
        status, page = await works.ask(role, "GET", f"/devices/{device}/commands")
        assert status == 200
        return {row.name: row.may for row in CommandPage.model_validate(page).items}

    assert await may("viewer", "pump") == {"start": False, "doubtful": False, "guarded": False}
    assert await may("operator", "pump") == {"start": True, "doubtful": False, "guarded": False}
    assert await may("engineer", "panel") == {"silence": True, "release": False}


async def test_a_request_repeated_after_a_restart_acts_once(tmp_path: Path) -> None:
    async with working(tmp_path) as works:
        first = (await works.operate("operator", "pump", "start", request="r1"))[1]
    async with working(tmp_path) as works:
        again = (await works.operate("operator", "pump", "start", request="r1"))[1]
        assert again == first
        await works.reads("pump/switch", False)  # the new simulator heard of nothing
        assert len(works.journaled()) == 2
