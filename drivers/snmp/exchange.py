"""Datagrams to one SNMP agent and back: send, wait, send again; the socket and its one reader.

gufo.snmp encodes, decodes, signs and encrypts; waiting is done here, on the loop, with one reader for the life of the
socket (the library's own session adds and removes one for each request). What it lets through is dealt with here: an
answer that is no SNMP, or is larger than its buffer, cannot be decoded; a socket that is not connected hears strangers
and no refusal, so it is connected.
"""

import asyncio
import fcntl
import os
import socket
import struct
import termios
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from gufo.snmp import SnmpAuthError, SnmpError
from gufo.snmp._fast import SnmpV1ClientSocket, SnmpV2cClientSocket, SnmpV3ClientSocket
from gufo.snmp.utils import format_sock_addr

from drivers.snmp.connection import Connection
from hub.model import Clock, DriverError, NoAnswer, Unreachable

_T = TypeVar("_T")
ENGINE = 17
"""Bytes of an engine id of the commonest form (RFC 3411, 5: an enterprise, a form, eight octets or an address)."""
_WAITING = struct.Struct("i")
_NONE = bytes(_WAITING.size)


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
        self.account = [0, 0]
        """Bytes sent and received, of whichever device is asked."""
        self.peeking = False
        self.seen = b""
        """The last datagram that came while `peeking`."""
        self._around = lru_cache(maxsize=64)(_around(connection))
        self.where = f"{connection.host}:{connection.port}"
        self._connection = connection
        self._clock = clock
        self._sock: Any = None
        self._eye: socket.socket | None = None
        self._descriptor = -1
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: asyncio.Future[Any] | None = None
        self._receive: Callable[[Any], Any] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._rings = 0.0
        """When the timer rings (loop time)."""
        self._until = 0.0
        """When the present request is given up (loop time)."""

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
        self._loop, self._descriptor = loop, self._sock.get_fd()
        loop.add_reader(self._descriptor, self._on_readable)

    def close(self) -> None:
        """Forget the socket; safe to call at any time."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._descriptor)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._eye is not None:
            self._eye.close()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.cancel()
        self._sock = self._eye = self._waiting = self._loop = None

    def use(self, *keys: Any) -> None:
        """Sign and encrypt with these keys from now on (version 3)."""
        self._sock.set_keys(*keys)

    def weigh(self, requests: int, weight: int) -> None:
        """Put so many requests on the account; `weight` is what each asks for, in bytes, without its envelope.

        The library shows nothing of what it sends, so this is reckoned: of version 3 to within some bytes.
        """
        self.account[0] += requests * self._around(weight)

    async def ask(self, send: Callable[[Any], None], receive: Callable[[Any], _T], patience: float) -> _T:
        """Send, again if need be, and return what is received. Raises NoAnswer, Unreachable, BadAnswer, Distrusted."""
        tries = self._connection.retries + 1
        loop = asyncio.get_running_loop()
        for _ in range(tries):
            waiting = self._sent(loop, send, receive, patience / tries)
            if waiting is None:
                continue
            try:
                answer: tuple[_T] | None = await waiting
            finally:
                self._receive = None
            if answer is not None:
                self.heard = self._clock.monotonic()
                return answer[0]
        self.unanswered += 1
        raise NoAnswer(f"{self.where} did not answer within {patience:g} s ({tries} tries)", "timeout")

    def _sent(
        self,
        loop: asyncio.AbstractEventLoop,
        send: Callable[[Any], None],
        receive: Callable[[Any], Any],
        seconds: float,
    ) -> "asyncio.Future[Any] | None":
        """Send once; return what will have the answer, None when there was none in time. None: nothing was sent."""
        if self._sock is None:
            raise Unreachable(f"the line to {self.where} is closed")
        self._waiting = waiting = loop.create_future()
        self._receive = receive
        self.requests += 1
        self._until = loop.time() + seconds
        if self._timer is None or self._rings > self._until:
            self._wind(loop, seconds)
        try:
            send(self._sock)
        except BlockingIOError:
            return None  # the socket's buffer is full, as if the datagram had been lost
        except (OSError, SnmpError) as why:
            raise self._meaning(why) from why
        return waiting

    def _wind(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        """Let the timer ring after so long; it stays for requests to come, which mostly are answered before."""
        if self._timer is not None:
            self._timer.cancel()
        self._rings = loop.time() + seconds
        self._timer = loop.call_later(seconds, self._ring, loop)

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        waiting, left = self._waiting, self._until - loop.time()
        if waiting is None or waiting.done():
            return
        if left > 0:
            self._wind(loop, left)
        else:
            waiting.set_result(None)

    def _on_readable(self) -> None:
        """Take one datagram; what nobody waits for is read and dropped."""
        waiting = self._waiting
        expected = waiting is not None and not waiting.done()
        try:
            if self.peeking and self._eye is not None:
                self.seen = self._eye.recv(65535, socket.MSG_PEEK | socket.MSG_DONTWAIT)
            self.account[1] += _WAITING.unpack(fcntl.ioctl(self._descriptor, termios.FIONREAD, _NONE))[0]
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


def _around(c: Connection) -> Callable[[int], int]:
    """Return what tells how long a request is that asks for so many bytes of variables."""
    secret = len(c.community.get_secret_value()) if c.community else 0
    digest = {"SHA": 12, "SHA224": 16, "SHA256": 24, "SHA384": 32, "SHA512": 48}[c.auth.protocol] if c.auth else 0
    claim = _framed(_framed(2 + ENGINE + 3 + 5 + 2 + len(c.user or "") + 2 + digest + (10 if c.privacy else 2)))

    def around(variables: int) -> int:
        pdu = _framed(6 + 3 + 3 + _framed(variables))
        if c.version != 3:
            return _framed(3 + 2 + secret + pdu)
        scoped = _framed(2 + ENGINE + 2 + pdu)
        return _framed(3 + 18 + claim + (_framed(scoped) if c.privacy else scoped))

    return around


def _framed(content: int) -> int:
    """Return the bytes of an element with so much content (X.690 8.1.3)."""
    return content + (2 if content < 128 else 3 if content < 256 else 4)


def _drop(sock: Any) -> None:
    sock.recv_get_many()
