"""The same event twice: a source that was not told in time that it was safe says it again, under the same key.

What came again is taken out in the transaction that brought it, so nobody ever sees it twice.
"""

from datetime import datetime, timedelta

from adapters.timescale.connections import Connection

LOOK_BACK = timedelta(days=7)
"""How far apart two events of one key may be; no source keeps what it was not told of for longer."""
_DELETE = """
delete from device_event a
 where a.id > %(after)s and a.dedupe_key is not null and a.time >= %(first)s and exists (
   select from device_event b
    where b.device_id = a.device_id and b.dedupe_key = a.dedupe_key and b.id < a.id
      and b.time between a.time - %(apart)s and a.time + %(apart)s and b.time >= %(first)s - %(apart)s)
"""


async def newest(connection: Connection) -> int:
    """Return the number of the newest event so far."""
    row = await (await connection.execute("select last_value - (not is_called)::int from device_event_id")).fetchone()
    return int(row[0]) if row else 0


async def take_out(connection: Connection, after: int, first: datetime) -> int:
    """Delete the events numbered beyond `after` (none is older than `first`) that were there; return how many."""
    values = {"after": after, "first": first, "apart": LOOK_BACK}
    return (await connection.execute(_DELETE, values)).rowcount
