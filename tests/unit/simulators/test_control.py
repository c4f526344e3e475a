"""Orders to running simulators over their socket: each line gets one answer, and only this user may give any."""

import asyncio
import json
import socket
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hub.model import ManualClock, Text
from simulators.control import NAME, Control
from simulators.fleet import Fleet
from simulators.stage import Stage
from tests.unit.simulators.site import START, panel, sensor, site_of

SCENARIO = """\
scenario: {id: fire, title: {vi: Cháy, en: Fire}, loop: 60s}
steps:
  - {at: 0s, set: {panel/fire: true}, say: {vi: Cháy, en: Fire}}
  - {at: 30s, set: {panel/fault: true}}
"""


class Desk:
    """A fleet that takes orders, and somebody who gives them."""

    def __init__(self, folder: Path) -> None:
        (folder / "scenarios").mkdir()
        (folder / "scenarios" / "fire.yaml").write_text(SCENARIO, encoding="utf-8")
        self.clock = ManualClock(START)
        site = msgspec.structs.replace(site_of(panel(), sensor("one")), folder=str(folder))
        self.fleet = Fleet(site, clock=self.clock)
        self.heard: list[Text] = []
        self.stage = Stage(self.fleet, self.clock, self.heard.append)
        self.control = Control(self.fleet, self.stage, folder)

    async def __aenter__(self) -> "Desk":
        self.path = await self.control.start()
        self.reader, self.writer = await asyncio.open_unix_connection(str(self.path))
        assert await self.order({"get": []}) == {"ok": True, "values": {}}
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()
        await self.control.stop()
        await self.stage.end()

    async def order(self, order: Any) -> dict[str, Any]:
        line = order if isinstance(order, bytes) else json.dumps(order).encode()
        self.writer.write(line + b"\n")
        async with asyncio.timeout(10):
            answer: dict[str, Any] = json.loads(await self.reader.readline())
        return answer


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with Desk(tmp_path) as desk:
        yield desk


async def test_the_socket_belongs_to_who_started_it_and_goes_with_it(tmp_path: Path) -> None:
    async with Desk(tmp_path) as desk:
        assert desk.path == tmp_path / NAME
        assert stat.S_IMODE(desk.path.stat().st_mode) == 0o600
    assert not desk.path.exists()


async def test_points_are_set_read_and_given_back(desk: Desk) -> None:
    assert await desk.order({"set": {"panel/fire": True, "panel/battery": 21.5}}) == {"ok": True}
    values = {"panel/fire": True, "panel/battery": 21.5}
    assert await desk.order({"get": ["panel/fire", "panel/battery"]}) == {"ok": True, "values": values}
    await desk.order({"set": {"panel/fire": None}})
    assert (await desk.order({"get": "panel/fire"}))["values"] == {"panel/fire": False}


async def test_a_number_gets_there_in_a_straight_line(desk: Desk) -> None:
    await desk.order({"set": {"panel/battery": 20.0}})
    await desk.order({"set": {"panel/battery": {"to": 30.0, "over": "10s"}}})
    desk.clock.advance(5_000_000_000)
    assert (await desk.order({"get": "panel/battery"}))["values"] == {"panel/battery": 25.0}


async def test_devices_are_broken_and_mended(desk: Desk) -> None:
    fault = {"device": "panel", "kind": "delay", "args": {"seconds": 5}}
    assert await desk.order({"fault": fault}) == {"ok": True}
    assert desk.fleet.faults.of("panel", "delay").args == {"seconds": 5}  # type: ignore[union-attr]
    await desk.order({"fault": {"device": "panel", "kind": "silence"}})
    await desk.order({"heal": {"device": "panel", "kind": "delay"}})
    assert [f.kind for f in desk.fleet.faults.all()["panel"]] == ["silence"]
    await desk.order({"heal": "panel"})
    assert desk.fleet.faults.all() == {}
    await desk.order({"set": {"panel/fire": True}})
    await desk.order({"heal": None})
    assert desk.fleet.get("panel/fire") is False


