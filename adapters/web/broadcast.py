"""One subscription to the stream, fanned out to every console.

A few alarms go straight from where they are published to the sockets, with no task, timer or poll between; many wait
for the subscription's wake-up. Only points,
which change too fast to watch, are read at a tick.
"""

import asyncio
from collections.abc import Callable

import structlog
from msgspec import Struct

from adapters.base import View
from adapters.web.accounts import Accounts
from adapters.web.board import Change, encode
from adapters.web.boards import Boards, alarm_row
from adapters.web.client import Client
from adapters.web.feed import Feed
from adapters.web.frames import GOING_AWAY, NOT_READING, SIGN_IN, Filter
from adapters.web.points import Ticker
from hub.metrics import Figure
from hub.model import NEVER_HIDDEN, Clock, Published, Record, StorageError, Transition
from hub.model.clock import iso
from hub.stream import Stream

FEW = 8
"""Records that are passed on as they are published."""
BREATH = 128
"""Records after which others get a turn, so that a burst is sent while it comes."""

log = structlog.get_logger(__name__)


class Pace(Struct, frozen=True):
    """How often, how much, how long; the defaults are the protocol's."""

    heartbeat_s: float = 5.0
    tick_s: float = 0.25
    still_beats: int = 6
    """Heartbeats without a read after which a client is closed (30 s)."""
    queue: int = 1_000
    sockets: int = 500
    subscriptions: int = 16
    messages_per_s: int = 50
    stream: int = 20_000


DEFAULT_PACE = Pace()


