"""An HTTP line on the wire: one server with the documents of every feed behind it, made from where its points live."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any
from zlib import crc32

from aiohttp import web

from drivers.http.address import Connection
from hub.model import SECOND, Device, DeviceId, Point, PointId, Timestamp
from hub.wire.path import steps
from simulators.base import LOOPBACK, Line, Override
from simulators.document import chosen, put_list, put_value
from simulators.faults import Faults
from simulators.jsontree import entered
from simulators.process import Process
from simulators.raw import raw_of

SLOWEST = 600.0


class Feed:
    """The documents of one device."""

    def __init__(self, device: Device, process: Process) -> None:
        self.id = device.id
        self._process = process
        self._connection: Connection = device.connection
        self._points = [p for p in device.points if p.address is not None]
        self._events = device.events
        places = [p.address for p in self._points] + [e.address for e in self._events]
        self.resources = {_plain(a.resource or self._connection.path) for a in places} or {"/"}

    def document(self, resource: str, now: Timestamp, own: Timestamp) -> bytes:
        """Return what the resource says when the feed's own clock says `own`."""
        made: dict[str, Any] = {}
        for point in sorted(self._points, key=lambda p: self._process.held(p.id)):
            if _plain(point.address.resource or self._connection.path) == resource:
                self._put(made, point, now, own)
        for event in self._events:
            if _plain(event.address.resource or self._connection.path) == resource:
                put_list(made, self.id, event, own)
        return json.dumps(made, ensure_ascii=False, sort_keys=True).encode()

    def _put(self, made: dict[str, Any], point: Point, now: Timestamp, own: Timestamp) -> None:
        a = point.address
        here = made if a.list is None else chosen(entered(made, steps(a.list)), a.where)
        put_value(here, a, raw_of(point, self._process.value(point, now)), own)


class HttpLine(Line):
    """One server with every feed that is read from it."""

    faults_known = frozenset({"silence", "cut", "delay", "half_frames", "garbage", "frozen", "clock", "exception"})

    def __init__(self, devices: Sequence[Device], process: Process, faults: Faults) -> None:
        super().__init__(devices, process, faults)
        self._feeds = [Feed(device, process) for device in devices]
        self._of = {resource: feed for feed in reversed(self._feeds) for resource in feed.resources}
        self._stuck: dict[str, bytes] = {}
        self._runner: web.AppRunner | None = None
        self._now: Timestamp = 0

    async def start(self) -> Override:
        """Listen on a free loopback port. Raises OSError."""
        self._runner = web.AppRunner(_app(self._answer), access_log=None, handle_signals=False, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK, 0).start()
        return Override(LOOPBACK, int(self._runner.addresses[0][1]))

    async def stop(self) -> None:
        """Close the listener and every connection."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    def tick(self, now: Timestamp) -> None:
        """Let time pass."""
        self._now = now

    def changed(self, point: PointId, now: Timestamp) -> None:
        """Nothing to tell: whoever asks will see it."""
        self._now = now

    def disturbed(self, device: DeviceId, now: Timestamp) -> None:
        """Forget what was frozen when the device thaws."""
        self._now = now
        if not self.faults.any_of(device, "frozen"):
            self._stuck.clear()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        feed = self._of.get(request.path)
        if feed is None:
            return web.Response(status=404)
        if self.faults.any_of(feed.id, "cut") and request.transport is not None:
            request.transport.abort()
        if self.faults.any_of(feed.id, "silence"):
            await asyncio.sleep(SLOWEST)
        if (late := self.faults.of(feed.id, "delay")) is not None:
            await asyncio.sleep(late.args["seconds"])
        if self.faults.any_of(feed.id, "exception"):
            return web.Response(status=503)
        return _spoken(request, self._body(feed, request.path))

    def _body(self, feed: Feed, resource: str) -> bytes:
        clock = self.faults.of(feed.id, "clock")
        own = self._now + round(clock.args["seconds"] * SECOND) if clock else self._now
        body = feed.document(resource, self._now, own)
        if self.faults.any_of(feed.id, "frozen"):
            body = self._stuck.setdefault(resource, body)
        if self.faults.any_of(feed.id, "half_frames"):
            return body[: len(body) // 2]
        return bytes(b ^ 0xA5 for b in body) if self.faults.any_of(feed.id, "garbage") else body


def _app(answer: Any) -> web.Application:
    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    return app


def _spoken(request: web.Request, body: bytes) -> web.Response:
    tag = f'"{crc32(body):08x}"'
    if request.headers.get("If-None-Match") == tag:
        return web.Response(status=304, headers={"ETag": tag})
    return web.Response(body=body, content_type="application/json", headers={"ETag": tag})


def _plain(resource: str) -> str:
    return resource.partition("?")[0]
