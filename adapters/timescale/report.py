"""What a database says of itself, for people: which it is, how full, how far behind, what is missing, what is next."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from adapters.timescale.connections import Connection, away_on_error, opened
from adapters.timescale.housekeeping import read_tables
from adapters.timescale.keeping import Hold, holds, keep_of
from adapters.timescale.migrate import Applied, status
from adapters.timescale.rows import instant
from adapters.timescale.timeseries import Flavour, Piece, Table, detect
from hub.model import Timestamp

FACTS = """
select current_setting('server_version'), current_setting('timescaledb.license', true),
       (select extversion from pg_extension where extname = 'timescaledb'), pg_database_size(current_database())
"""
COUNTS = """
select (select count(*) from dead_letter),
       (select coalesce(extract(epoch from max(updated_at)), 0)::int8 from ingest_cursor)
"""
PLATES = "select min(time) from passage where coalesce(plate_read, listed, picture) is not null"
ROLLED_UP = "select min(t_from) from rollup_due where t_to < now() - interval '2 hours'"
GAPS = """
select cause, count(*) filter (where t_to is null),
       count(*) filter (where coalesce(t_to, now()) > now() - interval '1 day')
from gap group by 1 order by 1
"""
JOBS = "select name, every, ran_at, seconds from job order by ran_at + every"
RAN = """
insert into job (name, every, ran_at, seconds) values (%s, %s, %s, %s)
on conflict (name) do update set every = excluded.every, ran_at = excluded.ran_at, seconds = excluded.seconds
"""


class TableState(Struct, frozen=True):
    """How much a time-series table holds: bytes, and the time from the first to the last partition with rows."""

    name: str
    bytes: int
    oldest: datetime | None
    newest: datetime | None
    keep: timedelta | None


class GapState(Struct, frozen=True):
    """Outages of one cause: how many last, and how many fell into the last day."""

    cause: str
    lasting: int
    last_day: int


class Job(Struct, frozen=True):
    """Something the hub does by its calendar, and when it did it last."""

    name: str
    every: timedelta
    ran_at: datetime
    seconds: float

    @property
    def next_at(self) -> datetime:
        """When it is due again."""
        return self.ran_at + self.every


class Waiting(Struct, frozen=True):
    """What is durable in a spool and not yet in the database."""

    batches: int
    records: int
    bytes: int


class Kept(Struct, frozen=True):
    """The pictures that are kept with alarms, beside the database."""

    pictures: int
    bytes: int
    oldest: Timestamp | None


class Report(Struct, frozen=True):
    """The state of a database."""

    version: str
    timescaledb: str | None
    licence: str | None
    bytes: int
    migrations: list[Applied]
    dead_letters: int = 0
    last_stored: int = 0
    """Seconds since 1970 when a source was last stored; 0: never."""
    tables: list[TableState] = []
    gaps: list[GapState] = []
    jobs: list[Job] = []
    holds: list[Hold] = []
    rolled_up_to: datetime | None = None
    """Since when readings wait to be rolled up, when they do for more than two hours."""
    plates_since: datetime | None = None
    """The oldest passage whose plate is still kept."""
    plates_keep: timedelta | None = None
    """How long the site keeps plates."""
    waiting: Waiting | None = None
    """None: no spool was looked at."""
    pictures: Kept | None = None
    """None: no pictures were looked for."""

    @property
    def missing(self) -> list[Applied]:
        """Migrations that this version has and the database has not."""
        return [migration for migration in self.migrations if migration.at is None]


async def report(dsn: str, keep: Mapping[str, int] | None = None) -> Report:
    """Ask a database; `keep` is what the site says of its classes. Raises Away."""
    with away_on_error():
        async with opened(dsn) as connection:
            row = await (await connection.execute(FACTS)).fetchone()
            assert row is not None
            version, licence, extension, size = row
            migrations = await status(connection)
            found = Report(version, extension, licence, size, migrations)
            if found.missing:
                return found
            counts = await (await connection.execute(COUNTS)).fetchone() or (0, 0)
            waiting = await (await connection.execute(ROLLED_UP)).fetchone()
            plates = await (await connection.execute(PLATES)).fetchone()
            return Report(
                version, extension, licence, size, migrations, dead_letters=counts[0], last_stored=counts[1],
                tables=await _tables(connection),
                gaps=[GapState(*r) for r in await (await connection.execute(GAPS)).fetchall()],
                jobs=[Job(*r) for r in await (await connection.execute(JOBS)).fetchall()],
                holds=await holds(connection), rolled_up_to=waiting[0] if waiting else None,
                plates_since=plates[0] if plates else None, plates_keep=keep_of("plates", keep or {}),
            )  # fmt: skip


async def note_run(connection: Connection, name: str, every: float, at: Timestamp, seconds: float) -> None:
    """Write down that a job ran. Raises psycopg.Error."""
    await connection.execute(RAN, (name, timedelta(seconds=every), instant(at), seconds))


async def _tables(connection: Connection) -> list[TableState]:
    flavour = await detect(connection)
    row = await (await connection.execute("select now()")).fetchone()
    assert row is not None
    tables = await read_tables(connection, {})
    return [await _table(connection, flavour, table, row[0]) for _, table in sorted(tables.items())]


async def _table(connection: Connection, flavour: Flavour, table: Table, now: datetime) -> TableState:
    pieces = await flavour.pieces(connection, table)
    first = await _with_rows(connection, pieces)
    last = await _with_rows(connection, pieces[::-1])
    size = await flavour.size(connection, table)
    oldest = first.start if first else None
    newest = min(last.end, now) if last else None
    return TableState(table.name, size, oldest, newest, table.keep)


async def _with_rows(connection: Connection, pieces: Sequence[Piece]) -> Piece | None:
    for piece in pieces:
        query = f"select exists (select from {piece.name})".encode()
        row = await (await connection.execute(query)).fetchone()
        if row and row[0]:
            return piece
    return None