async def test_a_scenario_is_changed_while_the_simulators_run(desk: Desk) -> None:
    assert await desk.order({"scenario": "fire"}) == {"ok": True, "scenario": "fire"}
    async with asyncio.timeout(10):
        while desk.fleet.get("panel/fire") is not True:
            await asyncio.sleep(0)
    assert desk.heard == [Text("Cháy", "Fire")]
    assert desk.stage.playing == "fire"
    assert (await desk.order({"scenario": "fir"}))["ok"] is False
    assert desk.stage.playing == "fire"
    assert (await desk.order({"scenario": None}))["ok"] is True
    assert desk.stage.playing is None
    assert desk.fleet.get("panel/fire") is False


WRONG: list[tuple[Any, str]] = [
    (b"set fire", "not JSON"),
    ([], "expected an object"),
    ({"set": {}, "get": []}, "expected an object"),
    ({"burn": 1}, "unknown order 'burn'; known: set"),
    ({"set": 3}, "expected"),
    ({"set": {"panel/fir": True}}, "there is no 'panel/fir'"),
    ({"set": {"panel/fire": 7}}, "it cannot be 7"),
    ({"set": {"panel/fire": [True]}}, "not [True]"),
    ({"set": {"panel/battery": {"to": 3}}}, 'a movement is {"to"'),
    ({"set": {"panel/battery": {"to": 3, "over": "soon"}}}, "expected a duration"),
    ({"get": 3}, "expected"),
    ({"get": "panel/fir"}, "there is no 'panel/fir'"),
    ({"fault": {"device": "panel"}}, 'an object with "kind"'),
    ({"fault": {"device": "pane", "kind": "cut"}}, "there is no 'pane'"),
    ({"fault": {"device": "panel", "kind": "clock"}}, "a modbus device cannot show 'clock'"),
    ({"fault": {"device": "panel", "kind": "delay", "args": {"seconds": "5"}}}, "numbers by name"),
    ({"heal": 3}, 'an object with "device"'),
    ({"scenario": 3}, "expected"),
    ({"scenario": "flood"}, "there is no scenario 'flood'"),
]


@pytest.mark.parametrize(("order", "sentence"), WRONG, ids=[str(order)[:40] for order, _ in WRONG])
async def test_a_wrong_order_is_answered_with_what_is_wrong(desk: Desk, order: Any, sentence: str) -> None:
    answer = await desk.order(order)
    assert answer["ok"] is False
    assert sentence in answer["error"]
    assert (await desk.order({"get": "panel/fire"}))["ok"] is True


async def test_nothing_of_an_order_is_done_when_a_part_of_it_is_wrong(desk: Desk) -> None:
    assert (await desk.order({"set": {"panel/fire": True, "panel/battery": "full"}}))["ok"] is False
    assert desk.fleet.get("panel/fire") is False


async def test_a_line_without_end_is_refused(desk: Desk) -> None:
    assert "at most" in (await desk.order(b"x" * 70_000))["error"]
    assert await desk.reader.read() == b""


async def test_two_cannot_take_orders_at_one_place_but_a_dead_socket_is_replaced(tmp_path: Path) -> None:
    async with Desk(tmp_path) as desk:
        with pytest.raises(OSError, match="other simulators already take orders"):
            await Control(desk.fleet, desk.stage, tmp_path).start()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / NAME))
    again = Control(desk.fleet, desk.stage, tmp_path)
    assert await again.start() == tmp_path / NAME
    await again.stop()


async def test_a_folder_with_too_long_a_name_is_left_for_a_short_one(tmp_path: Path) -> None:
    long = tmp_path / ("x" * 60) / ("y" * 60)
    (tmp_path / "site").mkdir()
    desk = Desk(tmp_path / "site")
    control = Control(desk.fleet, desk.stage, long)
    path = await control.start()
    assert len(str(path)) < 108
    await control.stop()
    assert not path.parent.exists()
