"""Readings, device events and strays on their way to the store: durable here first, bounded, thinned by lane when full.

A row's body is the binary COPY payload itself, so replay after an outage is a copy of bytes.
"""

import asyncio
import os
import sqlite3
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import structlog

from hub.batches import Batch, Held, Rows
from hub.batchfile import BatchFile, Entry, give_back, reader
from hub.merging import Newest
from hub.model import Kept, Lane, Receipt, Timestamp
from hub.passinglog import SCHEMA as KEPT
from hub.passinglog import keep
from hub.receipts import SCHEMA as RECEIPTS
from hub.receipts import ReceiptBook, keys_of
from hub.thinning import SHARE, Thinned, thin

__all__ = ["Batch", "Held", "Rows", "Spool"]

log = structlog.get_logger(__name__)

SCHEMA = """
create table if not exists batch(seq integer primary key autoincrement, target text not null, lane integer not null,
  n integer not null, t_min integer not null, t_max integer not null, crc integer not null, body blob not null);
"""
MOST_WAITING = 50_000
"""Records that may wait in memory for a disk that refuses writes."""
MOST_BEHIND = 250_000
"""Records that may wait in memory for a disk that is merely slow."""
MOST_KEPT = 300_000
"""Records that may wait in memory before those that may not drop are merged."""
KEEP_FREE = 16 << 20
"""Bytes of the disk that the spool leaves to the journal: bulk must not fill the room of alarms."""
VACUUM_FROM, VACUUM_PAGES = 4_096, 1_024
"""Free pages (of 4 KiB) that the file keeps for what comes next, and how many beyond them a commit gives back."""
FAST_SPACING, BUSY_SPACING = 0.002, 0.010
BUSY = 250


