"""Connections to the database: how one is opened, what its errors mean, and a few kept warm for queries."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import psycopg
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow

from adapters.outbound import Away, answering

Connection = AsyncConnection[TupleRow]

CONNECT_S = 5
BUSY_S = 10.0
STATEMENT_MS = 30_000
QUERY_S, WORK_S = 40.0, 3600.0
"""How long a borrowed connection may be silent: for a query, which the server itself ends before, and for long work."""
KEEPALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 30_000}
"""A peer that vanished without a word is noticed within a minute (libpq, 32.1.2)."""

DATA_CLASSES = ("22", "23")
"""SQLSTATE classes (manual, appendix A) that say a row is wrong; every other error may pass by itself."""
NO_PARTITION = "23514"
"""Plain PostgreSQL, no partition for a row (check_violation); a CHECK of ours would have a constraint name."""


async def connect(dsn: str, *, statement_ms: int = 0) -> Connection:
    """Open a connection in autocommit, in UTC. Raises Away."""
    if not dsn:  # libpq would look for a server of its own choice
        raise Away("the database is not known yet")
    options = f"-c timezone=UTC -c statement_timeout={statement_ms} -c idle_in_transaction_session_timeout=60000"
    try:
        return await AsyncConnection.connect(
            make_conninfo(dsn, **KEEPALIVE), autocommit=True, connect_timeout=CONNECT_S, options=options,
            application_name="citywatch",
        )  # fmt: skip
    except psycopg.Error as trouble:
        raise Away(say(trouble)) from trouble


@asynccontextmanager
async def opened(dsn: str) -> AsyncIterator[Connection]:
    """Give a connection and close it afterwards, whatever happens inside. Raises Away."""
    connection = await connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


def veiled(dsn: str) -> str:
    """Return an address as it may be shown: with `***` for its password."""
    parts = conninfo_to_dict(dsn)
    return make_conninfo("", **{**parts, "password": "***"}) if "password" in parts else dsn


def say(trouble: psycopg.Error) -> str:
    """Return what a person needs of a database error, in one line."""
    text = trouble.diag.message_primary or str(trouble)
    line = " ".join(text.split())
    return f"{line} ({trouble.sqlstate})" if trouble.sqlstate else line


@contextmanager
def away_on_error() -> Iterator[None]:
    """Raise Away for any error of the database inside."""
    try:
        yield
    except psycopg.Error as trouble:
        raise Away(say(trouble)) from trouble


def is_about_a_row(trouble: psycopg.Error) -> bool:
    """Tell whether the data are to blame, so that trying the same again cannot help."""
    return (trouble.sqlstate or "")[:2] in DATA_CLASSES


def lacks_partition(trouble: psycopg.Error) -> bool:
    """Tell whether a row found no partition."""
    return trouble.sqlstate == NO_PARTITION and trouble.diag.constraint_name is None


class Connections:
    """At most `size` connections for queries, opened when needed and kept."""

    def __init__(self, size: int = 4) -> None:
        self.dsn = ""
        self._idle: list[Connection] = []
        self._free = asyncio.Semaphore(size)

    @asynccontextmanager
    async def borrow(self, seconds: float = QUERY_S) -> AsyncIterator[Connection]:
        """Lend a connection for so long. Raises Away while the database is, when all are busy for 10 s, and for failed
        queries.
        """
        try:
            await asyncio.wait_for(self._free.acquire(), BUSY_S)
        except TimeoutError:
            raise Away("every connection to the database is busy") from None
        connection = None
        try:
            async with answering(seconds):
                with away_on_error():
                    connection = await self._take()
                    yield connection
        finally:
            await self._give_back(connection)
            self._free.release()

    async def close(self) -> None:
        """Close those that are idle; a borrowed one is closed when it comes back broken."""
        while self._idle:
            await self._idle.pop().close()

    async def _take(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if await _answers(connection):
                return connection
        return await connect(self.dsn, statement_ms=STATEMENT_MS)

    async def _give_back(self, connection: Connection | None) -> None:
        if connection is None:
            return
        idle = connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        if idle and not connection.closed:
            self._idle.append(connection)
        else:
            await connection.close()


async def _answers(connection: Connection) -> bool:
    # A server that was restarted leaves connections that only look alive.
    alive = False
    try:
        await connection.execute("select 1")
        alive = True
    except psycopg.Error:
        return False
    finally:
        if not alive:
            await connection.close()
    return True
