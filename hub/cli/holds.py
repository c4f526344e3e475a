"""`citywatch db hold`, `holds`, `release`: spans of time that must not be deleted, why, and by whose order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from getpass import getuser
from pathlib import Path

from adapters.timescale.connections import Connection, away_on_error, opened
from adapters.timescale.keeping import CLASSES, Hold, hold, holds, release
from adapters.timescale.migrate import migrate
from adapters.timescale.rows import instant
from hub.cli.store import database
from hub.model import StorageError
from hub.model.clock import from_iso


def add(site: Path, state: Path, word: str | None, start: str, end: str, reason: str) -> int:
    """Keep [start, end) from deletion; return the number of the hold. Raises StorageError."""
    if word is not None and word not in CLASSES:
        raise StorageError(f"'{word}' is no class of records: name one of {', '.join(CLASSES)}, or none for all")
    begin, until = _time(start), _time(end)
    if begin >= until:
        raise StorageError("--from must be earlier than --to")

    async def work() -> int:
        async with _connected(site, state) as connection:
            return await hold(connection, word, begin, until, reason, getuser())

    return asyncio.run(work())


def standing(site: Path, state: Path) -> list[Hold]:
    """Return every hold that stands."""

    async def work() -> list[Hold]:
        async with _connected(site, state) as connection:
            return await holds(connection)

    return asyncio.run(work())


def end(site: Path, state: Path, number: int) -> None:
    """End a hold. Raises StorageError when there is none of that number."""

    async def work() -> bool:
        async with _connected(site, state) as connection:
            return await release(connection, number, getuser())

    if not asyncio.run(work()):
        raise StorageError(f"there is no hold {number} that stands: `citywatch db holds` lists them")


def _connected(site: Path, state: Path) -> AbstractAsyncContextManager[Connection]:
    @asynccontextmanager
    async def connected() -> AsyncIterator[Connection]:
        async with database(site, state) as dsn, opened(dsn) as connection:
            await migrate(connection)
            with away_on_error():
                yield connection

    return connected()


def _time(text: str) -> datetime:
    try:
        return instant(from_iso(text))
    except ValueError:
        raise StorageError(f"'{text}' is not a time like 2026-11-22T07:00:00+07:00") from None
