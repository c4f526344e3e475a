"""The only three things that differ between plain PostgreSQL and TimescaleDB: make a time-series table, drop old data,
compress. Which it is is asked once, of the database itself.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import LiteralString, Protocol

import psycopg
import structlog
from msgspec import Struct
from psycopg import sql

from adapters.timescale.connections import Connection

log = structlog.get_logger(__name__)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OURS = re.compile(r"_(\d{8}_\d{4})\Z")
"""How the name of a partition that we made ends: with the time at which it starts."""

ONE_QUESTION = """
select current_setting('timescaledb.license', true),
       (select extversion from pg_extension where extname = 'timescaledb'),
       (select relkind::text from pg_class where oid = to_regclass('reading'))
"""


class Table(Struct, frozen=True):
    """A time-series table and the housekeeper's plan for it."""

    name: str
    chunk: timedelta
    keep: timedelta | None
    compress_after: timedelta | None
    segment_by: str | None


class Piece(Struct, frozen=True):
    """A partition or chunk: the time it is for, and its name as SQL."""

    start: datetime
    end: datetime
    name: str


class Flavour(Protocol):
    """What a database makes of time-series tables."""

    name: str

    def clause(self, table: str, options: Mapping[str, str]) -> str:
        """Return the SQL that follows `create table … (…)`, up to the semicolon."""
        ...

    async def cover(self, connection: Connection, table: Table, times: Iterable[datetime]) -> int:
        """Make sure that rows of these times find a place; return how many partitions were made."""
        ...

    async def drop_between(self, connection: Connection, table: Table, start: datetime, end: datetime) -> int:
        """Drop partitions that lie wholly in [start, end); return how many."""
        ...

    async def compress_before(self, connection: Connection, table: Table, time: datetime) -> int:
        """Compress what lies wholly before `time`, where the edition can; return how many partitions were."""
        ...

    async def pieces(self, connection: Connection, table: Table) -> "list[Piece]":
        """Return the partitions, oldest first."""
        ...

    async def size(self, connection: Connection, table: Table) -> int:
        """Return the bytes of a table with its indexes."""
        ...


async def detect(connection: Connection) -> Flavour:
    """Ask the database what it is. Raises psycopg.Error."""
    row = await (await connection.execute(ONE_QUESTION)).fetchone()
    licence, version, kind = row or (None, None, None)
    made_plain = kind == "p"
    if licence is None or made_plain:
        return Plain()
    if version is None and not await _extended(connection):
        return Plain()
    return Timescale(licence)


async def _extended(connection: Connection) -> bool:
    # The library is loaded but this database does not have the extension yet; it is a trusted one.
    try:
        await connection.execute("create extension if not exists timescaledb")
    except psycopg.Error as trouble:
        log.warning("TimescaleDB is loaded but cannot be created here; going on without", reason=str(trouble))
        return False
    return True


def start_of(table: Table, time: datetime) -> datetime:
    """Return where the partition begins in which `time` lies; partitions are counted from 1970."""
    return EPOCH + (time - EPOCH) // table.chunk * table.chunk


