"""The HTTP driver's place of examination: a foreign server (the standard library's) and the simulator."""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

from drivers.base import BoundDevice, BoundPoint
from drivers.http import SPEC as HTTP
from tests.contract.rigs import Rig
from tests.support.http_server import Asked, HttpServer, Said

FEEDS: dict[str, Any] = {
    "/one": {"open": 12, "late": {"count": [3]}, "list": [{"code": "x", "v": 1}, {"code": "grdp", "v": 7.5}]},
    "/two": {"open": 4, "late": {"count": [0]}, "list": [{"code": "grdp", "v": 6.1}]},
}


class HttpRig:
    spec = HTTP
    heavy = "aiohttp"
    example: tuple[dict[str, object], object, object] = ({"path": "a.b[0]"}, '{"a": {"b": [21.5]}}', 21.5)

    def __init__(self) -> None:
        self._mute = False
        self._server = HttpServer(self._answer)

    async def up(self) -> None:
        self._mute = False
        await asyncio.to_thread(self._server.start)

    async def down(self) -> None:
        await asyncio.to_thread(self._server.stop)

    async def mute(self) -> None:
        self._mute = True

    async def speak(self) -> None:
        raise NotImplementedError("feeds are asked")

    def devices(self) -> Sequence[BoundDevice]:
        return [self._device("one"), self._device("two")]

    def _answer(self, asked: Asked) -> Said | None:
        if self._mute:
            asked.server.quiet.wait()
            return None
        return 200, {"Content-Type": "application/json"}, json.dumps(FEEDS[asked.path]).encode()

    def _device(self, name: str) -> BoundDevice:
        given = {"host": "127.0.0.1", "port": self._server.port, "path": f"/{name}"}
        addresses: dict[str, dict[str, object]] = {
            "open": {"path": "open"},
            "late": {"path": "late.count[0]"},
            "grdp": {"list": "list", "where": {"code": "grdp"}, "path": "v"},
        }
        points = tuple(
            BoundPoint(f"{name}/{p}", name, self.spec.address.model_validate(a)) for p, a in addresses.items()
        )
        return BoundDevice(name, self.spec.connection.model_validate(given), points, timeout=0.5)


HTTP_RIGS: dict[str, Callable[[], Rig]] = {"http": HttpRig}
