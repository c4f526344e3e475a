"""Which messages of a source are durable here, though the source may not know it yet.

A hub that dies between its commit and its acknowledgement is sent the same messages again. Their receipts are committed
with their rows, so the next run can acknowledge them without storing them twice. As many are kept as the source may
have under way; no more can come again.
"""

import sqlite3
from collections import defaultdict, deque
from collections.abc import Iterable
from contextlib import closing

from hub.model import Receipt

SCHEMA = """
create table if not exists receipt(id integer primary key autoincrement, source text not null, n integer not null,
  body blob not null);
"""


class _Kept:
    """The receipts of one source: row and number of messages of each, oldest first."""

    def __init__(self) -> None:
        self.rows: deque[tuple[int, int]] = deque()
        self.total = 0

    def add(self, at: int, n: int) -> None:
        while self.rows and self.rows[-1][0] >= at:
            self.total -= self.rows.pop()[1]  # what a rolled back transaction had numbered
        self.rows.append((at, n))
        self.total += n

    def beyond(self, window: int) -> int:
        """Forget what `window` messages do not need; return the last row of that, or 0."""
        last = 0
        while self.rows and self.total - self.rows[0][1] >= window:
            last, n = self.rows.popleft()
            self.total -= n
        return last


class ReceiptBook:
    """The table `receipt`, written in the writer thread of a file."""

    def __init__(self, reader: sqlite3.Connection) -> None:
        """Look at what an earlier run has left."""
        self._kept: dict[str, _Kept] = defaultdict(_Kept)
        with closing(reader.execute("select source, id, n from receipt order by id")) as rows:
            for source, at, n in rows:
                self._kept[source].add(at, n)

    def write(self, connection: sqlite3.Connection, receipts: Iterable[Receipt]) -> None:
        """Add receipts, inside a transaction. May be repeated after it was rolled back."""
        for receipt in receipts:
            insert = "insert into receipt(source, n, body) values (?, ?, ?)"
            at = connection.execute(insert, (receipt.source, receipt.n, receipt.keys)).lastrowid or 0
            kept = self._kept[receipt.source]
            kept.add(at, receipt.n)
            if last := kept.beyond(receipt.window):
                connection.execute("delete from receipt where source = ? and id <= ?", (receipt.source, last))


def keys_of(reader: sqlite3.Connection, source: str) -> bytes:
    """Return the keys of a source's receipts, oldest first."""
    with closing(reader.execute("select body from receipt where source = ? order by id", (source,))) as rows:
        return b"".join(body for (body,) in rows)
