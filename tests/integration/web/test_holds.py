"""Shelving and out of service over real sockets, on the real rules."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientSession
from pydantic import BaseModel

from adapters.web.answers import ActionAnswer
from adapters.web.holding import HeldPage, HoldAnswer
from hub.model import HOUR, SECOND, ManualClock, OperatorAction, Outcome
from hub.model import Test as Comparison
from hub.model.clock import iso
from rules import Engine
from tests.integration.web.conftest import Running, Start
from tests.support.rulesite import T0, device, reading, rule, site
from tests.unit.web.fakes import FakeHub

FIRE, HOT = "fire:p/a", "hot:p/t"
WHY = {"note": "đang sửa"}


class Town(FakeHub):
    """The web's hub with the rules behind its desk; what they say is published at once."""

    def __init__(self) -> None:
        hot = rule(Comparison("above", 60.0), kind="env.temperature", name="hot", category="fault")
        panel = device("p", {"a": "fire.alarm", "t": "env.temperature"})
        super().__init__(ManualClock(T0), site((rule(latch=True), hot), panel))
        self.engine = Engine(self.site)

    def alarms(self) -> list[Any]:
        return self.engine.alarms()

    def alarm(self, alarm: str) -> Any:
        return self.engine.alarm(alarm)

    def out_of_service(self) -> list[Any]:
        return self.engine.out_of_service()

    async def act(self, action: OperatorAction) -> Outcome:
        outcome = self.engine.act(action, self.clock.now())
        self.publish(*outcome.records)
        return outcome

    def say(self, point: str, value: object) -> None:
        now = self.clock.now()
        self.publish(*self.engine.step([reading(f"p/{point}", value, at=now)], now))  # type: ignore[arg-type]

    def later(self, nanoseconds: int) -> None:
        assert isinstance(self.clock, ManualClock)
        self.clock.advance(nanoseconds)
        self.publish(*self.engine.wake(self.clock.now()))


@pytest.fixture
async def town(start: Start) -> tuple[Running, Town]:
    hub = Town()
    web = await start(hub=hub)
    hub.say("t", 70.0)
    hub.say("a", True)
    return web, hub


@asynccontextmanager
async def answered(
    client: ClientSession, path: str, body: dict[str, Any], model: type[BaseModel] | None = None, status: int = 200
) -> AsyncIterator[Any]:
    async with client.post(f"/api/v1{path}", json=body) as answer:
        text = await answer.read()
        assert answer.status == status, text
        if model is not None:
            model.model_validate_json(text)
        yield await answer.json(content_type=None)


async def held(client: ClientSession) -> list[tuple[str, str, int]]:
    async with client.get("/api/v1/holds") as answer:
        page = HeldPage.model_validate_json(await answer.read())
    return [(row.key, row.kind, row.alarms) for row in page.items]


async def test_an_operator_shelves_until_an_end_and_everybody_can_list_it(town: tuple[Running, Town]) -> None:
    web, hub = town
    operator = await web.browser("operator", "anh")
    until = iso(hub.clock.now() + HOUR)
    async with answered(
        operator, f"/alarms/{HOT}/shelve", {"occurrence": 1, "until": until, **WHY}, ActionAnswer
    ) as body:
        (hold,) = body["alarm"]["holds"]
        assert (hold["kind"], hold["who"], hold["why"], hold["until"]) == ("shelved", "anh", "đang sửa", until)
    assert await held(await web.browser("viewer", "xem")) == [(HOT, "shelved", 1)]
    hub.later(HOUR)
    assert await held(operator) == []
    assert hub.engine.alarm(HOT).last.state == "unacknowledged"  # type: ignore[union-attr]


async def test_an_operator_shows_a_shelved_alarm_again(town: tuple[Running, Town]) -> None:
    web, _ = town
    operator = await web.browser("operator", "anh")
    async with answered(operator, f"/alarms/{HOT}/shelve", {"occurrence": 1, **WHY}):
        pass
    async with answered(operator, f"/alarms/{HOT}/unshelve", {}, ActionAnswer) as body:
        assert (body["alarm"]["hold"], body["alarm"]["input"], body["alarm"]["by"]) == (None, "unshelve", "anh")


