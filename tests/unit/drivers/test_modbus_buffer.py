"""Event buffers over Modbus: a record is read and made durable, and only then may its device forget it."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from drivers import REGISTRY
from drivers.modbus.buffer import Buffer
from drivers.modbus.records import advance_request
from drivers.runner import Runner
from hub.config import load
from hub.model import DeviceEvent, DeviceState, Intake, SystemClock
from simulators.eventlog import CAPACITY, EventLog
from simulators.fleet import Fleet

SITE = """
version: 1
site: {id: buffers, name: {vi: Thử, en: Test}, timezone: Asia/Ho_Chi_Minh, language: en}
web: {host: 127.0.0.1, port: 0}
zones: [{id: town, name: {vi: Phố, en: Town}}]
devices:
  - {id: panel, profile: fire/en54-modbus, zone: town, connection: {host: 10.0.0.1}, interval: 50ms,
     with: {zones: 4, log: 1}}
"""


class Sink:
    """Remembers what came; a test says when it is durable."""

    def __init__(self) -> None:
        self.batches: list[Intake] = []
        self.states: list[tuple[DeviceState, str]] = []
        self.at_once = True

    def take(self, intake: Intake) -> None:
        if intake.events or intake.strays:
            self.batches.append(intake)
            if self.at_once and intake.release is not None:
                intake.release()

    def report(self, device: str, state: DeviceState, reason: str = "", detail: str = "") -> None:
        self.states.append((state, detail))

    async def receipts(self, source: str) -> bytes:
        return b""

    def last_heard(self, device: str) -> int | None:
        return None

    @property
    def events(self) -> list[DeviceEvent]:
        return [event for batch in self.batches for event in batch.events]


class Panel:
    def __init__(self, fleet: Fleet, sink: Sink) -> None:
        self.fleet, self.sink = fleet, sink
        self.log: EventLog = fleet._lines[0]._units[0].logs[0]  # type: ignore[attr-defined]

    def change(self, name: str, value: bool) -> None:
        self.fleet.set(f"panel/{name}", value)

    async def brings(self, count: int) -> list[DeviceEvent]:
        async with asyncio.timeout(20):
            while len(self.sink.events) < count:
                await asyncio.sleep(0.01)
        return self.sink.events

    async def forgets_all(self) -> None:
        async with asyncio.timeout(20):
            while self.log.records:
                await asyncio.sleep(0.01)


@pytest.fixture
async def panel(tmp_path: Path) -> AsyncIterator[Panel]:
    (tmp_path / "site.yaml").write_text(SITE, encoding="utf-8")
    site, sink = load(tmp_path, REGISTRY), Sink()
    fleet = Fleet(site)
    where = await fleet.start()
    runner = Runner(
        list(site.devices.values()), REGISTRY, sink, SystemClock(), dice=random.Random(1), redirect=where
    )  # fmt: skip
    task = asyncio.create_task(runner.run())
    yield Panel(fleet, sink)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await fleet.stop()


async def test_every_change_arrives_in_order_with_number_time_and_meaning(panel: Panel):
    panel.change("z02.alarm", True)
    panel.change("z03.fault", True)
    panel.change("z02.alarm", False)
    events = await panel.brings(4)  # the sounders ring with the first
    await panel.forgets_all()
    told = [(e.attributes["event"], e.attributes["zone"], e.attributes["active"]) for e in events]
    assert [row for row in told if row[0] != "sounders"] == [("alarm", 2, 1), ("fault", 3, 1), ("alarm", 2, 0)]
    assert [e.attributes["number"] for e in events] == [1, 2, 3, 4]
    assert all(e.kind == "fire.event" and e.device == "panel" and e.source_time for e in events)
    assert len({e.dedupe_key for e in events}) == 4


async def test_the_device_is_told_only_after_the_record_is_durable(panel: Panel):
    panel.sink.at_once = False
    panel.change("z01.fault", True)
    panel.change("z04.fault", True)
    await panel.brings(1)
    assert [r.number for r in panel.log.records] == [1, 2], "both records are still at the device"
    panel.sink.batches[0].release()  # type: ignore[misc]
    events = await panel.brings(2)
    assert [e.attributes["number"] for e in events] == [1, 2]
    assert [r.number for r in panel.log.records] == [2], "the second is not durable yet"


async def test_records_that_a_full_buffer_dropped_are_counted_in_the_next_one(panel: Panel):
    panel.sink.at_once = False
    panel.change("z01.fault", True)
    await panel.brings(1)
    for n in range(CAPACITY + 5):
        panel.change("z02.fault", n % 2 == 0)
    panel.sink.at_once = True
    panel.sink.batches[0].release()  # type: ignore[misc]
    events = await panel.brings(2)
    assert events[1].attributes["missed"] == events[1].attributes["number"] - 2 == 5


async def test_a_device_that_forgets_nothing_is_degraded_and_told_of_once(
    panel: Panel, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(panel.log, "written", lambda *_: True)
    panel.change("z01.fault", True)
    async with asyncio.timeout(20):
        while not any("does not forget" in detail for _, detail in panel.sink.states):
            await asyncio.sleep(0.01)
    assert len(panel.sink.events) == 1


def buffer(**more: object) -> Buffer:
    given = {
        "waiting": {"table": "input", "register": 0}, "number": {"table": "input", "register": 1},
        "parts": {"zone": {"table": "input", "register": 2}}, "advance": {"register": 9}, **more,
    }  # fmt: skip
    return Buffer.model_validate(given)


@pytest.mark.parametrize(
    ("advance", "number", "request_"),
    [
        ({"register": 9}, 7, "06 0009 0007"),
        ({"register": 9, "value": "next"}, 0xFFFF, "06 0009 0000"),
        ({"register": 9, "value": 1}, 7, "06 0009 0001"),
        ({"register": 9, "type": "uint32"}, 0x12345678, "10 0009 0002 04 1234 5678"),
        ({"register": 9, "type": "uint32", "order": "cdab"}, 0x12345678, "10 0009 0002 04 5678 1234"),
    ],
)
def test_the_write_that_moves_on_is_as_the_profile_says(advance: dict[str, object], number: int, request_: str):
    assert advance_request(buffer(advance=advance).advance, number)[0] == bytes.fromhex(request_)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"parts": {"zone": {"table": "holding", "register": 2}}}, "one table"),
        ({"parts": {"zone": {"table": "input", "register": 200}}}, "read at once"),
        ({"number": {"table": "input", "register": 1, "type": "float32"}}, "whole numbers"),
        ({"advance": {"register": 9, "value": 70000}}, "does not fit"),
    ],
)
def test_a_buffer_that_cannot_be_read_safely_is_refused(more: dict[str, object], why: str):
    with pytest.raises(ValidationError, match=why):
        buffer(**more)


async def test_a_gap_and_a_new_start_of_the_panel_are_told_by_the_numbers(panel: Panel):
    panel.change("z01.fault", True)
    await panel.brings(1)
    await panel.forgets_all()
    panel.fleet.fault("panel", "gaps", records=3)
    panel.change("z01.fault", False)
    assert (await panel.brings(2))[1].attributes["missed"] == 3
    await panel.forgets_all()
    panel.fleet.fault("panel", "reboot")
    panel.change("z02.fault", True)
    events = await panel.brings(3)
    assert events[2].attributes["number"] == 1
    assert "missed" not in events[2].attributes
