"""Runs the parts of the hub as tasks, starts a failed one again, and stops them in the opposite order."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger(__name__)

FIRST_DELAY, LONGEST_DELAY = 0.25, 15.0


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
            _, task = self._tasks.popitem()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _keep(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        delay = FIRST_DELAY
        while True:
            try:
                await run()
            except Exception:  # the one place where any failure of a part is survived
                log.exception("part failed and is started again", part=name, delay_s=delay)
            else:
                log.warning("part ended and is started again", part=name, delay_s=delay)
            self.restarts[name] += 1
            await asyncio.sleep(delay)
            delay = min(delay * 2, LONGEST_DELAY)
