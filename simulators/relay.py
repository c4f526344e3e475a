"""A relay before a TCP server on this machine, through which the line to it can be silent, late, spoilt or cut."""

import asyncio
import contextlib
from collections.abc import Callable

from simulators.base import LOOPBACK

_LARGEST_BITE = 65_536


class Weather:
    """How the line is now; asked before every piece of what the server says."""

    def __init__(self, broken: Callable[..., bool] = lambda *_: False, late: Callable[[], float] = lambda: 0.0) -> None:
        self.broken = broken
        """(kinds of faults) → whether one of them is in force."""
        self.late = late
        """Seconds by which everything the server says comes late."""


class Relay:
    """Listens on a free loopback port that stays the same, whatever becomes of the server behind it."""

    def __init__(self, weather: Weather) -> None:
        self.port = 0
        self._weather = weather
        self._behind = 0
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[None] | None, _Connection] = {}

    async def start(self, behind: int) -> int:
        """Relay to the server on that loopback port; return the port that clients connect to. Raises OSError."""
        self._behind = behind
        self._server = await asyncio.start_server(self._connected, LOOPBACK, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self.port

    def turn(self, behind: int) -> None:
        """Relay to another server from now on; whoever is connected is dropped."""
        self._behind = behind
        self.drop()

    def drop(self) -> None:
        """Break every connection."""
        for connection in self._connections.values():
            connection.close()

    async def stop(self) -> None:
        """Close everything; safe to call twice."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            self.drop()
            await asyncio.gather(*(task for task in self._connections if task is not None), return_exceptions=True)
            await server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._weather.broken("cut"):
            writer.close()
            return
        try:
            answers, asks = await asyncio.open_connection(LOOPBACK, self._behind)
        except OSError:
            writer.close()
            return
        connection = _Connection(writer, asks, self._weather)
        self._connections[asyncio.current_task()] = connection
        try:
            await connection.run(reader, answers)
        finally:
            del self._connections[asyncio.current_task()]


class _Connection:
    """One client's connection and its counterpart to the server."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter, weather: Weather) -> None:
        self._client, self._server, self._weather = client, server, weather
        self._spoilt = False
        self._due = 0.0

    async def run(self, asks: asyncio.StreamReader, answers: asyncio.StreamReader) -> None:
        """Carry bytes both ways until either side leaves."""
        ways = [asyncio.create_task(self._up(asks)), asyncio.create_task(self._down(answers))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.close()
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    def close(self) -> None:
        """Break both sides at once."""
        for writer in (self._client, self._server):
            if not writer.is_closing():
                writer.transport.abort()

    async def _up(self, asks: asyncio.StreamReader) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await asks.read(_LARGEST_BITE):
                self._server.write(data)
                await self._server.drain()

    async def _down(self, answers: asyncio.StreamReader) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await answers.read(_LARGEST_BITE):
                if self._weather.broken("silence"):
                    self._spoilt = True
                elif self._spoilt:
                    return  # what was swallowed is missing: no client can go on with the rest
                else:
                    self._say(self._changed(data))
                    await self._client.drain()

    def _changed(self, data: bytes) -> bytes:
        if self._weather.broken("half_frames"):
            return data[: len(data) // 2]
        if self._weather.broken("garbage"):
            return bytes(byte ^ 0xA5 for byte in data)
        return data

    def _say(self, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        self._due = max(self._due, loop.time() + self._weather.late())
        if self._due <= loop.time():
            self._client.write(data)
        else:
            loop.call_at(self._due, self._say_late, data)

    def _say_late(self, data: bytes) -> None:
        if not self._client.is_closing():
            self._client.write(data)
