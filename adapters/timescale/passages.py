"""Revisions of passages settled in the transaction that brought them: of each passage the newest one stays, once.

A passage that is read better, or once more, comes again under its id with a higher revision; one that was found to be
another's comes with no reads. A read that its source repeats long after the hub forgot it comes as a passage of its
own: its key is among the keys of a passage that is there.
"""

from datetime import datetime, timedelta

from adapters.timescale.connections import Connection
from hub.model.passage import MEMORY

MOVES = timedelta(days=1)
"""How far the time of a passage can move by what is learned of it; no pass lasts longer."""
NEAR = timedelta(minutes=5)
"""How far from the time of its passage a read can be."""
LATE_MS = MEMORY // 1_000_000

_SUPERSEDED = """
with fresh as (select distinct id from passage where seq > %(after)s and time >= %(first)s),
ranked as (
  select p.id, p.seq, p.time, row_number() over (partition by p.id order by p.revision desc, p.seq) as place
  from passage p join fresh f on f.id = p.id where p.time >= %(first)s - %(moves)s)
delete from passage p using ranked r where r.place > 1 and p.id = r.id and p.seq = r.seq and p.time = r.time
"""
_TAKEN_IN = "delete from passage where seq > %(after)s and time >= %(first)s and reads = 0"
_REPEATED = """
delete from passage a
 where a.seq > %(after)s and a.time >= %(first)s and a.revision = 1 and a.lag_ms > %(late)s and exists (
   select from passage b
    where b.device_id = a.device_id and b.time between a.time - %(near)s and a.time + %(near)s and b.id <> a.id
      and b.keys @> array[a.id])
"""


async def newest(connection: Connection) -> int:
    """Return the number of the newest row so far."""
    row = await (await connection.execute("select last_value - (not is_called)::int from passage_seq")).fetchone()
    return int(row[0]) if row else 0


async def settle(connection: Connection, after: int, first: datetime) -> int:
    """Keep one row of each passage numbered beyond `after` (none is older than `first`); return how many went."""
    values = {"after": after, "first": first, "moves": MOVES, "near": NEAR, "late": LATE_MS}
    gone = 0
    for statement in (_SUPERSEDED, _TAKEN_IN, _REPEATED):
        gone += (await connection.execute(statement, values)).rowcount
    return gone
