"""One console on the WebSocket: who it is, what it subscribed to, what waits for it."""

import asyncio
from collections.abc import Callable

from aiohttp import web

from adapters.web.accounts import Who
from adapters.web.board import encode
from adapters.web.feed import Feed
from adapters.web.outbox import CHUNK, Outbox, Rows
from adapters.web.points import Ticker, Watch

CLOSING_S = 2.0
"""Seconds a client has to answer a close before its connection is cut."""


class Client:
    """One open socket. No method waits; only the pump of `outbox` does, in a task of its own."""

    def __init__(
        self,
        who: Who,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport,
        queue: int,
        overflown: Callable[["Client"], None],
    ) -> None:
        self.who = who
        self.outbox = Outbox(socket, transport, queue, lambda: overflown(self))
        self.subscriptions: dict[int, Feed | Watch] = {}
        self._socket = socket
        self._transport = transport
        self._still = 0
        self._closing: asyncio.Task[None] | None = None

    def show(self, number: int, feed: Feed, seq: int) -> None:
        """Send the snapshot of a feed as it stands at `seq`."""
        standing = feed.snapshot()
        self._begin(number, feed.topic, len(standing), seq)
        prefix = b'{"t":"snap","id":%d,"rows":[' % number
        for start in range(0, len(standing), CHUNK):
            self.outbox.tell(Rows(prefix, standing[start : start + CHUNK]), seq)
        self._end(number, feed.digest, seq)

    def show_points(self, number: int, watch: Watch, ticker: Ticker, seq: int) -> None:
        """Send the last readings of watched points."""
        news = watch.news(ticker)
        self._begin(number, "points", len(news), seq)
        self.outbox.tell(b'{"t":"snap","id":%d,"rows":[%b]}' % (number, b",".join(news)), seq)
        self._end(number, None, seq)

    def _begin(self, number: int, topic: str, count: int, seq: int) -> None:
        self.outbox.tell(encode({"t": "snap.begin", "id": number, "topic": topic, "seq": seq, "count": count}), seq)

    def _end(self, number: int, digest: str | None, seq: int) -> None:
        self.outbox.tell(encode({"t": "snap.end", "id": number, "seq": seq, "digest": digest}), seq)

    def tell_points(self, ticker: Ticker, seq: int) -> None:
        """Send the watched readings that changed since the last time."""
        for number, watch in self.subscriptions.items():
            if isinstance(watch, Watch) and (news := watch.news(ticker)):
                message = b'{"t":"ev","id":%d,"seq":%d,"op":"set","rows":[%b]}' % (number, seq, b",".join(news))
                self.outbox.tell(message, seq)

    def sums(self) -> dict[str, object]:
        """Return what this client must hold, by subscription."""
        feeds = {str(number): feed for number, feed in self.subscriptions.items() if isinstance(feed, Feed)}
        return {number: feed.sums for number, feed in feeds.items() if feed.sums is not None}

    def still(self) -> int:
        """Return for how many heartbeats the client has read nothing of what waits for it."""
        self._still = 0 if self.outbox.moved() else self._still + 1
        return self._still

    def close_soon(self, code: int, reason: str) -> asyncio.Task[None]:
        """Begin to close the socket; what waits is forgotten. The task ends when the connection has."""
        if self._closing is None:
            self.outbox.clear()
            self._closing = asyncio.create_task(self._close(code, reason), name="web-close")
        return self._closing

    async def _close(self, code: int, reason: str) -> None:
        await self._socket.close(code=code, message=reason.encode(), drain=False)
        if self._transport.get_write_buffer_size():
            self._transport.abort()