class Broadcast:
    """Everything that consoles hear, and who they are."""

    def __init__(self, view: View, stream: Stream, accounts: Accounts, clock: Clock, pace: Pace) -> None:
        self.view = view
        self.pace = pace
        self.clients: set[Client] = set()
        self.boards = Boards(view)
        self.ticker = Ticker(view)
        self._stream = stream
        self._accounts = accounts
        self._clock = clock
        self._feeds: dict[tuple[str, bytes], Feed] = {}
        self._listeners: dict[Feed, dict[tuple[Client, int], bytes]] = {}
        self._dropped = 0
        self._cut = 0
        self._overflown: list[Client] = []
        self._passing = False
        self._ahead: dict[str, int] = {}
        """Fires that were shown ahead of their turn, by alarm: the revision shown."""
        self._subscription = stream.subscribe("web", size=pace.stream)
        self._subscription.at_once = self._at_once

    def close(self) -> None:
        """Stop hearing the stream."""
        self._stream.unsubscribe(self._subscription)

    async def listen(self) -> None:
        """Pass on what is published, for ever."""
        while True:
            items, lost = await self._subscription.take()
            if lost is not None or self.view.site is not self.boards.site:
                self._begin_again()
            self._passing = True
            for item in items:
                await self._pass_on(item)
            self._passing = False

    async def _pass_on(self, item: Published) -> None:
        for seq, record in enumerate(item.records, item.seq):
            self._take(seq, record)
            if seq % BREATH == 0:
                await asyncio.sleep(0)
        self.settle()

    def _take(self, seq: int, record: Record) -> None:
        if seq > self.boards.position and (found := self.boards.take(seq, record)) is not None:
            self._tell(*found)

    def _at_once(self, item: Published) -> bool:
        """Pass on a little where nothing waits, without waking the task for it; else show its fires ahead."""
        busy = self._passing or not self._subscription.empty
        if busy or len(item.records) > FEW or self.view.site is not self.boards.site:
            self._hurry(item, always=busy or len(item.records) > 1)
            return False
        self._hurry(item, always=False)
        for seq, record in enumerate(item.records, item.seq):
            self._take(seq, record)
        self.settle()
        return True

    def _hurry(self, item: Published, *, always: bool) -> None:
        """Show a fire to every console at once, ahead of whatever waits; its turn in the stream comes as well."""
        for record in item.records:
            if isinstance(record, Transition) and record.category in NEVER_HIDDEN and record.input == "raise":
                self._show_ahead(record, always=always)

    def _show_ahead(self, t: Transition, *, always: bool) -> None:
        known = self.view.alarm(t.alarm)
        if known is None or t.alarm in self._ahead:
            return
        if always:
            self._ahead[t.alarm] = t.n
        row = alarm_row(known)
        for feed, listeners in self._listeners.items():
            if feed.topic == "alarms" and feed.wants(row):
                for client, number in listeners:
                    if always or not client.outbox.idle:
                        client.outbox.hurry(b'{"t":"ahead","id":%d,"row":%b}' % (number, row.body))

    def _tell(self, topic: str, change: Change) -> None:
        if self._ahead.get(change.row.key, change.row.rev) < change.row.rev + 1:
            self._ahead.pop(change.row.key, None)
        key = change.row.key.encode() if _repeats(topic, change) else None
        for feed, listeners in self._listeners.items():
            if feed.topic == topic and (tail := feed.take(change)) is not None:
                for (client, _), prefix in listeners.items():
                    client.outbox.tell(prefix + tail, change.seq, None if key is None else prefix + key)

    def _begin_again(self) -> None:
        first = self.boards.position + 1
        self.boards = Boards(self.view)
        for client in self.clients:
            self._lose(client, first)

    def overflown(self, client: Client) -> None:
        """Note that events of a client were dropped; `settle` tells it."""
        self._overflown.append(client)

    def settle(self) -> None:
        """End the subscriptions of clients that were too slow, and tell them so."""
        while self._overflown:
            client = self._overflown.pop()
            self._lose(client, client.outbox.lost or self.boards.position)

    def _lose(self, client: Client, first: int) -> None:
        for number in list(client.subscriptions):
            self.leave(client, number)
            client.outbox.say(encode({"t": "lost", "id": number, "from": first, "to": self.boards.position}))
        client.outbox.lost = None

    def close_all(self, reason: str) -> list[asyncio.Task[None]]:
        """Begin to close every socket with 1012; return what ends when they are closed."""
        return [client.close_soon(GOING_AWAY, reason) for client in self.clients]

    def figures(self) -> list[Figure]:
        """Return how many listen and what was dropped."""
        standing = sum(client.outbox.dropped for client in self.clients)
        return [
            Figure("citywatch_web_sockets", "Open WebSockets", len(self.clients)),
            Figure("citywatch_web_events_dropped", "Events slow consoles lost", self._dropped + standing, total=True),
            Figure("citywatch_web_clients_cut", "Consoles closed because they did not read", self._cut, total=True),
        ]

    # subscriptions

    def join(self, client: Client, number: int, topic: str, filter_: Filter) -> Feed:
        """Let a client hear a topic through a filter, from the present position on."""
        key = (topic, encode(filter_.model_dump(exclude_none=True)))
        feed = self._feeds.get(key)
        if feed is None:
            feed = self._feeds[key] = Feed(topic, self.boards.topics[topic], filter_, self.boards.inside)
        self._listeners.setdefault(feed, {})[client, number] = b'{"t":"ev","id":%d' % number
        client.subscriptions[number] = feed
        return feed

    def leave(self, client: Client, number: int) -> None:
        """End a client's subscription, if there is one; a feed that nobody hears ends with it."""
        feed = client.subscriptions.pop(number, None)
        if not isinstance(feed, Feed):
            return
        listeners = self._listeners[feed]
        del listeners[client, number]
        if not listeners:
            del self._listeners[feed]
            self._feeds = {key: other for key, other in self._feeds.items() if other is not feed}

    def part(self, client: Client) -> None:
        """Forget a client whose socket is closed."""
        self.clients.discard(client)
        self._dropped += client.outbox.dropped
        for number in list(client.subscriptions):
            self.leave(client, number)

    # time

    async def beat(self) -> None:
        """Tell every client that the hub lives and what it must hold; close those who do not read or may not stay."""
        while True:
            await asyncio.sleep(self.pace.heartbeat_s)
            for client in list(self.clients):
                self._beat(client)

    def _beat(self, client: Client) -> None:
        if not self._may_stay(client):
            client.close_soon(SIGN_IN, "the session has ended; sign in again")
        elif client.still() >= self.pace.still_beats:
            self._cut += 1
            client.close_soon(NOT_READING, "nothing was read for too long; reconnect and resume")
        else:
            now, seq = iso(self._clock.now()), self.boards.position
            client.outbox.say(encode({"t": "hb", "seq": seq, "time": now, "sums": client.sums()}))

    def _may_stay(self, client: Client) -> bool:
        try:
            role = self._accounts.still(client.who)
        except StorageError:
            return True  # nobody is put out because a file cannot be read for a moment; it is asked again next beat
        return role == client.who.role

    def end_credential(self, credential: tuple[str, bytes]) -> None:
        """Close the sockets that were opened with a session that has just ended."""
        for client in self.clients:
            if client.who.credential == credential:
                client.close_soon(SIGN_IN, "signed out")

    async def tick(self) -> None:
        """Tell clients of points what has changed since they were last told."""
        while True:
            await asyncio.sleep(self.pace.tick_s)
            self.ticker.begin()
            for client in self.clients:
                if client.outbox.idle:
                    client.tell_points(self.ticker, self.boards.position)


def _repeats(topic: str, change: Change) -> bool:
    """Tell whether a waiting change of this row may be left out once its next change is there: never of a fire."""
    return topic == "alarms" and change.row.facts.category not in NEVER_HIDDEN


def watched(task: asyncio.Task[None], on_end: Callable[[], None]) -> asyncio.Task[None]:
    """Say so when a task that should never end does, and call `on_end` for whoever must act on it."""

    def ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            log.error("web task ended", task=task.get_name(), exc_info=task.exception())
            on_end()

    task.add_done_callback(ended)
    return task
