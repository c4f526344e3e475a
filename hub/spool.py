"""Readings, device events and strays on their way to the store: durable here first, bounded, thinned by lane when full.

A row's body is the binary COPY payload itself, so replay after an outage is a copy of bytes.
"""

import asyncio
import sqlite3
import uuid
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import structlog
from msgspec import Struct

from hub.batchfile import BatchFile, Entry
from hub.model import Lane, Timestamp

log = structlog.get_logger(__name__)

SCHEMA = """
create table if not exists identity(id text not null);
create table if not exists batch(seq integer primary key autoincrement, target text not null, lane integer not null,
  n integer not null, t_min integer not null, t_max integer not null, crc integer not null, body blob not null);
"""
GIBIBYTE = 1 << 30
DROP_ORDER = (Lane.MEDIA, Lane.BULK, Lane.LIVE)
MOST_WAITING = 50_000
"""Readings that may wait in memory for a disk that refuses writes."""
FAST_SPACING, BUSY_SPACING = 0.002, 0.010
BUSY = 250


class Batch(Struct, frozen=True):
    """Rows of one target in the order in which they came; `body` is binary COPY without header and trailer."""

    seq: int
    target: str
    lane: Lane
    n: int
    t_min: Timestamp
    t_max: Timestamp
    body: bytes


class Rows(Struct, frozen=True):
    """Rows to be spooled."""

    target: str
    lane: Lane
    n: int
    t_min: Timestamp
    t_max: Timestamp
    body: bytes


class _Trim(Struct, frozen=True):
    up_to: int


class Spool:
    """The file `spool.db` of a state folder."""

    def __init__(self, path: Path, *, max_bytes: int = 2 * GIBIBYTE) -> None:
        """Open the file or make it, inside a running event loop. Raises StorageDamaged."""
        self.max_bytes = max_bytes
        self.bytes = 0
        self.last_seq = 0
        self.dropped: Counter[Lane] = Counter()
        self.damaged = 0
        self.on_drop: Callable[[Lane, int, Timestamp, Timestamp], None] = lambda *_: None
        self._file = BatchFile(path, SCHEMA, self._write, spacing=lambda n: BUSY_SPACING if n >= BUSY else FAST_SPACING)
        self._reader = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._loop = asyncio.get_running_loop()
        self.id = self._identity()
        self._measure()
        self._news = asyncio.Event()

    @property
    def file(self) -> BatchFile:
        """The writer underneath, for its trouble and counters."""
        return self._file

    def append(self, rows: Rows, then: Callable[[], None] | None = None, *, must: bool = True) -> bool:
        """Make rows durable; `then` runs in the event loop once they are.

        While the disk refuses writes, rows of a lane that may drop are refused (False, counted as dropped) once too
        many wait in memory, unless they `must` be kept because their source still holds them.
        """
        if not must and self._file.trouble and self._file.pending > MOST_WAITING and rows.lane.may_drop:
            self._note_drop(rows.lane, rows.n, rows.t_min, rows.t_max)
            return False
        self._file.append(Entry(rows, rows.n, then))
        return True

    def trim(self, seq: int) -> None:
        """Forget batches up to `seq`: the store has committed them."""
        self._file.append(Entry(_Trim(seq), 0))

    def read(self, after: int, limit_bytes: int = 4 << 20) -> list[Batch]:
        """Return the batches after `after`, at least one if there is any, at most about `limit_bytes` of bodies.

        A batch whose checksum is wrong is left out, counted and logged.
        """
        batches: list[Batch] = []
        size = 0
        query = "select seq, target, lane, n, t_min, t_max, crc, body from batch where seq > ? order by seq"
        with closing(self._reader.execute(query, (after,))) as rows:
            for seq, target, lane, n, t_min, t_max, crc, body in rows:
                if zlib.crc32(body) != crc:
                    self._report_damage(seq, n)
                    continue
                batches.append(Batch(seq, target, Lane(lane), n, t_min, t_max, body))
                size += len(body)
                if size >= limit_bytes:
                    break
        return batches

    async def wait_beyond(self, seq: int) -> None:
        """Wait until a batch after `seq` is durable."""
        while self.last_seq <= seq:
            self._news.clear()
            await self._news.wait()

    async def flushed(self) -> None:
        """Wait until everything appended so far is durable."""
        await self._file.flushed()

    def close(self) -> None:
        """Write what is left and close."""
        self._file.close()
        self._reader.close()

    def _identity(self) -> str:
        row = self._reader.execute("select id from identity").fetchone()
        if row:
            return str(row[0])
        made = str(uuid.uuid4())
        self._reader.execute("insert into identity values (?)", (made,))
        return made

    def _measure(self) -> None:
        query = "select coalesce(sum(length(body)), 0) from batch"
        self.bytes = self._reader.execute(query).fetchone()[0]
        row = self._reader.execute("select seq from sqlite_sequence where name = 'batch'").fetchone()
        self.last_seq = row[0] if row else 0

    def _write(self, connection: sqlite3.Connection, entries: Sequence[Entry]) -> None:
        groups: dict[tuple[str, Lane], list[Rows]] = {}
        for entry in entries:
            payload = entry.payload
            if isinstance(payload, Rows):
                groups.setdefault((payload.target, payload.lane), []).append(payload)
            elif isinstance(payload, _Trim):
                self._forget(connection, payload.up_to)
        last = self.last_seq
        for (target, lane), group in groups.items():
            last = self._insert(connection, target, lane, group)
        if self.bytes > self.max_bytes:
            self._thin(connection)
        self._loop.call_soon_threadsafe(self._announce, last)

    def _insert(self, connection: sqlite3.Connection, target: str, lane: Lane, group: list[Rows]) -> int:
        body = b"".join([rows.body for rows in group])
        n = sum(rows.n for rows in group)
        t_min, t_max = min(rows.t_min for rows in group), max(rows.t_max for rows in group)
        self.bytes += len(body)
        cursor = connection.execute(
            "insert into batch(target, lane, n, t_min, t_max, crc, body) values (?, ?, ?, ?, ?, ?, ?)",
            (target, int(lane), n, t_min, t_max, zlib.crc32(body), body),
        )
        return cursor.lastrowid or 0

    def _forget(self, connection: sqlite3.Connection, seq: int) -> None:
        row = connection.execute("select coalesce(sum(length(body)), 0) from batch where seq <= ?", (seq,)).fetchone()
        connection.execute("delete from batch where seq <= ?", (seq,))
        self.bytes -= row[0]

    def _thin(self, connection: sqlite3.Connection) -> None:
        for lane in DROP_ORDER:
            while self.bytes > self.max_bytes:
                oldest = "select seq, n, t_min, t_max, length(body) from batch where lane = ? order by seq limit 1"
                row = connection.execute(oldest, (int(lane),)).fetchone()
                if row is None:
                    break
                seq, n, t_min, t_max, size = row
                connection.execute("delete from batch where seq = ?", (seq,))
                self.bytes -= size
                self._loop.call_soon_threadsafe(self._note_drop, lane, n, t_min, t_max)

    def _note_drop(self, lane: Lane, n: int, t_min: Timestamp, t_max: Timestamp) -> None:
        self.dropped[lane] += n
        self.on_drop(lane, n, t_min, t_max)

    def _report_damage(self, seq: int, n: int) -> None:
        self.damaged += n
        log.error("spooled batch is damaged and left out", seq=seq, records=n)

    def _announce(self, last: int) -> None:
        if last > self.last_seq:
            self.last_seq = last
            self._news.set()
