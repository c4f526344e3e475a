"""One timer for all lines that wait for the same moment: scans lie on a grid, so many do.

A timer of its own for each line is made and thrown away at every scan, which costs as much as the waiting itself.
"""

import asyncio

from hub.model import SECOND, Clock


class Bells:
    """Futures by the moment (monotonic ns) at which they are done."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[int, list[asyncio.Future[None]]] = {}

    def at(self, due: int) -> "asyncio.Future[None]":
        """Return what is done at `due`; whoever does it sooner disturbs nobody."""
        loop = asyncio.get_running_loop()
        bell: asyncio.Future[None] = loop.create_future()
        together = self._waiting.get(due)
        if together is None:
            self._waiting[due] = [bell]
            loop.call_later((due - self._clock.monotonic()) / SECOND, self._ring, due)
        else:
            together.append(bell)
        return bell

    def _ring(self, due: int) -> None:
        for bell in self._waiting.pop(due):
            if not bell.done():
                bell.set_result(None)
