"""Rows that devices turned out to have: kept over restarts, so that their points keep names and history.

A driver tells the rows of a table. New ones get a word, which they keep; those that are gone stay, say so, and are
forgotten only when their places are needed. What is known is in the state folder before any point comes of it.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import msgspec
import structlog

from hub.model import Clock, Device, DeviceId, FoundGroup, FoundRow, Site, SystemNote, Timestamp
from hub.model.found import NamedRow, Rows, named, with_rows

log = structlog.get_logger(__name__)

FILE = "rows.json"
GATHER_SECONDS = 0.5
"""Many devices start at once: their rows are taken together, for every taking compiles the rules anew."""
MOST_TOLD = 20
"""Rows that a note names; of more it says how many."""
Known = dict[DeviceId, dict[str, list[NamedRow]]]
Source = Callable[[], tuple[Site, str]]
Widen = Callable[[Site], Site]
Apply = Callable[[Widen, list[SystemNote]], Awaitable[None]]
"""Let the hub run with what `Widen` makes of its site."""


class Growing:
    """The rows of a site's devices."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._path = folder / FILE
        self._clock = clock
        self._known: Known = {}
        self._told: dict[tuple[DeviceId, str], Sequence[FoundRow]] = {}
        self._news = asyncio.Event()

    def restored(self, site: Site) -> Site:
        """Return a site with the points of the rows that earlier runs knew."""
        self._restore()
        return self.widened(site)

    def source(self, source: Source | None) -> Source | None:
        """Return what reads the configuration anew, so that known rows are in what it reads."""
        if source is None:
            return None

        def read() -> tuple[Site, str]:
            site, digest = source()
            return self.widened(site), digest

        return read

    def _restore(self) -> None:
        """Read the file; one that cannot be read only costs the walk, and perhaps a name."""
        try:
            self._known = msgspec.json.decode(self._path.read_bytes(), type=Known)
        except FileNotFoundError:
            return
        except (OSError, ValueError) as why:
            log.error("the rows that were found cannot be read; they are found anew", file=FILE, why=str(why))

    def widened(self, site: Site) -> Site:
        """Return a site with the points of every known row."""
        rows: Rows = self._known
        return with_rows(site, rows)

    def found(self, device: DeviceId, group: str, rows: Sequence[FoundRow]) -> None:
        """Take the rows that a table has now; never waits."""
        self._told[device, group] = rows
        self._news.set()

    async def run(self, site: Callable[[], Site], apply: Apply) -> None:
        """Let the hub have the points of rows as they come, until cancelled; `site` is what it runs with."""
        while True:
            await self._news.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._news.clear()
            told, self._told = self._told, {}
            devices = site().devices
            notes = [n for (d, name), rows in told.items() for n in self._take(_group(devices.get(d), name), d, rows)]
            if notes:
                await asyncio.to_thread(self._keep, msgspec.json.encode(self._known))
                await apply(self.widened, notes)

    def _take(self, group: FoundGroup | None, device: DeviceId, rows: Sequence[FoundRow]) -> list[SystemNote]:
        if group is None:
            return []
        known = self._known.setdefault(device, {}).setdefault(group.name, [])
        changed = renewed(known, rows, group.most, self._clock.now())
        return [
            SystemNote(f"rows_{what}", {"device": device, "group": group.name, **_words(some)}, self._clock.now())
            for what, some in changed.items()
            if some
        ]

    def _keep(self, body: bytes) -> None:
        fresh = self._path.with_suffix(".new")
        try:
            with fresh.open("wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
        except OSError as why:
            log.error("the rows that were found cannot be kept; after a restart they are found anew", why=str(why))


def _group(device: Device | None, name: str) -> FoundGroup | None:
    return None if device is None else next((g for g in device.found if g.name == name), None)


def renewed(
    known: list[NamedRow], rows: Sequence[FoundRow], most: int, now: Timestamp
) -> dict[str, Sequence[NamedRow]]:
    """Bring what is known to what is there; return the rows that are `found`, `gone`, `back` and `forgotten`. Pure."""
    there = {(row.label, row.nth): row for row in rows}
    before = {(k.row.label, k.row.nth): k for k in known}
    new = [row for key, row in there.items() if key not in before]
    back = [k for key, k in before.items() if k.gone is not None and key in there]
    gone = [k for key, k in before.items() if k.gone is None and key not in there]
    for k in gone:
        k.gone = now
    for key, k in before.items():
        if key in there:
            k.gone, k.row = None, there[key]
    lapsed = sorted((k for k in known if k.gone is not None), key=lambda k: k.gone or 0)
    forgotten = lapsed[: max(0, len(known) + len(new) - most)]
    known[:] = [k for k in known if k not in forgotten]
    fresh = named(new[: most - len(known)], [k.word for k in known], now)
    known += fresh
    return {"found": fresh, "gone": gone, "back": back, "forgotten": forgotten}


def _words(rows: Sequence[NamedRow]) -> dict[str, object]:
    return {"n": len(rows), "rows": ", ".join(known.row.label for known in rows[:MOST_TOLD])}
