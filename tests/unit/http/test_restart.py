"""A feed's list after a restart: the runner recalls what the last run made durable before it looks."""

import asyncio
import random

from drivers import REGISTRY
from drivers.http import SPEC
from drivers.runner import Runner
from hub.model import Device, DeviceEvent, Intake, Point, SystemClock, Text
from hub.model.lane import Lane
from tests.support.http_server import HttpServer
from tests.unit.http.rig import reports

BODY = b'{"open": 1, "reports": [{"id": "R1", "area": "a", "opened": "2026-11-24T07:00:00+07:00"}]}'


class Road:
    """A sink that keeps receipts as the spool does."""

    def __init__(self) -> None:
        self.kept = b""
        self.events: list[DeviceEvent] = []
        self.scans = 0
        self.news = asyncio.Event()

    def take(self, intake: Intake) -> None:
        self.events += intake.events
        self.scans += any(s.point == "desk/open" for s in intake.samples)
        if intake.receipt is not None:
            assert intake.receipt.source == "http/desk"
            self.kept += intake.receipt.keys
        if intake.release is not None:
            intake.release()
        self.news.set()

    def report(self, *_: object) -> None: ...

    def last_heard(self, _: str) -> int | None:
        return None

    async def receipts(self, source: str) -> bytes:
        assert source == "http/desk"
        return self.kept


def desk(port: int) -> Device:
    connection = SPEC.connection.model_validate({"host": "127.0.0.1", "port": port, "path": "/feed"})
    address = SPEC.address.model_validate({"path": "open"})
    point = Point(
        "desk/open", "desk", "open", Text("Mở", "Open"), "report.open", "z", Lane.BULK, type="int", address=address
    )
    return Device(
        "desk", Text("Bàn", "Desk"), "p", "http", "z", connection, (point,), (reports(),), interval=10_000_000
    )


async def run(road: Road, port: int, scans: int) -> None:
    runner = Runner([desk(port)], REGISTRY, road, SystemClock(), dice=random.Random(1))
    task = asyncio.create_task(runner.run())
    try:
        async with asyncio.timeout(15):
            while road.scans < scans or not road.events:
                road.news.clear()
                await road.news.wait()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_an_item_that_an_earlier_run_took_is_no_news_to_the_next() -> None:
    road, server = Road(), HttpServer(lambda _: (200, {}, BODY))
    server.start()
    try:
        await run(road, server.port, 3)
        await run(road, server.port, road.scans + 5)
    finally:
        server.stop()
    assert [event.dedupe_key for event in road.events] == ["opened/R1"]
