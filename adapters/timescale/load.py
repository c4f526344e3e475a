"""The load of alarms on people, as the store remembers it: occurrences, and for how much of the time the hub ran."""

from datetime import datetime

from adapters.timescale.connections import Connection
from adapters.timescale.rows import instant, timestamp
from hub.kpi import Occurrence
from hub.model import Priority, Timestamp

OCCURRENCES = """
select alarm, priority, raised_at, returned_at, first_acked_at, raised_hold is not null
from alarm
where site = %(site)s and raised_at < %(end)s
  and (raised_at >= %(start)s or active or returned_at > %(start)s)
order by raised_at, alarm
"""
DOWN = """
select coalesce(extract(epoch from sum(upper(span) - lower(span))), 0)::float8
from (
  select unnest(range_agg(tstzrange(t_from, coalesce(t_to, now())) * tstzrange(%(start)s, %(end)s))) as span
  from gap where cause = 'hub' and t_from < %(end)s and coalesce(t_to, now()) > %(start)s
) as gaps
"""


async def occurrences(
    connection: Connection, site: str, start: Timestamp, end: Timestamp
) -> tuple[list[Occurrence], float]:
    """Return every occurrence that was raised or stood in [start, end), and for which share of it the hub ran."""
    bounds = {"site": site, "start": instant(start), "end": instant(end)}
    rows = await (await connection.execute(OCCURRENCES, bounds)).fetchall()
    (down,) = await (await connection.execute(DOWN, bounds)).fetchone() or (0.0,)
    return [_occurrence(*row) for row in rows], 1.0 - min(1.0, down * 1e9 / (end - start))


def _occurrence(
    alarm: str, priority: int, raised: datetime, returned: datetime | None, acked: datetime | None, held: bool
) -> Occurrence:
    at, back, seen = timestamp(raised), *(None if t is None else timestamp(t) for t in (returned, acked))
    return Occurrence(alarm, Priority(priority).word, at, back, seen, held)
