"""What devices said and nobody understood, from the store: each thing once, with how often and how it read last."""

from datetime import datetime
from typing import Any

import psycopg
from msgspec import Struct

Connection = psycopg.AsyncConnection[tuple[Any, ...]]
_QUERY = """
with said as (
  select device_id, source, reason, count(*) as times, min(time) as first, max(time) as last,
         (array_agg(body order by time desc))[1] as body
  from quarantine where time >= %(since)s group by device_id, source, reason
)
select coalesce(device.name, ''), source, reason, times, first, last, body
from said left join device on device.id = said.device_id
where %(device)s::text is null or device.name = %(device)s
order by last desc, source limit %(limit)s
"""


class NotUnderstood(Struct, frozen=True):
    """One thing that was set aside."""

    device: str
    source: str
    """Topic, or where else it came from."""
    reason: str
    times: int
    first: datetime
    last: datetime
    body: str
    """As it came last; of a topic that nobody has mapped the lines that would map it."""


async def not_understood(
    connection: Connection, since: datetime, device: str | None = None, limit: int = 50
) -> list[NotUnderstood]:
    """Return what was set aside since then, the latest first. Raises psycopg.Error."""
    given = {"since": since, "device": device, "limit": limit}
    rows = await (await connection.execute(_QUERY, given)).fetchall()
    return [_read(*row) for row in rows]


def _read(
    device: str, source: str, reason: str, times: int, first: datetime, last: datetime, body: bytes
) -> NotUnderstood:
    return NotUnderstood(device, source, reason, times, first, last, bytes(body).decode(errors="replace"))
