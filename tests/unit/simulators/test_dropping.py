"""Simulated systems that lay files: what they write is read back by the real driver, broken or whole."""

import asyncio
import csv
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from drivers.files import SPEC
from drivers.files.driver import FilesDriver
from drivers.runner import bind
from hub.model import HOUR, Device, EventMap, ManualClock, Text
from hub.model.scaling import to_engineering
from simulators.fleet import Fleet
from tests.unit.files.rig import Sink
from tests.unit.simulators.site import START, point, site_of


class Quiet(Sink):
    async def receipts(self, source: str) -> bytes:
        del source
        return b""


def desk() -> Device:
    places = {
        "grdp": ("indicator.value", "float", {"column": "Giá trị", "where": {"Mã": "GRDP"}, "decimal": "comma"}),
        "up": ("service.up", "bool", {"column": "Chạy", "type": "flag", "time": "Lúc", "time_format": "dmy"}),
        "period": ("device.info", "text", {"column": "Kỳ", "where": {"Mã": "GRDP"}, "type": "text", "time": "Lúc"}),
    }
    points = tuple(
        point("desk", n, kind, kept, SPEC.address.model_validate(a)) for n, (kind, kept, a) in places.items()
    )
    assert SPEC.event is not None
    where = SPEC.event.model_validate({"key": ["Số"], "time": "Mở", "present": ["Đóng"]})
    given = SPEC.connection.model_validate({"folder": "/srv/drop", "zone": "Asia/Ho_Chi_Minh"})
    events = (EventMap("closed", "report.closed", where, {"area": "Khu"}),)
    return Device(
        "desk", Text.same("desk"), "test/desk", "files", "city", given, points, events, limits={"settle": "0s"}
    )


class Town:
    def __init__(self) -> None:
        self.clock = ManualClock(START)
        self.site = site_of(desk())
        self.fleet = Fleet(self.site, clock=self.clock)
        self.sink = Quiet()

    async def start(self) -> None:
        await self.fleet.start()
        self.folder = Path(self.fleet.where["desk"].extra["folder"])
        device = self.fleet.redirected(self.site).devices["desk"]
        self.driver = FilesDriver([bind(replace(device, limits={"settle": "0s"}))], self.clock)
        await self.driver.open()

    async def look(self) -> None:
        await self.driver._look(self.driver._inboxes[0], self.sink)


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    town = Town()
    await town.start()
    yield town
    await town.fleet.stop()
    assert not town.folder.exists()


async def test_what_the_process_says_is_read_back_from_its_file(town: Town) -> None:
    (path,) = town.folder.glob("*.csv")
    rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    assert len(rows) >= 5, "two of points, four of events"
    await town.look()
    (intake,) = town.sink.taken
    points = {p.id: p for p in town.site.devices["desk"].points}
    said = {s.point: to_engineering(points[s.point], s.value) for s in intake.samples if s.value is not None}
    assert said == {p: town.fleet.get(p) for p in points}
    assert {s.source_time for s in intake.samples} >= {START}
    assert [e.kind for e in intake.events] == ["report.closed"] * 4
    town.fleet.set("desk/grdp", -3.25)
    await town.look()
    assert {s.point: s.value for s in town.sink.taken[-1].samples}["desk/grdp"] == -3.25


@pytest.mark.parametrize(("fault", "refused"), [("garbage", True), ("frozen", False), ("clock", False)])
async def test_a_broken_system_is_seen_as_what_it_is(town: Town, fault: str, refused: bool) -> None:
    await town.look()
    town.fleet.fault("desk", fault)
    town.clock.advance(HOUR)
    town.fleet.step()
    town.clock.advance(HOUR)
    town.fleet.step()
    await town.look()
    assert bool(town.driver._inboxes[0].refused) is refused
    if fault == "frozen":
        assert town.driver._inboxes[0].counts["repeated"] == 1
    if fault == "clock":
        assert town.sink.taken[-1].samples[0].source_time != town.clock.now()


async def test_a_silent_system_lays_nothing(town: Town) -> None:
    await town.look()
    town.fleet.fault("desk", "silence")
    town.clock.advance(HOUR)
    town.fleet.step()
    assert list(town.folder.glob("*.csv")) == []
    await asyncio.sleep(0)
