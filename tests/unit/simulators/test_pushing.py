"""Simulated systems that push: what they say is signed, taken by the driver, and sent again until it is."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from drivers.http.ingest import IngestDriver
from drivers.http.ingest_spec import SPEC
from drivers.runner import bind
from hub.model import HOUR, SECOND, Device, EventMap, Intake, ManualClock, Refused, Text
from simulators.base import Hub
from simulators.fleet import Fleet
from tests.unit.http.test_ingest import SECRET
from tests.unit.simulators.site import START, point, site_of

POINTS = {
    "open": ("report.open", "int", {"path": "summary.open", "time": "at"}),
    "up": ("service.up", "bool", {"path": "up", "type": "flag"}),
}


def desk(**connection: Any) -> Device:
    points = tuple(
        point("desk", name, kind, kept, SPEC.address.model_validate(address))
        for name, (kind, kept, address) in POINTS.items()
    )
    assert SPEC.event is not None
    where = SPEC.event.model_validate({"list": "reports", "key": "id", "time": "opened"})
    events = (EventMap("opened", "report.citizen", where, {"area": "area"}),)
    given = SPEC.connection.model_validate({"secret": SECRET, **connection})
    return Device("desk", Text.same("desk"), "test/desk", "http-ingest", "city", given, points, events)


class Town:
    """A simulated system, and a hub with the driver behind an HTTP server that says what the test wants."""

    def __init__(self) -> None:
        self.clock = ManualClock(START)
        self.site = site_of(desk())
        self.fleet = Fleet(self.site, clock=self.clock)
        self.driver = IngestDriver([bind(self.site.devices["desk"])], self.clock)
        self.said: list[Any] = []
        self.keys: list[str] = []
        self.statuses: list[int] = []
        self.away = 0
        """How many requests are answered 503 before one is taken."""
        self.taken: list[Intake] = []
        self.news = asyncio.Event()

    def take(self, intake: Intake) -> None:
        self.taken.append(intake)
        assert intake.release is not None
        intake.release()

    def last_heard(self, _device: str) -> None: ...

    def report(self, *_: Any) -> None: ...

    async def receipts(self, _source: str) -> bytes:
        return b""

    async def answer(self, request: web.Request) -> web.Response:
        body, h = await request.read(), request.headers
        self.keys.append(h["Idempotency-Key"])
        self.said.append(body)
        status = 503 if self.away else await self.judged(request.match_info["device"], body, h)
        self.away = max(0, self.away - 1)
        self.statuses.append(status)
        self.news.set()
        return web.Response(status=status)

    async def judged(self, device: str, body: bytes, h: Any) -> int:
        proof = h["Idempotency-Key"], h["Webhook-Timestamp"], h["Webhook-Signature"]
        try:
            await self.driver.receive(device, *proof, body)
        except Refused as why:
            return {"unsigned": 401, "too_fast": 429}.get(why.reason, 422)
        return 202

    async def until(self, requests: int) -> None:
        async with asyncio.timeout(10):
            while len(self.statuses) < requests:
                self.news.clear()
                await self.news.wait()


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    town = Town()
    app = web.Application()
    app.router.add_post("/api/v1/ingest/{device}", town.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    listening = asyncio.create_task(town.driver.subscribe(town))
    await town.fleet.start()
    town.fleet.aim(Hub(f"http://127.0.0.1:{runner.addresses[0][1]}"))
    yield town
    listening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await listening
    await town.fleet.stop()
    await runner.cleanup()


async def test_what_the_process_says_is_pushed_signed_and_taken_point_by_point(town: Town) -> None:
    await town.until(1)
    assert town.statuses == [202]
    (intake,) = town.taken
    assert {s.point: s.value for s in intake.samples} == {p: town.fleet.get(p) for p in ("desk/open", "desk/up")}
    assert [e.kind for e in intake.events] == ["report.citizen"] * 4


async def test_what_somebody_sets_is_pushed_at_once_and_a_list_is_no_news_twice(town: Town) -> None:
    await town.until(1)
    town.clock.advance(SECOND)
    town.fleet.set("desk/open", 41)
    await town.until(2)
    assert json.loads(town.said[1])["summary"]["open"] == 41
    assert town.taken[1].events == []


async def test_a_hub_that_is_away_gets_the_same_request_again(town: Town) -> None:
    await town.until(1)
    town.away = 1
    town.clock.advance(SECOND)
    town.fleet.set("desk/up", False)
    await town.until(3)
    assert town.statuses[1:] == [503, 202]
    assert (town.keys[1], town.said[1]) == (town.keys[2], town.said[2])


async def test_a_silent_system_pushes_nothing_until_it_is_healed(town: Town) -> None:
    await town.until(1)
    town.fleet.fault("desk", "silence")
    town.clock.advance(HOUR)
    town.fleet.step()
    town.fleet.set("desk/open", 7)
    town.fleet.heal("desk")
    town.fleet.step()
    await town.until(2)
    assert len(town.statuses) == 2
    assert json.loads(town.said[1])["summary"]["open"] == 7


@pytest.mark.parametrize(("fault", "status"), [("garbage", 422), ("half_frames", 422), ("clock", 401)])
async def test_a_broken_system_is_refused_and_given_up(town: Town, fault: str, status: int) -> None:
    await town.until(1)
    town.fleet.fault("desk", fault)
    town.clock.advance(SECOND)
    town.fleet.step()
    await town.until(2)
    town.fleet.heal("desk")
    town.clock.advance(SECOND)
    town.fleet.step()
    await town.until(3)
    assert town.statuses[1:] == [status, 202]
