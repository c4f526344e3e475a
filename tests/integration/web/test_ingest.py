"""What other systems push, over real sockets: each refusal as a problem, 202 only after the commit."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from hub.model import SECOND
from tests.integration.web.conftest import Running, Start
from tests.unit.http.test_ingest import GOOD, Bench, Sink, signed

BODY = json.dumps(GOOD).encode()


class Sender:
    """Somebody who knows the secret."""

    def __init__(self, bench: Bench, url: str, session: aiohttp.ClientSession) -> None:
        self.bench = bench
        self.sink = bench.sink
        self._url = url
        self._session = session

    async def push(self, body: Any = BODY, key: str = "k1", device: str = "desk", **headers: str) -> tuple[int, Any]:
        at = self.bench.clock.now() // SECOND
        given = {
            "Content-Type": "application/json", "Idempotency-Key": key, "Webhook-Timestamp": str(at),
            "Webhook-Signature": signed(body if isinstance(body, bytes) else b"", key, at),
        } | headers  # fmt: skip
        async with self._session.post(f"{self._url}/api/v1/ingest/{device}", data=body, headers=given) as answer:
            assert answer.content_type == ("application/json" if answer.ok else "application/problem+json")
            return answer.status, await answer.json(content_type=None)


class Inlets:
    """What the runner is to the web: the driver, and no such device."""

    def __init__(self, bench: Bench) -> None:
        self._driver = bench.driver
        self.receive = bench.driver.receive

    def largest(self, device: str) -> int | None:
        return self._driver.largest(device) if device in self._driver.inlets else None


@pytest.fixture
async def sender(start: Start) -> AsyncIterator[Sender]:
    async with Bench(Sink(), rate=3, largest=4096) as bench:
        web: Running = await start(inlets=Inlets(bench))
        async with aiohttp.ClientSession() as session:
            yield Sender(bench, web.url, session)


async def test_what_is_pushed_is_answered_202_after_the_commit_and_not_before(sender: Sender) -> None:
    sender.sink.hold = True
    pushing = asyncio.create_task(sender.push())
    await sender.sink.came.wait()
    assert not pushing.done()
    release = sender.sink.taken[0].release
    assert release is not None
    assert (await sender.push())[1]["code"] == "under_way"
    release()
    assert await pushing == (202, {"accepted": True, "repeated": False})
    assert await sender.push() == (202, {"accepted": True, "repeated": True})
    assert len(sender.sink.taken) == 1


async def chunks() -> AsyncIterator[bytes]:
    for _ in range(64):
        yield b" " * 1024


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"Webhook_Signature": "v1,AAAA"}, 401, "unsigned"),
        ({"Webhook_Timestamp": "0"}, 401, "unsigned"),
        ({"key": "k2", "Webhook_Signature": signed(BODY, "k1", 0)}, 401, "unsigned"),
        ({"device": "panel-1"}, 404, "not_found"),
        ({"body": b" " * 4097}, 413, "too_large"),
        ({"body": "chunks"}, 413, "too_large"),
        ({"Content_Type": "text/csv"}, 415, "not_json"),
        ({"Content_Encoding": "gzip"}, 415, "packed"),
        ({"body": b'{"extra": 1}'}, 422, "schema"),
        ({"body": b'{"summary": {"open": "many"}}'}, 422, "schema"),
        ({"body": b'{"reports": [{"id": "1", "ho_ten": "x"}]}'}, 422, "persons"),
    ],
)
async def test_each_refusal_is_a_problem(sender: Sender, given: dict[str, Any], status: int, code: str) -> None:
    body = chunks() if given.get("body") == "chunks" else given.get("body", BODY)
    more = {name.replace("_", "-") if name[0].isupper() else name: value for name, value in given.items()}
    said = await sender.push(**{**more, "body": body})
    assert (said[0], said[1]["code"]) == (status, code)
    assert sender.sink.taken == []


async def test_a_key_that_was_used_for_another_body_is_refused(sender: Sender) -> None:
    assert (await sender.push())[0] == 202
    status, problem = await sender.push(b'{"summary": {"open": 1}}')
    assert (status, problem["code"]) == (422, "key_reused")


async def test_too_many_requests_are_told_when_to_come_again(sender: Sender) -> None:
    for key in "abc":
        assert (await sender.push(key=key))[0] == 202
    status, problem = await sender.push(key="d")
    assert (status, problem["code"]) == (429, "too_fast")
    assert (await sender.push(key="a"))[0] == 202, "what comes again costs nothing"