@pytest.mark.parametrize("role", ["viewer", "operator", "engineer", "admin"])
async def test_nobody_shelves_a_fire(town: tuple[Running, Town], role: str) -> None:
    web, hub = town
    client = await web.browser(role)
    async with answered(client, f"/alarms/{FIRE}/shelve", {"occurrence": 1, **WHY}, status=403) as problem:
        assert problem["code"] == "forbidden"
    assert hub.engine.alarm(FIRE).last.holds == ()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"occurrence": 1, "until": "2020-01-01T00:00:00Z", **WHY}, 409, "until_invalid"),
        ({"occurrence": 1, "until": "2099-01-01T00:00:00+07:00", **WHY}, 409, "until_too_late"),
        ({"occurrence": 2, **WHY}, 409, "conflict"),
        ({"occurrence": 1, "note": " "}, 409, "note_missing"),
        ({"occurrence": 1}, 400, "bad_request"),
        ({"occurrence": 1, "until": "2026-01-01 12:00", **WHY}, 400, "bad_request"),
    ],
)
async def test_a_shelving_that_cannot_be_is_a_problem_with_a_sentence(
    town: tuple[Running, Town], body: dict[str, Any], status: int, code: str
) -> None:
    web, _ = town
    operator = await web.browser("operator", "anh")
    async with answered(operator, f"/alarms/{HOT}/shelve", body, status=status) as problem:
        assert problem["code"] == code
        assert problem["detail"]


async def test_an_engineer_takes_an_alarms_device_out_of_service_and_puts_it_back(town: tuple[Running, Town]) -> None:
    web, hub = town
    engineer = await web.browser("engineer", "tam")
    until = iso(hub.clock.now() + HOUR)
    async with answered(
        engineer, f"/alarms/{FIRE}/out-of-service", {"of": "device", "until": until, **WHY}, ActionAnswer
    ) as body:
        assert body["alarm"]["hold"] == "out_of_service"
    assert await held(engineer) == [("device:p", "out_of_service", 2)]
    async with answered(engineer, f"/alarms/{FIRE}/in-service", {}, ActionAnswer) as body:
        assert (body["alarm"]["hold"], body["alarm"]["state"]) == (None, "unacknowledged")
    assert await held(engineer) == []


async def test_anything_of_the_site_goes_out_of_service_without_an_alarm(town: tuple[Running, Town]) -> None:
    web, hub = town
    engineer = await web.browser("engineer", "tam")
    out = {"scope": "zone:tn/market", "until": iso(hub.clock.now() + HOUR), **WHY}
    async with answered(engineer, "/holds", out, HoldAnswer) as body:
        assert (body["scope"], body["out"], body["who"]) == ("zone:tn/market", True, "tam")
    async with answered(engineer, "/holds/zone:tn/market/end", {}, HoldAnswer) as body:
        assert body["out"] is False
    async with answered(engineer, "/holds/zone:tn/market/end", {}, status=409) as problem:
        assert problem["code"] == "not_held"
    async with answered(engineer, "/holds", out | {"scope": "device:none"}, status=404) as problem:
        assert "device:none" in problem["detail"]


async def test_an_operator_takes_nothing_out_of_service(town: tuple[Running, Town]) -> None:
    web, hub = town
    console = await web.console(await web.browser("operator"))
    do = {"t": "do", "cid": "c", "op": "out_of_service", "items": [{"alarm": FIRE, "occurrence": 0}], "of": "device"}
    await console.say(**do, until=iso(hub.clock.now() + HOUR), **WHY)
    assert [no["why"] for no in (await console.until("done"))["no"]] == ["not_allowed"]


async def test_a_console_shelves_over_the_stream_and_every_console_hears_it(town: tuple[Running, Town]) -> None:
    web, hub = town
    console, other = await web.console(), await web.console()
    await other.subscribe()
    until = iso(hub.clock.now() + 60 * SECOND)
    await console.say(
        t="do", cid="c", op="shelve", items=[{"alarm": HOT, "occurrence": 1}], until=until, once=True, **WHY
    )
    assert (await console.until("done"))["ok"] == [{"alarm": HOT, "occurrence": 1, "rev": 2, "state": "unacknowledged"}]
    told = await other.until("ev")
    assert (told["row"]["hold"], told["row"]["holds"][0]["once"]) == ("shelved", True)


async def test_what_is_held_does_not_wait_for_anybody(town: tuple[Running, Town]) -> None:
    web, hub = town
    console = await web.console()
    await console.subscribe()
    web.beat()
    assert (await console.until("hb"))["sums"]["1"]["unacked"] == 2
    await hub.act(OperatorAction("shelve", HOT, 1, "an", hub.clock.now(), "w"))
    await console.until("ev")
    web.beat()
    sum_ = (await console.until("hb"))["sums"]["1"]
    assert (sum_["count"], sum_["unacked"]) == (2, 1)


async def test_what_goes_out_of_service_is_a_note_on_the_stream(town: tuple[Running, Town]) -> None:
    web, hub = town
    console = await web.console()
    await console.subscribe("system")
    action = OperatorAction(
        "out_of_service", "", 0, "an", hub.clock.now(), "w", until=hub.clock.now() + HOUR, scope="device:p"
    )
    await hub.act(action)
    row = (await console.until("ev"))["row"]
    assert (row["what"], row["detail"]["scope"], row["detail"]["out"]) == ("service_change", "device:p", True)
