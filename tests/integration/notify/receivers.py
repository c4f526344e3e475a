"""Receivers on the loopback that are real servers, and behave as a test says."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from adapters.notify.channels import Sender, sender
from adapters.notify.message import Message
from hub.config.channels.reading import made
from hub.config.channels.types import CHANNELS
from hub.model import Priority, Text
from hub.model.notify import Channel, Contact, Covered, Delivery, Told
from tests.support.mosquitto import free_port
from tests.unit.notify.evening import EVENING, ZONE
from tests.unit.notify.station import a_told_site

AN = Contact("an", "Nguyễn Văn An", {"email": "an@x.example", "phone": "0912345678"})
BINH = Contact("binh", "Bình", {"email": "binh@x.example"})


def a_channel(kind: str, name: str = "out", **settings: Any) -> Channel:
    """Return a channel as a site's files would make it."""
    table = {"type": kind, **settings}
    return made(name, table, CHANNELS[kind].model_validate(table), "vi")


def opened(channel: Channel, state: str = "") -> Sender:
    return sender(channel, a_told_site(channel), state)


def a_message(channel: Channel, event: str = "raised", *contacts: Contact, count: int = 1, **more: Any) -> Message:
    """Return a message about the fire at a panel."""
    fields: dict[str, Any] = {
        "alarm": "fire:panel/zone.alarm", "occurrence": 1, "n": 1, "state": "unacknowledged",
        "priority": Priority.CRITICAL, "category": "fire", "rule": "fire", "device": "panel",
        "point": "panel/zone.alarm", "zone": "town", "text": Text("BÁO CHÁY chợ", "FIRE market"), "at": EVENING,
        "since": EVENING, "cause": {"value": True},
    } | more  # fmt: skip
    told = tuple(
        Told(**(fields | {"alarm": f"fire:panel/z{n}"} if count > 1 else fields)) for n in range(min(count, 20))
    )
    covers = tuple(Covered(f"fire:panel/z{n}", 1, "1.0.0") for n in range(count))
    delivery = Delivery(
        f"{channel.id}-{event}", channel.id, "queued", EVENING, event, tuple(c.id for c in contacts),
        priority=told[0].priority, covers=covers, told=told,
    )  # fmt: skip
    return Message(delivery, channel, a_told_site(channel), ZONE, contacts, EVENING)


class Receiver:
    """An HTTP server that keeps what it got; `answers` are given in turn, then 200."""

    def __init__(self) -> None:
        self.port = free_port()
        self.got: list[tuple[str, Mapping[str, str], bytes]] = []
        self.answers: list[web.Response | Callable[[], Any]] = []
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/in"

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/in", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def stop(self) -> None:
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        answer = self.answers.pop(0) if self.answers else web.Response(text="OK")
        if not isinstance(answer, web.Response):
            await answer()
            return web.Response()
        if answer.status < 300:
            self.got.append((str(request.rel_url), request.headers, body))
        return answer


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    """Run a receiver while inside."""
    made_ = Receiver()
    await made_.start()
    try:
        yield made_
    finally:
        await made_.stop()


async def never() -> None:
    await asyncio.Event().wait()
