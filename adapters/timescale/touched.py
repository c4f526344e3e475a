"""Which minutes, of which points, a load of stored readings touches: what is then rolled up anew, and no more."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from struct import Struct

from adapters.timescale.connections import Connection
from adapters.timescale.rows import instant
from hub.model import HOUR, MINUTE, SECOND, Timestamp
from hub.spool import Batch
from hub.wire.rows import split, time_of

GRACE = 15 * SECOND
"""How long after its end a minute or an hour may still be filling: readings on their way through the spool."""
DENSE = 64
"""Late readings of one minute from which on the whole minute is made anew, not each of their points in it."""
NEAR = 3
"""Minutes that a batch may span to be taken whole without looking at each of its rows."""
MOST_BEHIND, MOST_AHEAD = 60 * 365 * 24 * 60, 2 * 24 * 60
"""Minutes before and after now in which readings can be stored at all."""
MARK = "insert into rollup_due (level, t_from, t_to, point_id) values (%s, %s, %s, %s)"

_length = Struct(">i").unpack_from
_number = Struct(">q").unpack_from

Span = tuple[int, int]
"""Minutes since 1970, from and up to."""


def touched(batches: Iterable[Batch], now: Timestamp) -> list[tuple[Span, int | None]]:
    """Return spans of minutes, each with the point's number, or None for every point in it."""
    whole: set[int] = set()
    single: defaultdict[int, set[int]] = defaultdict(set)
    filling = (now - GRACE) // MINUTE
    for batch in batches:
        if batch.target == "reading":
            _of_batch(batch, filling, whole, single)
    # What the tables will not take (its time is impossible) has no minutes.
    possible = range(filling - MOST_BEHIND, filling + MOST_AHEAD)
    found: list[tuple[Span, int | None]] = [(span, None) for span in _spans(m for m in whole if m in possible)]
    for point, minutes in single.items():
        found += ((span, point) for span in _spans(m for m in minutes - whole if m in possible))
    return found


def hours_touched(batches: Iterable[Batch], now: Timestamp) -> list[Span]:
    """Return spans of hours since 1970 into which device events and passages fall."""
    hours: set[int] = set()
    this = now // HOUR
    for batch in batches:
        if batch.target in ("device_event", "passage"):
            first, last = batch.t_min // HOUR, batch.t_max // HOUR
            rows = split(batch.body) if last - first >= NEAR else []
            hours |= {time_of(row) // HOUR for row in rows if len(row) >= 14} or set(range(first, last + 1)[:NEAR])
    possible = range(this - MOST_BEHIND // 60, this + MOST_AHEAD // 60)
    return list(_spans(hour for hour in hours if hour in possible))


async def mark(connection: Connection, batches: Sequence[Batch], now: Timestamp) -> None:
    """Write down, inside the caller's transaction, what has to be rolled up. Raises psycopg.Error."""
    rows: list[tuple[int, datetime, datetime, int | None]] = [
        (1, instant(first * MINUTE), instant(end * MINUTE), point) for (first, end), point in touched(batches, now)
    ]
    rows += ((3, instant(first * HOUR), instant(end * HOUR), None) for first, end in hours_touched(batches, now))
    if rows:
        async with connection.cursor() as cursor:
            await cursor.executemany(MARK, rows)


def _of_batch(batch: Batch, filling: int, whole: set[int], single: defaultdict[int, set[int]]) -> None:
    first, last = batch.t_min // MINUTE, batch.t_max // MINUTE
    if last - first < NEAR and (first >= filling or batch.n >= DENSE):
        whole.update(range(first, last + 1))
        return
    places = [(time_of(row) // MINUTE, point_of(row)) for row in split(batch.body) if len(row) >= 14]
    full = {minute for minute, n in Counter(minute for minute, _ in places).items() if n >= DENSE or minute >= filling}
    whole |= full
    for minute, point in places:
        if minute not in full:
            single[point].add(minute)


def point_of(row: bytes) -> int:
    """Return the point's number of a row of `reading`, which stands behind the value; 0 when the row is cut."""
    at = 14
    at += 4 + max(0, _length(row, at)[0]) if len(row) >= at + 4 else 0
    return int(_number(row, at + 4)[0]) if len(row) >= at + 12 else 0


def _spans(minutes: Iterable[int]) -> Iterator[Span]:
    first = end = None
    for minute in sorted(minutes):
        if end != minute:
            if first is not None and end is not None:
                yield first, end
            first = minute
        end = minute + 1
    if first is not None and end is not None:
        yield first, end
