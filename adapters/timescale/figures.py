"""Figures: a value, the one it is compared with, the coverage of both, and whether the two may be compared at all.

They are made of the minutes and hours that are rolled up, in arithmetic whose result does not depend on the order of
rows; so the same stored data give the same bytes, and `hash` proves it.
"""

import hashlib
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
from psycopg import sql
from psycopg.types.json import Jsonb

from adapters.base import FigureValue
from adapters.timescale.connections import Connection
from adapters.timescale.rows import instant, timestamp
from adapters.timescale.windows import Window, earlier, last_complete
from hub.model import Site, StorageError, Timestamp, row_id, split_point
from hub.model.clock import iso
from hub.model.figure import FigureSpec

OF_ROLLED = {
    "mean": "(sum(total::numeric) / nullif(sum(valued), 0))::float8",
    "sum": "sum(total::numeric)::float8",
    "min": "min(low)",
    "max": "max(high)",
    "count": "sum(n)::float8",
    "good_share": "(sum(good)::numeric / nullif(sum(n), 0))::float8",
}
ROLLED = "select {sums}, coalesce(sum(n), 0)::int8 from {table} where point_id = any(%s) and time >= %s and time < %s"
OF_EVENTS = {"mean": "avg(x)::float8", "sum": "sum(x)::float8", "min": "min(x)::float8", "max": "max(x)::float8"}
EVENTS = (
    "select {sums}, count(*) from (select case when jsonb_typeof(attributes -> {attribute}) = 'number'"
    " then (attributes ->> {attribute})::numeric end as x from happening"
    " where device_id = any(%s) and time >= %s and time < %s and kind = {kind} and attributes @> {where}) as e"
)
COVERED = """
select avg(citywatch_covered(%(site)s, d, array(select distinct lane from point where device_id = d), %(start)s,
  %(end)s)::numeric)::float8
from unnest(%(devices)s::int8[]) as d
"""
DUE = "select exists (select from rollup_due where t_from < %s and t_to > %s)"
COUNTED_DUE = "select exists (select from rollup_due where level = 3 and t_from < %s and t_to > %s)"
COUNTED = """
select coalesce(sum(n), 0)::float8, coalesce(sum(n), 0)::int8 from event_1h
where device_id = any(%s) and time >= %s and time < %s and kind = %s and (%s::text is null or class = %s)
"""
STORE = """
insert into figure as f (site, figure, t_from, t_to, title_vi, title_en, unit, value, previous, ratio, coverage,
  previous_coverage, comparable, reason, hash, made_at)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
on conflict (site, figure, t_from) do update set t_to = excluded.t_to, title_vi = excluded.title_vi,
  title_en = excluded.title_en, unit = excluded.unit, value = excluded.value, previous = excluded.previous,
  ratio = excluded.ratio, coverage = excluded.coverage, previous_coverage = excluded.previous_coverage,
  comparable = excluded.comparable, reason = excluded.reason, hash = excluded.hash, made_at = excluded.made_at
where f.hash <> excluded.hash
"""


class _Side(msgspec.Struct, frozen=True):
    value: float | None
    count: int
    coverage: float | None


async def figure(connection: Connection, site: Site, spec: FigureSpec, at: Timestamp) -> FigureValue:
    """Return a figure of the newest window that is over at `at`.

    Raises psycopg.Error, StorageError while readings of the window are not rolled up.
    """
    zone = ZoneInfo(site.timezone)
    window = last_complete(spec.window, instant(at).astimezone(UTC), zone)
    now = await _side(connection, site, spec, window)
    if spec.compare == "none":
        return _told(spec, window, now, None, None)
    before = earlier(spec.window, spec.compare, *window, zone)
    return _told(spec, window, now, before, await _side(connection, site, spec, before))


async def store(connection: Connection, site: Site, spec: FigureSpec, made: FigureValue, at: Timestamp) -> None:
    """Keep a figure for `v_figure`; one that is the same already stays as it is. Raises psycopg.Error."""
    row = (
        site.id, spec.id, made.start, made.end, spec.title.vi, spec.title.en, made.unit, made.value, made.previous,
        made.ratio, made.coverage, made.previous_coverage, made.comparable, made.reason, made.hash, instant(at),
    )  # fmt: skip
    await connection.execute(STORE, row)


