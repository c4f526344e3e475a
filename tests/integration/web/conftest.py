"""A running web adapter on a free loopback port, and clients that speak to it."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, CookieJar, WSMsgType

from adapters.web.broadcast import Pace
from adapters.web.frames import PROTOCOL, SERVER
from adapters.web.server import WebAdapter
from hub.model import ManualClock
from tests.unit.web.fakes import FakeHub, site

QUIET = Pace(heartbeat_s=3600.0, tick_s=3600.0)
"""Nothing happens by itself; tests call `beat` where they need one."""


class Console:
    """One end of the protocol: keeps rows by the rules of docs/reference/websocket.md."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket
        self.rows: dict[str, dict[str, Any]] = {}
        self.heard: list[dict[str, Any]] = []
        self.hello: dict[str, Any] = {}

    async def next(self) -> dict[str, Any]:
        message = await self.socket.receive(timeout=20)
        assert message.type is WSMsgType.TEXT, f"closed: {message.type} {self.socket.close_code} {message.extra}"
        SERVER.validate_json(message.data)
        said: dict[str, Any] = json.loads(message.data)
        self.heard.append(said)
        self._follow(said)
        return said

    def _follow(self, said: dict[str, Any]) -> None:
        match said:
            case {"t": "snap.begin"}:
                self.rows.clear()
            case {"t": "snap", "rows": rows}:
                self.rows |= {row["alarm"]: row for row in rows if "alarm" in row}
            case {"t": "ahead" | "ev", "row": {"alarm": key, **_rest}} if said.get("op") != "del":
                if key not in self.rows or self.rows[key]["rev"] <= said["row"]["rev"]:
                    self.rows[key] = said["row"]
            case {"t": "ev", "op": "del", "key": key}:
                self.rows.pop(key, None)

    async def until(self, t: str, **fields: Any) -> dict[str, Any]:
        while True:
            said = await self.next()
            if said["t"] == t and all(said.get(name) == value for name, value in fields.items()):
                return said

    async def say(self, **message: Any) -> None:
        await self.socket.send_str(json.dumps(message))

    async def subscribe(self, topic: str = "alarms", id: int = 1, **more: Any) -> dict[str, Any]:
        await self.say(t="sub", id=id, topic=topic, **more)
        while (said := await self.next())["t"] not in ("snap.end", "resumed", "err"):
            pass
        return said

    async def closed(self) -> int | None:
        while (await self.socket.receive(timeout=20)).type is WSMsgType.TEXT:
            pass
        return self.socket.close_code


class Running:
    """An adapter that listens, with its hub."""

    def __init__(self, hub: FakeHub, adapter: WebAdapter, clock: ManualClock, stack: AsyncExitStack) -> None:
        self.hub = hub
        self.adapter = adapter
        self.clock = clock
        self.port = 0
        self._stack = stack

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def browser(self, role: str | None = "operator", user: str | None = None) -> ClientSession:
        """A client with a cookie jar and the Origin that a browser would send; signed in unless `role` is None."""
        jar = CookieJar(unsafe=True)
        session = ClientSession(self.url, cookie_jar=jar, headers={"Origin": self.url})
        await self._stack.enter_async_context(session)
        if role is not None:
            async with session.get(self.adapter.enrol(role, user), allow_redirects=False) as answer:
                assert answer.status == 303
        return session

    async def script(self, role: str = "operator", name: str = "script") -> ClientSession:
        """A client with an API token."""
        token = self.adapter.token(name, role)
        session = ClientSession(self.url, headers={"Authorization": f"Bearer {token}"})
        return await self._stack.enter_async_context(session)

    async def console(self, session: ClientSession | None = None, **more: Any) -> Console:
        """A client on the WebSocket that has heard hello."""
        session = session or await self.browser()
        socket = await self._stack.enter_async_context(
            session.ws_connect("/api/v1/stream", protocols=(PROTOCOL,), autoclose=True, **more)
        )
        console = Console(socket)
        console.hello = await console.next()
        return console

    def beat(self) -> None:
        for client in list(self.adapter._broadcast.clients):
            self.adapter._broadcast._beat(client)

    def tick(self) -> None:
        broadcast = self.adapter._broadcast
        broadcast.ticker.begin()
        for client in broadcast.clients:
            if client.outbox.idle:
                client.tell_points(broadcast.ticker, broadcast.boards.position)


Start = Callable[..., Awaitable[Running]]


@asynccontextmanager
async def _starting(folder: Path) -> AsyncIterator[Start]:
    async with AsyncExitStack() as stack:

        async def start(pace: Pace = QUIET, hub: FakeHub | None = None, **more: Any) -> Running:
            clock = ManualClock()
            hub = hub or FakeHub(clock, site(str(folder)))
            more.setdefault("looker", hub)
            static = more.pop("static", folder / "static")
            adapter = WebAdapter(
                hub, hub, hub, hub.stream, state_folder=folder / "state", static=static, clock=clock, pace=pace, **more
            )
            running = Running(hub, adapter, clock, stack)
            running.port = await adapter.start("127.0.0.1", 0)
            stack.push_async_callback(adapter.stop)
            return running

        yield start


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    async with _starting(tmp_path) as start:
        yield start


@pytest.fixture
async def web(start: Start) -> Running:
    return await start()
