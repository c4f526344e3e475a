"""Pictures that belong to alarms, on disk: each once, by camera and time, and what each alarm asked for.

An alarm names cameras and a span of time; its pictures are those that lie in it. So a hundred alarms of one place keep
one set of pictures.
"""

import json
import shutil
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import structlog
from msgspec import Struct

from hub.model import AlarmId, DeviceId, StorageError, Timestamp

log = structlog.get_logger(__name__)

SCHEMA = """
create table if not exists picture(camera text not null, at integer not null, body blob not null,
  primary key (camera, at)) without rowid;
create index if not exists picture_at on picture(at);
create table if not exists asked(alarm text not null, occurrence integer not null, at integer not null,
  t_from integer not null, t_to integer not null, cameras text not null, primary key (alarm, occurrence));
create index if not exists asked_at on asked(at);
"""
MOST_BYTES = 2 << 30
KEEP_FREE = 64 << 20
"""Bytes of the disk that pictures leave to the journal and the spool."""
FORGET_AT_ONCE = 500


class Asked(Struct, frozen=True):
    """What one occurrence of an alarm wants kept."""

    alarm: AlarmId
    occurrence: int
    at: Timestamp
    """When it was raised."""
    start: Timestamp
    end: Timestamp
    cameras: tuple[DeviceId, ...]


class Entry(Struct, frozen=True):
    """A picture that is there."""

    camera: DeviceId
    at: Timestamp
    size: int
    """Bytes."""


class Album:
    """The file `pictures.db` of a state folder; may be asked from any thread."""

    def __init__(self, path: Path, *, most_bytes: int = MOST_BYTES, keep_free: int = KEEP_FREE) -> None:
        """Open the file or make it. Raises StorageError."""
        self._path = path
        self._most = most_bytes
        self._keep_free = keep_free
        self._lock = threading.Lock()
        try:
            self._file = _opened(path)
            self.size: int = self._file.execute("select coalesce(sum(length(body)), 0) from picture").fetchone()[0]
        except sqlite3.Error as error:
            raise StorageError(f"{path} cannot be used ({error}); move it away and start again") from error

    def ask(self, asked: Asked) -> None:
        """Note what an alarm wants kept. Raises StorageError."""
        row = (asked.alarm, asked.occurrence, asked.at, asked.start, asked.end, json.dumps(asked.cameras))
        self._do("insert or replace into asked values (?, ?, ?, ?, ?, ?)", *row)

    def keep(self, camera: DeviceId, at: Timestamp, body: bytes) -> None:
        """Keep a picture. Raises StorageError: the disk is too full, or the album has reached its size."""
        if self.size + len(body) > self._most:
            raise StorageError(f"the pictures have reached {self._most >> 20} MiB; shorten `keep: {{snapshots: …}}`")
        if shutil.disk_usage(self._path.parent).free < self._keep_free:
            raise StorageError(f"the disk has less than {self._keep_free >> 20} MiB left, kept for alarms")
        if self._do("insert or ignore into picture values (?, ?, ?)", camera, at, body):
            self.size += len(body)

    def asked(self, alarm: AlarmId, occurrence: int) -> Asked | None:
        """Return what an occurrence of an alarm wanted, None when it wanted nothing or that is forgotten."""
        query = "select alarm, occurrence, at, t_from, t_to, cameras from asked where alarm = ? and occurrence = ?"
        rows = self._rows(query, alarm, occurrence)
        if not rows:
            return None
        name, number, at, start, end, cameras = rows[0]
        return Asked(name, number, at, start, end, tuple(json.loads(cameras)))

    def entries(self, asked: Asked) -> list[Entry]:
        """Return the pictures of an occurrence, by camera in the alarm's order, oldest first. Raises StorageError."""
        query = "select camera, at, length(body) from picture where camera = ? and at >= ? and at <= ? order by at"
        return [Entry(*row) for camera in asked.cameras for row in self._rows(query, camera, asked.start, asked.end)]

    def body(self, camera: DeviceId, at: Timestamp) -> bytes | None:
        """Return a picture, None when it is not (or no longer) there. Raises StorageError."""
        rows = self._rows("select body from picture where camera = ? and at = ?", camera, at)
        return bytes(rows[0][0]) if rows else None

    def forget(self, before: Timestamp, held: Sequence[tuple[Timestamp, Timestamp]] = ()) -> int:
        """Delete what is older, but what lies in a span that is held; return how many pictures. Raises StorageError."""
        gone, start = 0, 0
        for held_from, held_to in sorted(held):
            gone += self._forget(start, min(before, held_from))
            start = max(start, held_to)
        return gone + self._forget(start, before)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()

    def _forget(self, start: Timestamp, end: Timestamp) -> int:
        gone = 0
        query = "select camera, at, length(body) from picture where at >= ? and at < ? limit ?"
        while start < end and (rows := self._rows(query, start, end, FORGET_AT_ONCE)):
            for camera, at, size in rows:
                self._do("delete from picture where camera = ? and at = ?", camera, at)
                self.size -= size
            gone += len(rows)
        self._do("delete from asked where at >= ? and at < ?", start, end)
        with self._lock, suppress(sqlite3.Error):
            self._file.executescript("pragma incremental_vacuum(4096)")
        return gone

    def _do(self, statement: str, *values: object) -> int:
        with self._lock:
            try:
                return self._file.execute(statement, values).rowcount
            except sqlite3.Error as error:
                raise StorageError(f"{self._path} cannot be written: {error}") from error

    def _rows(self, query: str, *values: object) -> list[Any]:
        with self._lock:
            try:
                with closing(self._file.execute(query, values)) as rows:
                    return rows.fetchall()
            except sqlite3.Error as error:
                raise StorageError(f"{self._path} cannot be read: {error}") from error


def _opened(path: Path) -> sqlite3.Connection:
    file = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    for pragma in ("auto_vacuum=incremental", "journal_mode=wal", "synchronous=normal", "cache_size=-256"):
        file.execute(f"pragma {pragma}")
    file.executescript(SCHEMA)
    path.chmod(0o600)
    return file
