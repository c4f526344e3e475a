"""`citywatch run` as its own process, with somebody signed in at its console."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp

from tests.integration.demo.process import Running, citywatch
from tests.support.mosquitto import Mosquitto

PATIENCE = 45.0


class RunningHub:
    """One hub that is up."""

    def __init__(self, process: Running, url: str, web: aiohttp.ClientSession) -> None:
        self.process = process
        self.url = url
        self.web = web

    async def get(self, path: str, status: int = 200) -> Any:
        """Ask REST, which must answer with `status`."""
        async with self.web.get(f"{self.url}/api/v1{path}") as answer:
            assert answer.status == status, await answer.text()
            return await answer.json()

    async def post(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        """Do something by REST; return the status and the answer."""
        async with self.web.post(f"{self.url}/api/v1{path}", json=body) as answer:
            return answer.status, await answer.json()

    async def metrics(self) -> dict[str, float]:
        """Return every figure by its name with labels."""
        async with self.web.get(f"{self.url}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if not line.startswith("#")}

    async def alarms(self) -> dict[str, dict[str, Any]]:
        """Return every alarm that a console must show."""
        return {row["alarm"]: row for row in (await self.get("/alarms"))["items"]}

    async def until_alarm(self, alarm: str, **fields: Any) -> dict[str, Any]:
        """Wait for an alarm that stands as `fields` say."""
        return await until(lambda: self._alarm(alarm, fields), f"{alarm} {fields}")

    async def _alarm(self, alarm: str, fields: dict[str, Any]) -> dict[str, Any] | None:
        row = (await self.alarms()).get(alarm)
        return row if row and all(row[name] == value for name, value in fields.items()) else None

    async def until_reading(self, device: str, point: str, value: Any, **fields: Any) -> dict[str, Any]:
        """Wait for a point to have a value."""

        async def look() -> dict[str, Any] | None:
            for row in (await self.get(f"/devices/{device}/points"))["items"]:
                if row["point"].endswith(f"/{point}") and row.get("value") == value:
                    return row if all(row.get(name) == wanted for name, wanted in fields.items()) else None
            return None

        return await until(look, f"{device}/{point} = {value} {fields}")

    async def until_listening(self, broker: Mosquitto) -> None:
        """Wait until the hub has subscribed: what is published before its first session is nobody's."""

        async def echo() -> bool:
            await asyncio.to_thread(broker.publish, "real/d2", '{"level": 0}')
            rows = (await self.get("/devices/d2/points"))["items"]
            return any(row["point"].endswith("/level") and row.get("value") == 0 for row in rows)

        await until(echo, "a subscription")

    async def kill(self) -> None:
        """End it as a power cut does."""
        os.kill(self.process.pid, signal.SIGKILL)
        await self.process.ended()

    async def stop(self) -> int:
        """Ask it to stop and return its exit code."""
        return await self.process.send(signal.SIGTERM)


async def until(look: Callable[[], Any], what: str = "it") -> Any:
    """Wait until `look` (plain or async) finds something."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while True:
                found = look()
                if asyncio.iscoroutine(found):
                    found = await found
                if found:
                    return found
                await asyncio.sleep(0.05)
    raise AssertionError(f"{what} did not come within {PATIENCE:g} s")


@contextlib.asynccontextmanager
async def running_hub(site: Path, state: Path, *options: str) -> AsyncIterator[RunningHub]:
    """Run a hub while inside; somebody is signed in by the link that it prints."""
    async with citywatch("run", site, "--state", state, "--port", "0", "--json", *options) as process:
        ready = await process.ready()
        url = ready["url"]
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar, headers={"Origin": url}) as web:
            async with web.get(ready["sign_in"], allow_redirects=False) as answer:
                assert answer.status == 303
            yield RunningHub(process, url, web)
