"""One SQLite file of batches with a writer thread of its own: group commit, and no ack before it.

Journal and spool both stand on this. Appending never waits; what was handed over while a commit was under way goes into
the next one. `then` runs in the event loop once the rows are on disk (`synchronous=FULL`). When the disk refuses, rows
stay in memory in their order, the file says so once, and tries again until it can.
"""

import asyncio
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Protocol

import structlog
from msgspec import Struct

from hub.model import StorageDamaged, StorageError, StorageFull, Timestamp
from hub.model.clock import iso

log = structlog.get_logger(__name__)

IDENTITY = """
create table if not exists identity(id text not null);
insert into identity select lower(hex(randomblob(16))) where not exists (select 1 from identity);
"""
LOG_PAGES = 2_000
"""Pages (of 4 KiB) after which the write-ahead log is carried over into the file and begun anew."""
CACHE_KIB = 256
"""Page cache of each connection: rows are written once and read once."""
RETRY_SECONDS = 0.5
CHECKED_BYTES = 256 << 20
"""Files up to this size are looked through when they are opened (some 0.2 s); alarms must not wait longer."""


class Entry(Struct):
    """Something to be made durable: its payload, how many records it holds, and what to do then."""

    payload: object
    count: int
    then: Callable[[], None] | None = None


class Writing(Protocol):
    """How a kind of file turns entries into rows; runs in the writer thread, inside one transaction."""

    def __call__(self, connection: sqlite3.Connection, entries: Sequence[Entry]) -> Callable[[], None] | None:
        """Write the entries; return what to do, still in the writer thread, once they are committed.

        May raise sqlite3.Error; then nothing of them is kept, and the same entries come again.
        """
        ...


def connect(path: Path, schema: str) -> sqlite3.Connection:
    """Open (or make) a file for writing. Raises StorageDamaged when it cannot be trusted, StorageFull, StorageError."""
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise StorageError(f"{path} cannot be opened: {error}") from error
    try:
        _prepare(connection, path, schema)
    except sqlite3.Error as error:
        connection.close()
        raise _reason(path, error) from error
    return connection


