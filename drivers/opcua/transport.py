"""The library's transport, bounded and without a voice of its own: a large message ends it, its loss is told.

Every request passes here, so this is where they are counted and, for `citywatch trace`, overheard.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from asyncua import ua
from asyncua.client.ua_client import UaClient, UASocketProtocol
from asyncua.common.connection import TransportLimits

from drivers.statistics import Statistics
from hub.model import Clock

LARGEST_MESSAGE = 4 << 20
"""Bytes of one message that are taken; 10 million numbers in one variable are not."""
CHUNK = 65_535
FAULT = b"\x01\x00\x8d\x01"
"""How an answer begins that is a ServiceFault (i=397, OPC 10000-4, 7.34)."""

logging.getLogger("asyncua").setLevel(logging.CRITICAL + 1)
"""What the library would tell the terminal is told by us, once, in words that say what to do."""

UNCOUNTED = (ua.PublishRequest, ua.CloseSecureChannelRequest)
"""Requests whose answer waits until there is news, and never comes."""
Tap = Callable[[Any, bytes | None], None]
"""Overhears a request (no bytes yet) and later the same with the bytes of its answer."""


class _Limits(TransportLimits):
    """Limits that a server's own cannot lift."""

    def update_client_limits(self, msg: ua.Acknowledge) -> None:
        super().update_client_limits(msg)
        self.max_message_size = min(self.max_message_size or LARGEST_MESSAGE, LARGEST_MESSAGE)
        self.max_chunk_count = 0


class _Outgoing:
    """A connection that counts what is sent through it."""

    def __init__(self, transport: asyncio.Transport, counted: Statistics) -> None:
        self._transport = transport
        self._counted = counted

    def write(self, data: bytes) -> None:
        self._counted.sent = (self._counted.sent or 0) + len(data)
        self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class _Wire(UASocketProtocol):
    """The library's protocol, counting and overheard."""

    counted: Statistics
    clock: Clock
    tap: Tap | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(_Outgoing(transport, self.counted))  # type: ignore[arg-type]

    def data_received(self, data: bytes) -> None:
        self.counted.received = (self.counted.received or 0) + len(data)
        super().data_received(data)

    def _send_request(
        self,
        request: Any,
        timeout: float = 1,
        message_type: ua.MessageType = ua.MessageType.SecureMessage,  # type: ignore[assignment]
    ) -> asyncio.Future[Any]:
        answer = super()._send_request(request, timeout, message_type)
        if self.tap is not None:
            self.tap(request, None)
        if self.tap is not None or not isinstance(request, UNCOUNTED):
            answer.add_done_callback(partial(self._answered, request, self.clock.monotonic()))
        return answer

    def _answered(self, request: Any, began: int, answer: asyncio.Future[Any]) -> None:
        counts = not isinstance(request, UNCOUNTED)
        self.counted.tries += counts
        if answer.cancelled():
            self.counted.timeouts += counts
        elif answer.exception() is None:
            body = bytes(answer.result())
            if counts:
                self.counted.timed(self.clock.monotonic() - began)
                self.counted.exceptions += body.startswith(FAULT)
            if self.tap is not None:
                self.tap(request, body)


class Transport(UaClient):
    """The library's transport, bounded, and telling when it is lost."""

    def __init__(
        self, timeout: float, on_lost: Callable[[], None], counted: Statistics, clock: Clock, tap: Tap | None = None
    ) -> None:
        super().__init__(timeout)
        self._on_lost = on_lost
        self._counted = counted
        self._clock = clock
        self._tap = tap

    def _make_protocol(self) -> UASocketProtocol:
        limits = _Limits(CHUNK, CHUNK, 0, LARGEST_MESSAGE)
        wire = _Wire(self._timeout, security_policy=self.security_policy, limits=limits)
        wire.counted, wire.clock, wire.tap = self._counted, self._clock, self._tap
        wire.pre_request_hook = self._pre_request_hook
        wire.on_connection_lost = self._on_transport_lost
        wire.is_session_closing = self._is_session_closing
        self.protocol = wire
        return wire

    def _on_transport_lost(self, exc: Exception | None) -> None:
        super()._on_transport_lost(exc)
        self._on_lost()
