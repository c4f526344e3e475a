"""What a database says of itself, for people: which it is, which migrations it has, how full its tables are."""

from msgspec import Struct

from adapters.timescale.connections import away_on_error, opened
from adapters.timescale.migrate import Applied, status

FACTS = """
select current_setting('server_version'), current_setting('timescaledb.license', true),
       (select extversion from pg_extension where extname = 'timescaledb'), pg_database_size(current_database())
"""
COUNTS = """
select (select count(*) from dead_letter),
       (select coalesce(extract(epoch from max(updated_at)), 0)::int8 from ingest_cursor)
"""


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

    @property
    def missing(self) -> list[Applied]:
        """Migrations that this version has and the database has not."""
        return [migration for migration in self.migrations if migration.at is None]


async def report(dsn: str) -> Report:
    """Ask a database. Raises Away."""
    with away_on_error():
        async with opened(dsn) as connection:
            row = await (await connection.execute(FACTS)).fetchone()
            assert row is not None
            version, licence, extension, size = row
            migrations = await status(connection)
            found = Report(version, extension, licence, size, migrations)
            if found.missing:
                return found
            counts = await (await connection.execute(COUNTS)).fetchone()
            return Report(version, extension, licence, size, migrations, *(counts or ()))
