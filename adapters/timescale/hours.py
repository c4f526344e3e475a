"""Months that were counted elsewhere, written into the hours that the hub would have made of them.

What a site counted before this hub came is known by the hour at best; older readings and events are deleted anyhow.
Nothing that is stored is overwritten, and when each device was heard goes into the ledger of gaps.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct
from psycopg import sql

from adapters.timescale.connections import Connection
from adapters.timescale.housekeeping import read_tables
from adapters.timescale.names import write_names
from adapters.timescale.timeseries import Flavour, Table, start_of
from hub.model import DeviceId, PointId, Site, StorageError, row_id, split_point

EVENT_TYPES = ("timestamptz", "int8", "text", "text", "int4")
POINT_TYPES = ("timestamptz", "int8", "float8", "float8", "float8", "float8", "int4", "int4", "int4", "int2", "text")
EVENT = ("time", "device_id", "kind", "class", "n")
POINT = ("time", "point_id", "low", "high", "total", "last", "n", "valued", "good", "worst", "last_text")
THERE = """
select exists (select from event_1h where device_id = any(%(devices)s) and time >= %(start)s and time < %(end)s)
    or exists (select from reading_1h where point_id = any(%(points)s) and time >= %(start)s and time < %(end)s)
"""
SINCE = "select since from device where id = %s"
HEARD = "update device set since = least(since, %s) where id = %s"
AWAY = """
insert into gap (site, cause, device_id, t_from, t_to, reason)
select %(site)s, %(cause)s, %(device)s, %(start)s, %(end)s, %(reason)s where %(start)s < %(end)s::timestamptz
"""
UNRECORDED = "not_recorded"
"""Why nothing is known of the time between what is loaded and what the hub itself has heard."""


class EventHour(Struct, frozen=True):
    """How many events of a kind and class a device told in an hour."""

    at: datetime
    device: DeviceId
    kind: str
    word: str
    n: int


class PointHour(Struct, frozen=True):
    """The good values that a point had in an hour, in their order."""

    at: datetime
    point: PointId
    values: Sequence[float]


class Heard(Struct, frozen=True):
    """Since when a device was heard, and when it was not."""

    device: DeviceId
    since: datetime
    until: datetime
    away: Sequence[tuple[datetime, datetime, str]] = ()


async def load_hours(
    connection: Connection, flavour: Flavour, site: Site,
    events: Iterable[EventHour], points: Iterable[PointHour], heard: Sequence[Heard],
) -> int:  # fmt: skip
    """Write months of a site in one transaction; return how many rows. Raises StorageError when some are there."""
    rows = [(e.at, row_id(site.id, e.device), e.kind, e.word, e.n) for e in events]
    readings = [_reading(site, p) for p in points]
    async with connection.transaction():
        await write_names(connection, site)
        await _must_be_new(connection, site, rows, readings)
        tables = await read_tables(connection, {})
        await _copy(connection, flavour, tables["event_1h"], EVENT, EVENT_TYPES, rows)
        await _copy(connection, flavour, tables["reading_1h"], POINT, POINT_TYPES, readings)
        for one in heard:
            await _ledger(connection, site, one)
    return len(rows) + len(readings)


def _reading(site: Site, hour: PointHour) -> tuple[object, ...]:
    n, values = len(hour.values), hour.values
    point = row_id(site.id, *split_point(hour.point))
    return hour.at, point, min(values), max(values), sum(values), values[-1], n, n, n, 0, None


async def _must_be_new(
    connection: Connection, site: Site, events: Sequence[Sequence[object]], points: Sequence[Sequence[object]]
) -> None:
    times = [row[0] for row in (*events, *points)]
    if not times:
        return
    facts = {
        "devices": list({row[1] for row in events}), "points": list({row[1] for row in points}),
        "start": min(times), "end": max(times),  # type: ignore[type-var]
    }  # fmt: skip
    row = await (await connection.execute(THERE, facts)).fetchone()
    if row and row[0]:
        raise StorageError(f"{site.id} has hours of that time already: nothing was written")


async def _copy(
    connection: Connection, flavour: Flavour, table: Table, columns: Sequence[str], types: Sequence[str],
    rows: Sequence[Sequence[object]],
) -> None:  # fmt: skip
    await flavour.cover(connection, table, {start_of(table, row[0]) for row in rows})  # type: ignore[arg-type]
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("copy {} ({}) from stdin (format binary)").format(sql.Identifier(table.name), names)
    async with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
        for row in rows:
            await copy.write_row(row)


async def _ledger(connection: Connection, site: Site, heard: Heard) -> None:
    device = row_id(site.id, heard.device)
    row = await (await connection.execute(SINCE, (device,))).fetchone()
    known = row[0] if row else heard.until
    facts = {"site": site.id, "device": device}
    spans = [*heard.away, (heard.until, known, UNRECORDED)]
    for start, end, reason in spans:
        cause = "link" if reason == "unreachable" else "device"
        await connection.execute(AWAY, facts | {"cause": cause, "start": start, "end": end, "reason": reason})
    await connection.execute(HEARD, (heard.since, device))
