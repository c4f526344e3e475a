"""A console for benchmarks: a bare WebSocket client that notes when an alarm's bytes are there."""

import asyncio
import json
import os
import time
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

TEXT, PING = 1, 9
HELLO = """GET /api/v1/stream HTTP/1.1\r
Host: {address}\r
Upgrade: websocket\r
Connection: Upgrade\r
Sec-WebSocket-Key: {key}\r
Sec-WebSocket-Version: 13\r
Sec-WebSocket-Protocol: citywatch.v1\r
Authorization: Bearer {token}\r
\r
"""


class Console(asyncio.Protocol):
    """A bare WebSocket client (RFC 6455) that hears alarms; knows when each device's alarm last became active."""

    def __init__(self, address: str, token: str) -> None:
        self._hello = HELLO.format(address=address, token=token, key=b64encode(os.urandom(16)).decode())
        self._greeted = False
        self._rest = b""
        self.heard: dict[str, asyncio.Future[float]] = {}

    def expect(self, device: str) -> asyncio.Future[float]:
        self.heard[device] = asyncio.get_running_loop().create_future()
        return self.heard[device]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        transport.write(self._hello.encode())  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        data = self._rest + data
        if not self._greeted:
            head, _, data = data.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 101"), head
            self._greeted = True
            asked = json.dumps({"t": "sub", "id": 1, "topic": "alarms"}).encode()
            self.transport.write(b"\x81%c" % (0x80 | len(asked)) + bytes(4) + asked)  # type: ignore[attr-defined]
        while (end_ := frame_end(data)) is not None:
            at, end_of = end_
            self._hear(data[0] & 15, data[at:end_of], now)
            data = data[end_of:]
        self._rest = data

    def _hear(self, opcode: int, body: bytes, now: float) -> None:
        if opcode == PING:
            self.transport.write(b"\x8a%c" % (0x80 | len(body)) + bytes(4) + body)  # type: ignore[attr-defined]
        if opcode != TEXT:
            return
        said = json.loads(body)
        row = said.get("row") or {}
        waiting = self.heard.get(row.get("device", ""))
        if said["t"] == "ev" and row.get("active") and waiting is not None and not waiting.done():
            waiting.set_result(now)


def frame_end(data: bytes) -> tuple[int, int] | None:
    """Return where the first frame's body begins and ends, None while it is not whole; servers do not mask."""
    if len(data) < 2:
        return None
    size, at = data[1], 2
    if size == 126:
        size, at = int.from_bytes(data[2:4], "big"), 4
    elif size == 127:
        size, at = int.from_bytes(data[2:10], "big"), 10
    return (at, at + size) if len(data) >= at + size else None


@asynccontextmanager
async def console_at(url: str, token: str) -> AsyncIterator[Console]:
    """Give a console that has asked for alarms."""
    address = url.removeprefix("http://")
    host, _, port = address.partition(":")
    loop = asyncio.get_running_loop()
    transport, console = await loop.create_connection(lambda: Console(address, token), host, int(port))
    try:
        yield console
    finally:
        transport.close()
