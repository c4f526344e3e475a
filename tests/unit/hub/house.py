"""A hub without its edges: journal, spool, rules, road and state of a small site, on a clock that a test moves."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from hub.alarming import Alarming
from hub.batchfile import BatchFile
from hub.health import Health
from hub.intake import Road
from hub.journal import Journal
from hub.model import Intake, ManualClock, Priority, Record, Rule, Sample, Site, Value
from hub.spool import Spool
from hub.state import State
from hub.stream import Stream
from rules import Engine
from tests.support.sites import a_device, a_point, a_rule, a_site

PATIENCE = 20.0
FIRE = "fire:panel/zone.alarm"
HOT = "hot:sensor/temperature"


def small_site(*more: Rule) -> Site:
    """Return a panel, a sensor with a last will, and rules for fire, heat and lost devices."""
    return a_site(
        [
            a_device("panel", [a_point("panel", "zone", "fire.count"), a_point("panel", "zone.alarm", "fire.alarm")]),
            a_device(
                "sensor",
                [
                    a_point("sensor", "temperature", stale_after=60_000_000_000),
                    a_point("sensor", "$available", "$available"),
                    a_point("sensor", "$latency", "$latency"),
                ],
            ),
        ],
        [
            a_rule("fire", "fire.alarm", "is", True, category="fire", priority=Priority.CRITICAL, latch=True),
            a_rule("hot", "env.temperature", "above", 60.0),
            a_rule("lost", "$health", "is", "offline", category="fault"),
            *more,
        ],
    )


class House:
    """The parts, put together as `hub.app` does."""

    def __init__(self, folder: Path, site: Site, clock: ManualClock, **spool: Any) -> None:
        self.site, self.clock, self.folder = site, clock, folder
        self.journal = Journal(folder / "journal.db", reserve_bytes=0)
        self.spool = Spool(folder / "spool.db", keep_free=0, **spool)
        self.stream = Stream("epoch")
        self.health = Health(list(site.devices), clock.now())
        self.state = State(site, self.stream, self.health.last_heard)
        self.engine = Engine(site)
        self.alarming = Alarming(self.engine, self.journal, self.publish, clock)
        self.road = Road(
            site, alarming=self.alarming, journal=self.journal, spool=self.spool, state=self.state,
            health=self.health, clock=clock,
        )  # fmt: skip
        self.heard = self.stream.subscribe("test", readings=True)
        self.disks = [Disk(self.journal.file), Disk(self.spool.file)]

    def publish(self, records: Sequence[Record]) -> None:
        self.state.publish(self.clock.now(), (), records)

    def say(self, point: str, value: Value | None, *, release: Callable[[], None] | None = None, **more: Any) -> None:
        """Let a driver hand over one sample."""
        self.road.take(Intake([Sample(point, value, **more)], release=release))

    async def settled(self) -> None:
        """Wait until everything handed over is durable and told."""
        await asyncio.gather(self.journal.flushed(), self.spool.flushed())

    async def told(self) -> list[Any]:
        """Return every reading and record published since the last call."""
        await self.settled()
        return self.said()

    def said(self) -> list[Any]:
        """Return what is published already."""
        items = list(self.heard._queue)
        self.heard._queue.clear()
        self.heard._held = 0
        return [one for item in items for one in (*item.readings, *item.records)]

    def close(self) -> None:
        """Close the files, as a hub that stops does."""
        for disk in self.disks:
            disk.free()
        self.journal.close()
        self.spool.close()


class Disk:
    """The disk under one file; `fill` lets every write be refused until `free`."""

    def __init__(self, file: BatchFile) -> None:
        self._file = file
        self._write = file._write
        self._trouble = asyncio.Event()
        self._full = False
        self.refusals = 0
        file._write = self  # type: ignore[method-assign]
        said = file.on_trouble

        def listen(trouble: str | None) -> None:
            said(trouble)
            (self._trouble.set if trouble else self._trouble.clear)()

        file.on_trouble = listen

    def __call__(self, connection: sqlite3.Connection, entries: Any) -> Any:
        if self._full:
            self.refusals += 1
            raise sqlite3.OperationalError("database or disk is full")
        return self._write(connection, entries)

    def fill(self) -> None:
        self._full = True

    def free(self) -> None:
        self._full = False

    async def refused(self) -> None:
        """Wait until the hub knows that its disk refuses."""
        await asyncio.wait_for(self._trouble.wait(), PATIENCE)


@asynccontextmanager
async def house(
    folder: Path, *more: Rule, clock: ManualClock | None = None, site: Site | None = None, **spool: Any
) -> AsyncIterator[House]:
    """Run a house while inside."""
    made = House(folder, site or small_site(*more), clock or ManualClock(), **spool)
    try:
        yield made
    finally:
        made.close()


def on(site: Site, point: str, **more: Any) -> Site:
    """Return the site with one of its points changed."""
    changed = replace(site.points[point], **more)
    device = site.devices[changed.device]
    points = tuple(changed if p.id == point else p for p in device.points)
    devices = site.devices | {device.id: replace(device, points=points)}
    return replace(site, devices=devices, points=site.points | {point: changed})
