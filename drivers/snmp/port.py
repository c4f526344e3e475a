"""A UDP port read in turns: many messages at a time, then everybody else; what the kernel had to drop is told."""

import asyncio
import socket
import struct
from collections.abc import Callable

from hub.model import Misconfigured, Unreachable

TOGETHER = 128
"""Messages that are read before anybody else has a turn."""
PAUSE = 0.005
"""Seconds that the port is left alone after as many, so that a flood has a share of the processor and no more."""
RECEIVE_BUFFER = 4 * 1024 * 1024
"""Bytes that may wait in the kernel: a burst of some thousand notifications."""
LARGEST = 65_535
SO_RXQ_OVFL = 40
"""Linux: tell how many messages the kernel dropped because nobody read them in time (socket(7))."""
_ROOM_FOR_COUNT = 64

Where = tuple[str, int]
Batch = list[tuple[bytes, Where]]


class Port:
    """One bound UDP port. Raises Unreachable, Misconfigured when it cannot be had."""

    def __init__(self, host: str, port: int) -> None:
        self.overrun = 0
        """Messages that the kernel dropped."""
        self.unsent = 0
        """Messages of ours that the kernel did not take."""
        self._socket = _bound(host, port)
        self._take: Callable[[Batch], None] | None = None

    @property
    def number(self) -> int:
        """The number of the port."""
        return int(self._socket.getsockname()[1])

    def listen(self, take: Callable[[Batch], None]) -> None:
        """Hand over what arrives, in batches, from the running loop."""
        self._take = take
        asyncio.get_running_loop().add_reader(self._socket, self._drain)

    def deafen(self) -> None:
        """Hand over nothing more."""
        self._take = None
        if self._socket.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._socket)

    def send(self, message: bytes, where: Where) -> None:
        """Send a message, or count that it could not be sent: who waits for it will ask again."""
        try:
            self._socket.sendto(message, where)
        except OSError:
            self.unsent += 1

    def close(self) -> None:
        """Leave the port; safe to call twice."""
        self.deafen()
        self._socket.close()

    def _drain(self) -> None:
        batch: Batch = []
        while len(batch) < TOGETHER and (got := self._receive()) is not None:
            batch.append(got)
        if len(batch) == TOGETHER:
            self._rest()
        if batch and self._take is not None:
            self._take(batch)

    def _receive(self) -> tuple[bytes, Where] | None:
        try:
            message, told, _, where = self._socket.recvmsg(LARGEST, _ROOM_FOR_COUNT)
        except OSError:
            return None  # nothing is waiting, or an answer did not arrive, which nobody here can mend
        for level, kind, value in told:
            if level == socket.SOL_SOCKET and kind == SO_RXQ_OVFL:
                self.overrun = struct.unpack("I", value)[0]
        return message, (where[0], where[1])

    def _rest(self) -> None:
        """Let everybody else have a turn."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._socket)

        def go_on() -> None:
            if self._take is not None and self._socket.fileno() >= 0:
                loop.add_reader(self._socket, self._drain)

        loop.call_later(PAUSE, go_on)


def _bound(host: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    made.setsockopt(socket.SOL_SOCKET, SO_RXQ_OVFL, 1)
    where = f"UDP {host}:{port}"
    try:
        made.bind((host, port))
    except PermissionError as why:
        made.close()
        cure = "give the service CAP_NET_BIND_SERVICE, or listen on a port from 1024 on"
        raise Misconfigured(f"{where} may not be taken: {cure}") from why
    except OSError as why:
        made.close()
        raise Unreachable(f"{where} cannot be taken: {(why.strerror or str(why)).lower()}") from why
    return made
