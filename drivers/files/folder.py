"""The folder itself: which files have come to rest, how one is taken, where it goes; every call may wait for a disk.

A file is taken by renaming it into `taking/` beside it, so that no writer can begin it anew while it is read, and it
stands there until what it says is durable; then it goes to `processed/`, or to `failed/` with a list of its errors.
"""

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec import Struct

from hub.model import SECOND, Misconfigured, Unreachable

TAKING, PROCESSED, FAILED = "taking", "processed", "failed"
MOST_NAMES = 10_000
"""Names of a folder that are looked at."""


class Seen(Struct):
    """How a file looked, and since when (monotonic ns)."""

    print: tuple[int, int, int]
    """Number of the file, its size, and when it was written last."""
    since: int


class Taken(Struct, frozen=True):
    """A file that was taken, read and hashed."""

    name: str
    body: bytes
    digest: str
    """SHA-256, hexadecimal."""


class Unfit(ValueError):
    """A file cannot be read; `why` in one word."""

    def __init__(self, why: str, message: str) -> None:
        super().__init__(message)
        self.why = why


class Folder:
    """One folder that files are laid in."""

    def __init__(self, path: str, state: str) -> None:
        given = Path(path)
        self.path = given if given.is_absolute() else Path(state or ".") / given
        self._own = not given.is_absolute()
        self._seen: dict[str, Seen] = {}

    def open(self) -> None:
        """See that files can be taken. Raises Unreachable, Misconfigured."""
        try:
            if self._own:
                self.path.mkdir(parents=True, exist_ok=True)
            for name in ("", TAKING, PROCESSED, FAILED):
                part = self.path / name
                if name:
                    part.mkdir(exist_ok=True)
                if not part.is_dir():
                    raise Unreachable(f"{part} is not there, or no folder; make it, or connect what it lies on")
                if not os.access(part, os.R_OK | os.W_OK | os.X_OK):
                    raise Misconfigured(f"the hub may not read and write {part}; give its user the right to")
        except FileNotFoundError as error:
            raise Unreachable(f"{self.path} is not there; make it, or connect what it lies on") from error
        except PermissionError as error:
            raise Misconfigured(f"the hub may not write {self.path}; give its user the right to") from error
        except OSError as error:
            raise self._lost(error) from error

    def resting(self, means: Callable[[str], bool], now: int, settle: int) -> list[str]:
        """Return the names of files that have not changed for `settle` (ns), taken ones first. Raises Unreachable."""
        found = {f"{TAKING}/{name}": at for name, at in self._names(self.path / TAKING, means)}
        found |= dict(self._names(self.path, means))
        self._seen = {name: self._look(name, at, now) for name, at in found.items()}
        return [name for name, seen in self._seen.items() if now - seen.since >= settle]

    def waiting(self, means: Callable[[str], bool]) -> int:
        """Return how many files lie there untaken. Raises Unreachable."""
        return sum(1 for _ in self._names(self.path, means))

    def names(self, part: str, means: Callable[[str], bool]) -> list[str]:
        """Return the names in a part of the folder, the newest last. Raises Unreachable."""
        return [name for name, at in sorted(self._names(self.path / part, means), key=lambda item: item[1][2])]

    def take(self, name: str, largest: int) -> Taken:
        """Take a file. Raises Unfit (its name tells where it stands then), Unreachable."""
        bare = name.rpartition("/")[2]
        try:
            if bare == name:
                os.rename(self.path / name, self.path / TAKING / bare)
            body = self.read(f"{TAKING}/{bare}", largest)
        except FileNotFoundError:
            raise Unfit("growing", "somebody has taken it away again") from None
        except PermissionError:
            raise Unfit("unreadable", "the hub may not read it; give its user the right to") from None
        except OSError as error:
            raise self._lost(error) from error
        return Taken(bare, body, hashlib.sha256(body).hexdigest())

    def read(self, name: str, largest: int) -> bytes:
        """Return the bytes of a file. Raises Unfit, OSError."""
        handle = os.open(self.path / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            before = os.fstat(handle)
            if not stat.S_ISREG(before.st_mode):
                raise Unfit("no_file", "it is no ordinary file")
            body = file.read(largest + 1)
            if len(body) > largest:
                raise Unfit("too_large", f"the file has more than {largest} bytes; see limits: largest")
            if _print(os.fstat(handle)) != _print(before):
                raise Unfit("growing", "it is still being written")
        return body

    def settle(self, name: str, part: str, errors: str = "") -> None:
        """Move a taken file to where it stays; with the list of its errors beside it. Raises Unreachable."""
        target = self._free(self.path / part / name)
        try:
            if errors:
                target.with_name(f"{target.name}.errors.txt").write_text(errors, encoding="utf-8")
            os.utime(self.path / TAKING / name)
            os.replace(self.path / TAKING / name, target)
        except OSError as error:
            raise self._lost(error) from error

    def forget(self, now_s: float, keep: int) -> int:
        """Delete what was moved longer than `keep` (ns) ago; return how many. Raises Unreachable."""
        gone = 0
        try:
            for part in (PROCESSED, FAILED):
                with os.scandir(self.path / part) as entries:
                    for entry in entries:
                        old = now_s - entry.stat(follow_symlinks=False).st_mtime > keep / SECOND
                        if old and entry.is_file(follow_symlinks=False):
                            os.unlink(entry.path)
                            gone += 1
        except OSError as error:
            raise self._lost(error) from error
        return gone

    def _names(self, folder: Path, means: Callable[[str], bool]) -> Iterable[tuple[str, tuple[int, int, int]]]:
        found = []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    with contextlib.suppress(FileNotFoundError):
                        if means(entry.name) and entry.is_file(follow_symlinks=False):
                            found.append((entry.name, _print(entry.stat(follow_symlinks=False))))
                    if len(found) >= MOST_NAMES:
                        break
        except OSError as error:
            raise self._lost(error) from error
        return sorted(found)

    def _look(self, name: str, now_is: tuple[int, int, int], now: int) -> Seen:
        known = self._seen.get(name)
        return known if known is not None and known.print == now_is else Seen(now_is, now)

    def _free(self, target: Path) -> Path:
        """Return a place where nothing lies yet, numbered where there is something."""
        for n in range(1, MOST_NAMES):
            place = target if n == 1 else target.with_name(f"{target.stem}.{n}{target.suffix}")
            if not place.exists():
                return place
        return target

    def _lost(self, error: OSError) -> Unreachable:
        why = "no room is left" if error.errno == errno.ENOSPC else error.strerror or str(error)
        return Unreachable(f"the folder {self.path} cannot be used: {why}")


def _print(at: os.stat_result) -> tuple[int, int, int]:
    return at.st_ino, at.st_size, at.st_mtime_ns
