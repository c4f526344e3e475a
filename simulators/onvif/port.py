"""The HTTP port of a simulated camera, and what can be wrong on the wire."""

import asyncio
import contextlib
from typing import cast

from aiohttp import web

from simulators.base import LOOPBACK
from simulators.onvif import templates
from simulators.onvif.camera import SimulatedCamera

LARGEST = 65_536
_SPOILT = frozenset({"garbage", "entities", "redirect", "half_frames", "huge", "endless"})
_KIND = "application/soap+xml; charset=utf-8"


class Port:
    """Listens on loopback for one camera; `broken` holds what is wrong now."""

    def __init__(self, camera: SimulatedCamera) -> None:
        self.camera = camera
        self.broken: dict[str, float] = {}
        """Kind of fault → its number: seconds for `delay`."""
        self.number = 0
        self._runner: web.ServerRunner | None = None
        self._server: web.Server | None = None
        self._busy: set[asyncio.Task[web.StreamResponse]] = set()

    @property
    def base(self) -> str:
        """Where the camera truly is."""
        return f"http://{LOOPBACK}:{self.number}"

    async def start(self) -> None:
        """Listen, on the same port as before if there was one. Raises OSError."""
        self._server = web.Server(self._handle, access_log=None, handler_cancellation=True)
        self._runner = runner = web.ServerRunner(self._server, handle_signals=False, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, LOOPBACK, self.number)
        await site.start()
        self.number = runner.addresses[0][1]

    async def stop(self) -> None:
        """Close the port and every connection; safe to call twice."""
        runner, self._runner = self._runner, None
        if runner is not None:
            self.hang_up()
            await runner.cleanup()
            while self._busy:
                await asyncio.wait(self._busy)
            await asyncio.sleep(0)

    def hang_up(self) -> None:
        """Drop every connection."""
        for connection in list(self._server.connections) if self._server is not None else ():
            if connection.transport is not None:
                cast(asyncio.WriteTransport, connection.transport).abort()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        task = asyncio.create_task(self._answer(request))
        self._busy.add(task)
        task.add_done_callback(self._busy.discard)
        try:
            return await task
        finally:
            task.cancel()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if "silence" in self.broken:
            await asyncio.Event().wait()
        if "cut" in self.broken:
            _abort(request)
        if "delay" in self.broken:
            await asyncio.sleep(self.broken["delay"])
        if request.content_length is not None and request.content_length > LARGEST:
            return web.Response(status=413)
        if "unauthorized" in self.broken:
            return self._unauthorized(web.Response(status=401))
        if "exception" in self.broken:
            return _xml(500, templates.fault("ter:HardwareFailure", "The device has failed"))
        if request.method == "GET":
            return await self._picture(request)
        if self.camera.quirks.one_path not in ("", request.path):
            return web.Response(status=404)
        body = (await request.read()).decode(errors="replace")
        status, text = await self.camera.answer(
            request.method, request.headers.get("Authorization", ""), body, request.query_string
        )
        return await self._spoilt(request, status, text)

    async def _picture(self, request: web.BaseRequest) -> web.StreamResponse:
        found = self.camera.picture(request.query.get("channel", ""), request.headers.get("Authorization", ""))
        if found == 401:
            return self._unauthorized(web.Response(status=401))
        if isinstance(found, bytes) and not self._spoils():
            return web.Response(body=found, content_type="image/jpeg")
        return await self._spoilt(request, 404 if found is None else 200, "no picture")

    def _spoils(self) -> bool:
        return any(kind in self.broken for kind in _SPOILT)

    async def _spoilt(self, request: web.BaseRequest, status: int, text: str) -> web.StreamResponse:
        if "garbage" in self.broken:
            return _xml(status, text.replace("</", "<\\").replace("=", ""))
        if "entities" in self.broken:
            return web.Response(body=templates.DTD_BOMB, content_type="text/xml")
        if "redirect" in self.broken:
            return web.Response(status=307, headers={"Location": "http://127.0.0.1:1/elsewhere"})
        for kind, spoil in (("half_frames", self._half), ("huge", self._huge), ("endless", self._endless)):
            if kind in self.broken:
                return await spoil(request, text.encode())
        answer = _xml(status, text)
        return self._unauthorized(answer) if status == 401 else answer

    def _unauthorized(self, answer: web.Response) -> web.Response:
        for challenge in self.camera.gate.challenges():
            answer.headers.add("WWW-Authenticate", challenge)
        return answer

    async def _half(self, request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(len(body)), "Content-Type": _KIND})
        await response.prepare(request)
        await response.write(body[: len(body) // 2])
        await asyncio.sleep(0)
        _abort(request)
        return response

    async def _huge(self, request: web.BaseRequest, _body: bytes) -> web.StreamResponse:
        """Announce an answer of `broken["huge"]` megabytes, and send it."""
        left = int(self.broken["huge"] * 1_000_000)
        response = web.StreamResponse(headers={"Content-Length": str(left), "Content-Type": _KIND})
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while left > 0:
                await response.write(b"<a/>" * (min(left, 65_536) // 4))
                left -= 65_536
        return response

    async def _endless(self, request: web.BaseRequest, _body: bytes) -> web.StreamResponse:
        """Never come to an end, neither quickly nor slowly enough to be taken for silent."""
        response = web.StreamResponse(headers={"Content-Type": _KIND})
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(b"<a>" * 1000)
                await asyncio.sleep(0)
        return response


def _xml(status: int, text: str) -> web.Response:
    return web.Response(status=status, body=text.encode(), headers={"Content-Type": _KIND})


def _abort(request: web.BaseRequest) -> None:
    if request.transport is not None:
        request.transport.abort()
