"""The last minutes of passages, kept in the spool's own file and in the transaction of the rows that came of them.

After a crash the same reads in the same order give the same passages and the same counts, so nothing is told twice and
nothing is forgotten. There are plates in it: what is older than a restart needs is deleted with the next that is kept.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from hub.batchfile import Entry
from hub.model import MINUTE, Kept, Timestamp

SCHEMA = """
create table if not exists kept(id integer primary key autoincrement, at integer not null, body blob not null);
"""
NEEDED = 5 * MINUTE
"""How far back a restart looks: longer than reads are remembered and minutes are open."""


def keep(connection: sqlite3.Connection, entries: Iterable[Entry]) -> None:
    """Add what is to be kept among `entries`, inside a transaction. May be repeated after it was rolled back."""
    fresh = [(e.payload.at, e.payload.body) for e in entries if isinstance(e.payload, Kept)]
    if fresh:
        connection.executemany("insert into kept(at, body) values (?, ?)", fresh)
        connection.execute("delete from kept where at < ?", (fresh[-1][0] - NEEDED,))


def recall(path: Path, now: Timestamp) -> Sequence[bytes]:
    """Return what an earlier run kept and a restart at `now` needs, in its order."""
    with closing(sqlite3.connect(path)) as reader:
        query = "select body from kept where at >= ? order by id"
        return [body for (body,) in reader.execute(query, (now - NEEDED,))]