def reader(path: Path) -> sqlite3.Connection:
    """Open a file that is there for reading beside its writer. Raises sqlite3.Error."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute(f"pragma cache_size=-{CACHE_KIB}")
    return connection


def _prepare(connection: sqlite3.Connection, path: Path, schema: str) -> None:
    connection.execute("pragma auto_vacuum=incremental")
    connection.execute(f"pragma cache_size=-{CACHE_KIB}")
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=full")
    connection.execute(f"pragma wal_autocheckpoint={LOG_PAGES}")
    connection.executescript(IDENTITY + schema)
    _lay_out_log(connection, path)
    if path.stat().st_size <= CHECKED_BYTES:
        found = connection.execute("pragma quick_check(1)").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(found)


def _lay_out_log(connection: sqlite3.Connection, path: Path) -> None:
    """Let the write-ahead log have its full size at once: a commit that makes its file longer waits a third longer.

    A transaction larger than the cache spills into the log, and what is rolled back is overwritten by the next.
    """
    kept = connection.execute("pragma cache_size").fetchone()[0]
    connection.execute("pragma cache_size=16")
    with suppress(sqlite3.Error):  # a disk without that much room, of which the first commit will tell
        connection.execute("begin immediate")
        connection.execute("create table filler as select zeroblob(?)", (LOG_PAGES * 4096,))
    with suppress(sqlite3.Error):
        connection.execute("rollback")
    connection.execute(f"pragma cache_size={kept}")
    with suppress(OSError), path.with_name(path.name + "-wal").open("rb+") as file:
        os.fdatasync(file.fileno())


def _reason(path: Path, error: sqlite3.Error) -> StorageError:
    if not isinstance(error, sqlite3.OperationalError):
        return StorageDamaged(f"{path} is not readable as a database: {error}")
    if error.sqlite_errorcode in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_WRITE):
        return StorageFull(f"{path} cannot be written: {error}; make room on that disk")
    return StorageError(f"{path} cannot be opened: {error}")


def give_back(connection: sqlite3.Connection, keep: int, most: int) -> None:
    """Return free pages to the disk, at most `most` of those beyond `keep`; outside of a transaction."""
    free = connection.execute("pragma freelist_count").fetchone()[0]
    if free > keep:
        with suppress(sqlite3.Error):
            # one page a step, in rows without columns: only executescript takes all the steps
            connection.executescript(f"pragma incremental_vacuum({min(most, free - keep)})")


def set_aside(path: Path, now: Timestamp) -> Path:
    """Move a damaged file and what belongs to it out of the way, for people to look at; return its new name."""
    at = iso(now).replace(":", "").replace("-", "")
    aside = path.with_name(f"{path.name}.damaged-{at}")
    for suffix in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).replace(aside.with_name(aside.name + suffix))
    return aside


class BatchFile:
    """The writer of one file."""

    def __init__(self, path: Path, schema: str, write: Writing, *, spacing: Callable[[int], float]) -> None:
        """`spacing`: records of the last commit → least seconds between the starts of two commits."""
        self.path = path
        self.trouble: str | None = None
        self.commits = 0
        self.pending = 0
        """Records handed over and not yet durable."""
        self.on_trouble: Callable[[str | None], None] = lambda _trouble: None
        """Told in the event loop when the disk begins to refuse (the error) and when it takes again (None)."""
        self.make_room: Callable[[sqlite3.Connection], bool] = lambda _connection: False
        """Asked in the writer thread when the disk refuses; True means that trying again at once is worth it."""
        self._write = write
        self._spacing = spacing
        self._connection = connect(path, schema)
        self.id: str = self._connection.execute("select id from identity").fetchone()[0]
        """The file's own name for ever (a UUID), by which a database knows how far it has read it."""
        self._loop = asyncio.get_running_loop()
        self._entries: list[Entry] = []
        self._urgent = False
        self._stopping = False
        self._lock = threading.Lock()
        self._bell: SimpleQueue[None] = SimpleQueue()
        self._rung = False
        self._thread = threading.Thread(target=self._work, name=f"writer {path.name}", daemon=True)
        self._thread.start()

    def append(self, entry: Entry, *, urgent: bool = False) -> None:
        """Hand an entry over; `urgent` does not wait for company. Returns at once."""
        self.append_all((entry,), urgent=urgent)

    def append_all(self, entries: Sequence[Entry], *, urgent: bool = False) -> None:
        """Hand entries over that become durable together."""
        with self._lock:
            self._entries += entries
            self.pending += sum([entry.count for entry in entries])
            self._urgent |= urgent
        self._ring()

    async def flushed(self) -> None:
        """Wait until everything handed over so far is durable."""
        done = asyncio.Event()
        self.append(Entry(None, 0, done.set), urgent=True)
        await done.wait()

    def close(self) -> None:
        """Write what is left (once) and close; safe to call twice."""
        self._stopping = True
        self._ring()
        self._thread.join()

    def _work(self) -> None:
        last, spacing = 0.0, 0.0
        while (entries := self._gather(last + spacing)) is not None:
            last = time.monotonic()
            if not self._commit(entries):
                break
            spacing = self._spacing(sum(e.count for e in entries))
        self._connection.close()

    def _ring(self) -> None:
        """Wake the writer; by a bell, for a thread takes twice as long to hear of a condition."""
        if not self._rung:
            self._rung = True
            self._bell.put(None)

    def _listen(self, seconds: float | None = None) -> None:
        with suppress(Empty):
            self._bell.get(timeout=seconds)
            self._rung = False

    def _gather(self, earliest: float) -> list[Entry] | None:
        while not self._entries:
            if self._stopping:
                return None
            self._listen()
        while not self._urgent and not self._stopping and (left := earliest - time.monotonic()) > 0:
            self._listen(left)
        with self._lock:
            entries, self._entries, self._urgent = self._entries, [], False
        return entries

    def _commit(self, entries: list[Entry]) -> bool:
        while True:
            last = self._stopping  # read before the attempt: a stop during the wait is followed by one more
            try:
                committed = self._transact([e for e in entries if e.payload is not None])
            except Exception as error:  # whatever it is: the writer must not die, and nobody may be told "durable"
                self._refused(error)
                if not self._room_made():
                    if last:
                        return False
                    self._wait_for_room()
            else:
                self._accepted(entries, committed)
                return True

    def _transact(self, entries: list[Entry]) -> Callable[[], None] | None:
        if not entries:
            return None
        self._connection.execute("begin immediate")
        try:
            committed = self._write(self._connection, entries)
            self._connection.execute("commit")
        except BaseException:
            with suppress(sqlite3.Error):
                self._connection.execute("rollback")
            raise
        return committed

    def _refused(self, error: Exception) -> None:
        if self.trouble is None:
            self.trouble = str(error)
            log.error("storage refused a write", file=self.path.name, error=repr(error))
            self.tell(lambda: self.on_trouble(str(error)))

    def _room_made(self) -> bool:
        try:
            return self.make_room(self._connection)
        except (sqlite3.Error, OSError):
            return False

    def _wait_for_room(self) -> None:
        if not self._stopping:
            self._listen(RETRY_SECONDS)

    def _accepted(self, entries: list[Entry], committed: Callable[[], None] | None) -> None:
        self.commits += 1
        if committed is not None:
            committed()
        if self.trouble is not None:
            self.trouble = None
            log.info("storage takes writes again", file=self.path.name)
            self.tell(lambda: self.on_trouble(None))
        self.tell(lambda: self._settle(entries))

    def tell(self, news: Callable[[], None]) -> None:
        """Have `news` run in the event loop, from the writer thread; nobody hears it when the loop is gone."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(news)

    def _settle(self, entries: list[Entry]) -> None:
        for entry in entries:
            self.pending -= entry.count
            if entry.then is not None:
                try:
                    entry.then()
                except Exception:  # one source's failure to take its release must not keep the others from theirs
                    log.exception("what follows a commit failed", file=self.path.name)
