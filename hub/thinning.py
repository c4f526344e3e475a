"""What leaves the spool when it is full: the oldest batches of the least lane, then of the next."""

import sqlite3
from contextlib import closing

from msgspec import Struct

from hub.model import Lane, Timestamp

DROP_ORDER = (Lane.MEDIA, Lane.BULK, Lane.LIVE)
SHARE = {Lane.MEDIA: 0.25, Lane.BULK: 0.5, Lane.LIVE: 1.0}
"""The share of what may wait in memory from which on a lane is refused: each leaves room for those before it."""


class Thinned(Struct, frozen=True):
    """A batch that was dropped."""

    seq: int
    lane: Lane
    n: int
    t_min: Timestamp
    t_max: Timestamp
    size: int


def thin(connection: sqlite3.Connection, excess: int) -> list[Thinned]:
    """Drop the oldest batches of the least lane, then of the next, until `excess` bytes are gone."""
    oldest = "select seq, n, t_min, t_max, length(body) from batch where lane = ? order by seq"
    dropped: list[Thinned] = []
    for lane in DROP_ORDER:
        if excess <= 0:
            break
        with closing(connection.execute(oldest, (int(lane),))) as rows:
            for seq, n, t_min, t_max, size in rows:
                dropped.append(Thinned(seq, lane, n, t_min, t_max, size))
                excess -= size
                if excess <= 0:
                    break
    connection.executemany("delete from batch where seq = ?", [(t.seq,) for t in dropped])
    return dropped
