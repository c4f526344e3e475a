"""The store: three chains out (spool, journal, latest values) and the historian's answers, over one database."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import structlog

from adapters.base import Bucket, Coverage, FigureValue, JournalRow
from adapters.outbound import Away, Outbound, Statistics
from adapters.timescale import figures
from adapters.timescale.connections import WORK_S, Connection, Connections, away_on_error, opened
from adapters.timescale.cursor import Cursor
from adapters.timescale.housekeeping import keep_house
from adapters.timescale.journal import JournalSource, JournalWriter
from adapters.timescale.latest import EVERY_S, LatestSource, LatestWriter
from adapters.timescale.names import row_ids
from adapters.timescale.outage import Outage
from adapters.timescale.preparation import Preparation
from adapters.timescale.queries import Queries
from adapters.timescale.readings import ReadingsWriter, SpoolSource
from adapters.timescale.report import note_run
from adapters.timescale.rollups import roll_up
from hub.journal import Journal
from hub.kpi import Occurrence
from hub.model import SECOND, Clock, DeviceId, PointId, Reading, Site, StorageError, Timestamp
from hub.model.clock import from_iso
from hub.model.looking import PassageQuery
from hub.spool import Spool

log = structlog.get_logger(__name__)

READINGS_PACE_S = 0.5
JOURNAL_PACE_S = 0.25


class TimescaleAdapter:
    """The database of one site. Implements Historian; `run` is a supervised part."""

    def __init__(
        self,
        site: Site,
        *,
        spool: Spool,
        journal: Journal,
        changed: Callable[[], Sequence[Reading]],
        clock: Clock,
        dsn: str = "",
    ) -> None:
        self.rows: Counter[str] = Counter()
        """Rows committed since the start, by table."""
        self.refused: Counter[str] = Counter()
        """Rows laid in `dead_letter` since the start, by table."""
        self.repeated = 0
        """Events that came a second time since the start, and were taken out again."""
        self.settled = 0
        """Rows of passages since the start that a better one of the same passage took the place of."""
        self._site = site
        self._row_ids = row_ids(site)
        self._spool = spool
        self._journal = journal
        self._clock = clock
        self._connections = Connections()
        self._found = {spool.id: spool.last_seq, journal.id: journal.last_seq}
        self._outage = Outage(journal, lambda: spool.held.records, clock)
        self._queries = Queries(site, self._connections, clock)
        self._preparation = Preparation(site, clock)
        self._chains: dict[str, Outbound[Any]] = {
            "readings": Outbound("readings", SpoolSource(spool), self._readings, pace=READINGS_PACE_S),
            "journal": Outbound("journal", JournalSource(journal), self._journaled, pace=JOURNAL_PACE_S),
            "latest": Outbound("latest", LatestSource(changed), self._latest, pace=EVERY_S),
        }
        self.connect_to(dsn)

    def connect_to(self, dsn: str) -> None:
        """Say which database it is."""
        self._connections.dsn = dsn

    async def describe(self, site: Site) -> None:
        """Take a changed site and write its names, now or when the database is back."""
        self._site = self._queries.site = site
        self._row_ids.clear()
        self._row_ids.update(row_ids(site))
        self._preparation = Preparation(site, self._clock)
        try:
            async with self._connections.borrow() as connection:
                await self._preparation.done(connection)
        except Away as trouble:
            log.info("names are written when the database is back", reason=str(trouble))

    async def run(self) -> None:
        """Carry until cancelled; survives every absence of the database."""
        async with asyncio.TaskGroup() as group:
            for name, chain in self._chains.items():
                group.create_task(chain.run(), name=f"store-{name}")

    async def drain(self, seconds: float) -> bool:
        """Wait until everything spooled and journaled so far is stored; tell whether it was, in time."""
        try:
            async with asyncio.timeout(seconds):
                await asyncio.gather(self._chains["readings"].drained(), self._chains["journal"].drained())
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        """Close what `run` does not."""
        await self._connections.close()

    async def housekeep(self) -> None:
        """Make partitions ahead, drop what is too old, compress; nothing happens while the database is away."""
        try:
            async with self._connections.borrow(WORK_S) as connection:
                await connection.execute("set statement_timeout = 0")
                flavour, tables = await self._preparation.done(connection)
                await keep_house(connection, flavour, tables, self._clock.now(), self._site.store.keep)
                await connection.execute("reset statement_timeout")
        except Away as trouble:
            log.info("housekeeping is put off: the database is away", reason=str(trouble))

    async def roll_up(self) -> int:
        """Make minutes and hours of what was stored; return how many steps that took, 0 while the database is away."""
        try:
            async with self._connections.borrow(WORK_S) as connection:
                await connection.execute("set statement_timeout = 0")
                flavour, tables = await self._preparation.done(connection)
                done = await roll_up(connection, flavour, tables, self._clock.now())
                await connection.execute("reset statement_timeout")
        except Away as trouble:
            log.info("rolling up is put off: the database is away", reason=str(trouble))
            return 0
        return done

    @property
    def jobs(self) -> list[tuple[float, Callable[[], Awaitable[None]]]]:
        """What the calendar has to run, with periods in seconds."""
        work = {
            "roll_up": (60.0, self.roll_up),
            "keep": (600.0, self.housekeep),
            "figures": (600.0, self.publish_figures),
        }
        return [(every, partial(self._job, name, every, job)) for name, (every, job) in work.items()]

    async def _job(self, name: str, every: float, work: Callable[[], Awaitable[object]]) -> None:
        begun, at = self._clock.monotonic(), self._clock.now()
        await work()
        try:
            async with self._connections.borrow() as connection:
                await note_run(connection, name, every, at, (self._clock.monotonic() - begun) / SECOND)
        except Away:
            return

    @property
    def connected(self) -> bool:
        """Whether readings can be stored now."""
        return self._chains["readings"].statistics.connected

    @property
    def trouble(self) -> str | None:
        """Why readings cannot be stored now."""
        return self._chains["readings"].statistics.trouble

    @property
    def lag(self) -> Mapping[str, int]:
        """How many spooled batches and journaled records are not stored yet."""
        return {name: self._chains[name].lag for name in ("readings", "journal")}

    @property
    def statistics(self) -> Mapping[str, Statistics]:
        """What each chain has done."""
        return {name: chain.statistics for name, chain in self._chains.items()}

    async def history(self, point: PointId, start: Timestamp, end: Timestamp, buckets: int) -> list[Bucket]:
        """Return a point's readings in [start, end) in at most `buckets` slices. Raises StorageError."""
        return await self._queries.history(point, start, end, buckets)

    async def occurrences(self, start: Timestamp, end: Timestamp) -> tuple[list[Occurrence], float]:
        """Return every occurrence that was raised or stood in [start, end), and for which share of it the hub ran."""
        return await self._queries.occurrences(start, end)

    async def coverage(self, point: PointId, start: Timestamp, end: Timestamp) -> Coverage:
        """Return how complete a point's past is in [start, end). Raises StorageError."""
        return await self._queries.coverage(point, start, end)

    async def figure(self, figure: str, at: Timestamp) -> FigureValue:
        """Return a figure of the newest window that is over at `at`. Raises KeyError, StorageError."""
        spec = next((spec for spec in self._site.figures if spec.id == figure), None)
        if spec is None:
            raise KeyError(figure)
        await self.roll_up()
        return await self._queries.figure(spec, at)

    async def publish_figures(self) -> None:
        """Keep every figure's newest two windows for `v_figure`; what cannot be made now is made the next time."""
        now = self._clock.now()
        for spec in self._site.figures:
            try:
                newest = await self.figure(spec.id, now)
                before = await self.figure(spec.id, from_iso(newest.start))
                async with self._connections.borrow() as connection:
                    for made in (before, newest):
                        await figures.store(connection, self._site, spec, made, now)
            except StorageError as trouble:
                log.info("a figure is put off", figure=spec.id, reason=str(trouble))

    async def journal(self, *, before: int | None, limit: int, match: Mapping[str, str]) -> list[JournalRow]:
        """Return journal rows newest first. Raises StorageError, Refused for a filter that is none."""
        return await self._queries.journal(before=before, limit=limit, match=match)

    async def events(
        self, *, before: str | None, limit: int, kind: str | None, device: DeviceId | None
    ) -> list[dict[str, Any]]:
        """Return device events newest first. Raises StorageError, Refused for a `before` that is none."""
        return await self._queries.events(before=before, limit=limit, kind=kind, device=device)

    async def passages(self, query: PassageQuery) -> list[dict[str, Any]]:
        """Return passages newest first, plates masked. Raises StorageError, Refused for a `before` that is none."""
        return await self._queries.passages(query)

    async def plates(self, query: PassageQuery) -> list[dict[str, Any]]:
        """Return the same with whole plates: for `hub.looks` alone, which has it journaled."""
        return await self._queries.plates(query)

    async def held(self, word: str) -> list[tuple[Timestamp, Timestamp]]:
        """Return the spans that holds of a class, or of all, keep from deletion. Raises StorageError."""
        return await self._queries.held(word)

    async def ready(self) -> bool:
        """Tell whether the database answers."""
        return await self._queries.ready()

    async def _cursor(self, connection: Connection, source: str) -> Cursor:
        """Return how far a source is stored; a file that an older copy replaced takes numbers that were used before.

        Compared once a run, with what the file held when it was opened.
        """
        cursor = await Cursor.open(connection, source)
        last = self._found.pop(source, cursor.seq)
        if cursor.seq > last:
            log.error("spool or journal is an older copy; its new numbers are stored too", known=cursor.seq, last=last)
            await cursor.step_back(last)
        return cursor

    @asynccontextmanager
    async def _readings(self) -> AsyncIterator[ReadingsWriter]:
        try:
            async with opened(self._connections.dsn) as connection:
                flavour, tables = await self._preparation.done(connection)
                with away_on_error():
                    cursor = await self._cursor(connection, self._spool.id)
                self._spool.had_before(self._chains["readings"].statistics.mark, cursor.seq)
                self._outage.ends()
                yield ReadingsWriter(connection, cursor, flavour, tables, self._clock, self)
        except Away as trouble:
            self._outage.begins(str(trouble))
            raise

    @asynccontextmanager
    async def _journaled(self) -> AsyncIterator[JournalWriter]:
        async with opened(self._connections.dsn) as connection:
            await self._preparation.done(connection)
            with away_on_error():
                cursor = await self._cursor(connection, self._journal.id)
            yield JournalWriter(connection, cursor, lambda: self._site)

    @asynccontextmanager
    async def _latest(self) -> AsyncIterator[LatestWriter]:
        async with opened(self._connections.dsn) as connection:
            await self._preparation.done(connection)
            writer = LatestWriter(connection, self._row_ids)
            await writer.open()
            yield writer
