"""An MQTT 3.1.1 broker inside this process, for simulated sites: amqtt behind a listener of our own.

It listens on loopback alone, on a free port, and lets in nobody without the password that is made at each start.
"""

import asyncio
import hmac
import logging
import secrets
from dataclasses import dataclass
from typing import Any

from amqtt.adapters import StreamReaderAdapter, StreamWriterAdapter
from amqtt.broker import Broker as AmqttBroker
from amqtt.contexts import BrokerConfig, ListenerConfig, ListenerType
from amqtt.plugins.base import BaseAuthPlugin
from amqtt.session import Session

from simulators.base import LOOPBACK

USER = "simulator"
_LISTENER = "default"
_SESSION_KEPT = 300
"""Seconds for which the broker keeps the messages of a hub that is away; they are held in memory."""


class SignIn(BaseAuthPlugin):  # type: ignore[misc]
    """Lets in who has the user and password of this start, and nobody else."""

    @dataclass
    class Config:
        """What the broker hands to the plugin."""

        user: str
        password: str

    async def authenticate(self, *, session: Session) -> bool:
        """Tell whether the session shows the right user and password."""
        given = f"{session.username or ''}\n{session.password or ''}".encode()
        return hmac.compare_digest(given, f"{self.config.user}\n{self.config.password}".encode())


class Broker:
    """A broker of one simulated line."""

    def __init__(self) -> None:
        self.user = USER
        self.password = secrets.token_urlsafe(18)
        self.port = 0
        self._broker: Any = None
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> int:
        """Listen on a free loopback port and return it. Raises OSError."""
        _quiet()
        self._broker = AmqttBroker(self._config())
        await self._broker.start()
        self._server = await asyncio.start_server(self._connected, LOOPBACK, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self.port

    async def stop(self) -> None:
        """Close the listener, every connection and the broker; safe to call twice."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        await self._broker.shutdown()
        for writer in list(self._writers):
            writer.close()
        await server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await self._broker.external_connected(StreamReaderAdapter(reader), StreamWriterAdapter(writer), _LISTENER)
        finally:
            self._writers.discard(writer)
            writer.close()

    def _config(self) -> BrokerConfig:
        return BrokerConfig(
            listeners={_LISTENER: ListenerConfig(type=ListenerType.EXTERNAL)},
            session_expiry_interval=_SESSION_KEPT,
            plugins={f"{__name__}.{SignIn.__name__}": {"user": self.user, "password": self.password}},
        )


def _quiet() -> None:
    """The library tells of every packet and of every client that leaves; none of it is news about the site."""
    logging.getLogger("amqtt").setLevel(logging.CRITICAL)
    logging.getLogger("transitions").setLevel(logging.WARNING)
    logging.getLogger("asyncio").addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    """Tell whether a record is more than a client that left without acknowledging what the library had sent it.

    The library waits in a task that nobody asks; the message is sent again when the client is back (MQTT 3.1.1, 4.4).
    """
    wrong = record.exc_info[1] if record.exc_info else None
    return not (isinstance(wrong, TimeoutError) and "mqtt_publish" in record.getMessage())
