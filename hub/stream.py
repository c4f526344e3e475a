"""The one road out: what is committed is published here, in order, and every subscriber hears it.

`publish` never waits for anyone. A subscription is a named queue of bounded size; when its reader is too slow the queue
is emptied and the gap is named in `lost`, so the reader knows that it must take a new snapshot.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from hub.model import Published, Reading, Record, Sheet, Timestamp


class Gap(Struct, frozen=True):
    """Records `first` … `last` (stream seq) that a slow subscriber will never hear."""

    first: int
    last: int


def _queue_it(_item: Published) -> bool:
    return False


class Subscription:
    """A bounded queue of what was published. `readings=False` leaves readings out (most readers want records)."""

    def __init__(self, name: str, size: int, *, readings: bool) -> None:
        self.name = name
        self.size = size
        self.readings = readings
        self.dropped = 0
        self.at_once: Callable[[Published], bool] = _queue_it
        """Asked with each batch as it is published; True when that was all and it need not be queued."""
        self._queue: deque[Published] = deque()
        self._held = 0
        self._lost: Gap | None = None
        self._woken = asyncio.Event()

    def offer(self, item: Published) -> None:
        """Take one published batch, or note it as lost when the reader is too far behind."""
        count = len(item.records)
        if self.readings:
            count += len(item.readings) + sum(map(len, item.sheets))
        if not count:
            return
        if self.at_once(item):
            return
        if self._held + count > self.size:
            self._overflow(item, count)
        else:
            self._queue.append(item)
            self._held += count
        self._woken.set()

    def _overflow(self, item: Published, count: int) -> None:
        first = self._lost.first if self._lost else (self._queue[0].seq if self._queue else item.seq)
        self.dropped += self._held + count
        self._lost = Gap(first, item.seq + len(item.records) - 1)
        self._queue.clear()
        self._held = 0

    @property
    def empty(self) -> bool:
        """Whether the reader has taken everything there was, and knows of every gap."""
        return not self._queue and self._lost is None

    @property
    def waiting(self) -> int:
        """How many records and readings wait to be taken."""
        return self._held

    async def take(self) -> tuple[Sequence[Published], Gap | None]:
        """Wait for news; return everything queued since, and the gap before it if something was lost."""
        await self._woken.wait()
        self._woken.clear()
        items, lost = list(self._queue), self._lost
        self._queue.clear()
        self._held, self._lost = 0, None
        return items, lost


class Stream:
    """Numbers records and hands them to every subscription. `epoch` names this run's numbering."""

    def __init__(self, epoch: str, *, remember: int = 20_000) -> None:
        self.epoch = epoch
        self.seq = 0
        self._subscriptions: list[Subscription] = []
        self._recent: deque[tuple[int, Record]] = deque(maxlen=remember)

    def publish(
        self, at: Timestamp, readings: Sequence[Reading], records: Sequence[Record], sheets: Sequence[Sheet] = ()
    ) -> Published:
        """Number the records and offer everything to every subscription; return what was offered."""
        item = Published(self.seq + 1, at, readings, records, sheets)
        for record in records:
            self.seq += 1
            self._recent.append((self.seq, record))
        for subscription in self._subscriptions:
            subscription.offer(item)
        return item

    def subscribe(self, name: str, *, size: int = 10_000, readings: bool = False) -> Subscription:
        """Return a subscription that hears everything published from now on."""
        subscription = Subscription(name, size, readings=readings)
        self._subscriptions.append(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Stop offering to a subscription; safe to call twice."""
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)

    def since(self, seq: int) -> Iterable[tuple[int, Record]] | None:
        """Return the records after `seq` with their numbers, or None when they are no longer remembered."""
        if seq > self.seq or (self._recent and seq < self._recent[0][0] - 1) or (not self._recent and seq < self.seq):
            return None
        return [(n, record) for n, record in self._recent if n > seq]

    @property
    def subscriptions(self) -> Sequence[Subscription]:
        """Every live subscription, for the metrics."""
        return tuple(self._subscriptions)
