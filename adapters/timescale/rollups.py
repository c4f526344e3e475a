"""Minutes and hours of readings: our own job, the same on every kind of database, over what was touched, no more.

What is due stands in `rollup_due`. One transaction takes a stretch of it away and makes those minutes (or hours) anew
from what is stored; it can be repeated at any time with the same result. An uncommitted batch's own entry is not seen
yet and stays for the next time, so no reading is missed and the writer of readings never waits.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from psycopg import sql

from adapters.timescale.connections import Connection
from adapters.timescale.rows import instant
from adapters.timescale.timeseries import EPOCH, Flavour, Table
from adapters.timescale.touched import GRACE
from hub.model import Timestamp

LOCK = 0x6369_7479_726F_6C6C
"""The advisory lock under which one hub at a time rolls up ("cityroll")."""
SLICE = 10
"""Minutes, or hours, of everything in one transaction."""
MANY = 1000
"""Points and their spans in one transaction."""

# Sums of float8 depend on the order of the rows, sums of numeric do not: the same readings give the same bytes. Numbers
# beyond 1e290 could not be summed and have no mean.
OF_READINGS = """
count(*), count(*) filter (where ok), count(*) filter (where quality < 256),
min(value) filter (where quality < 512), max(value) filter (where quality < 512),
(sum(value::numeric) filter (where ok))::float8,
(array_agg(value order by time desc, quality, value))[1], (array_agg(text order by time desc, quality, value))[1],
max(quality / 256)
"""
OF_MINUTES = """
sum(n), sum(valued), sum(good), min(low), max(high), sum(total::numeric)::float8,
(array_agg(last order by time desc))[1], (array_agg(last_text order by time desc))[1], max(worst)
"""
RAW = "(select *, quality < 512 and abs(value) < 1e290 as ok from reading)"
COLUMNS = ("n", "valued", "good", "low", "high", "total", "last", "last_text", "worst")


class Level(Struct, frozen=True):
    """One step of rolling up: into which table, of how long, from what."""

    number: int
    table: str
    step: timedelta
    source: str
    sums: str


MINUTES = Level(1, "reading_1m", timedelta(minutes=1), RAW, OF_READINGS)
HOURS = Level(2, "reading_1h", timedelta(hours=1), "reading_1m", OF_MINUTES)
EVENTS = Level(3, "event_1h", timedelta(hours=1), "device_event", "")
LEVELS = (MINUTES, HOURS)
"""The levels of readings; events have one of their own."""

NEXT = """
select lower(r), upper(r) from (
  select unnest(range_agg(tstzrange(t_from, t_to))) as r from (
    select t_from, t_to from rollup_due where level = %(level)s and point_id is null and t_to <= %(closed)s
    order by t_from limit 10000) as due) as spans
order by 1 limit 1
"""
TAKE = """
with taken as (
  delete from rollup_due where level = %(level)s and point_id is null and t_from < %(end)s and t_to > %(start)s
  and t_to <= %(closed)s returning t_to)
insert into rollup_due (level, t_from, t_to) select %(level)s, %(end)s, t_to from taken where t_to > %(end)s
"""
TAKE_POINTS = """
with picked as (
  select ctid from rollup_due where level = %(level)s and point_id is not null and t_to <= %(closed)s
  order by t_from limit %(many)s),
taken as (delete from rollup_due where ctid in (select ctid from picked) returning point_id, t_from, t_to),
spans as (select point_id, unnest(range_agg(tstzrange(t_from, t_to))) as r from taken group by 1)
select point_id, lower(r), upper(r) from spans order by 1, 2
"""
PASS_ON = """
insert into rollup_due (level, t_from, t_to, point_id)
select 2, date_bin('1 hour', a, %(epoch)s),
       date_bin('1 hour', b - interval '1 microsecond', %(epoch)s) + interval '1 hour', p
from unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[], %(points)s::int8[]) as touched(a, b, p)
"""
# An event that was stored twice is taken out again, so what is counted is counted anew.
UNCOUNT = "delete from event_1h where time >= %(start)s and time < %(end)s"
COUNT = """
insert into event_1h (time, device_id, kind, class, n)
select date_bin('1 hour', time, %(epoch)s), device_id, kind, coalesce(attributes ->> 'class', ''), count(*)::int4
from device_event where time >= %(start)s and time < %(end)s group by 1, 2, 3, 4
union all
select date_bin('1 hour', time, %(epoch)s), device_id, 'traffic.passage', class, count(*)::int4
from passage where time >= %(start)s and time < %(end)s and reads > 0 group by 1, 2, 4
"""
Spans = list[tuple[int | None, datetime, datetime]]


async def roll_up(
    connection: Connection, flavour: Flavour, tables: Mapping[str, Table], now: Timestamp, *, most: int = 10_000
) -> int:
    """Make what is due and over by `now`, in at most `most` transactions; return in how many it was made.

    0 also while another hub is at it. Raises psycopg.Error.
    """
    row = await (await connection.execute("select pg_try_advisory_lock(%s)", (LOCK,))).fetchone()
    if row is None or not row[0]:
        return 0
    done = 0
    try:
        for level in (*LEVELS, EVENTS):
            closed = _closed(level, now)
            for step in (_stretch, _points):
                while done < most and await step(connection, flavour, tables[level.table], level, closed):
                    done += 1
    finally:
        if not connection.closed:
            await connection.execute("select pg_advisory_unlock(%s)", (LOCK,))
    return done


def _closed(level: Level, now: Timestamp) -> datetime:
    return EPOCH + (instant(now - GRACE) - EPOCH) // level.step * level.step


async def _stretch(connection: Connection, flavour: Flavour, table: Table, level: Level, closed: datetime) -> bool:
    async with connection.transaction():
        found = await connection.execute(NEXT, {"level": level.number, "closed": closed})
        row = await found.fetchone()
        if row is None:
            return False
        start, end = row[0], min(row[1], row[0] + SLICE * level.step)
        await connection.execute(TAKE, {"level": level.number, "closed": closed, "start": start, "end": end})
        if level is EVENTS:
            await _count_events(connection, flavour, table, start, end)
            return True
        where = sql.SQL("s.time >= {} and s.time < {}").format(sql.Literal(start), sql.Literal(end))
        await _make(connection, flavour, table, level, sql.SQL("where ") + where, [(None, start, end)])
    return True


async def _points(connection: Connection, flavour: Flavour, table: Table, level: Level, closed: datetime) -> bool:
    async with connection.transaction():
        found = await connection.execute(TAKE_POINTS, {"level": level.number, "closed": closed, "many": MANY})
        spans: Spans = [(row[0], row[1], row[2]) for row in await found.fetchall()]
        if not spans:
            return False
        join = sql.SQL(
            "join unnest({}::int8[], {}::timestamptz[], {}::timestamptz[]) as due(p, a, b)"
            " on s.point_id = due.p and s.time >= due.a and s.time < due.b"
        ).format(*(sql.Literal([span[i] for span in spans]) for i in range(3)))
        await _make(connection, flavour, table, level, join, spans)
    return True


async def _make(
    connection: Connection, flavour: Flavour, table: Table, level: Level, which: sql.Composable, spans: Spans
) -> None:
    await flavour.cover(connection, table, {time for _, a, b in spans for time in _chunks(table, a, b)})
    parts = {
        "table": sql.Identifier(level.table), "columns": sql.SQL(", ").join(map(sql.Identifier, COLUMNS)),
        "step": sql.Literal(level.step), "epoch": sql.Literal(EPOCH), "sums": sql.SQL(level.sums),
        "source": sql.SQL(level.source), "which": which,
        "sets": sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(sql.Identifier(c)) for c in COLUMNS),
    }  # fmt: skip
    await connection.execute(
        sql.SQL(
            "insert into {table} (time, point_id, {columns}) select date_bin({step}, time, {epoch}), point_id, {sums}"
            " from {source} as s {which} group by 1, 2 on conflict (point_id, time) do update set {sets}"
        ).format(**parts)
    )
    if level is MINUTES:
        points, starts, ends = ([span[i] for span in spans] for i in range(3))
        await connection.execute(PASS_ON, {"epoch": EPOCH, "starts": starts, "ends": ends, "points": points})


async def _count_events(connection: Connection, flavour: Flavour, table: Table, start: datetime, end: datetime) -> None:
    await flavour.cover(connection, table, _chunks(table, start, end))
    facts = {"start": start, "end": end, "epoch": EPOCH}
    await connection.execute(UNCOUNT, facts)
    await connection.execute(COUNT, facts)


def _chunks(table: Table, start: datetime, end: datetime) -> list[datetime]:
    count = (end - start) // table.chunk + 1
    return [min(start + n * table.chunk, end - timedelta(microseconds=1)) for n in range(count + 1)]
