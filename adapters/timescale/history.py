"""A point's past in slices: short spans from the readings themselves, long ones from minutes or hours.

What is not rolled up yet (the running minute or hour, late readings) and the ragged start of a span come from the
readings, so a slice says the same whichever way it was made.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from psycopg import sql

from adapters.base import Bucket
from adapters.timescale.connections import Connection
from adapters.timescale.rollups import LEVELS, Level
from adapters.timescale.rows import instant, timestamp
from adapters.timescale.timeseries import EPOCH
from hub.model import HOUR, PointId, Site, Timestamp, Value, row_id, split_point
from hub.wire.rows import MICROSECOND

SHORT = 6 * HOUR
"""Up to this span the readings themselves are quick enough, whatever the width of a slice."""
DUE = """
select min(t_from) from rollup_due
where level <= %(level)s and t_to > %(start)s and (point_id is null or point_id = %(point)s)
"""
# Bad values are the last ones known, kept for display: they never make a slice look higher or lower than it was.
READINGS = sql.SQL(
    "select time, 1 as n, case when quality < 512 then value end as low,"
    " case when quality < 512 then value end as high, value as last, {text} as last_text, quality / 256 as worst"
    " from reading where point_id = {point} and time >= {start} and time < {end}"
)
ROLLED = sql.SQL(
    "select time, n, low, high, last, last_text, worst"
    " from {table} where point_id = {point} and time >= {start} and time < {end}"
)
SLICES = sql.SQL(
    "select date_bin({width}, time, {origin}), min(low), max(high), (array_agg(last order by time desc))[1],"
    " (array_agg(last_text order by time desc))[1], max(worst), sum(n)::int8"
    " from ({parts}) as parts group by 1 order by 1"
)


class Plan(Struct, frozen=True):
    """How a span is cut: slices of `width` from `origin` on, and from what they are made."""

    start: datetime
    end: datetime
    origin: datetime
    width: timedelta
    level: Level | None


def plan(start: Timestamp, end: Timestamp, buckets: int, gone: Mapping[int, Timestamp]) -> Plan:
    """Return how to cut a span; `gone` says before when readings (0) and minutes (1) are no longer kept."""
    number = sum(start < gone.get(level, 0) for level in (0, 1))
    if end - start > SHORT:
        number = max([number, *(level.number for level in LEVELS if (end - start) // buckets >= _ns(level.step))])
    if number == 0:
        width = -(-(end - start) // (buckets * MICROSECOND)) * MICROSECOND
        return Plan(instant(start), instant(end), instant(start), _delta(width), None)
    level = LEVELS[number - 1]
    step = _ns(level.step)
    origin = start // step * step
    width = -(-(end - origin) // (buckets * step)) * step
    return Plan(instant(start), instant(end), instant(origin), _delta(width), level)


async def history(connection: Connection, site: Site, point: PointId, cut: Plan) -> list[Bucket]:
    """Return a point's slices, oldest first, empty ones left out. Raises psycopg.Error."""
    known = site.points.get(point)
    kind = known.type if known else "text"
    number = row_id(site.id, *split_point(point))
    parts = await _parts(connection, cut, number, text=kind == "text")
    query = SLICES.format(
        width=sql.Literal(cut.width), origin=sql.Literal(cut.origin), parts=sql.SQL(" union all ").join(parts)
    )
    rows = await (await connection.execute(query)).fetchall()
    return [
        Bucket(timestamp(at), low, high, typed(kind, value, text), quality, count)
        for at, low, high, value, text, quality, count in rows
    ]


async def _parts(connection: Connection, cut: Plan, point: int, *, text: bool) -> list[sql.Composable]:
    # Without the column `text` a number's readings come from the index alone.
    column = sql.SQL("text" if text else "null::text")

    def readings(start: datetime, end: datetime) -> sql.Composable:
        return READINGS.format(text=column, point=sql.Literal(point), start=sql.Literal(start), end=sql.Literal(end))

    if cut.level is None:
        return [readings(cut.start, cut.end)]
    head = min(cut.end, _ceil(cut.start, cut.level.step))
    tail = max(head, min(_floor(cut.end, cut.level.step), await _due(connection, cut, cut.level, point)))
    rolled = ROLLED.format(
        table=sql.Identifier(cut.level.table), point=sql.Literal(point), start=sql.Literal(head), end=sql.Literal(tail)
    )
    return [readings(cut.start, head), rolled, readings(tail, cut.end)]


async def _due(connection: Connection, cut: Plan, level: Level, point: int) -> datetime:
    found = await connection.execute(DUE, {"level": level.number, "start": cut.start, "point": point})
    row = await found.fetchone()
    return _floor(row[0], level.step) if row and row[0] else cut.end


def typed(kind: str, value: float | None, text: str | None) -> Value | None:
    """Return a stored value in the type of its point."""
    if text is not None or value is None:
        return text
    if kind == "bool":
        return bool(value)
    return int(value) if kind == "int" and value.is_integer() else value


def _floor(time: datetime, step: timedelta) -> datetime:
    return EPOCH + (time - EPOCH) // step * step


def _ceil(time: datetime, step: timedelta) -> datetime:
    return EPOCH - (EPOCH - time) // step * step


def _ns(step: timedelta) -> int:
    return step // timedelta(microseconds=1) * MICROSECOND


def _delta(length: int) -> timedelta:
    return timedelta(microseconds=length // MICROSECOND)
