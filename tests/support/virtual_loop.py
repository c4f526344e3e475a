"""An event loop whose time jumps to the next timer, so that hours of waiting take milliseconds and are exact."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
START = 1_700_000_000_000_000_000


class _Jumping(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        events = super().select(0)
        if not events and timeout is None:
            raise RuntimeError("everybody waits for ever")
        if not events and timeout:
            self.now += timeout
        return events


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop; `time` is virtual seconds since it was made."""

    def __init__(self) -> None:
        self.jumping = _Jumping()
        super().__init__(self.jumping)

    def time(self) -> float:
        return self.jumping.now


class VirtualClock:
    """The `Clock` of the running virtual loop; `shift` steps the wall clock alone."""

    shift = 0

    def monotonic(self) -> int:
        return round(asyncio.get_running_loop().time() * 1_000_000_000)

    def now(self) -> int:
        return START + self.shift + self.monotonic()


def virtual_run(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` on a virtual loop and return what it returns; cancel what it leaves behind."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
