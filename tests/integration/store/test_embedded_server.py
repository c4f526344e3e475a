"""Promises 2 and 8: the embedded database starts from nothing, survives everything, and leaves nothing behind."""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from adapters.timescale import binaries, postmaster
from adapters.timescale.embedded import EmbeddedPostgres, running_dsn
from hub.model import StorageError
from tests.support.postgres import THROWAWAY, state_folder

pytestmark = pytest.mark.database

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def state() -> Iterator[Path]:
    with state_folder() as folder:
        yield folder


async def query(dsn: str, sql: str) -> object:
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        row = await (await connection.execute(sql)).fetchone()
        return row and row[0]


async def until(condition, *, tries: int = 1500):
    for _ in range(tries):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never became true")


def servers_in(data: Path) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cwd").samefile(data):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


async def test_it_starts_from_nothing_keeps_data_and_leaves_no_process(state: Path):
    said: list[str] = []
    first = EmbeddedPostgres(state)
    dsn = await first.start(said.append)
    assert said == ["making the database", "starting the database"]
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await connection.execute("create table kept as select 42 as n")
    assert running_dsn(state) == dsn
    await first.stop()
    await first.stop()
    assert servers_in(first.data) == []
    assert running_dsn(state) is None
    second = EmbeddedPostgres(state)
    assert await query(await second.start(), "select n from kept") == 42
    await second.stop()


async def test_it_listens_on_a_private_socket_and_on_no_network_and_stands_back_for_the_hub(state: Path):
    server = EmbeddedPostgres(state, settings=THROWAWAY)
    dsn = await server.start()
    assert await query(dsn, "show listen_addresses") == ""
    assert (server.data.stat().st_mode & 0o777, server.home.stat().st_mode & 0o777) == (0o700, 0o700)
    assert await query(dsn, "select count(*) from pg_hba_file_rules where auth_method <> 'peer'") == 0
    assert server.pid is not None
    assert os.getpriority(os.PRIO_PROCESS, server.pid) > os.getpriority(os.PRIO_PROCESS, 0)
    await server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may not run a server")
async def test_root_gives_the_server_to_another_account_and_opens_no_folder_for_it(state: Path):
    assert state.stat().st_mode & 0o077 == 0
    server = EmbeddedPostgres(state, settings=THROWAWAY)
    await server.start()
    assert server.pid is not None
    assert Path(f"/proc/{server.pid}").stat().st_uid == binaries.server_account().uid != 0
    assert state.stat().st_mode & 0o077 == 0
    await server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may not run a server")
async def test_programs_that_the_account_cannot_reach_are_copied_once(state: Path, monkeypatch: pytest.MonkeyPatch):
    package = binaries.find_binaries().parents[1]
    hidden = state / package.name / "pginstall"
    shutil.copytree(package / "pginstall", hidden, symlinks=True)
    shutil.copytree(package.with_name(f"{package.name}.libs"), state / f"{package.name}.libs", symlinks=True)
    with state_folder() as cache:
        cache.chmod(0o755)
        monkeypatch.setattr(binaries, "SHARED_COPY", cache / "citywatch")
        server = EmbeddedPostgres(state, binaries=hidden / "bin", settings=THROWAWAY)
        assert await query(await server.start(), "select 1") == 1
        await server.stop()
        copies = list((cache / "citywatch").iterdir())
        assert binaries.runnable(hidden / "bin", binaries.server_account()).is_relative_to(copies[0])
        assert len(copies) == 1
    assert state.stat().st_mode & 0o077 == 0


async def test_a_server_that_is_killed_is_started_again_and_nothing_committed_is_lost(state: Path):
    server = EmbeddedPostgres(state)
    dsn = await server.start()
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await connection.execute("create table kept as select generate_series(1, 1000)")
    killed = server.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    await until(lambda: server.restarts == 1 and server.pid not in {None, killed})
    await until(lambda: postmaster.is_ready(server.data, server.pid or 0))
    assert await query(dsn, "select count(*) from kept") == 1000
    await server.stop()


async def test_when_the_hub_is_killed_the_server_goes_too_and_the_next_start_recovers(state: Path):
    program = (
        "import asyncio, sys, pathlib\n"
        "from adapters.timescale.embedded import EmbeddedPostgres\n"
        "async def main():\n"
        "    print(await EmbeddedPostgres(pathlib.Path(sys.argv[1])).start(), flush=True)\n"
        "    await asyncio.sleep(600)\n"
        "asyncio.run(main())\n"
    )
    hub = subprocess.Popen([sys.executable, "-c", program, str(state)], stdout=subprocess.PIPE, cwd=ROOT, text=True)
    assert hub.stdout is not None
    dsn = (await asyncio.to_thread(hub.stdout.readline)).strip()
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await connection.execute("create table kept as select generate_series(1, 1000)")
    hub.kill()
    hub.wait()
    hub.stdout.close()
    server = EmbeddedPostgres(state)
    assert await query(await server.start(), "select count(*) from kept") == 1000
    assert {server.pid} <= set(servers_in(server.data))
    await server.stop()
    await until(lambda: servers_in(server.data) == [])


