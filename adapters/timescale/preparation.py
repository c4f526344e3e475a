"""What must be true of a database before the first row: tables, names, partitions. Done once, whoever comes first."""

import asyncio

from psycopg.errors import UndefinedTable

from adapters.outbound import Away, answering
from adapters.timescale.connections import Connection, away_on_error
from adapters.timescale.housekeeping import cover_now, read_tables
from adapters.timescale.migrate import migrate, newest
from adapters.timescale.names import write_names
from adapters.timescale.rows import instant
from adapters.timescale.timeseries import Flavour, Table
from hub.model import Clock, Site, StorageError


class Preparation:
    """The preparing of one database for one site."""

    def __init__(self, site: Site, clock: Clock) -> None:
        self._site = site
        self._clock = clock
        self._lock = asyncio.Lock()
        self._done: tuple[Flavour, dict[str, Table]] | None = None

    async def done(self, connection: Connection) -> tuple[Flavour, dict[str, Table]]:
        """Prepare if nobody has yet; return what kind of database it is, and its time-series tables. Raises Away.

        A database that was replaced meanwhile, by an empty one or by a backup from before, is prepared anew.
        """
        async with self._lock:
            if self._done is None or not await _is_up_to_date(connection):
                self._done = await self._prepare(connection)
            return self._done

    async def _prepare(self, connection: Connection) -> tuple[Flavour, dict[str, Table]]:
        try:
            flavour = await migrate(connection)
        except Away:
            raise
        except StorageError as refusal:
            # Only a person can help; meanwhile the spool keeps everything and the chain goes on asking.
            raise Away(str(refusal)) from refusal
        with away_on_error():
            await write_names(connection, self._site)
            tables = await read_tables(connection, self._site.store.keep)
            await cover_now(connection, flavour, tables, instant(self._clock.now()))
        return flavour, tables


async def _is_up_to_date(connection: Connection) -> bool:
    with away_on_error():
        async with answering():
            try:
                row = await (await connection.execute("select max(version) from schema_migration")).fetchone()
            except UndefinedTable:
                return False
    return row is not None and row[0] == newest()
