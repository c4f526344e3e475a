"""How complete a span of a point's past is, and what is missing in it, from the ledger of gaps."""

from adapters.base import Coverage, Gap
from adapters.timescale.connections import Connection
from adapters.timescale.rows import instant, timestamp
from hub.model import PointId, Site, Timestamp, row_id, split_point

MOST = 1000
SHARE = "select citywatch_covered(%(site)s, %(device)s, %(lanes)s, %(start)s, %(end)s)"
GAPS = """
select t_from, t_to, cause, reason from gap
where t_from < %(end)s and coalesce(t_to, 'infinity') > %(start)s and (device_id = %(device)s
  or (device_id is null and site = %(site)s and (cause = 'hub' or (cause = 'dropped' and lane = any(%(lanes)s)))))
order by t_from limit %(most)s
"""


async def coverage(connection: Connection, site: Site, point: PointId, start: Timestamp, end: Timestamp) -> Coverage:
    """Return the share of [start, end) in which the point could be heard, and the gaps. Raises psycopg.Error."""
    device, _ = split_point(point)
    known = site.points.get(point)
    facts = {
        "site": site.id, "device": row_id(site.id, device), "lanes": [known.lane.name.lower()] if known else [],
        "start": instant(start), "end": instant(end), "most": MOST,
    }  # fmt: skip
    row = await (await connection.execute(SHARE, facts)).fetchone()
    gaps = await (await connection.execute(GAPS, facts)).fetchall()
    found = [Gap(timestamp(a), b and timestamp(b), cause, reason) for a, b, cause, reason in gaps]
    return Coverage(row[0] if row else None, found)