async def test_a_stale_pid_file_that_names_a_living_stranger_does_not_keep_it_from_starting(state: Path):
    server = EmbeddedPostgres(state, settings=THROWAWAY)
    await server.start()
    lock = (server.data / "postmaster.pid").read_text()
    await server.stop()
    stranger = lock.splitlines()
    stranger[0] = str(os.getpid())
    (server.data / "postmaster.pid").write_text("\n".join(stranger))
    (server.data / f"{postmaster.SOCKET}.lock").write_text("\n".join(stranger))
    again = EmbeddedPostgres(state, settings=THROWAWAY)
    assert await query(await again.start(), "select 1") == 1
    await again.stop()


async def test_a_half_made_database_is_made_anew(state: Path):
    half = state / "postgres" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    server = EmbeddedPostgres(state, settings=THROWAWAY)
    assert await query(await server.start(), "select 1") == 1
    await server.stop()


async def test_a_state_folder_far_down_gets_a_short_way_to_its_socket(state: Path):
    deep = state / ("very-long-name-of-a-province" * 3) / ("and-of-its-district" * 3)
    deep.mkdir(parents=True)
    server = EmbeddedPostgres(deep, settings=THROWAWAY)
    dsn = await server.start()
    link = Path(psycopg.conninfo.conninfo_to_dict(dsn)["host"])
    assert link.is_symlink()
    assert link.parent.stat().st_mode & 0o777 == 0o700
    assert await query(dsn, "select 1") == 1
    await server.stop()
    assert not link.parent.exists()


async def test_data_of_another_version_is_refused_with_the_way_out(state: Path):
    server = EmbeddedPostgres(state, settings=THROWAWAY)
    await server.start()
    await server.stop()
    (server.data / "PG_VERSION").write_text("14\n")
    with pytest.raises(StorageError, match=r"was made by PostgreSQL 14.*pg_dump"):
        await EmbeddedPostgres(state).start()


async def test_a_server_that_cannot_start_says_why(state: Path):
    server = EmbeddedPostgres(state, settings={"shared_buffers": "a lot"})
    with pytest.raises(StorageError, match=r"did not start.*shared_buffers"):
        await server.start()
    await server.stop()


async def test_a_folder_named_in_the_environment_without_postgres_is_an_error(state, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(binaries.BINDIR_VARIABLE, str(state))
    with pytest.raises(StorageError, match=r"CITYWATCH_PG_BINDIR=.* holds no `postgres`"):
        await EmbeddedPostgres(state).start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_runs_the_server_as_himself():
    program = (
        "import asyncio, encodings.idna, os, pathlib, pwd, sys, psycopg\n"
        "from adapters.timescale import binaries\n"
        "from adapters.timescale.embedded import EmbeddedPostgres\n"
        "programs = binaries.find_binaries()\n"
        "nobody = pwd.getpwnam('nobody')\n"
        "os.setgroups([]); os.setgid(nobody.pw_gid); os.setuid(nobody.pw_uid)\n"
        "async def main():\n"
        "    server = EmbeddedPostgres(pathlib.Path(sys.argv[1]), binaries=programs)\n"
        "    async with await psycopg.AsyncConnection.connect(await server.start()) as connection:\n"
        "        await connection.execute('select 1')\n"
        "    assert os.stat(f'/proc/{server.pid}').st_uid == os.stat(server.data).st_uid == nobody.pw_uid\n"
        "    await server.stop()\n"
        "asyncio.run(main())\n"
    )
    with state_folder() as folder:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        done = subprocess.run(
            [sys.executable, "-c", program, str(folder)], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


async def test_when_hub_and_server_are_killed_at_once_the_next_start_waits_for_the_orphans(state: Path):
    server = EmbeddedPostgres(state)
    dsn = await server.start()
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await connection.execute("create table kept as select 1 as n")
        # Backends that cannot notice yet that their server is gone: they hold its shared memory.
        orphans = [pid for pid in servers_in(server.data) if pid != server.pid]
        for pid in orphans:
            os.kill(pid, signal.SIGSTOP)
        assert server._keeper is not None
        server._keeper.cancel()
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        await until(lambda: server.pid is None)
        again = EmbeddedPostgres(state)
        starting = asyncio.create_task(again.start())
        await until(lambda: "still in use" in (server.home / "server.log").read_text() or starting.done())
        assert not starting.done()
        for pid in orphans:
            os.kill(pid, signal.SIGCONT)
        assert await query(await starting, "select n from kept") == 1
    await again.stop()
