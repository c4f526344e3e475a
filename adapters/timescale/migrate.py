"""Brings a database's tables to what this version needs: numbered SQL files, each applied once, in order, whole.

The only templating is `{{timeseries TABLE chunk='…' keep='…' …}}` after the columns of a time-series table.
"""

import hashlib
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache
from importlib.resources import files

import psycopg
from msgspec import Struct

from adapters.outbound import Away
from adapters.timescale.connections import Connection, say
from adapters.timescale.timeseries import Flavour, detect
from hub.model import StorageError

LOCK = 0x6369_7479_7761_7463
"""The advisory lock under which one hub at a time migrates ("citywatc")."""
NAME = re.compile(r"(\d{4})_(\w+)\.sql\Z")
TEMPLATE = re.compile(r"\{\{timeseries (\w+)((?:\s+\w+=(?:'[^']*'|\w+))*)\s*\}\}")
OPTION = re.compile(r"(\w+)=('[^']*'|\w+)")
LEDGER = """
create table if not exists schema_migration (
  version int4 primary key, name text not null, sha256 text not null, flavour text not null,
  applied_at timestamptz not null default now())
"""


class Migration(Struct, frozen=True):
    """One file: its number, its name, its text."""

    version: int
    name: str
    text: str

    @property
    def sha256(self) -> str:
        """The checksum of the text, hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()


class Applied(Struct, frozen=True):
    """A migration that a database has, or lacks (`at` None)."""

    version: int
    name: str
    at: datetime | None


def shipped() -> list[Migration]:
    """Return this version's migrations, in order."""
    found = []
    for entry in (files(__package__) / "migrations").iterdir():
        match = NAME.match(entry.name)
        if match:
            found.append(Migration(int(match[1]), match[2], entry.read_text(encoding="utf-8")))
    return sorted(found, key=lambda migration: migration.version)


@cache
def newest() -> int:
    """Return the number of this version's last migration."""
    return max((migration.version for migration in shipped()), default=0)


async def migrate(
    connection: Connection, migrations: list[Migration] | None = None, tell: Callable[[str], None] = lambda _what: None
) -> Flavour:
    """Apply what is missing; return what kind of database it is.

    Raises StorageError when the database is newer than this version or a file was changed, Away when it is away.
    """
    wanted = shipped() if migrations is None else migrations
    try:
        flavour = await detect(connection)
        async with _alone(connection):
            await connection.execute(LEDGER)
            for migration in missing(await _ledger(connection), wanted):
                tell(f"{migration.version:04} {migration.name}")
                await _apply(connection, migration, flavour)
        return flavour
    except psycopg.Error as trouble:
        raise Away(f"tables cannot be made: {say(trouble)}") from trouble


async def status(connection: Connection) -> list[Applied]:
    """Return every migration that is applied or shipped, in order. Raises psycopg.Error."""
    known = await (await connection.execute("select to_regclass('schema_migration')")).fetchone()
    ledger = await _ledger(connection) if known and known[0] else {}
    names = {m.version: m.name for m in shipped()} | {version: row[0] for version, row in ledger.items()}
    return [Applied(v, names[v], ledger[v][2] if v in ledger else None) for v in sorted(names)]


def missing(ledger: dict[int, tuple[str, str, datetime]], wanted: list[Migration]) -> list[Migration]:
    """Return the migrations that the ledger lacks. Raises StorageError when they do not belong together."""
    newest = max((migration.version for migration in wanted), default=0)
    if ledger and max(ledger) > newest:
        raise StorageError(
            f"the database was made by a newer Citywatch (migration {max(ledger)}, this version knows {newest}): "
            "upgrade Citywatch, or restore a backup from before"
        )
    for migration in wanted:
        if migration.version in ledger and ledger[migration.version][1] != migration.sha256:
            raise StorageError(
                f"migration {migration.version:04}_{migration.name} is not the one that was applied to this database: "
                "this copy of Citywatch has been changed; install an unchanged one"
            )
    return [migration for migration in wanted if migration.version not in ledger]


def expand(text: str, flavour: Flavour) -> str:
    """Return a migration's text as that database needs it."""

    def clause(match: re.Match[str]) -> str:
        table = match[1]
        options = dict(OPTION.findall(match[2]))
        values = [options.get(name, "null") for name in ("chunk", "keep", "compress_after")]
        segment = f"'{options['segment_by']}'" if "segment_by" in options else "null"
        plan = f"insert into ts_table values ('{table}', {', '.join(values)}, {segment})"
        return f"{flavour.clause(table, options)}; {plan}"

    return TEMPLATE.sub(clause, text)


async def _apply(connection: Connection, migration: Migration, flavour: Flavour) -> None:
    async with connection.transaction():
        await connection.execute(expand(migration.text, flavour).encode())
        row = (migration.version, migration.name, migration.sha256, flavour.name)
        statement = "insert into schema_migration (version, name, sha256, flavour) values (%s, %s, %s, %s)"
        await connection.execute(statement, row)


async def _ledger(connection: Connection) -> dict[int, tuple[str, str, datetime]]:
    rows = await connection.execute("select version, name, sha256, applied_at from schema_migration")
    return {version: (name, sha256, at) for version, name, sha256, at in await rows.fetchall()}


@asynccontextmanager
async def _alone(connection: Connection) -> AsyncIterator[None]:
    await connection.execute("select pg_advisory_lock(%s)", (LOCK,))
    try:
        yield
    finally:
        if not connection.closed:
            await connection.execute("select pg_advisory_unlock(%s)", (LOCK,))
