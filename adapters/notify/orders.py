"""Orders that the command line leaves in the state folder for a running hub: dead letters to try again."""

import contextlib
from pathlib import Path

import msgspec

FOLDER = "notify"
MOST = 1 << 20


class Orders:
    """The orders of one state folder; whoever can write there runs the hub or is root."""

    def __init__(self, state: Path) -> None:
        self._folder = state / FOLDER

    def give(self, keys: list[str], name: str) -> Path:
        """Leave an order; it is taken whole or not at all. Raises OSError."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        path = self._folder / f"{name}.retry"
        fresh = path.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(keys))
        return fresh.replace(path)

    def taken(self) -> list[str]:
        """Return the keys of every order left since the last call."""
        keys: list[str] = []
        for path in sorted(self._folder.glob("*.retry")):
            with contextlib.suppress(OSError, msgspec.DecodeError):
                if path.stat().st_size <= MOST:
                    keys += msgspec.json.decode(path.read_bytes(), type=list[str])
            path.unlink(missing_ok=True)
        return keys
