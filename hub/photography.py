"""Everything about the pictures of alarms: taken, kept, shown to people, and deleted when their time has come."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import structlog

from hub.album import Album
from hub.journal import Journal
from hub.metrics import Figure
from hub.model import DAY, Clock, DeviceId, StorageError, Timestamp
from hub.pictures import Pictures, Seen
from hub.showing import Showing
from hub.state import State
from rules.seeing import ahead

log = structlog.get_logger(__name__)

CLASS = "snapshots"
"""The word by which `store.keep` and holds name pictures."""
KEEP = 30 * DAY
Held = Callable[[str], Awaitable[Sequence[tuple[Timestamp, Timestamp]]]]
"""Class of records → spans that must not be deleted. Raises StorageError."""


class Lines(Protocol):
    """Where pictures come from."""

    async def picture(self, device: DeviceId) -> Seen:
        """Return what a device sees now. Raises Refused, DriverError."""
        ...


class Photography:
    """The pictures of one hub's alarms."""

    def __init__(self, folder: Path, lines: Lines, state: State, journal: Journal, held: Held, clock: Clock) -> None:
        """Open the album in a state folder. Raises StorageError."""
        self._album = Album(folder / "pictures.db")
        self._state = state
        self._held = held
        self._clock = clock
        _, heard = state.snapshot_and_subscribe("pictures")
        self._pictures = Pictures(self._album, lines.picture, lambda: state.site, ahead, heard, clock)
        self.showing = Showing(self._album, journal, state, clock)

    async def run(self) -> None:
        """Take pictures until cancelled; then the album is closed."""
        try:
            await self._pictures.run()
        finally:
            self._album.close()

    async def forget(self) -> None:
        """Delete what is too old and not held; nothing while nobody can say what is held."""
        before = self._clock.now() - self._state.site.store.keep.get(CLASS, KEEP)
        try:
            held = await self._held(CLASS)
            gone = await asyncio.to_thread(self._album.forget, before, held)
        except StorageError as why:
            log.info("pictures are not deleted now", why=str(why))
        else:
            if gone:
                log.info("pictures are deleted, their time has come", pictures=gone)

    def figures(self) -> Iterator[Figure]:
        """Yield what was taken, kept and missed."""
        yield from self._pictures.figures()
