"""From the spool into the tables: binary COPY and the cursor in one transaction, so each batch arrives exactly once.

A row that the database refuses is found by halving and laid in `dead_letter`; everything around it is stored.
"""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Protocol

import psycopg
import structlog
from psycopg import sql

from adapters.outbound import Load
from adapters.timescale import passages, repeated
from adapters.timescale.connections import Connection, away_on_error, is_about_a_row, lacks_partition, say
from adapters.timescale.cursor import Cursor
from adapters.timescale.rows import instant
from adapters.timescale.timeseries import Flavour, Table, start_of
from adapters.timescale.touched import mark
from hub.model import Clock
from hub.spool import Batch, Spool
from hub.wire.copy import COLUMNS, HEADER, TRAILER
from hub.wire.rows import split, time_of

log = structlog.get_logger(__name__)

EVENTS, PASSAGES = "device_event", "passage"
FURTHEST_AHEAD = timedelta(days=1)
FULL_BYTES = 4 << 20
FEW = 8
"""Partitions that are made for a batch without looking at each of its rows."""


class SpoolSource:
    """The spool as the chain reads it."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._trimmed = 0
        self._behind = False

    @property
    def last(self) -> int:
        """The number of the newest batch."""
        return self._spool.last_seq

    async def wait_beyond(self, seq: int) -> None:
        """Wait for a batch after `seq`."""
        await self._spool.wait_beyond(seq)

    async def read(self, after: int) -> Load[Batch]:
        """Return up to about 4 MiB of batches; numbers that are gone (dropped, damaged) are passed over.

        An empty answer moves to what was newest before: nothing of it is left.
        """
        newest = self._spool.last_seq
        # Little is read in place; when there was much, a thread reads on while the loop serves others.
        batches = await asyncio.to_thread(self._read, after) if self._behind else self._read(after)
        self._behind = sum(len(batch.body) for batch in batches) >= FULL_BYTES
        last = batches[-1].seq if batches else max(after, newest)
        return Load(batches, last, sum(batch.n for batch in batches), self._behind)

    def _read(self, after: int) -> list[Batch]:
        return self._spool.read(after, FULL_BYTES)

    def trim(self, seq: int) -> None:
        """Let the spool forget what has arrived."""
        if seq > self._trimmed:
            self._trimmed = seq
            self._spool.trim(seq)


class Counts(Protocol):
    """Where the writer counts."""

    rows: Counter[str]
    refused: Counter[str]
    repeated: int
    settled: int


class ReadingsWriter:
    """One connection that takes loads of batches."""

    def __init__(
        self,
        connection: Connection,
        cursor: Cursor,
        flavour: Flavour,
        tables: dict[str, Table],
        clock: Clock,
        counts: Counts,
    ) -> None:
        self._connection = connection
        self._cursor = cursor
        self._flavour = flavour
        self._tables = tables
        self._clock = clock
        self._counts = counts
        self._odd: Counter[str] = Counter()

    @property
    def mark(self) -> int:
        """The last batch that is stored."""
        return self._cursor.seq

    async def send(self, load: Load[Batch]) -> None:
        """Store a load. Raises Away; then nothing of it is stored."""
        self._odd.clear()
        with away_on_error():
            await self._store(load)
        for batch in load.items:
            self._counts.rows[batch.target] += batch.n
        self._counts.rows.subtract(self._odd)
        self._counts.refused.update(self._odd)

    async def _store(self, load: Load[Batch]) -> None:
        if all(self._in_window(batch) for batch in load.items) and await self._stored_quickly(load):
            return
        await self._store_carefully(load)

    async def _stored_quickly(self, load: Load[Batch]) -> bool:
        try:
            await self._store_quickly(load)
        except psycopg.Error as trouble:
            if not is_about_a_row(trouble):
                raise
            if not lacks_partition(trouble) or not await self._covered(load):
                return False
            return await self._stored_quickly(load)
        return True

    async def _covered(self, load: Load[Batch]) -> bool:
        made = 0
        for batch in load.items:
            table = self._tables[batch.target]
            first, last = start_of(table, instant(batch.t_min)), instant(batch.t_max)
            if last - first > FEW * table.chunk:
                return False
            times = [first + i * table.chunk for i in range((last - first) // table.chunk + 1)]
            made += await self._flavour.cover(self._connection, table, times)
        return made > 0

    async def _store_quickly(self, load: Load[Batch]) -> None:
        bodies: dict[str, list[bytes]] = {}
        for batch in load.items:
            bodies.setdefault(batch.target, []).append(batch.body)
        async with self._connection.transaction():
            before = await self._so_far(load)
            for target, parts in bodies.items():
                await self._copy(target, parts)
            await self._settle(load, before)
            await mark(self._connection, load.items, self._clock.now())
            await self._cursor.advance(load.last)
        self._cursor.seq = load.last

    async def _store_carefully(self, load: Load[Batch]) -> None:
        async with self._connection.transaction():
            before = await self._so_far(load)
            for batch in load.items:
                await self._store_rows(batch, split(batch.body))
            await self._settle(load, before)
            await mark(self._connection, load.items, self._clock.now())
            await self._cursor.advance(load.last)
        self._cursor.seq = load.last

    async def _so_far(self, load: Load[Batch]) -> dict[str, int]:
        """Return the number of the newest row of each table in which rows are settled, if the load brings any."""
        brought = {batch.target for batch in load.items}
        tables = {EVENTS: repeated.newest, PASSAGES: passages.newest}
        return {table: await ask(self._connection) for table, ask in tables.items() if table in brought}

    async def _settle(self, load: Load[Batch], before: dict[str, int]) -> None:
        if EVENTS in before:
            first = self._first(load, EVENTS)
            self._counts.repeated += await repeated.take_out(self._connection, before[EVENTS], first)
        if PASSAGES in before:
            first = self._first(load, PASSAGES)
            self._counts.settled += await passages.settle(self._connection, before[PASSAGES], first)

    def _first(self, load: Load[Batch], target: str) -> datetime:
        oldest = self._window(target)[0]
        return max(oldest, min(instant(batch.t_min) for batch in load.items if batch.target == target))

    async def _store_rows(self, batch: Batch, rows: list[bytes]) -> None:
        if batch.target not in COLUMNS:
            await self._lay_aside(batch, rows, None, f"there is no table {batch.target!r}")
            return
        oldest, newest = self._window(batch.target)
        odd = [row for row in rows if not _has_time(row) or not oldest <= instant(time_of(row)) <= newest]
        if odd:
            await self._lay_aside(batch, odd, None, f"its time is not between {oldest:%Y-%m-%d} and {newest:%Y-%m-%d}")
            strange = set(odd)
            rows = [row for row in rows if row not in strange]
        if rows:
            await self._flavour.cover(self._connection, self._tables[batch.target], {instant(time_of(r)) for r in rows})
            await self._halve(batch, rows)

    async def _halve(self, batch: Batch, rows: list[bytes]) -> None:
        try:
            async with self._connection.transaction():
                await self._copy(batch.target, rows)
        except psycopg.Error as trouble:
            if not is_about_a_row(trouble):
                raise
            if len(rows) == 1:
                await self._lay_aside(batch, rows, trouble.sqlstate, say(trouble))
                return
            middle = len(rows) // 2
            await self._halve(batch, rows[:middle])
            await self._halve(batch, rows[middle:])

    async def _copy(self, target: str, bodies: list[bytes]) -> None:
        columns = sql.SQL(", ").join(map(sql.Identifier, COLUMNS[target]))
        statement = sql.SQL("copy {} ({}) from stdin (format binary)").format(sql.Identifier(target), columns)
        async with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            await copy.write(b"".join((HEADER, *bodies, TRAILER)))

    async def _lay_aside(self, batch: Batch, rows: list[bytes], sqlstate: str | None, error: str) -> None:
        log.warning("rows are refused and kept in dead_letter", table=batch.target, rows=len(rows), reason=error)
        self._odd[batch.target] += len(rows)
        statement = "insert into dead_letter (target, sqlstate, error, source_id, seq, body) values (%s,%s,%s,%s,%s,%s)"
        values = [(batch.target, sqlstate, error, self._cursor.source, batch.seq, row) for row in rows]
        async with self._connection.cursor() as cursor:
            await cursor.executemany(statement, values)

    def _in_window(self, batch: Batch) -> bool:
        if batch.target not in COLUMNS:
            return False
        oldest, newest = self._window(batch.target)
        return oldest <= instant(batch.t_min) and instant(batch.t_max) <= newest

    def _window(self, target: str) -> tuple[datetime, datetime]:
        now = instant(self._clock.now())
        keep = self._tables[target].keep or timedelta(days=365_000)
        return now - min(keep, timedelta(days=365 * 50)), now + FURTHEST_AHEAD


def _has_time(row: bytes) -> bool:
    return len(row) >= 14 and row[2:6] == b"\0\0\0\x08"
