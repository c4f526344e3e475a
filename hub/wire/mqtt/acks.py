"""Acknowledgements in the order of arrival, each batch in one write, none before its release.

PUBACKs must leave in the order in which the PUBLISHes came (OASIS MQTT 5.0, 4.6; the same in 3.1.1), so a batch that is
released early waits for those before it.
"""

import sys
from array import array
from collections import deque
from collections.abc import Callable, Sequence

from hub.model import Release

_PUBACK = 0x4002
"""Fixed header of a PUBACK with nothing but the packet id: type 4, remaining length 2 (MQTT 5.0, 3.4.2.1)."""


def pubacks(ids: Sequence[int]) -> bytes:
    """Return the PUBACK packets (success) for these packet ids, joined."""
    words = array("H", [_PUBACK]) * (2 * len(ids))
    words[1::2] = array("H", ids)
    if sys.byteorder == "little":
        words.byteswap()
    return words.tobytes()


class _Batch:
    __slots__ = ("acks", "count", "done", "ids")

    def __init__(self, acks: "Acks", ids: Sequence[int], count: int) -> None:
        self.acks = acks
        self.ids = ids
        self.count = count
        self.done = False

    def release(self) -> None:
        self.done = True
        self.acks.settle()


class Acks:
    """What one connection still owes its broker."""

    def __init__(self, send: Callable[[Sequence[int]], None], eased: Callable[[], None]) -> None:
        self.held = 0
        """Messages handed over and not released yet."""
        self._send = send
        self._eased = eased
        self._batches: deque[_Batch] = deque()

    def expect(self, ids: Sequence[int], count: int) -> Release:
        """Note a batch of `count` messages, `ids` of which want an acknowledgement; return its release."""
        batch = _Batch(self, ids, count)
        self._batches.append(batch)
        self.held += count
        return batch.release

    def settle(self) -> None:
        """Send what has become due."""
        batches = self._batches
        while batches and batches[0].done:
            batch = batches.popleft()
            self.held -= batch.count
            if batch.ids:
                self._send(batch.ids)
        self._eased()

    def forget(self) -> None:
        """The connection is gone: the broker will send everything again, so nothing is owed any more."""
        self._batches.clear()
        self.held = 0
