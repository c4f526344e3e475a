"""Our own append-only record of transitions, operator actions and device changes: durable before anyone hears of it.

The database holds a copy; this file is the truth from which alarm state is restored. A reserve of disk space is kept
beside it, given up when the disk is full, so that life-safety records can still be written.
"""

import asyncio
import sqlite3
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import structlog
from msgspec import Struct

from hub.batchfile import BatchFile, Entry, give_back, reader
from hub.model import JournalRecord, StorageError, StorageFull

log = structlog.get_logger(__name__)

SCHEMA = """
create table if not exists batch(seq integer primary key, n integer not null, crc integer not null, body blob not null);
create table if not exists checkpoint(name text primary key, seq integer not null, body blob not null);
"""
RESERVE_BYTES = 8 << 20

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[JournalRecord]).decode


class _Batch(Struct, frozen=True):
    seq: int
    n: int
    body: bytes


class _Checkpoint(Struct, frozen=True):
    name: str
    seq: int
    body: bytes


class _Trim(Struct, frozen=True):
    up_to: int


RECENT = 1_000


class Journal:
    """The file `journal.db` of a state folder."""

    def __init__(self, path: Path, *, reserve_bytes: int = RESERVE_BYTES, heir_of: Path | None = None) -> None:
        """Open the file or make it, inside a running event loop. Raises StorageDamaged, StorageFull, StorageError.

        `heir_of`: a damaged journal from which to take over whatever of the alarms' state is legible.
        """
        self.damaged = 0
        """Records whose checksum was wrong, or that no version known here has written."""
        self._known_damage: set[int] = set()
        self._reserve = path.with_suffix(".reserve")
        self._reserve_bytes = reserve_bytes
        self._file = self._open(path)
        self._reader = reader(path)
        self.id = self._file.id
        if heir_of is not None:
            self._inherit(heir_of)
        self.last_seq = self._last_seq()
        """The number of the last durable record."""
        self._next = self.last_seq + 1
        self._news = asyncio.Event()
        self._recent: deque[tuple[int, JournalRecord]] = deque(maxlen=RECENT)
        """The newest durable records: whoever follows the journal need not read the file for each."""
        self._file.make_room = self._give_up_reserve
        self.keep_reserve()

    @property
    def file(self) -> BatchFile:
        """The writer underneath, for its trouble and counters."""
        return self._file

    def append(self, records: Sequence[JournalRecord], then: Callable[[], None] | None = None) -> int:
        """Make records (one or more) durable; return the number of the first. `then` runs in the loop when they are."""
        if not records:
            raise ValueError("nothing to journal")
        body = _encode(records)
        first = self._next
        self._next += len(records)

        def settled() -> None:
            self.last_seq = first + len(records) - 1
            self._recent.extend(enumerate(records, first))
            try:
                if then is not None:
                    then()  # consoles first: whoever reads the file again has time
            finally:
                self._news.set()

        self._file.append(Entry(_Batch(first, len(records), body), len(records), settled), urgent=True)
        return first

    def checkpoint(self, name: str, seq: int, body: bytes, then: Callable[[], None] | None = None) -> None:
        """Keep `body` as the state of `name` after record `seq`, replacing the one before; `then` once it is kept."""
        self._file.append(Entry(_Checkpoint(name, seq, body), 0, then))

    def restore(self, name: str) -> tuple[int, bytes] | None:
        """Return the last checkpoint of `name`: the record number it stands at and its body."""
        row = self._reader.execute("select seq, body from checkpoint where name = ?", (name,)).fetchone()
        return None if row is None else (row[0], row[1])

    def read(self, after: int, limit: int = 10_000) -> list[tuple[int, JournalRecord]]:
        """Return at most about `limit` records after number `after`, each with its number.

        A batch that is damaged is left out, counted and logged once.
        """
        if self._recent and after >= self._recent[0][0] - 1:
            begin = after - self._recent[0][0] + 1
            return list(islice(self._recent, begin, begin + limit))
        found: list[tuple[int, JournalRecord]] = []
        # from the batch that holds `after` on: found by the key, however long the journal has grown
        query = """select seq, n, crc, body from batch
                   where seq >= coalesce((select max(seq) from batch where seq <= ?), 0) order by seq"""
        with closing(self._reader.execute(query, (after,))) as rows:
            for seq, n, crc, body in rows:
                found.extend((at, record) for at, record in self._records(seq, n, crc, body) if at > after)
                if len(found) >= limit:
                    break
        return found

    def _records(self, seq: int, n: int, crc: int, body: bytes) -> Iterator[tuple[int, JournalRecord]]:
        if isinstance(body, bytes) and zlib.crc32(body) == crc:
            with suppress(msgspec.DecodeError):  # the checksum is right: a later version of the hub wrote it
                return enumerate(_decode(body), seq)
        if seq not in self._known_damage:
            self._known_damage.add(seq)
            self.damaged += n
            log.error("journaled batch is damaged and left out", seq=seq, records=n)
        return iter(())

    def trim(self, seq: int) -> None:
        """Forget records up to `seq`: they are in the database and no checkpoint needs them."""
        while self._recent and self._recent[0][0] <= seq:
            self._recent.popleft()
        self._file.append(Entry(_Trim(seq), 0))

    async def wait_beyond(self, seq: int) -> None:
        """Wait until a record after `seq` is durable."""
        while self.last_seq <= seq:
            self._news.clear()
            await self._news.wait()

    def after_all(self, then: Callable[[], None]) -> None:
        """Run `then` once everything handed over so far is durable."""
        self._file.append(Entry(None, 0, then), urgent=True)

    async def flushed(self) -> None:
        """Wait until everything appended so far is durable."""
        await self._file.flushed()

    def keep_reserve(self) -> None:
        """Set the reserve of disk space aside (again); quietly leave it when there is no room."""
        if self._reserve_bytes and not self._reserve.exists():
            try:
                with self._reserve.open("wb") as file:
                    for _ in range(self._reserve_bytes >> 16):
                        file.write(bytes(1 << 16))
            except OSError:
                self._reserve.unlink(missing_ok=True)

    def close(self) -> None:
        """Write what is left and close."""
        self._file.close()
        self._reader.close()

    def _open(self, path: Path) -> BatchFile:
        try:
            return self._file_at(path)
        except StorageFull:
            if not self._give_up_reserve():
                raise
            return self._file_at(path)

    def _file_at(self, path: Path) -> BatchFile:
        return BatchFile(path, SCHEMA, self._write, spacing=lambda _n: 0.0)

    def _give_up_reserve(self, _connection: sqlite3.Connection | None = None) -> bool:
        if not self._reserve.exists():
            return False
        self._reserve.unlink()
        log.warning("journal gives up its disk reserve", bytes=self._reserve_bytes)
        return True

    def _inherit(self, damaged: Path) -> None:
        """Copy checkpoints and what was journaled after them; records before are in the database."""
        checkpoints = _legible(damaged, "select name, seq, body from checkpoint")
        after = min((seq for _, seq, _ in checkpoints), default=0)
        batches = _legible(damaged, "select seq, n, crc, body from batch where seq + n - 1 > ? order by seq", after)
        self._reader.executemany("insert or replace into checkpoint values (?, ?, ?)", checkpoints)
        self._reader.executemany("insert or replace into batch values (?, ?, ?, ?)", batches)
        log.warning("journal inherits from a damaged one", checkpoints=len(checkpoints), batches=len(batches))

    def _last_seq(self) -> int:
        query = """select max(coalesce((select max(seq + n - 1) from batch), 0),
                              coalesce((select max(seq) from checkpoint), 0))"""
        last: int = self._reader.execute(query).fetchone()[0]
        return last

    @staticmethod
    def _write(connection: sqlite3.Connection, entries: Sequence[Entry]) -> Callable[[], None] | None:
        trimmed = False
        for entry in entries:
            payload = entry.payload
            if isinstance(payload, _Batch):
                row = (payload.seq, payload.n, zlib.crc32(payload.body), payload.body)
                connection.execute("insert into batch values (?, ?, ?, ?)", row)
            elif isinstance(payload, _Checkpoint):
                kept = (payload.name, payload.seq, payload.body)
                connection.execute("insert or replace into checkpoint values (?, ?, ?)", kept)
            elif isinstance(payload, _Trim):
                connection.execute("delete from batch where seq <= ? and seq + n - 1 <= ?", (payload.up_to,) * 2)
                trimmed = True
        return (lambda: give_back(connection, 256, 4096)) if trimmed else None


def glimpse(path: Path, name: str) -> tuple[bytes | None, list[JournalRecord]]:
    """Read the checkpoint of `name` and the records after it, beside a hub that may be running. Raises StorageError."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
            kept = file.execute("select seq, body from checkpoint where name = ?", (name,)).fetchone()
            seq, body = kept or (0, None)
            rows = file.execute(
                "select seq, crc, body from batch where seq + n - 1 > ? order by seq", (seq,)
            ).fetchall()
    except sqlite3.Error as error:
        raise StorageError(f"{path} cannot be read: {error}") from error
    after: list[JournalRecord] = []
    for first, crc, records in rows:
        if zlib.crc32(records) == crc:
            with suppress(msgspec.DecodeError):
                after += [record for at, record in enumerate(_decode(records), first) if at > seq]
    return body, after


def _legible(path: Path, query: str, *parameters: int) -> list[Any]:
    """Return the rows of a damaged file up to the first that cannot be read."""
    rows: list[Any] = []
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
        file.execute("pragma writable_schema=on")  # else SQLite gives nothing of a file that was cut off
        for row in file.execute(query, parameters):
            rows.append(row)
    return rows
