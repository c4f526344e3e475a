"""A database that is there and not there: it swallows, it has no room, it is another one than before."""

import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from adapters import outbound
from adapters.timescale.binaries import server_account
from adapters.timescale.migrate import migrate, newest, shipped
from tests.integration.store.harness import NOW, reading, running, until
from tests.support import postgres
from tests.support.relay import Relay

pytestmark = pytest.mark.database


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    monkeypatch.setattr(outbound, "LONGEST_SEND_S", 1.0)
    monkeypatch.setattr(outbound, "LONGEST_DELAY_S", 0.5)
    async with postgres.embedded() as made:
        yield await made.start()


@pytest.fixture
async def relay(server: str) -> AsyncIterator[Relay]:
    with tempfile.TemporaryDirectory(prefix="cw-") as folder:
        made = await Relay(Path(folder), str(conninfo_to_dict(server)["host"])).start()
        yield made
        await made.stop()


def numbered(first: int, count: int) -> list:
    return [reading(float(n), NOW + n * 1000) for n in range(first, first + count)]


async def each_once(store, count: int) -> None:
    query = "select count(*), count(distinct value), min(value), max(value) from reading"
    assert await store.rows(query) == [(count, count, 0.0, count - 1.0)]
    spool = store.spool
    assert spool.found + spool.taken == spool.released + spool.in_flight
    assert spool.released == store.adapter.rows.total() + spool.stored_before


async def test_a_database_that_swallows_is_left_for_another_connection_and_nothing_is_lost_or_doubled(
    tmp_path: Path, server: str, relay: Relay
) -> None:
    async with running(tmp_path, relay.url) as store:
        await store.spool_readings(numbered(0, 100))
        await store.stored()
        relay.mode = "swallow"
        await store.spool_readings(numbered(100, 100))
        await until(lambda: not store.adapter.connected)
        assert "no answer within 1 s" in str(store.adapter.trouble)
        relay.mode = "pass"
        await store.spool_readings(numbered(200, 100))
        await store.stored()
        await until(lambda: not store.spool.in_flight)
        store.dsn = server
        await each_once(store, 300)


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of 24 MB that belongs to the server; only root may mount one."""
    account = server_account()
    with tempfile.TemporaryDirectory(prefix="cw-") as folder:
        os.chmod(folder, 0o755)
        place = Path(folder, "small")
        place.mkdir()
        owner = f"size=24m,mode=700,uid={account.uid},gid={account.gid}"
        command = ["mount", "-t", "tmpfs", "-o", owner, "tmpfs", str(place)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            if os.environ.get("CI") and os.geteuid() == 0:
                pytest.fail(f"CI cannot mount a small file system: {done.stderr}")
            pytest.skip(f"a small file system cannot be mounted here: {done.stderr.strip()}")
        try:
            yield place
        finally:
            subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place: Path) -> Path:
    """Take every byte that is left."""
    path = place / "ballast"
    with path.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(1 << 12)):
                pass
        except OSError:
            pass
    return path


async def test_a_database_without_room_keeps_everything_in_the_spool_says_so_and_goes_on_by_itself(
    tmp_path: Path, server: str, small_disk: Path
) -> None:
    async with running(tmp_path, server) as store:
        await store.spool_readings(numbered(0, 10))
        await store.stored()
        await store.do(f"create tablespace small location '{small_disk}'")
        (part,) = (await store.rows("select tableoid::regclass::text from reading limit 1"))[0]
        await store.do(f"alter table {part} set tablespace small")
        ballast = fill(small_disk)
        await store.spool_readings(numbered(10, 3000))
        await until(lambda: not store.adapter.connected)
        assert "No space left on device" in str(store.adapter.trouble)
        assert store.spool.held.records >= 3000
        ballast.unlink()
        await store.stored()
        await until(lambda: not store.spool.in_flight)
        await each_once(store, 3010)


async def replace(server: str, migrations: int) -> None:
    """Put another database in the place of the one there was: made by an older version, and empty."""
    async with await psycopg.AsyncConnection.connect(server, dbname="postgres", autocommit=True) as connection:
        await connection.execute("drop database citywatch with (force)")
        await connection.execute("create database citywatch")
    async with await psycopg.AsyncConnection.connect(server, autocommit=True) as connection:
        if migrations:
            await migrate(connection, shipped()[:migrations])


@pytest.mark.parametrize("migrations", [0, 3], ids=["empty", "older"])
async def test_a_database_that_was_replaced_is_brought_up_and_gets_all_that_it_may(
    tmp_path: Path, server: str, relay: Relay, migrations: int
) -> None:
    async with running(tmp_path, relay.url) as store:
        await store.spool_readings(numbered(0, 10))
        await store.stored()
        await relay.stop()
        await replace(server, migrations)
        await store.spool_readings(numbered(10, 10))
        await relay.start()
        await store.stored()
        store.dsn = server
        assert await store.rows("select min(value), count(*) from reading") == [(10.0, 10)]
        assert await store.one("select max(version) from schema_migration") == newest()


async def test_a_database_of_a_newer_version_is_told_in_words_and_the_spool_waits(
    tmp_path: Path, server: str, relay: Relay
) -> None:
    async with running(tmp_path, relay.url) as store:
        await store.spool_readings(numbered(0, 10))
        await store.stored()
        store.dsn = server
        await relay.stop()
        ahead = "insert into schema_migration (version, name, sha256, flavour) values (9999, 'later', '', '')"
        await store.do(ahead)
        await store.spool_readings(numbered(10, 10))
        await relay.start()
        await until(lambda: "newer Citywatch" in str(store.adapter.trouble))
        assert "upgrade Citywatch" in str(store.adapter.trouble)
        assert store.spool.held.records == 10
        await store.do("delete from schema_migration where version = 9999")
        await store.stored()
        await until(lambda: not store.spool.in_flight)
        await each_once(store, 20)
