"""What waits for one client. Whoever sends never waits: a slow client costs a bounded queue, then its subscriptions.

The fast path writes a frame straight to the transport while its buffer is nearly empty; only then does nothing stand
between an alarm and the socket. Everything else goes through the queue and one task a client.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from aiohttp import WSMsgType, web
from msgspec import Struct

from adapters.web.board import Row

ROOMY = 64 * 1024
"""Bytes in the transport's buffer above which a client is no longer written to directly."""
CHUNK = 200
"""Rows of a snapshot in one message."""


class Rows(Struct):
    """A part of a snapshot, encoded only when its turn comes, so that a slow client holds references, not copies."""

    prefix: bytes
    rows: Sequence[Row]

    def encode(self) -> bytes:
        """Return the message."""
        return self.prefix + b",".join(row.body for row in self.rows) + b"]}"


class Waiting(Struct):
    """One message in its turn; `message` is None when a later one says it anew."""

    seq: int
    message: bytes | Rows | None
    repeat: bytes | None = None


def frame(message: bytes) -> bytes:
    """Return one unmasked, final text frame (RFC 6455, 5.2)."""
    size = len(message)
    if size < 126:
        return b"\x81%c" % size + message
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + message
    return b"\x81\x7f" + size.to_bytes(8, "big") + message


class Outbox:
    """The bounded queue of one WebSocket. `overflown` is called when its events were dropped."""

    def __init__(
        self, socket: web.WebSocketResponse, transport: asyncio.Transport, most: int, overflown: Callable[[], None]
    ) -> None:
        self._socket = socket
        self._transport = transport
        self._most = most
        self._overflown = overflown
        self._queue: deque[Waiting] = deque()
        self._repeats: dict[bytes, Waiting] = {}
        """What waits of an alarm that may be overtaken by its own next change."""
        self._events = 0
        self._pumping = False
        self._wake = asyncio.Event()
        self._buffered = 0
        self._progress = 0
        self.dropped = 0
        self.lost: int | None = None
        """The stream seq of the first event that was dropped; while it is set, no events are taken."""

    @property
    def idle(self) -> bool:
        """Whether nothing waits here and the transport has room."""
        return not self._queue and not self._pumping and self._transport.get_write_buffer_size() < ROOMY

    def say(self, message: bytes) -> None:
        """Send an answer or a heartbeat: small, few, never dropped while the client lives."""
        self._put(0, message)

    def hurry(self, message: bytes) -> None:
        """Send something past everything that waits here, unless the client reads nothing; its turn comes, too."""
        if not self._transport.is_closing() and self._transport.get_write_buffer_size() < 4 * ROOMY:
            self._transport.write(frame(message))

    def tell(self, message: bytes | Rows, seq: int, repeat: bytes | None = None) -> None:
        """Send a part of a subscription as of `seq`; drop everything of that sort when too much waits already.

        `repeat` names what a later message says anew: then only the later of the two is sent.
        """
        if repeat is not None and (overtaken := self._repeats.pop(repeat, None)) is not None:
            overtaken.message = None
            self._events -= 1
        if self.lost is not None:
            self.dropped += 1
        elif self._events >= self._most:
            self._drop(seq)
        else:
            self._put(seq or -1, message, repeat)

    def _put(self, seq: int, message: bytes | Rows, repeat: bytes | None = None) -> None:
        if isinstance(message, bytes) and self.idle:
            if not self._transport.is_closing():
                self._transport.write(frame(message))
            return
        waiting = Waiting(seq, message, repeat)
        self._queue.append(waiting)
        if repeat is not None:
            self._repeats[repeat] = waiting
        self._events += seq != 0
        self._wake.set()

    def _drop(self, seq: int) -> None:
        self.dropped += self._events + 1
        self.lost = next((waiting.seq for waiting in self._queue if waiting.seq), seq)
        self._queue = deque(waiting for waiting in self._queue if not waiting.seq)
        self._repeats.clear()
        self._events = 0
        self._overflown()

    async def pump(self) -> None:
        """Send what waits, as fast as the client reads. Ends when the connection does."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            self._pumping = True
            while self._queue:
                waiting = self._queue.popleft()
                message = waiting.message
                if message is None:
                    continue
                self._events -= waiting.seq != 0
                if waiting.repeat is not None:
                    self._repeats.pop(waiting.repeat, None)
                if isinstance(message, Rows):
                    await asyncio.sleep(0)  # alarms of other clients go first
                    message = message.encode()
                await self._socket.send_frame(message, WSMsgType.TEXT)
                self._progress += 1
            self._pumping = False

    def moved(self) -> bool:
        """Tell whether the client has read anything, or had nothing to read, since this was last asked."""
        buffered, before = self._transport.get_write_buffer_size(), self._buffered
        progress, self._progress, self._buffered = self._progress, 0, buffered
        if not self._queue and not self._pumping:
            return buffered == 0 or buffered < before
        return progress > 0

    def clear(self) -> None:
        """Forget everything that waits."""
        self._queue.clear()
        self._repeats.clear()
        self._events = 0
