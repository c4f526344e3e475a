"""Moves a site's database to another server: table by table, as a stream of binary COPY, whichever kind either is."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from psycopg import sql

from adapters.timescale.connections import Connection, away_on_error, opened
from adapters.timescale.housekeeping import read_tables
from adapters.timescale.migrate import migrate
from adapters.timescale.timeseries import EPOCH, Flavour, Table
from hub.model import StorageError

TABLES = (
    "zone", "device", "point", "point_state", "gap", "dead_letter", "journal", "alarm", "device_change", "quarantine",
    "device_event", "passage", "reading", "reading_1m", "reading_1h", "event_1h", "rollup_due", "figure",
    "ingest_cursor",
)  # fmt: skip
"""Everything that is copied; the plan (`ts_table`) and the ledger belong to each database itself."""
NUMBERED = {"gap": "id", "dead_letter": "id", "journal": "id", "device_event": "id", "passage": "seq"}
"""Tables that count for themselves, and their column."""
SEQUENCES = {"device_event": "device_event_id", "passage": "passage_seq"}
"""Those whose sequence was named by us."""

Tell = Callable[[str, int], None]


async def transfer(source: str, target: str, tell: Tell = lambda _table, _rows: None) -> dict[str, int]:
    """Copy everything, as of one moment, into an empty database; return the rows of each table.

    Raises StorageError when the target has data already, Away when either database is away.
    """
    with away_on_error():
        async with opened(source) as old, opened(target) as new:
            await migrate(old)
            flavour = await migrate(new)
            tables = await read_tables(new, {})
            await _must_be_empty(new)
            await old.execute("begin isolation level repeatable read read only")
            async with new.transaction():
                copied = {}
                for name in TABLES:
                    copied[name] = await _copy(old, new, name, flavour, tables.get(name))
                    tell(name, copied[name])
                await _count_on(new)
            return copied


async def _must_be_empty(connection: Connection) -> None:
    for name in TABLES:
        statement = sql.SQL("select exists (select from {})").format(sql.Identifier(name))
        row = await (await connection.execute(statement)).fetchone()
        if row and row[0]:
            raise StorageError(f"the database to copy into has rows in `{name}` already: name an empty one")


async def _copy(old: Connection, new: Connection, name: str, flavour: Flavour, table: Table | None) -> int:
    if table is not None:
        await flavour.cover(new, table, await _starts(old, table))
    columns = sql.SQL(", ").join(map(sql.Identifier, await _columns(new, name)))
    parts = {"columns": columns, "table": sql.Identifier(name)}
    # `copy table to` leaves out what a partitioned table holds in its partitions; a query does not.
    reading = sql.SQL("copy (select {columns} from {table}) to stdout (format binary)").format(**parts)
    writing = sql.SQL("copy {table} ({columns}) from stdin (format binary)").format(**parts)
    async with old.cursor() as source, new.cursor() as target:
        async with source.copy(reading) as stream, target.copy(writing) as sink:
            async for piece in stream:
                await sink.write(piece)
        return target.rowcount


async def _columns(connection: Connection, name: str) -> Sequence[str]:
    query = "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped"
    return [row[0] for row in await (await connection.execute(query, (name,))).fetchall()]


async def _starts(connection: Connection, table: Table) -> list[datetime]:
    query = sql.SQL("select distinct date_bin(%s, time, %s) from {}").format(sql.Identifier(table.name))
    rows = await (await connection.execute(query, (max(table.chunk, timedelta(hours=1)), EPOCH))).fetchall()
    return [row[0] for row in rows]


async def _count_on(connection: Connection) -> None:
    for name, column in NUMBERED.items():
        sequence = SEQUENCES.get(name, f"{name}_{column}_seq")
        statement = sql.SQL("select setval({}, (select coalesce(max({}), 0) + 1 from {}), false)")
        await connection.execute(statement.format(sql.Literal(sequence), sql.Identifier(column), sql.Identifier(name)))
