"""The state folder of one hub: locked against a second hub, its files opened, a damaged one set aside."""

import fcntl
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, TypeVar

import structlog

from hub.batchfile import set_aside
from hub.journal import Journal
from hub.model import CitywatchError, StorageDamaged, StorageError, SystemNote, Timestamp
from hub.spool import Spool

log = structlog.get_logger(__name__)

T = TypeVar("T")


class StateInUse(CitywatchError):
    """Another hub runs on the same state folder, so the caller may name another folder or stop the other hub."""


class StateFolder:
    """The folder, held from `take` to `release`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notes: list[SystemNote] = []
        """What people must know of how the files were found."""
        self.last_alive: Timestamp | None = None
        """When a hub last wrote into it, or None for a new folder; known once it is taken."""
        self._lock: IO[str] | None = None

    @property
    def taken(self) -> bool:
        """Whether this hub holds the folder."""
        return self._lock is not None

    def take(self) -> None:
        """Make the folder if need be and lock it. Raises StateInUse, StorageError."""
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = (self.path / "lock").open("w")
        except OSError as error:
            raise StorageError(
                f"the state folder {self.path} cannot be used ({error.strerror}): name another with --state"
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise StateInUse(
                f"another hub runs on {self.path}: stop it, or give this one a folder of its own with --state"
            ) from None
        self._lock = lock
        files = [path for name in ("journal.db", "spool.db") for path in self.path.glob(f"{name}*")]
        self.last_alive = max((path.stat().st_mtime_ns for path in files), default=None)

    def release(self) -> None:
        """Let another hub have the folder."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def key(self, name: str) -> bytes:
        """Return a secret of 32 bytes that is made once and kept for its owner alone. Raises StorageError."""
        path = self.path / name
        try:
            with (
                suppress(FileExistsError),
                open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as new,
            ):
                new.write(secrets.token_bytes(32))
            key = path.read_bytes()
        except OSError as error:
            raise StorageError(f"the key {path} cannot be used ({error.strerror})") from error
        if len(key) != 32:
            raise StorageError(f"{path} is damaged; take it from a backup, or remove it to begin with a new one")
        return key

    def journal(self, now: Timestamp) -> Journal:
        """Open the journal; of a damaged one, what alarms need is taken over where legible. Raises StorageError."""
        return self._sound("journal.db", now, lambda path, aside: Journal(path, heir_of=aside))

    def spool(self, now: Timestamp) -> Spool:
        """Open the spool, or a new one when it is damaged. Raises StorageError."""
        return self._sound("spool.db", now, lambda path, _aside: Spool(path))

    def _sound(self, name: str, now: Timestamp, make: Callable[[Path, Path | None], T]) -> T:
        path = self.path / name
        try:
            return make(path, None)
        except StorageDamaged as damage:
            aside = set_aside(path, now)
            log.error("a damaged file is set aside and a new one begun", file=name, kept_as=aside.name, why=str(damage))
            self.notes.append(SystemNote("file_set_aside", {"file": name, "kept_as": aside.name}, now))
            return make(path, aside)
