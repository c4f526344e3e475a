"""The library's transport, bounded and without a voice of its own: a large message ends it, its loss is told."""

import logging
from collections.abc import Callable

from asyncua import ua
from asyncua.client.ua_client import UaClient, UASocketProtocol
from asyncua.common.connection import TransportLimits

LARGEST_MESSAGE = 4 << 20
"""Bytes of one message that are taken; 10 million numbers in one variable are not."""
CHUNK = 65_535

logging.getLogger("asyncua").setLevel(logging.CRITICAL + 1)
"""What the library would tell the terminal is told by us, once, in words that say what to do."""


class _Limits(TransportLimits):
    """Limits that a server's own cannot lift."""

    def update_client_limits(self, msg: ua.Acknowledge) -> None:
        super().update_client_limits(msg)
        self.max_message_size = min(self.max_message_size or LARGEST_MESSAGE, LARGEST_MESSAGE)
        self.max_chunk_count = 0


class Transport(UaClient):
    """The library's transport, bounded, and telling when it is lost."""

    def __init__(self, timeout: float, on_lost: Callable[[], None]) -> None:
        super().__init__(timeout)
        self._on_lost = on_lost

    def _make_protocol(self) -> UASocketProtocol:
        protocol = super()._make_protocol()
        protocol._connection._limits = _Limits(CHUNK, CHUNK, 0, LARGEST_MESSAGE)
        return protocol

    def _on_transport_lost(self, exc: Exception | None) -> None:
        super()._on_transport_lost(exc)
        self._on_lost()
