"""A raw Modbus server that misbehaves on purpose, one way for each request; register n of unit u holds 256·u + n."""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Send = Callable[[bytes], Awaitable[None]]


class Request:
    """One request as it came, and the right answer to it."""

    def __init__(self, frame: bytes, rtu: bool, latest: "list[Request]") -> None:
        self.rtu = rtu
        self.transaction = b"" if rtu else frame[:2]
        self.pdu = frame[1:-2] if rtu else frame[7:]
        self.unit = frame[0] if rtu else frame[6]
        self.earlier = list(latest)

    def right(self) -> bytes:
        function, first, count = struct.unpack(">BHH", self.pdu[:5])
        if function in (1, 2):
            data = bytes((count + 7) // 8)
        elif function in (3, 4):
            data = struct.pack(f">{count}H", *[(256 * self.unit + first + i) & 0xFFFF for i in range(count)])
        else:
            return self.pdu[:5]
        return bytes([function, len(data)]) + data

    def frame(self, pdu: bytes, *, unit: int | None = None, transaction: bytes | None = None) -> bytes:
        unit = self.unit if unit is None else unit
        if self.rtu:
            body = bytes([unit]) + pdu
            return body + crc16(body)
        head = self.transaction if transaction is None else transaction
        return head + struct.pack(">HHB", 0, len(pdu) + 1, unit) + pdu


Behaviour = Callable[[Request, Send], Awaitable[None]]


async def good(request: Request, send: Send) -> None:
    await send(request.frame(request.right()))


async def cut(request: Request, send: Send) -> None:
    await send(request.frame(request.right())[:-3])


async def too_long(request: Request, send: Send) -> None:
    pdu = request.right()
    await send(request.frame(bytes([pdu[0], pdu[1] + 4]) + pdu[2:] + b"\xde\xad\xbe\xef"))


async def trailing(request: Request, send: Send) -> None:
    await send(request.frame(request.right()) + b"\x00\x01\x00")


async def wrong_count(request: Request, send: Send) -> None:
    pdu = request.right()
    await send(request.frame(bytes([pdu[0], pdu[1] - 2]) + pdu[2:]))


async def other_unit(request: Request, send: Send) -> None:
    await send(request.frame(request.right(), unit=request.unit ^ 0x55))


async def wrong_function(request: Request, send: Send) -> None:
    pdu = request.right()
    await send(request.frame(bytes([pdu[0] ^ 7]) + pdu[1:]))


async def unknown_function(request: Request, send: Send) -> None:
    await send(request.frame(b"\x63" + request.right()[1:]))


async def wrong_transaction(request: Request, send: Send) -> None:
    number = (int.from_bytes(request.transaction, "big") + 1).to_bytes(2, "big")
    await send(request.frame(request.right(), transaction=number))


async def no_transaction(request: Request, send: Send) -> None:
    await send(request.frame(request.right(), transaction=b"\0\0"))


async def garbage(request: Request, send: Send) -> None:
    await send(bytes(range(1, 256)) * 257)


async def never(request: Request, send: Send) -> None:
    pass


async def late(request: Request, send: Send) -> None:
    """Answer the request before this one only now, with another value, and then this one."""
    for earlier in request.earlier[-1:]:
        await send(earlier.frame(bytes([earlier.pdu[0], 2, 0xBA, 0xAD])))
    await good(request, send)


async def only_late(request: Request, send: Send) -> None:
    for earlier in request.earlier[-1:]:
        await send(earlier.frame(bytes([earlier.pdu[0], 2, 0xBA, 0xAD])))


async def dribble(request: Request, send: Send) -> None:
    for byte in request.frame(request.right()):
        await send(bytes([byte]))
        await asyncio.sleep(0.05)


def exception(code: int) -> Behaviour:
    async def refuse(request: Request, send: Send) -> None:
        await send(request.frame(bytes([request.pdu[0] | 0x80, code])))

    return refuse


def refusing(*registers: int) -> Behaviour:
    """Refuse every read that touches one of the registers, as a device does that has holes in its map."""

    async def maybe(request: Request, send: Send) -> None:
        _, first, count = struct.unpack(">BHH", request.pdu[:5])
        touched = any(first <= r < first + count for r in registers)
        await (exception(2) if touched else good)(request, send)

    return maybe


def by_unit(units: dict[int, Behaviour]) -> Behaviour:
    async def choose(request: Request, send: Send) -> None:
        await units.get(request.unit, good)(request, send)

    return choose


async def hang_up(request: Request, send: Send) -> None:
    raise ConnectionAbortedError


class BrokenModbus:
    """`script` says how the next requests are answered; the last behaviour stays."""

    def __init__(self, rtu: bool = False) -> None:
        self.script: list[Behaviour] = [good]
        self.requests: list[Request] = []
        self.connections = 0
        self.port = 0
        self._rtu = rtu
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        self._tasks.add(task := asyncio.current_task())  # type: ignore[arg-type]
        try:
            await self._serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._open.discard(writer)
            self._tasks.discard(task)  # type: ignore[arg-type]
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def send(data: bytes) -> None:
            writer.write(data)
            await writer.drain()

        while True:
            request = Request(await self._frame(reader), self._rtu, self.requests)
            behaviour = self.script.pop(0) if len(self.script) > 1 else self.script[0]
            self.requests.append(request)
            await behaviour(request, send)

    async def _frame(self, reader: asyncio.StreamReader) -> bytes:
        if self._rtu:
            return await reader.readexactly(8)
        head = await reader.readexactly(6)
        return head + await reader.readexactly(int.from_bytes(head[4:6], "big"))

    async def hang_up(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def broken_modbus(*, rtu: bool = False) -> AsyncIterator[BrokenModbus]:
    broken = BrokenModbus(rtu)
    server = await asyncio.start_server(broken, "127.0.0.1", 0)
    broken.port = server.sockets[0].getsockname()[1]
    try:
        yield broken
    finally:
        server.close()
        await broken.hang_up()


def crc16(data: bytes) -> bytes:
    """The CRC of "MODBUS over Serial Line V1.02", 6.2.2, bit by bit; low byte first on the wire."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc.to_bytes(2, "little")
