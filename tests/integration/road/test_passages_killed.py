"""Passages pushed to a hub that is killed again and again: every vehicle once, its reads merged, the counts exact."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
import pytest

from tests.support.conservation import conserved
from tests.support.running_hub import running_hub, until

pytestmark = [pytest.mark.database, pytest.mark.timeout(120)]

SECRET = "a secret of a test, 24 characters or more"
KILLS, REQUESTS, EACH = 2, 10, 20
SITE = """
version: 1
site: {{id: test, name: Test}}
store: {{url: "{dsn}"}}
zones: [{{id: here, name: Here}}]
devices:
  - {{id: gate, profile: traffic/anpr, zone: here, connection: {{secret: {{secret: gate}}}}, with: {{lanes: "1 2"}}}}
"""


def write_site(folder: Path, dsn: str) -> Path:
    folder.mkdir()
    (folder / "site.yaml").write_text(SITE.format(dsn=dsn), encoding="utf-8")
    (folder / "secrets.yaml").write_text(f"gate: {SECRET}\n", encoding="utf-8")
    (folder / "secrets.yaml").chmod(0o600)
    return folder


def request(number: int, at: float) -> bytes:
    """Return a request of many vehicles, each of which is read a second time with one character wrong."""
    found: list[dict[str, Any]] = []
    for n in range(EACH):
        digits, lane = f"{number:02}{n:02}", str(1 + n % 2)
        plate = f"20{'ABCDEFGHKL'[n % 10]}{digits}{sum(map(int, digits)) % 10}"
        read = {"time": iso(at + n / 10), "lane": lane, "class": "car", "speed": 40.0, "confidence": 0.9}
        found.append(read | {"id": f"{number}-{n}", "plate": plate})
        found.append(read | {"id": f"{number}-{n}x", "plate": f"2O{plate[2:]}", "confidence": 0.5})
    return json.dumps({"reads": found}).encode()


def iso(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at % 1 * 1000):03}Z"


async def push(session: aiohttp.ClientSession, url: str, key: str, body: bytes) -> int:
    """Send once, signed; return the answer's status, 0 when there was none."""
    signed_at = str(int(time.time()))
    mark = hmac.new(SECRET.encode(), b".".join((key.encode(), signed_at.encode(), body)), hashlib.sha256).digest()
    headers = {
        "Idempotency-Key": key, "Webhook-Timestamp": signed_at, "Content-Type": "application/json",
        "Webhook-Signature": f"v1,{base64.b64encode(mark).decode()}",
    }  # fmt: skip
    with contextlib.suppress(aiohttp.ClientError):
        async with session.post(f"{url}/api/v1/ingest/gate", data=body, headers=headers) as answer:
            return answer.status
    return 0


async def rows(dsn: str, query: str) -> list[tuple[Any, ...]]:
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        return await (await connection.execute(query)).fetchall()  # type: ignore[arg-type]


async def stored(server: str) -> bool:
    with contextlib.suppress(psycopg.errors.UndefinedTable):
        return (await rows(server, "select count(*) from v_passage"))[0][0] >= REQUESTS * EACH
    return False


async def test_kills_lose_no_vehicle_and_double_none(server: str, tmp_path: Path) -> None:
    site, state = write_site(tmp_path / "site", server), tmp_path / "state"
    begun = time.time() - 30
    bodies = {f"k{n}": request(n, begun + n) for n in range(REQUESTS)}
    async with aiohttp.ClientSession() as session:
        for turn in range(KILLS + 1):
            async with running_hub(site, state) as hub:
                asked = list(bodies.items())[: REQUESTS // KILLS if turn < KILLS else None]
                statuses = [asyncio.create_task(push(session, hub.url, key, body)) for key, body in asked]
                if turn < KILLS:
                    await statuses[0]
                    await hub.kill()
                    await asyncio.gather(*statuses, return_exceptions=True)
                    continue  # whatever it answered, the sender has forgotten it: all of it comes again
                for key, body in bodies.items():
                    await until(lambda k=key, b=body: taken(session, hub.url, k, b), f"an answer to {key}")
                await until(lambda: stored(server), "every passage in the database")
                said = await conserved(hub.metrics)
                assert not any(value for name, value in said.items() if "store_refused" in name)
                assert await hub.stop() == 0
    found = await rows(server, "select count(*), count(distinct plate), min(reads), max(reads) from v_passage_plate")
    assert found == [(REQUESTS * EACH, REQUESTS * EACH, 2, 2)]
    assert await rows(server, "select count(*) from v_passage_plate where plate like '2O%'") == [(0,)]


async def taken(session: aiohttp.ClientSession, url: str, key: str, body: bytes) -> bool:
    return await push(session, url, key, body) == 202
