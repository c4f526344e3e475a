"""Runs the parts of the hub as tasks, starts a failed one again, and stops them in the opposite order."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger(__name__)

FIRST_DELAY, LONGEST_DELAY = 0.25, 15.0
AGAIN = 1.0
HELD = 60.0
"""Seconds after which a part has proved itself: its next failure is waited for no longer than its first."""


class Supervisor:
    """Named parts; a part is an async function that runs until cancelled. One that ends or fails is started again."""

    def __init__(self) -> None:
        self.restarts: Counter[str] = Counter()
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        """Run a part until `stop`."""
        self._tasks[name] = asyncio.create_task(self._keep(name, run), name=name)

    async def stop(self) -> None:
        """Cancel every part, last started first, and wait for each; safe to call twice."""
        while self._tasks:
            await _cancelled(self._tasks.popitem()[1])

    async def end(self, *names: str) -> None:
        """Cancel some parts at once and wait for them."""
        tasks = [self._tasks.pop(name) for name in names if name in self._tasks]
        await asyncio.gather(*(_cancelled(task) for task in tasks))

    async def _keep(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        delay, loop = FIRST_DELAY, asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                await run()
            except Exception:  # the one place where any failure of a part is survived
                log.exception("part failed and is started again", part=name, delay_s=delay)
            else:
                log.warning("part ended and is started again", part=name, delay_s=delay)
            self.restarts[name] += 1
            if loop.time() - began > HELD:
                delay = FIRST_DELAY
            await asyncio.sleep(delay)
            delay = min(delay * 2, LONGEST_DELAY)


async def _cancelled(task: "asyncio.Task[None]") -> None:
    while not task.done():
        # once more if it was swallowed, as asyncio.wait_for of Python 3.11 does (cpython issue 86296)
        task.cancel()
        await asyncio.wait({task}, timeout=AGAIN)
