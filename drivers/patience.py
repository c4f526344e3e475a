"""Gives a read up that does not come back, with one timer for a line's whole life instead of one for each read."""

import asyncio
from types import TracebackType


class Patience:
    """`with patience:` around an await: TimeoutError when that takes longer than its seconds. One at a time.

    Does what `asyncio.timeout` does, which costs a polled line a twelfth of all its work: there each read sets a timer
    and takes it back, here the timer looks, when it rings, how long the present read has been waiting.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: float | None = None
        self._task: asyncio.Task[object] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._lost = False

    def __enter__(self) -> None:
        loop = asyncio.get_running_loop()
        self._task, self._since, self._lost = asyncio.current_task(), loop.time(), False
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._look, loop)

    def __exit__(self, kind: type[BaseException] | None, _what: object, _where: TracebackType | None) -> None:
        task, self._task, self._since = self._task, None, None
        if self._lost and task is not None and task.uncancel() == 0 and kind is asyncio.CancelledError:
            raise TimeoutError

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        if self._since is None or self._task is None:
            return
        left = self._since + self._seconds - loop.time()
        if left > 0:
            self._timer = loop.call_later(left, self._look, loop)
            return
        self._lost = True
        self._task.cancel()
