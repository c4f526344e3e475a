"""One server of each kind for the whole session, one database for each test."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count

import pytest

from tests.support import postgres

NUMBER = count()


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


@pytest.fixture(params=postgres.KINDS)
def empty(request: pytest.FixtureRequest, servers: dict[str, str]) -> Iterator[str]:
    """The DSN of a new database on each kind of server."""
    with postgres.database(servers[request.param], f"test_{os.getpid()}_{next(NUMBER)}") as dsn:
        yield dsn


@pytest.fixture
def counterpart(request: pytest.FixtureRequest, empty: str, servers: dict[str, str]) -> Iterator[str]:
    """The DSN of a new database on the other kind of server than `empty` is on."""
    kind = "embedded" if request.node.callspec.params["empty"] == "timescale" else "timescale"
    with postgres.database(servers[kind], f"test_{os.getpid()}_{next(NUMBER)}") as dsn:
        yield dsn


@pytest.fixture
def counterpart_of_same_kind(request: pytest.FixtureRequest, empty: str, servers: dict[str, str]) -> Iterator[str]:
    """The DSN of another new database on the same server as `empty`."""
    kind = request.node.callspec.params["empty"]
    with postgres.database(servers[kind], f"test_{os.getpid()}_{next(NUMBER)}") as dsn:
        yield dsn
