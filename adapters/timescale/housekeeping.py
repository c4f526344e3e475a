"""What the tables need from time to time: partitions ahead, old data dropped, closed chunks compressed."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from adapters.timescale.connections import Connection
from adapters.timescale.gaps import RECOVERED
from adapters.timescale.keeping import TABLES, drop_old, forget
from adapters.timescale.rows import instant
from adapters.timescale.timeseries import Flavour, Table
from hub.model import Timestamp

LOCK = 0x6369_7479_6B65_6570
"""The advisory lock under which one hub at a time keeps house ("citykeep")."""
AHEAD, BEHIND = 3, 1
"""Partitions that are there before and after the one of now."""
WORDS = {table: word for word, table in TABLES.items()}
RECOVERING = timedelta(days=1)
"""How long after its end an outage may still be filled by what a device kept meanwhile."""


async def read_tables(connection: Connection, keep: Mapping[str, int]) -> dict[str, Table]:
    """Return the plan of every time-series table, after writing the site's own `keep` (ns) into it."""
    for word, table in TABLES.items():
        if word in keep:
            interval = timedelta(microseconds=keep[word] // 1000)
            await connection.execute(
                "update ts_table set keep = %s where rel = %s and keep is distinct from %s", (interval, table, interval)
            )
    query = "select rel, chunk, keep, compress_after, segment_by from ts_table"
    rows = await (await connection.execute(query)).fetchall()
    return {row[0]: Table(*row) for row in rows}


async def cover_now(connection: Connection, flavour: Flavour, tables: Mapping[str, Table], now: datetime) -> None:
    """Make the partitions around `now`."""
    for table in tables.values():
        times = [now + step * table.chunk for step in range(-BEHIND, AHEAD + 1)]
        await flavour.cover(connection, table, times)


async def keep_house(
    connection: Connection, flavour: Flavour, tables: Mapping[str, Table], now: Timestamp, keep: Mapping[str, int]
) -> None:
    """Do all of it, unless another hub is doing it. Raises psycopg.Error."""
    row = await (await connection.execute("select pg_try_advisory_lock(%s), now()", (LOCK,))).fetchone()
    if row is None or not row[0]:
        return
    here = instant(now)
    # Of two clocks the earlier decides what is old: a clock that runs away must not empty the database.
    sober = min(here, row[1])
    try:
        await cover_now(connection, flavour, tables, here)
        for table in tables.values():
            if table.keep is not None:
                await drop_old(connection, flavour, table, WORDS[table.name], sober - table.keep)
            if table.compress_after is not None:
                await flavour.compress_before(connection, table, sober - table.compress_after)
        await connection.execute(RECOVERED, {"since": sober - RECOVERING})
        await forget(connection, keep, sober)
    finally:
        if not connection.closed:
            await connection.execute("select pg_advisory_unlock(%s)", (LOCK,))
