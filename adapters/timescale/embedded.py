"""The embedded database: PostgreSQL's own programs, started, watched and stopped by the hub, reachable by nobody else.

Everything lies in `postgres/` of the state folder: `data` (with the Unix socket, mode 0700, no network), `server.log`,
and `dsn` while the server runs. Restarted when it dies, gone when the hub dies, recovered at the next start.
"""

import asyncio
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import psycopg
import structlog
from psycopg.conninfo import make_conninfo

from adapters.timescale import binaries as programs
from adapters.timescale import postmaster
from adapters.timescale.connections import away_on_error
from adapters.timescale.settings import server_settings
from hub.model import StorageError

log = structlog.get_logger(__name__)

Progress = Callable[[str], None]

USER = DATABASE = "citywatch"
LONGEST_SOCKET_PATH = 107
"""unix(7): sun_path holds 108 bytes with the closing zero."""
LOG_LIMIT = 8 << 20
PREVIOUS_SERVER_S = 60.0
STOP_S = 12.0
RESTART_DELAYS = (0.1, 0.5, 2.0, 5.0)
POLL_S = 0.02
SAY_EVERY_S = 5
STILL_IN_USE = "is still in use"
"""What the server says of the shared memory of one before it (sysv_shmem.c) whose backends have not all ended."""
WATCH_S = 0.2


