"""Deadlines: one heap entry for each thing that waits, however often its deadline moves."""

from collections.abc import Iterator
from heapq import heappop, heappush

from hub.model import Timestamp


class Waiting:
    """Something with a deadline. A deadline that has passed stays until its owner clears it."""

    __slots__ = ("deadline", "queued")

    def __init__(self) -> None:
        self.deadline: Timestamp | None = None
        self.queued: Timestamp | None = None
        """The heap entry that stands for it; later deadlines are looked up when that entry comes up."""

    @property
    def fixed(self) -> bool:
        """Whether its deadline is an instant that somebody named, which a step of the clock does not move."""
        return False


class Timers:
    """Which deadlines come next."""

    def __init__(self) -> None:
        self._heap: list[tuple[Timestamp, int, Waiting]] = []
        self._pushed = 0

    def set(self, item: Waiting, deadline: Timestamp) -> None:
        """Give `item` a deadline in place of the one it had."""
        item.deadline = deadline
        if item.queued is None or deadline < item.queued:
            self._push(item, deadline)

    def _push(self, item: Waiting, deadline: Timestamp) -> None:
        item.queued = deadline
        self._pushed += 1
        heappush(self._heap, (deadline, self._pushed, item))

    def due(self) -> Timestamp | None:
        """Return the earliest deadline, or None when nothing waits."""
        while self._heap:
            entry, _, item = self._heap[0]
            if item.queued == entry and item.deadline == entry:
                return entry
            heappop(self._heap)
            if item.queued == entry:
                item.queued = None
                if item.deadline is not None and item.deadline > entry:
                    self._push(item, item.deadline)
        return None

    def passed(self, now: Timestamp) -> Iterator[Waiting]:
        """Give everything whose deadline is not after `now`, in order of deadline, each once."""
        while (entry := self.due()) is not None and entry <= now:
            item = heappop(self._heap)[2]
            item.queued = None
            yield item

    def shift(self, items: Iterator[Waiting], by: int) -> None:
        """Move the deadlines of all `items` (every item there is) by `by` nanoseconds: the wall clock was stepped."""
        self._heap.clear()
        for item in items:
            queued, item.queued = item.queued, None
            if item.deadline is not None:
                item.deadline += 0 if item.fixed else by
                if queued is not None:
                    self._push(item, item.deadline)
