"""A database as one file, by PostgreSQL's own `pg_dump` and `pg_restore`; passwords go through the environment."""

import asyncio
import os
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from adapters.timescale.binaries import find_binaries
from adapters.timescale.connections import Connection, away_on_error, opened
from adapters.timescale.timeseries import Timescale, detect
from hub.model import StorageError

CURSORS = "select source_id::text, last_seq from ingest_cursor"
FOLLOW = "insert into ingest_cursor (source_id, last_seq) values (%s, %s)"


async def dump(dsn: str, file: Path) -> None:
    """Write the database into a file, as of one moment. Raises StorageError."""
    await _run("pg_dump", dsn, "--format=custom", "--compress=1", f"--file={file}")


async def fill(dsn: str, file: Path) -> dict[str, int]:
    """Fill an empty database from a file; return how far each source was stored. Raises StorageError."""
    with away_on_error():
        async with opened(dsn) as connection:
            flavour = await detect(connection)
            await _must_be_empty(connection)
            hyper = isinstance(flavour, Timescale)
            # TimescaleDB manual, "Logical backup": its own tables are only writable between these two.
            if hyper:
                await connection.execute("select timescaledb_pre_restore()")
            try:
                await _run("pg_restore", dsn, "--no-owner", "--no-privileges", "--exit-on-error", str(file))
            finally:
                if hyper:
                    await connection.execute("select timescaledb_post_restore()")
            return dict(await (await connection.execute(CURSORS)).fetchall())


async def follow(dsn: str, source: str, seq: int) -> None:
    """Say that a source of a new name is stored up to `seq`. Raises Away."""
    with away_on_error():
        async with opened(dsn) as connection:
            await connection.execute(FOLLOW, (source, seq))


async def _must_be_empty(connection: Connection) -> None:
    row = await (await connection.execute("select to_regclass('schema_migration') is not null")).fetchone()
    if row and row[0]:
        raise StorageError("the database to restore into has tables already: name an empty one")


async def _run(program: str, dsn: str, *options: str) -> None:
    parts = conninfo_to_dict(dsn)
    secret = parts.pop("password", None)
    environment = {**os.environ, **({} if secret is None else {"PGPASSWORD": str(secret)})}
    target = make_conninfo("", **parts)
    command = [str(find_binaries() / program), f"--dbname={target}", *options]
    process = await asyncio.create_subprocess_exec(*command, env=environment, stderr=asyncio.subprocess.PIPE)
    _, said = await process.communicate()
    if process.returncode:
        raise StorageError(f"{program} failed: {said.decode(errors='replace').strip()[-500:]}")
