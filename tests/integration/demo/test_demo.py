"""`citywatch demo` as a stranger runs it: ready line, fire, sign-in, stop, kill, start again."""

import asyncio
import json
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.integration.demo.process import Running, citywatch, gone

pytestmark = [pytest.mark.database, pytest.mark.timeout(150)]
FIRE = "fire:panel-market/z07.alarm"
ROOT_SITE = Path(__file__).parents[3] / "config" / "sites" / "starter"


@pytest.fixture
async def web() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


def bearer(ready: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {ready['token']}"}


async def get(web: aiohttp.ClientSession, ready: dict[str, Any], path: str) -> Any:
    async with web.get(f"{ready['url']}/api/v1{path}", headers=bearer(ready)) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def until_alarm(web: aiohttp.ClientSession, ready: dict[str, Any], alarm: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            page = await get(web, ready, "/alarms")
            for row in page["items"]:
                if row["alarm"] == alarm:
                    return dict(row)
            await asyncio.sleep(0.3)


async def test_the_demo_shows_the_fire_and_leaves_no_process(web: aiohttp.ClientSession, tmp_path: Path) -> None:
    """Promise 2: one command, one ready line, a fire, and nothing left after Ctrl-C."""
    async with citywatch("demo", ROOT_SITE, "--json", "--port", "0", "--state", tmp_path / "state") as demo:
        ready = await demo.ready()
        assert ready["ready"] is True
        family = demo.family()
        assert len(family) > 1, "the embedded database is a child"

        await every_device_is_online(web, ready)
        row = await until_alarm(web, ready, FIRE)
        assert (row["priority"], row["active"]) == ("critical", True)
        await hears_the_fire_on_the_stream(web, ready)
        await the_link_signs_in_once(ready)

        assert await demo.send(signal.SIGINT) == 0
        assert await demo.rest() == ""
    assert await gone(family)
    assert "Traceback" not in demo.said


async def every_device_is_online(web: aiohttp.ClientSession, ready: dict[str, Any]) -> None:
    async with asyncio.timeout(30):
        while True:
            devices = (await get(web, ready, "/devices"))["items"]
            if all(d["state"] == "online" for d in devices):
                assert len(devices) == 11, "ten devices, and the channels of the hub"
                return
            await asyncio.sleep(0.3)


async def hears_the_fire_on_the_stream(web: aiohttp.ClientSession, ready: dict[str, Any]) -> None:
    url = ready["url"].replace("http", "ws") + "/api/v1/stream"
    async with web.ws_connect(url, protocols=("citywatch.v1",), headers=bearer(ready)) as ws:
        await ws.send_json({"t": "sub", "id": 1, "topic": "alarms"})
        async with asyncio.timeout(10):
            async for message in ws:
                if FIRE in message.data:
                    return
    raise AssertionError("the stream said nothing of the fire")


async def the_link_signs_in_once(ready: dict[str, Any]) -> None:
    for expected in (True, False):
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
            async with browser.get(ready["sign_in"]) as answer:
                await answer.read()
            async with browser.get(f"{ready['url']}/api/v1/me") as me:
                assert (me.status == 200) is expected


async def test_after_kill_nothing_is_left_and_the_next_start_works(web: aiohttp.ClientSession, tmp_path: Path) -> None:
    """Promise 2: also after `kill -9` of the parent; the next start recovers."""
    arguments = ("demo", ROOT_SITE, "--json", "--port", "0", "--state", tmp_path / "state")
    async with citywatch(*arguments) as demo:
        ready = await demo.ready()
        family = demo.family()
        await until_alarm(web, ready, FIRE)
        await demo.send(signal.SIGKILL)
    assert await gone(family)
    async with citywatch(*arguments) as again:
        ready = await again.ready()
        family = again.family()
        page = await get(web, ready, "/alarms")
        assert FIRE in [row["alarm"] for row in page["items"]], "an alarm survives kill -9"
        assert await again.send(signal.SIGTERM) == 0
    assert await gone(family)


async def test_a_port_in_use_is_said_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        async with citywatch("demo", ROOT_SITE, "--port", str(port), "--state", tmp_path / "state") as demo:
            assert await demo.ended() == 1
    assert f"port {port} is already in use" in demo.said
    assert f"--port {port + 1}" in demo.said
    assert "Traceback" not in demo.said


async def test_ctrl_c_while_starting_leaves_nothing(tmp_path: Path) -> None:
    async with citywatch("demo", ROOT_SITE, "--port", "0", "--state", tmp_path / "state") as demo:
        await says(demo, "simulators of 10 devices")
        family = demo.family()
        await demo.send(signal.SIGINT)
    assert await gone(family)
    assert "Traceback" not in demo.said


async def test_kill_while_the_database_is_being_made_leaves_nothing_and_the_next_start_works(tmp_path: Path) -> None:
    async with citywatch("demo", ROOT_SITE, "--port", "0", "--state", tmp_path / "state") as demo:
        await says(demo, "✓ database")
        family = demo.family()
        await demo.send(signal.SIGKILL)
    assert await gone(family)
    async with citywatch("demo", ROOT_SITE, "--json", "--port", "0", "--state", tmp_path / "state") as again:
        await again.ready()
        family = again.family()
        assert await again.send(signal.SIGTERM) == 0
    assert await gone(family)


async def says(running: Running, words: str) -> None:
    async with asyncio.timeout(30):
        while words not in running.said:
            await asyncio.sleep(0.05)


async def test_an_unknown_scenario_is_named_with_those_that_exist(tmp_path: Path) -> None:
    async with citywatch("demo", ROOT_SITE, "--scenario", "tuor", "--state", tmp_path / "state") as demo:
        assert await demo.ended() == 78
    assert "did you mean 'tour'" in demo.said


async def test_simulate_says_where_every_device_answers() -> None:
    async with citywatch("simulate", ROOT_SITE, "--json", "--scenario", "tour") as simulators:
        line = await simulators.ready()
        assert set(line["devices"]) >= {"panel-market", "smoke-silent"}
        at = line["devices"]["panel-market"]
        _, writer = await asyncio.open_connection(at["host"], at["port"])
        writer.close()
        assert line["devices"]["smoke-silent"]["password"]
        assert await simulators.send(signal.SIGTERM) == 0
    assert json.dumps(line)
