"""What an MQTT session is, whatever the protocol version: settings, what arrives, six methods."""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from typing import Literal, NoReturn, Protocol

from msgspec import Struct

from hub.model import DriverError, Release, Unreachable
from hub.wire.tls import client_context

LARGEST = 256 * 1024
"""Bytes of the largest packet the hub takes (announced in MQTT 5 as Maximum Packet Size)."""
BODY = 4096
"""Bytes kept of a packet that could not be understood."""


class TlsFiles(Struct, frozen=True):
    """PEM files: the authority to trust (None: the system's), the hub's own certificate and key."""

    ca: str | None = None
    cert: str | None = None
    key: str | None = None


def tls_context(files: TlsFiles | None) -> ssl.SSLContext | None:
    """Return the TLS context that the files make, None for a connection in the clear. Raises Misconfigured."""
    return None if files is None else client_context(files.ca, files.cert, files.key)


class Settings(Struct, frozen=True):
    """Where the broker is and how to sign in; times in seconds."""

    host: str
    port: int
    client_id: str
    version: Literal[5, "3.1.1"] = 5
    user: str | None = None
    password: str | None = None
    tls: TlsFiles | None = None
    keepalive: int = 30
    session_expiry: int = 86_400
    receive_max: int = 2000
    timeout: float = 5.0
    """How long connecting, signing in or subscribing may take."""

    @property
    def where(self) -> str:
        """The broker as errors name it."""
        return f"MQTT broker {self.host}:{self.port}"


class Message(Protocol):
    """A message that arrived."""

    @property
    def topic(self) -> str:
        """Topic name."""
        ...

    @property
    def payload(self) -> bytes:
        """Payload as it came."""
        ...

    @property
    def retain(self) -> bool:
        """Whether it was kept by the broker and is told because the hub has just subscribed."""
        ...

    @property
    def packet_id(self) -> int | None:
        """Its number, with which it is acknowledged; None for a message of QoS 0."""
        ...

    @property
    def duplicate(self) -> bool:
        """Whether the broker says that it may have sent it before."""
        ...


class Damaged(Struct, frozen=True):
    """A packet that is no message: too large, or not decodable. `body` is the beginning of it."""

    source: str
    reason: str
    body: bytes


Take = Callable[[Sequence[Message], Sequence[Damaged], Release], None]
"""Takes all that one read of the socket gave; calling the release acknowledges exactly that."""


class Session(Protocol):
    """One connection to one broker, with a session that outlives it."""

    async def open(self) -> None:
        """Connect and sign in. Raises Unreachable, or Misconfigured when trying again cannot help."""
        ...

    async def listen(self, filters: Sequence[str], take: Take) -> dict[str, str]:
        """Subscribe with QoS 1 and hand over from now on; return the filters the broker refused, and why.

        Raises Unreachable.
        """
        ...

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish with QoS 1; return when the broker has it. Raises Unreachable, Misconfigured when it may not be."""
        ...

    async def ended(self) -> NoReturn:
        """Wait until the connection is lost, then raise Unreachable saying why."""
        ...

    async def close(self) -> None:
        """Say goodbye; the broker keeps the session and its messages. Safe to call twice and after a failed open."""
        ...


class Ending:
    """The end of a connection, told once: the first reason counts."""

    def __init__(self) -> None:
        self.error: DriverError | None = None
        self.told = asyncio.Event()

    def tell(self, error: DriverError) -> None:
        """Note why the connection ends."""
        if self.error is None:
            self.error = error
        self.told.set()

    async def wait(self) -> NoReturn:
        """Wait for the end and raise its reason."""
        await self.told.wait()
        raise self.error or Unreachable("the connection ended")
