"""One server of each kind for the whole session, one database for each test module."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest

from tests.support import postgres


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[str, str]]:
    """The servers started so far: kind → DSN; all stopped at the end."""
    with ExitStack() as stack:
        running: dict[str, str] = {}

        class Servers(dict[str, str]):
            def __missing__(self, kind: str) -> str:
                self[kind] = stack.enter_context(postgres.server(kind))
                return self[kind]

        yield Servers(running)


@pytest.fixture(scope="module", params=postgres.KINDS)
def database(request: pytest.FixtureRequest, servers: dict[str, str]) -> Iterator[str]:
    """The DSN of an empty database on each kind of server."""
    name = f"{request.module.__name__.rpartition('.')[2]}_{os.getpid()}"
    with postgres.database(servers[request.param], name) as dsn:
        yield dsn


@pytest.fixture
def empty(database: str) -> str:
    """The DSN of a database without tables."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("drop schema public cascade")
        connection.execute("create schema public")
        if connection.execute("show shared_preload_libraries").fetchone() == ("timescaledb",):
            connection.execute("create extension if not exists timescaledb")
    return database
