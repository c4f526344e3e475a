"""Datagrams to one SNMP agent and back: send, wait, send again; the socket and its one reader.

gufo.snmp encodes, decodes, signs and encrypts; waiting is done here, on the loop, with one reader for the life of the
socket (the library's own session adds and removes one for each request). What it lets through is dealt with here: an
answer that is no SNMP, or is larger than its buffer, cannot be decoded; a socket that is not connected hears strangers
and no refusal, so it is connected.
"""

import asyncio
import os
import socket
from collections.abc import Callable
from typing import Any, TypeVar

from gufo.snmp import SnmpAuthError, SnmpError
from gufo.snmp._fast import SnmpV1ClientSocket, SnmpV2cClientSocket, SnmpV3ClientSocket
from gufo.snmp.utils import format_sock_addr

from drivers.snmp.connection import Connection
from hub.model import Clock, DriverError, NoAnswer, Unreachable

_T = TypeVar("_T")


class BadAnswer(DriverError):
    """The agent answered, but nothing can be made of it, so the caller may ask for less."""


class Distrusted(DriverError):
    """One side did not accept the other's signature, so the caller may sign in again."""


class Exchange:
    """One request at a time to one agent; counts what it did."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self.requests = 0
        self.unanswered = 0
        self.damaged = 0
        self.heard = 0
        """When the agent last answered (monotonic)."""
        self.peeking = False
        self.seen = b""
        """The last datagram that came while `peeking`."""
        self.where = f"{connection.host}:{connection.port}"
        self._connection = connection
        self._clock = clock
        self._sock: Any = None
        self._eye: socket.socket | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: asyncio.Future[Any] | None = None
        self._receive: Callable[[Any], Any] | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a socket."""
        return self._sock is not None

    async def open(self, patience: float) -> None:
        """Find the agent's address and make the socket. Raises Unreachable."""
        self.close()
        c, loop = self._connection, asyncio.get_running_loop()
        try:
            async with asyncio.timeout(patience):
                found = await loop.getaddrinfo(c.host, c.port, type=socket.SOCK_DGRAM)
        except TimeoutError:
            raise Unreachable(f"the name {c.host} was not found within {patience:g} s") from None
        except OSError as why:
            raise Unreachable(f"the name {c.host} is not known: {why.strerror or why}") from None
        address = found[0][4]
        try:
            self._sock = _socket(c, format_sock_addr(str(address[0]), c.port))
            self._eye = socket.socket(fileno=os.dup(self._sock.get_fd()))
            self._eye.connect(address)
        except OSError as why:
            raise Unreachable(f"no way to {self.where}: {why.strerror or why}") from why
        self._loop = loop
        loop.add_reader(self._sock.get_fd(), self._on_readable)

    def close(self) -> None:
        """Forget the socket; safe to call at any time."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._sock.get_fd())
        if self._eye is not None:
            self._eye.close()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.cancel()
        self._sock = self._eye = self._waiting = self._loop = None

    def use(self, *keys: Any) -> None:
        """Sign and encrypt with these keys from now on (version 3)."""
        self._sock.set_keys(*keys)

    async def ask(self, send: Callable[[Any], None], receive: Callable[[Any], _T], patience: float) -> _T:
        """Send, again if need be, and return what is received. Raises NoAnswer, Unreachable, BadAnswer, Distrusted."""
        tries = self._connection.retries + 1
        for _ in range(tries):
            answer = await self._once(send, receive, patience / tries)
            if answer is not None:
                self.heard = self._clock.monotonic()
                return answer[0]
        self.unanswered += 1
        raise NoAnswer(f"{self.where} did not answer within {patience:g} s ({tries} tries)", "timeout")

    async def _once(
        self, send: Callable[[Any], None], receive: Callable[[Any], _T], seconds: float
    ) -> tuple[_T] | None:
        """Send once; return the answer, or None when there was none in time."""
        if self._sock is None:
            raise Unreachable(f"the line to {self.where} is closed")
        loop = asyncio.get_running_loop()
        self._waiting = waiting = loop.create_future()
        self._receive = receive
        self.requests += 1
        alarm = loop.call_later(seconds, _expire, waiting)
        try:
            send(self._sock)
            answer: tuple[_T] | None = await waiting
            return answer
        except BlockingIOError:
            return None  # the socket's buffer is full, as if the datagram had been lost
        except (OSError, SnmpError) as why:
            raise self._meaning(why) from why
        finally:
            alarm.cancel()
            self._receive = None

    def _on_readable(self) -> None:
        """Take one datagram; what nobody waits for is read and dropped."""
        waiting = self._waiting
        expected = waiting is not None and not waiting.done()
        try:
            if self.peeking and self._eye is not None:
                self.seen = self._eye.recv(65535, socket.MSG_PEEK | socket.MSG_DONTWAIT)
            answer = (self._receive if expected and self._receive else _drop)(self._sock)
        except BlockingIOError:
            return
        except (OSError, SnmpError) as why:
            if waiting is not None and expected:
                waiting.set_exception(self._meaning(why))
        else:
            if waiting is not None and expected:
                waiting.set_result((answer,))

    def _meaning(self, why: Exception) -> DriverError:
        """Return an error of the library or of the system as one of ours."""
        if isinstance(why, SnmpAuthError):
            return Distrusted(str(why))
        if isinstance(why, SnmpError):
            self.damaged += 1
            return BadAnswer(f"what {self.where} sends cannot be decoded: {why}")
        told = f"nobody listens for SNMP at {self.where} (UDP): is the agent on, is the port right?"
        return Unreachable(told, "refused")


def _socket(c: Connection, address: str) -> SnmpV1ClientSocket | SnmpV2cClientSocket | SnmpV3ClientSocket:
    if c.version == 3:
        return SnmpV3ClientSocket(address, b"", "", 0, b"", 0, b"", 0, 0, 0, 0)
    community = c.community.get_secret_value() if c.community else ""
    kind = SnmpV1ClientSocket if c.version == 1 else SnmpV2cClientSocket
    return kind(address, community, 0, 0, 0, 0)


def _drop(sock: Any) -> None:
    sock.recv_get_many()


def _expire(waiting: "asyncio.Future[Any]") -> None:
    if not waiting.done():
        waiting.set_result(None)