class Spool:
    """The file `spool.db` of a state folder."""

    def __init__(self, path: Path, *, max_bytes: int = 2 << 30, keep_free: int = KEEP_FREE) -> None:
        """Open the file or make it, inside a running event loop. Raises StorageDamaged, StorageFull, StorageError."""
        self.max_bytes = max_bytes
        self.held = Held()
        """What waits for the database."""
        self.last_seq = 0
        self.taken = 0
        """Records handed over since the start."""
        self.released = 0
        """Records forgotten since the start because the database has them."""
        self.stored_before = 0
        """Records of `released` that the database had without this process having been told."""
        self.dropped: Counter[Lane] = Counter()
        self.merged: Counter[Lane] = Counter()
        """Records of lanes that may not drop which gave way to a newer one of their point."""
        self.damaged = 0
        """Records whose checksum was wrong."""
        self.on_drop: Callable[[Lane, int, Timestamp, Timestamp], None] = lambda *_: None
        self.on_merge: Callable[[Lane, int, Timestamp, Timestamp], None] = lambda *_: None
        self._newest = Newest()
        self._folder = path.parent
        self._keep_free = keep_free
        self._known_damage: set[int] = set()
        self._trim_to = self._trimmed = 0
        self._file = self.file = BatchFile(
            path, SCHEMA + RECEIPTS + KEPT, self._write, spacing=lambda n: BUSY_SPACING if n >= BUSY else FAST_SPACING
        )
        self._file.make_room = self._make_room
        self._reader = reader(path)
        self.id = self._file.id
        self._book = ReceiptBook(self._reader)
        self._measure()
        self.found = self.held.records
        """Records that were there at the start."""
        self._news = asyncio.Event()

    def append(self, rows: Rows, then: Callable[[], None] | None = None, *, must: bool = True) -> bool:
        """Make rows durable; see `append_all`."""
        return self.append_all((rows,), then, must=must)

    def append_all(
        self,
        parts: Sequence[Rows],
        then: Callable[[], None] | None = None,
        *,
        must: bool = True,
        receipt: Receipt | None = None,
        kept: Kept | None = None,
    ) -> bool:
        """Make rows durable, with their receipt and what is `kept`; `then` runs in the event loop once they are.

        While the disk refuses writes or falls behind and too many wait in memory, rows of a lane that may drop are
        refused and counted, media first, then bulk, then live; of other lanes only the newest row of each point waits
        on, and the rest is counted as merged. False when nothing is left. Rows that `must` be kept because their source
        still holds them are exempt: their source sends no more.
        """
        self.taken += sum([rows.n for rows in parts])
        if not must:
            parts = [rows for rows in parts if self._admitted(rows)]
        if not parts and kept is None:
            return False
        entries = [Entry(rows, rows.n) for rows in parts]
        entries += [Entry(beside, 0) for beside in (receipt, kept) if beside is not None]
        entries[-1].then = then
        self._file.append_all(entries)
        return True

    @property
    def in_flight(self) -> int:
        """Records taken or found, and neither stored nor lost."""
        return self._file.pending + len(self._newest) + self.held.records

    async def receipts(self, source: str) -> bytes:
        """Return the keys of the messages of a source that are durable, oldest first, once all handed over are."""
        await self.flushed()
        return keys_of(self._reader, source)

    def _admitted(self, rows: Rows) -> bool:
        if not rows.lane.may_drop:
            room = not self._newest and self._file.pending <= MOST_KEPT
            if not room:
                self._merge(rows)
            return room
        most = MOST_WAITING if self._file.trouble else MOST_BEHIND
        if self._file.pending <= most * SHARE[rows.lane]:
            return True
        self._note_drop(rows.lane, rows.n, rows.t_min, rows.t_max)
        return False

    def _merge(self, rows: Rows) -> None:
        if not self._newest:
            self._file.append(Entry(None, 0, self._unmerge))  # its turn comes when all before it are durable
        if (gone := self._newest.put(rows)) is not None:
            self.merged[gone.lane] += gone.n
            self.on_merge(gone.lane, gone.n, gone.t_min, gone.t_max)

    def _unmerge(self) -> None:
        self._file.append_all([Entry(rows, rows.n) for rows in self._newest.take()])

    def had_before(self, after: int, up_to: int) -> None:
        """Take note that the database had batches in (after, up_to] without this process having been told."""
        query = "select coalesce(sum(n), 0) from batch where seq > ? and seq <= ?"
        self.stored_before += self._reader.execute(query, (after, up_to)).fetchone()[0]

    def trim(self, seq: int) -> None:
        """Forget batches up to `seq`: the store has committed them."""
        self._trim_to = max(self._trim_to, seq)
        self._file.append(Entry("trim", 0))

    def read(self, after: int, limit_bytes: int = 4 << 20) -> list[Batch]:
        """Return the batches after `after`, at least one if there is any, at most about `limit_bytes` of bodies.

        A batch whose checksum is wrong is left out, counted and logged once.
        """
        batches: list[Batch] = []
        size = 0
        query = "select seq, target, lane, n, t_min, t_max, crc, body from batch where seq > ? order by seq"
        with closing(self._reader.execute(query, (after,))) as rows:
            for seq, target, lane, n, t_min, t_max, crc, body in rows:
                if not isinstance(body, bytes) or zlib.crc32(body) != crc:
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
        merging = bool(self._newest)
        await self._file.flushed()
        if merging:
            await self._file.flushed()

    def close(self) -> None:
        """Write what is left and close."""
        self._unmerge()
        self._file.close()
        self._reader.close()

    def _measure(self) -> None:
        query = "select coalesce(sum(n), 0), coalesce(sum(length(body)), 0) from batch"
        self.held = Held(*self._reader.execute(query).fetchone())
        row = self._reader.execute("select seq from sqlite_sequence where name = 'batch'").fetchone()
        self.last_seq = row[0] if row else 0

    def _write(self, connection: sqlite3.Connection, entries: Sequence[Entry]) -> Callable[[], None]:
        """Trim, insert, thin, in one transaction; nothing of it is remembered here before it is committed."""
        up_to = self._trim_to
        before, held = self.held, self._forget(connection, up_to)
        released = before.records - held.records
        groups: dict[tuple[str, Lane], list[Rows]] = {}
        for entry in entries:
            if isinstance(entry.payload, Rows):
                groups.setdefault((entry.payload.target, entry.payload.lane), []).append(entry.payload)
        if groups:
            self._leave_room()
        self._book.write(connection, [e.payload for e in entries if isinstance(e.payload, Receipt)])
        keep(connection, entries)
        last = 0
        for (target, lane), group in groups.items():
            body = b"".join([rows.body for rows in group])
            last, n = self._insert(connection, target, lane, group, body)
            held = held.plus(n, len(body))
        thinned: list[Thinned] = []
        if held.bytes > self.max_bytes:
            thinned = thin(connection, held.bytes - self.max_bytes)

        def committed() -> None:
            self.held = held.plus(-sum(t.n for t in thinned), -sum(t.size for t in thinned))
            self.released += released
            if up_to > self._trimmed:
                self._trimmed = up_to
                give_back(connection, VACUUM_FROM, VACUUM_PAGES)
            self._file.tell(lambda: self._announce(last, thinned))

        return committed

    @staticmethod
    def _insert(
        connection: sqlite3.Connection, target: str, lane: Lane, group: list[Rows], body: bytes
    ) -> tuple[int, int]:
        n = sum(rows.n for rows in group)
        t_min, t_max = min(rows.t_min for rows in group), max(rows.t_max for rows in group)
        cursor = connection.execute(
            "insert into batch(target, lane, n, t_min, t_max, crc, body) values (?, ?, ?, ?, ?, ?, ?)",
            (target, int(lane), n, t_min, t_max, zlib.crc32(body), body),
        )
        return cursor.lastrowid or 0, n

    def _leave_room(self) -> None:
        if self._keep_free:
            disk = os.statvfs(self._folder)
            if disk.f_bavail * disk.f_frsize < self._keep_free:
                raise sqlite3.OperationalError(
                    f"the disk has less than {self._keep_free >> 20} MiB left, kept for alarms"
                )

    def _forget(self, connection: sqlite3.Connection, up_to: int) -> Held:
        """Delete what is stored; return what is held then."""
        if up_to <= self._trimmed:
            return self.held
        query = "select coalesce(sum(n), 0), coalesce(sum(length(body)), 0) from batch where seq <= ?"
        records, size = connection.execute(query, (up_to,)).fetchone()
        connection.execute("delete from batch where seq <= ?", (up_to,))
        return self.held.plus(-records, -size)

    def _make_room(self, connection: sqlite3.Connection) -> bool:
        """Trim alone, for the rows of a refused commit may not fit while what the store has could go."""
        up_to = self._trim_to
        connection.execute("pragma wal_checkpoint(passive)").fetchall()
        if up_to <= self._trimmed:
            return False
        connection.execute("begin immediate")
        try:
            held = self._forget(connection, up_to)
            connection.execute("commit")
        except sqlite3.Error:
            connection.execute("rollback")
            raise
        self.released += self.held.records - held.records
        self.held, self._trimmed = held, up_to
        give_back(connection, 0, VACUUM_PAGES)
        connection.execute("pragma wal_checkpoint(truncate)").fetchall()
        return True

    def _note_drop(self, lane: Lane, n: int, t_min: Timestamp, t_max: Timestamp) -> None:
        self.dropped[lane] += n
        self.on_drop(lane, n, t_min, t_max)

    def _report_damage(self, seq: int, n: int) -> None:
        if seq not in self._known_damage:
            self._known_damage.add(seq)
            self.damaged += n
            log.error("spooled batch is damaged and left out", seq=seq, records=n)

    def _announce(self, last: int, thinned: Sequence[Thinned]) -> None:
        for t in thinned:
            self._note_drop(t.lane, t.n, t.t_min, t.t_max)
        if last > self.last_seq:
            self.last_seq = last
            self._news.set()