class EmbeddedPostgres:
    """A PostgreSQL server in a state folder. Start and stop it from the main thread, inside a running event loop."""

    def __init__(self, state: Path, *, binaries: Path | None = None, settings: Mapping[str, str] | None = None) -> None:
        self.home = state.resolve() / "postgres"
        self.data = self.home / "data"
        self.restarts = 0
        self.dsn = ""
        self._binaries = binaries
        self._settings = dict(settings or {})
        self._account: programs.Account | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    async def start(self, progress: Progress | None = None) -> str:
        """Start the server, made first if there is none; return its DSN. Raises StorageError with what to do."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError(
                "the embedded database dies with the thread that starts it: start it from the main thread"
            )
        say = progress or (lambda _: None)
        account = self._account = programs.server_account()
        self._binaries = programs.runnable(self._binaries or programs.find_binaries(), account)
        version = programs.major_version(self._binaries)
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (self.data / "PG_VERSION").exists():
            say("making the database")
            await self._create(account, version)
        self._check(account, version)
        await self._outlive_previous(say)
        self._settings = server_settings(version) | self._settings
        await self._launch_after_orphans(say)
        self.dsn = self._address()
        await self._create_database()
        self._keeper = asyncio.create_task(self._keep(), name="embedded-postgres")
        return self.dsn

    async def stop(self) -> None:
        """Stop the server, within about 15 s in any case; safe to call twice."""
        if self._keeper is not None:
            self._keeper.cancel()
            self._keeper = None
        process, self._process = self._process, None
        if process is not None:
            await _end(process)
        self._forget_address()

    async def _create(self, account: programs.Account, version: int) -> None:
        assert self._binaries is not None
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        os.chown(fresh, account.uid, account.gid)
        locale = ["--locale=C"]
        if version >= 17:
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        options = ["-D", postmaster.HERE, "-U", USER, "--encoding=UTF8", "--data-checksums", "--no-instructions"]
        command = [str(self._binaries / "initdb"), *options, "--auth=peer", *locale]
        output = self.home / "initdb.log"
        with output.open("wb") as log_file:
            process = postmaster.spawn(command, account, fresh, log_file)
            await _exit_of(process)
        if process.returncode:
            raise StorageError(f"the database could not be made: {_last_lines(output)}")
        output.unlink()
        fresh.replace(self.data)

    def _check(self, account: programs.Account, version: int) -> None:
        made_by = int((self.data / "PG_VERSION").read_text().split(".")[0])
        if made_by != version:
            raise StorageError(
                f"{self.data} was made by PostgreSQL {made_by}, and the programs here are {version}: set "
                f"{programs.BINDIR_VARIABLE} to those of {made_by}, dump with pg_dump, move the folder away, restore"
            )
        if self.data.stat().st_uid != account.uid:
            raise StorageError(
                f"{self.data} belongs to another user than {account.name}, who runs the database now: "
                f"`chown -R {account.name} {self.data}`"
            )
        # Peer authentication (manual 20.9): whoever runs the hub, and root, may come in as the hub; nobody else.
        users = {account.name, programs.name_of(os.geteuid()), "root"}
        rules = "".join(f"hub {name} {USER}\n" for name in sorted(users))
        (self.data / "pg_hba.conf").write_text(f"local all {USER} peer map=hub\n")
        (self.data / "pg_ident.conf").write_text(rules)

    async def _outlive_previous(self, say: Progress) -> None:
        waited = 0.0
        while (pid := postmaster.living(self.data)) is not None:
            if waited == 0.0:
                say("waiting for the database's last run to end")
            if waited > PREVIOUS_SERVER_S:
                raise StorageError(
                    f"process {pid} still serves {self.data}: is another hub running on this state folder?"
                )
            await asyncio.sleep(POLL_S)
            waited += POLL_S
        postmaster.forget_dead_server(self.data)
        self._forget_address()

    async def _launch(self, say: Progress) -> None:
        assert self._binaries is not None
        assert self._account is not None
        settings = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        command = [str(self._binaries / "postgres"), "-D", postmaster.HERE, "-k", postmaster.HERE, *settings]
        output = self._log_file()
        say("starting the database")
        with output.open("ab") as log_file:
            process = self._process = postmaster.spawn(command, self._account, self.data, log_file)
        waited = 0.0
        while not postmaster.is_ready(self.data, process.pid):
            if process.poll() is not None:
                raise StorageError(f"the database did not start: {_last_lines(output)} (see {output})")
            await asyncio.sleep(POLL_S)
            waited += POLL_S
            if int(waited) // SAY_EVERY_S > int(waited - POLL_S) // SAY_EVERY_S:
                say("the database is recovering from an unclean stop")

    async def _launch_after_orphans(self, say: Progress) -> None:
        """Launch; backends of a server that was killed may still be ending, and the new one waits for them."""
        for delay in RESTART_DELAYS:
            try:
                return await self._launch(say)
            except StorageError as trouble:
                if STILL_IN_USE not in str(trouble):
                    raise
                await asyncio.sleep(delay)
        return await self._launch(say)

    async def _keep(self) -> None:
        tries = 0
        while True:
            process = self._process
            if process is not None and process.poll() is None:
                await asyncio.sleep(WATCH_S)
                continue
            self.restarts += 1
            log.warning("the embedded database ended; starting it again", restarts=self.restarts)
            await asyncio.sleep(RESTART_DELAYS[min(tries, len(RESTART_DELAYS) - 1)])
            tries = 0 if await self._launched_again() else tries + 1

    async def _launched_again(self) -> bool:
        try:
            postmaster.forget_dead_server(self.data)
            await self._launch(lambda _: None)
        except StorageError as trouble:
            log.error("the embedded database does not start", reason=str(trouble))
            return False
        return True

    async def _create_database(self) -> None:
        with away_on_error():
            async with await psycopg.AsyncConnection.connect(
                self.dsn, dbname="postgres", autocommit=True
            ) as connection:
                found = await connection.execute("select 1 from pg_database where datname = %s", (DATABASE,))
                if await found.fetchone() is None:
                    await connection.execute(f"create database {DATABASE}")

    def _address(self) -> str:
        folder = self.data
        if len(os.fsencode(folder / postmaster.SOCKET)) > LONGEST_SOCKET_PATH or "," in str(folder):
            # A short name for a long way: a private folder under the temp folder with a link to the real one.
            folder = Path(tempfile.mkdtemp(prefix="citywatch-")) / "db"
            folder.symlink_to(self.data)
        dsn = make_conninfo(host=str(folder), user=USER, dbname=DATABASE)
        (self.home / "dsn").write_text(dsn)
        return dsn

    def _forget_address(self) -> None:
        record = self.home / "dsn"
        if not record.exists():
            return
        host = psycopg.conninfo.conninfo_to_dict(record.read_text()).get("host")
        link = Path(str(host))
        if link.is_symlink() and link.parent.name.startswith("citywatch-"):
            link.unlink()
            link.parent.rmdir()
        record.unlink()

    def _log_file(self) -> Path:
        path = self.home / "server.log"
        if path.exists() and path.stat().st_size > LOG_LIMIT:
            path.replace(path.with_suffix(".log.1"))
        return path


def running_dsn(state: Path) -> str | None:
    """Return the DSN of the embedded server that is running on a state folder, or None."""
    home = state.resolve() / "postgres"
    if postmaster.living(home / "data") is None or not (home / "dsn").exists():
        return None
    return (home / "dsn").read_text()


async def _exit_of(process: "subprocess.Popen[bytes]") -> None:
    try:
        while process.poll() is None:  # noqa: ASYNC110 - a child process sets no event
            await asyncio.sleep(POLL_S)
    except asyncio.CancelledError:
        process.kill()
        process.wait()
        raise


async def _end(process: "subprocess.Popen[bytes]") -> None:
    for ask in (postmaster.shut_down, postmaster.abort, subprocess.Popen.kill):
        if process.poll() is not None:
            return
        ask(process)
        waited = 0.0
        while process.poll() is None and waited < STOP_S:
            await asyncio.sleep(POLL_S)
            waited += POLL_S


def _last_lines(path: Path) -> str:
    return " | ".join(path.read_text(errors="replace").strip().splitlines()[-4:])
