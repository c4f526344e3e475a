"""A whole hub on Debian's snmpd, and people who speak to it by REST."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp

from drivers import REGISTRY
from hub.app import Hub
from hub.config.load import load_with_digest
from hub.model import JournalRecord, Reading, SystemNote

HEAD = """
version: 1
site: {id: s, name: S, timezone: Asia/Ho_Chi_Minh, language: en}
web: {host: 127.0.0.1, port: 0}
store: {url: "postgresql://127.0.0.1:1/none"}
zones: [{id: z, name: Z}]
"""


class Whole:
    """The hub, and what is asked of it."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._sessions: dict[str, aiohttp.ClientSession] = {}

    async def ask(self, role: str, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """Return status and body of a request by somebody of a role."""
        if role not in self._sessions:
            headers = {"Authorization": f"Bearer {self.hub.token(role, role)}"}
            self._sessions[role] = aiohttp.ClientSession(self.hub.url, headers=headers)
        async with self._sessions[role].request(method, f"/api/v1{path}", json=body) as answer:
            return answer.status, await answer.json()

    def reading(self, point: str) -> Reading | None:
        """Return the last committed reading of a point."""
        return self.hub._state.reading(point)

    async def until(self, true: Callable[[], object]) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(30):
            while not true():
                await asyncio.sleep(0.02)

    async def reads(self, point: str, value: object) -> None:
        """Wait until a point has a value."""
        await self.until(lambda: (r := self.reading(point)) is not None and r.value == value)

    def alarms(self) -> dict[str, str]:
        """Return every alarm that is shown, and its state."""
        return {a.last.alarm: a.last.state for a in self.hub._state.alarms()}

    def journaled(self) -> list[JournalRecord]:
        """Return what the journal has."""
        return [record for _, record in self.hub._journal.read(0)]

    def notes(self, *what: str) -> list[str]:
        """Return the system notes of some sorts as `what: rows`."""
        said = [n for n in self.journaled() if isinstance(n, SystemNote) and n.what in what]
        return [f"{n.what}: {n.detail['rows']}" for n in said]

    async def close(self) -> None:
        """Let everybody go."""
        for session in self._sessions.values():
            await session.close()


@asynccontextmanager
async def whole(folder: Path, files: dict[str, str]) -> AsyncIterator[Whole]:
    """Run a hub while inside; the state is kept for the next time."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "secrets.yaml").chmod(0o600)
    source = partial(load_with_digest, folder, REGISTRY)
    hub = Hub(source()[0], folder / "state", port=0, source=source)
    made = Whole(hub)
    try:
        await hub.start()
        yield made
    finally:
        await made.close()
        await hub.stop()
