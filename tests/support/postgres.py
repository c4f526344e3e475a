"""Database servers for tests: the embedded one, a real TimescaleDB, and the one that CITYWATCH_TEST_DSN names."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from adapters.timescale.embedded import EmbeddedPostgres
from tests.support.trees import TreeUnavailable, tree

DSN_VARIABLE = "CITYWATCH_TEST_DSN"
KINDS = ("embedded", "timescale", *(("given",) if os.environ.get(DSN_VARIABLE) else ()))
"""Every server that the database tests run on."""

THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "60"}
TIMESCALE = {
    "shared_preload_libraries": "timescaledb",
    "timescaledb.telemetry_level": "off",
    "timescaledb.max_background_workers": "0",
}


@contextmanager
def state_folder() -> Iterator[Path]:
    """Give a new folder and remove it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="cw-test-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def server_of(kind: str, state: Path, settings: Mapping[str, str] = THROWAWAY) -> EmbeddedPostgres:
    """Return a server of that kind, not started. Skips the test when this machine cannot have it, unless CI is set."""
    if kind == "embedded":
        return EmbeddedPostgres(state, settings=settings)
    try:
        binaries = tree("timescale") / "bin"
    except TreeUnavailable as trouble:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(trouble))
    return EmbeddedPostgres(state, binaries=binaries, settings={**settings, **TIMESCALE})


@asynccontextmanager
async def embedded(settings: Mapping[str, str] = THROWAWAY) -> AsyncIterator[EmbeddedPostgres]:
    """Give an embedded server of its own that is not started, and stop it afterwards."""
    with state_folder() as state:
        running = EmbeddedPostgres(state, settings=settings)
        try:
            yield running
        finally:
            await running.stop()


@contextmanager
def server(kind: str) -> Iterator[str]:
    """Run a server of that kind, TimescaleDB in its template1 where it has it, and give its DSN."""
    if kind == "given":
        yield os.environ[DSN_VARIABLE]
        return
    with state_folder() as state:
        running = server_of(kind, state)
        dsn = asyncio.run(running.start())
        try:
            if kind == "timescale":
                with psycopg.connect(dsn, dbname="template1", autocommit=True) as connection:
                    connection.execute("create extension timescaledb")
            yield dsn
        finally:
            asyncio.run(running.stop())


@contextmanager
def database(dsn: str, name: str) -> Iterator[str]:
    """Make a database from template1, give its DSN, and drop it afterwards."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f'drop database if exists "{name}" with (force)')
        connection.execute(f'create database "{name}" strategy wal_log')
    try:
        yield make_conninfo(dsn, dbname=name)
    finally:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(f'drop database if exists "{name}" with (force)')
