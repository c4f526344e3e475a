"""One SQLite file of batches with a writer thread of its own: group commit, and no ack before it.

Journal and spool both stand on this. Appending never waits; what was handed over while a commit was under way goes into
the next one. `then` runs in the event loop once the rows are on disk (`synchronous=FULL`). When the disk refuses, rows
stay in memory in their order, the file says so once, and tries again until it can.
"""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import structlog
from msgspec import Struct

from hub.model import StorageDamaged

log = structlog.get_logger(__name__)

RETRY_SECONDS = 0.5


class Entry(Struct):
    """Something to be made durable: its payload, how many records it holds, and what to do then."""

    payload: object
    count: int
    then: Callable[[], None] | None = None


class Writing(Protocol):
    """How a kind of file turns entries into rows; runs in the writer thread, inside one transaction."""

    def __call__(self, connection: sqlite3.Connection, entries: Sequence[Entry]) -> None:
        """Write the entries. May raise sqlite3.Error; then nothing of them is kept."""
        ...


def connect(path: Path, schema: str) -> sqlite3.Connection:
    """Open (or make) a file for writing. Raises StorageDamaged when it is not one of ours any more."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("pragma auto_vacuum=incremental")
        connection.execute("pragma journal_mode=wal")
        connection.execute("pragma synchronous=full")
        connection.execute("pragma wal_autocheckpoint=2000")
        connection.executescript(schema)
        connection.execute("pragma schema_version").fetchone()
    except sqlite3.DatabaseError as error:
        connection.close()
        if isinstance(error, sqlite3.OperationalError):
            raise
        raise StorageDamaged(f"{path} is not readable as a database: {error}") from error
    return connection


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
        self.make_room: Callable[[], bool] = lambda: False
        """Asked in the writer thread when the disk is full; True means that trying again at once is worth it."""
        self._write = write
        self._spacing = spacing
        self._connection = connect(path, schema)
        self._loop = asyncio.get_running_loop()
        self._entries: list[Entry] = []
        self._urgent = False
        self._stopping = False
        self._wake = threading.Condition()
        self._thread = threading.Thread(target=self._work, name=f"writer {path.name}", daemon=True)
        self._thread.start()

    def append(self, entry: Entry, *, urgent: bool = False) -> None:
        """Hand an entry over; `urgent` does not wait for company. Returns at once."""
        with self._wake:
            self._entries.append(entry)
            self.pending += entry.count
            self._urgent |= urgent
            self._wake.notify()

    async def flushed(self) -> None:
        """Wait until everything handed over so far is durable."""
        done = asyncio.Event()
        self.append(Entry(None, 0, done.set), urgent=True)
        await done.wait()

    def close(self) -> None:
        """Write what is left (once) and close; safe to call twice."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._thread.join()

    def _work(self) -> None:
        last, spacing = 0.0, 0.0
        while (entries := self._gather(last + spacing)) is not None:
            last = time.monotonic()
            if not self._commit(entries):
                break
            spacing = self._spacing(sum(e.count for e in entries))
        self._connection.close()

    def _gather(self, earliest: float) -> list[Entry] | None:
        with self._wake:
            while not self._entries:
                if self._stopping:
                    return None
                self._wake.wait()
            while (left := earliest - time.monotonic()) > 0 and not self._urgent and not self._stopping:
                self._wake.wait(left)
            entries, self._entries, self._urgent = self._entries, [], False
            return entries

    def _commit(self, entries: list[Entry]) -> bool:
        while True:
            try:
                self._transact([e for e in entries if e.payload is not None])
            except sqlite3.Error as error:
                if self._refused(error) and not self.make_room() and not self._wait_for_room():
                    return False
            else:
                self._accepted(entries)
                return True

    def _transact(self, entries: list[Entry]) -> None:
        if not entries:
            return
        self._connection.execute("begin immediate")
        try:
            self._write(self._connection, entries)
            self._connection.execute("commit")
        except BaseException:
            with suppress(sqlite3.Error):
                self._connection.execute("rollback")
            raise

    def _refused(self, error: sqlite3.Error) -> bool:
        if self.trouble is None:
            self.trouble = str(error)
            log.error("storage refused a write", file=self.path.name, error=str(error))
            self._tell(self.trouble)
        return True

    def _wait_for_room(self) -> bool:
        with self._wake:
            if self._stopping:
                return False
            self._wake.wait(RETRY_SECONDS)
            return not self._stopping

    def _accepted(self, entries: list[Entry]) -> None:
        self.commits += 1
        if self.trouble is not None:
            self.trouble = None
            log.info("storage takes writes again", file=self.path.name)
            self._tell(None)
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._settle, entries)

    def _tell(self, trouble: str | None) -> None:
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self.on_trouble, trouble)

    def _settle(self, entries: list[Entry]) -> None:
        for entry in entries:
            self.pending -= entry.count
            if entry.then is not None:
                entry.then()
