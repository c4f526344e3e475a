"""A hub's storing half for tests: spool, journal and adapter of a small site on one database."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg

from adapters.timescale import TimescaleAdapter
from adapters.timescale.names import row_ids
from hub.journal import Journal
from hub.model import DeviceEvent, JournalRecord, Lane, ManualClock, Quality, Reading, Reason, Stray, SystemClock, Value
from hub.spool import Rows, Spool
from hub.wire.copy import encode_events, encode_readings, encode_strays
from tests.support.sites import a_device, a_point, a_site

SITE = a_site(
    [
        a_device(
            "panel",
            [
                a_point("panel", "temperature"),
                a_point("panel", "alarm", "fire.alarm"),
                a_point("panel", "count", "device.count"),
                a_point("panel", "state", "device.state"),
            ],
            at=(21.5942, 105.8482),
            tags=frozenset({"b", "a"}),
        ),
        a_device("gate", [a_point("gate", "temperature")]),
    ]
)
IDS = row_ids(SITE)
NOW = SystemClock().now() // 10**9 * 10**9


def reading(value: Value | None, at: int = NOW, point: str = "panel/temperature", **more: Any) -> Reading:
    """Return a reading that is good unless told otherwise."""
    fields = {"quality": Quality.GOOD, "reason": Reason.NONE, "source_time": None} | more
    return Reading(point, value, hub_time=at, seq=1, **fields)


class Store:
    """The storing half; `fresh` is what the hub's state would say has changed."""

    def __init__(self, state: Path, dsn: str, site: Any = SITE) -> None:
        self.dsn = dsn
        self.site = site
        self.spool = Spool(state / "spool.db")
        self.journal = Journal(state / "journal.db", reserve_bytes=0)
        self.clock = ManualClock(NOW)
        self.fresh: list[Reading] = []
        self.adapter = TimescaleAdapter(
            site, spool=self.spool, journal=self.journal, changed=self._changed, clock=self.clock, dsn=dsn
        )
        self._task: asyncio.Task[None] | None = None

    def _changed(self) -> list[Reading]:
        fresh, self.fresh = self.fresh, []
        return fresh

    def run(self) -> None:
        """Start the adapter."""
        self._task = asyncio.create_task(self.adapter.run())

    async def halt(self) -> None:
        """Cancel the adapter, as a stopping hub does."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def close(self) -> None:
        """Stop everything."""
        await self.halt()
        await self.adapter.close()
        self.spool.close()
        self.journal.close()

    async def spool_readings(self, readings: Sequence[Reading]) -> None:
        """Make readings durable in the spool, as one entry."""
        times = [r.time for r in readings]
        body = encode_readings(readings, [IDS[r.point] for r in readings])
        await self.spool_body("reading", body, len(readings), min(times), max(times))

    async def spool_events(self, events: Sequence[DeviceEvent]) -> None:
        """Make device events durable in the spool."""
        times = [e.hub_time if e.source_time is None else e.source_time for e in events]
        await self.spool_body("device_event", encode_events(events, self.site.id), len(events), min(times), max(times))

    async def spool_strays(self, strays: Sequence[Stray]) -> None:
        """Make strays durable in the spool."""
        times = [s.at for s in strays]
        await self.spool_body("quarantine", encode_strays(strays, self.site.id), len(strays), min(times), max(times))

    async def spool_body(self, target: str, body: bytes, n: int, t_min: int, t_max: int) -> None:
        """Make any body durable in the spool."""
        self.spool.append(Rows(target, Lane.LIVE, n, t_min, t_max, body))
        await self.spool.flushed()

    async def record(self, *records: JournalRecord) -> None:
        """Make records durable in the journal."""
        self.journal.append(records)
        await self.journal.flushed()

    async def stored(self, seconds: float = 60.0) -> None:
        """Wait until the database has everything."""
        assert await self.adapter.drain(seconds), self.adapter.statistics

    async def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Ask the database."""
        async with await psycopg.AsyncConnection.connect(
            self.dsn, autocommit=True, options="-c timezone=UTC"
        ) as connection:
            return await (await connection.execute(query, parameters)).fetchall()  # type: ignore[arg-type]

    async def do(self, statement: str) -> None:
        """Change something in the database."""
        async with await psycopg.AsyncConnection.connect(self.dsn, autocommit=True) as connection:
            await connection.execute(statement)  # type: ignore[arg-type]

    async def one(self, query: str, *parameters: object) -> Any:
        """Ask the database for one value."""
        return (await self.rows(query, *parameters))[0][0]


@asynccontextmanager
async def running(state: Path, dsn: str, site: Any = SITE) -> AsyncIterator[Store]:
    """Run a store while inside."""
    store = Store(state, dsn, site)
    store.run()
    try:
        yield store
    finally:
        await store.close()


async def until(condition: Any, *, tries: int = 1500) -> None:
    """Wait until a condition (a callable, or one that returns an awaitable) is true."""
    for _ in range(tries):
        answer = condition()
        if asyncio.iscoroutine(answer):
            answer = await answer
        if answer:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never became true")