class Plain:
    """PostgreSQL's own range partitions, made by us: ahead of time, and for late rows."""

    name = "postgresql"

    def clause(self, table: str, options: Mapping[str, str]) -> str:
        """Return the partitioning clause."""
        return "partition by range (time)"

    async def cover(self, connection: Connection, table: Table, times: Iterable[datetime]) -> int:
        """Make the partitions that are missing."""
        starts = {start_of(table, time) for time in times}
        present = {start for _, start in await self._partitions(connection, table)}
        for start in sorted(starts - present):
            await self._make(connection, table, start)
        return len(starts - present)

    async def drop_between(self, connection: Connection, table: Table, start: datetime, end: datetime) -> int:
        """Drop partitions that begin and end there."""
        present = await self._partitions(connection, table)
        old = [name for name, begin in present if start <= begin and begin + table.chunk <= end]
        for name in old:
            await connection.execute(sql.SQL("drop table if exists {}").format(sql.Identifier(name)))
        return len(old)

    async def compress_before(self, connection: Connection, table: Table, time: datetime) -> int:
        """Plain PostgreSQL has nothing to compress with."""
        return 0

    async def pieces(self, connection: Connection, table: Table) -> list[Piece]:
        """Return the partitions."""
        present = await self._partitions(connection, table)
        return sorted((Piece(start, start + table.chunk, name) for name, start in present), key=lambda p: p.start)

    async def size(self, connection: Connection, table: Table) -> int:
        """Return its bytes."""
        query = "select coalesce(sum(pg_total_relation_size(relid)), 0)::int8 from pg_partition_tree(%s::regclass)"
        row = await (await connection.execute(query, (table.name,))).fetchone()
        return int(row[0]) if row else 0

    async def _make(self, connection: Connection, table: Table, start: datetime) -> None:
        # A partition sees little but inserts; without this its visibility map, and so index-only scans, would lag.
        statement = sql.SQL(
            "create table if not exists {} partition of {} for values from ({}) to ({})"
            " with (autovacuum_vacuum_insert_scale_factor = 0.02)"
        )
        names = (sql.Identifier(f"{table.name}_{start:%Y%m%d_%H%M}"), sql.Identifier(table.name))
        bounds = (sql.Literal(start), sql.Literal(start + table.chunk))
        await connection.execute(statement.format(*names, *bounds))

    @staticmethod
    async def _partitions(connection: Connection, table: Table) -> list[tuple[str, datetime]]:
        query = "select relname from pg_inherits join pg_class on oid = inhrelid where inhparent = %s::regclass"
        names = [row[0] for row in await (await connection.execute(query, (table.name,))).fetchall()]
        ours = [(name, match) for name in names if (match := OURS.search(name))]
        return [(name, datetime.strptime(match[1], "%Y%m%d_%H%M").replace(tzinfo=UTC)) for name, match in ours]


class Timescale:
    """Hypertables. Only functions that both editions have, except for compression, which the licence decides."""

    name = "timescaledb"

    def __init__(self, licence: str) -> None:
        self.licence = licence

    def clause(self, table: str, options: Mapping[str, str]) -> str:
        """Return the statement that makes a hypertable of the table just created, and its compression settings."""
        made = (
            f"; select create_hypertable('{table}', 'time', chunk_time_interval => interval {options['chunk']},"
            f" create_default_indexes => false); alter table {table} set (autovacuum_vacuum_insert_scale_factor = 0.02)"
        )
        if self.licence != "timescale" or "segment_by" not in options:
            return made
        return (
            f"{made}; alter table {table} set (timescaledb.compress, timescaledb.compress_orderby = 'time desc',"
            f" timescaledb.compress_segmentby = '{options['segment_by']}')"
        )

    async def cover(self, connection: Connection, table: Table, times: Iterable[datetime]) -> int:
        """The extension makes its chunks itself."""
        return 0

    async def drop_between(self, connection: Connection, table: Table, start: datetime, end: datetime) -> int:
        """Drop chunks that begin and end there."""
        query: LiteralString = "select count(*) from drop_chunks(%s::regclass, older_than => %s, newer_than => %s)"
        return await self._count(connection, query, (table.name, end, start))

    async def pieces(self, connection: Connection, table: Table) -> list[Piece]:
        """Return the chunks."""
        query = (
            "select range_start, range_end, format('%%I.%%I', chunk_schema, chunk_name)"
            " from timescaledb_information.chunks where hypertable_name = %s order by 1"
        )
        return [Piece(*row) for row in await (await connection.execute(query, (table.name,))).fetchall()]

    async def size(self, connection: Connection, table: Table) -> int:
        """Return its bytes, what is compressed included."""
        return await self._count(connection, "select hypertable_size(%s::regclass)", (table.name,))

    async def compress_before(self, connection: Connection, table: Table, time: datetime) -> int:
        """Compress chunks that end at or before `time`; `0A000` means that this edition has no compression."""
        if self.licence != "timescale" or table.segment_by is None:
            return 0
        try:
            return await self._count(
                connection,
                "select count(compress_chunk(c, true)) from show_chunks(%s::regclass, older_than => %s) c",
                (table.name, time),
            )
        except psycopg.errors.FeatureNotSupported:
            return 0

    @staticmethod
    async def _count(connection: Connection, query: LiteralString, parameters: tuple[object, ...]) -> int:
        row = await (await connection.execute(query, parameters)).fetchone()
        return int(row[0]) if row else 0
