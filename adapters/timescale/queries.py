"""The read side of the store: a point's history in slices, pages of the journal and of device events."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg import sql

from adapters.base import Bucket, Coverage, FigureValue, JournalRow
from adapters.outbound import Away
from adapters.timescale.connections import Connections
from adapters.timescale.coverage import coverage
from adapters.timescale.figures import figure
from adapters.timescale.history import history, plan
from adapters.timescale.keeping import held
from adapters.timescale.load import occurrences
from adapters.timescale.lookup import masked_passages, whole
from adapters.timescale.rows import instant, timestamp
from hub.kpi import Occurrence
from hub.model import Clock, DeviceId, PointId, Refused, Site, Timestamp, row_id
from hub.model.clock import iso
from hub.model.figure import FigureSpec
from hub.model.looking import PassageQuery

READY_S = 2.0
MOST = 1000

JOURNAL_COLUMNS = ("kind", "device", "category", "alarm")


class Queries:
    """What the web asks of the store. Every method raises StorageError while the database is away."""

    def __init__(self, site: Site, connections: Connections, clock: Clock) -> None:
        self.site = site
        self._clock = clock
        self._connections = connections

    async def history(self, point: PointId, start: Timestamp, end: Timestamp, buckets: int) -> list[Bucket]:
        """Return a point's readings in [start, end) in at most `buckets` slices, oldest first; empty ones left out."""
        if end <= start or buckets < 1:
            return []
        cut = plan(start, end, buckets, self._gone())
        async with self._connections.borrow() as connection:
            return await history(connection, self.site, point, cut)

    async def coverage(self, point: PointId, start: Timestamp, end: Timestamp) -> Coverage:
        """Return how complete a point's past is in [start, end), as far as that is past."""
        async with self._connections.borrow() as connection:
            return await coverage(connection, self.site, point, start, min(end, self._clock.now()))

    async def figure(self, spec: FigureSpec, at: Timestamp) -> FigureValue:
        """Return a figure of the newest window that is over at `at`."""
        async with self._connections.borrow() as connection:
            return await figure(connection, self.site, spec, min(at, self._clock.now()))

    def _gone(self) -> dict[int, Timestamp]:
        keep, now = self.site.store.keep, self._clock.now()
        return {level: now - keep[word] for level, word in enumerate(("readings", "minutes")) if word in keep}

    async def journal(self, *, before: int | None, limit: int, match: Mapping[str, str]) -> list[JournalRow]:
        """Return journal rows newest first, `seq` < `before`, filtered by kind, device, zone, category, alarm."""
        conditions = [sql.SQL("site = {}").format(sql.Literal(self.site.id))]
        if before is not None:
            conditions.append(sql.SQL("id < {}").format(sql.Literal(before)))
        for column, wanted in match.items():
            conditions.append(_matches(column, wanted))
        query = sql.SQL("select id, at, kind, body from journal where {} order by id desc limit {}").format(
            sql.SQL(" and ").join(conditions), sql.Literal(min(limit, MOST))
        )
        async with self._connections.borrow() as connection:
            rows = await (await connection.execute(query)).fetchall()
        return [JournalRow(seq, timestamp(at), kind, body) for seq, at, kind, body in rows]

    async def events(
        self, *, before: str | None, limit: int, kind: str | None, device: DeviceId | None
    ) -> list[dict[str, Any]]:
        """Return device events newest first, each with an `id` to page by."""
        conditions = [sql.SQL("d.site = {}").format(sql.Literal(self.site.id))]
        if before is not None:
            conditions.append(sql.SQL("(e.time, e.id) < ({}, {})").format(*map(sql.Literal, _page(before))))
        if kind is not None:
            conditions.append(sql.SQL("e.kind = {}").format(sql.Literal(kind)))
        if device is not None:
            conditions.append(sql.SQL("e.device_id = {}").format(sql.Literal(row_id(self.site.id, device))))
        query = sql.SQL(
            "select e.time, e.id, d.name, d.zone, e.kind, e.attributes, e.lag_ms, e.dedupe_key"
            " from happening e join device d on d.id = e.device_id"
            " where {} order by e.time desc, e.id desc limit {}"
        ).format(sql.SQL(" and ").join(conditions), sql.Literal(min(limit, MOST)))
        async with self._connections.borrow() as connection:
            rows = await (await connection.execute(query)).fetchall()
        return [_event(*row) for row in rows]

    async def passages(self, query: PassageQuery) -> list[dict[str, Any]]:
        """Return passages newest first, plates masked."""
        async with self._connections.borrow() as connection:
            return await masked_passages(connection, self.site, query)

    async def plates(self, query: PassageQuery) -> list[dict[str, Any]]:
        """Return passages newest first with whole plates, for `hub.looks` alone."""
        async with self._connections.borrow() as connection:
            return await whole(connection, self.site, query)

    async def occurrences(self, start: Timestamp, end: Timestamp) -> tuple[list[Occurrence], float]:
        """Return every occurrence that was raised or stood in [start, end), and for which share of it the hub ran."""
        async with self._connections.borrow() as connection:
            return await occurrences(connection, self.site.id, start, end)

    async def held(self, word: str) -> list[tuple[Timestamp, Timestamp]]:
        """Return the spans that holds of a class, or of all, keep from deletion, in order."""
        async with self._connections.borrow() as connection:
            return [(timestamp(start), timestamp(end)) for start, end in await held(connection, word)]

    async def ready(self) -> bool:
        """Tell whether the database answers within two seconds."""
        try:
            async with asyncio.timeout(READY_S), self._connections.borrow() as connection:
                await connection.execute("select 1")
        except (Away, TimeoutError):
            return False
        return True


def _matches(column: str, wanted: str) -> sql.Composed:
    if column == "zone":
        inside = wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "/%"
        return sql.SQL("(zone = {} or zone like {})").format(sql.Literal(wanted), sql.Literal(inside))
    if column not in JOURNAL_COLUMNS:
        raise Refused("unknown_filter", f"the journal has no {column!r} to search by")
    return sql.SQL("{} = {}").format(sql.Identifier(column), sql.Literal(wanted))


def _event(
    at: datetime, number: int, device: str, zone: str, kind: str, attributes: dict[str, Any], lag_ms: int | None,
    dedupe_key: str | None,
) -> dict[str, Any]:  # fmt: skip
    time = timestamp(at)
    return {
        "id": f"{time // 1000}-{number}", "time": iso(time), "device": device, "zone": zone, "kind": kind,
        "attributes": attributes, "lag_ms": lag_ms, "dedupe_key": dedupe_key,
    }  # fmt: skip


def _page(before: str) -> tuple[datetime, int]:
    microseconds, _, number = before.partition("-")
    try:
        return instant(int(microseconds) * 1000), int(number)
    except (ValueError, OverflowError):
        raise Refused("bad_page", f"{before!r} is not the id of an event") from None