async def _side(connection: Connection, site: Site, spec: FigureSpec, window: Window) -> _Side:
    devices = [row_id(site.id, device) for device in spec.devices]
    facts = {"site": site.id, "devices": devices, "start": window[0], "end": window[1]}
    covered = await (await connection.execute(COVERED, facts)).fetchone()
    if spec.event is None:
        value, count = await _of_points(connection, site, spec, window)
    else:
        value, count = await _of_events(connection, spec, devices, window)
    return _Side(_rounded(value), count, _rounded(covered[0] if covered else None))


async def _of_points(connection: Connection, site: Site, spec: FigureSpec, window: Window) -> tuple[float | None, int]:
    start, end = window
    due = await (await connection.execute(DUE, (end, start))).fetchone()
    if due and due[0]:
        raise StorageError("readings of that time are still being rolled up; ask again in a minute")
    hours = all(_whole_hour(at) for at in window)
    query = sql.SQL(ROLLED).format(
        sums=sql.SQL(OF_ROLLED[spec.aggregate]), table=sql.Identifier("reading_1h" if hours else "reading_1m")
    )
    points = [row_id(site.id, *split_point(point)) for point in spec.points]
    row = await (await connection.execute(query, (points, start, end))).fetchone()
    value, count = (row[0], row[1]) if row else (None, 0)
    return (None if value is None else value / spec.divide), count


async def _of_events(
    connection: Connection, spec: FigureSpec, devices: list[int], window: Window
) -> tuple[float | None, int]:
    counted = await _counted(connection, spec, devices, window)
    if counted is not None:
        return counted
    query = sql.SQL(EVENTS).format(
        sums=sql.SQL(OF_EVENTS.get(spec.aggregate, "count(*)::float8")),
        attribute=sql.Literal(spec.attribute or ""), kind=sql.Literal(spec.event), where=sql.Literal(Jsonb(spec.where)),
    )  # fmt: skip
    row = await (await connection.execute(query, (devices, *window))).fetchone()
    return (row[0], row[1]) if row else (None, 0)


async def _counted(
    connection: Connection, spec: FigureSpec, devices: list[int], window: Window
) -> tuple[float, int] | None:
    """Return a count made of the hours that events were counted by; None where these cannot tell it.

    Events themselves are kept for a year or so, their hours for five.
    """
    fitting = spec.aggregate == "count" and set(spec.where) <= {"class"} and all(_whole_hour(at) for at in window)
    if not fitting:
        return None
    due = await (await connection.execute(COUNTED_DUE, (window[1], window[0]))).fetchone()
    if due and due[0]:
        return None
    word = spec.where.get("class")
    row = await (await connection.execute(COUNTED, (devices, *window, spec.event, word, word))).fetchone()
    return (row[0], row[1]) if row else None


def _whole_hour(at: datetime) -> bool:
    return at.timestamp() % 3600 == 0


def _told(spec: FigureSpec, window: Window, now: _Side, before: Window | None, then: _Side | None) -> FigureValue:
    reason = incomparable(spec, now, then)
    ratio = _rounded(now.value / then.value) if then and not reason and now.value is not None and then.value else None
    made = FigureValue(
        figure=spec.id, aggregate=spec.aggregate, unit=spec.unit,
        start=_iso(window[0]), end=_iso(window[1]), value=now.value, count=now.count, coverage=now.coverage,
        previous_start=before and _iso(before[0]), previous_end=before and _iso(before[1]),
        previous=then.value if then else None, previous_count=then.count if then else 0,
        previous_coverage=then.coverage if then else None, ratio=ratio, comparable=not reason, reason=reason, hash="",
    )  # fmt: skip
    return msgspec.structs.replace(made, hash=hash_of(made))


def incomparable(spec: FigureSpec, now: _Side, then: _Side | None) -> str:
    """Return in one word why the two sides must not be compared, empty when they may."""
    if then is None:
        return "nothing_to_compare"
    if now.value is None or then.value is None:
        return "no_data" if now.value is None else "no_data_before"
    if now.coverage is None or then.coverage is None or min(now.coverage, then.coverage) < spec.least:
        return "coverage_low"
    if abs(now.coverage - then.coverage) > spec.tolerance:
        return "coverage_differs"
    return "" if then.value else "zero_before"


def hash_of(made: FigureValue) -> str:
    """Return the SHA-256 of a figure's JSON in which `hash` is empty, hexadecimal."""
    return hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(made, hash=""))).hexdigest()


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.12g}")


def _iso(at: datetime) -> str:
    return iso(timestamp(at))
