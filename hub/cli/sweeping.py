"""Many hosts asked in turn: only so many at once and so many a second; what was found is kept on Ctrl-C."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import typer

T = TypeVar("T")
TOGETHER = 32
"""Hosts asked at the same time."""
PAUSE = 0.02
"""Seconds between two beginnings: 50 hosts a second."""


async def sweep(
    hosts: Iterable[str],
    ask: Callable[[str], Awaitable[list[T]]],
    stop: asyncio.Event,
    tell: Callable[[int, int], None],
    *,
    pause: float = PAUSE,
) -> list[T]:
    """Return what all hosts gave, in their order, or until `stop`; `tell(asked, found)` is called as it goes."""
    found: dict[int, list[T]] = {}
    gate, asked = asyncio.Semaphore(TOGETHER), 0

    async def one(number: int, host: str) -> None:
        nonlocal asked
        try:
            found[number] = await ask(host)
        finally:
            gate.release()
        asked += 1
        tell(asked, sum(map(len, found.values())))

    work: set[asyncio.Task[None]] = set()
    for number, host in enumerate(hosts):
        await _first(gate.acquire(), stop)
        if stop.is_set():
            break
        task = asyncio.create_task(one(number, host))
        work.add(task)
        task.add_done_callback(work.discard)
        await _paused(stop, pause)
    if work:
        await _first(asyncio.wait(work), stop)
    for task in tuple(work):
        task.cancel()
    await asyncio.gather(*work, return_exceptions=True)
    return [item for number in sorted(found) for item in found[number]]


async def _first(what: Awaitable[object], stop: asyncio.Event) -> None:
    """Wait for `what`, or for the person to stop it."""
    doing, stopping = asyncio.ensure_future(what), asyncio.ensure_future(stop.wait())
    await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not doing.done():
        doing.cancel()


async def _paused(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return


def progress(asked: int, found: int) -> None:
    """Show how far a search is, where somebody looks."""
    if sys.stderr.isatty():
        typer.echo(f"\r{asked} asked, {found} found ", nl=False, err=True)
