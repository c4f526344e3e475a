"""What consoles are told of one topic: the rows that stand, and the last changes for those who come back.

Rows are encoded when the first client needs them and only once, however many clients there are.
"""

from collections import deque
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

import msgspec

from adapters.web.digest import fnv1a

encode = msgspec.json.Encoder().encode


class Facts(msgspec.Struct, frozen=True):
    """What filters look at."""

    zone: str = ""
    device: str = ""
    kind: str = ""
    category: str = ""
    priority: str = ""
    unacked: bool = False


class Row:
    """One row of one topic at one revision."""

    def __init__(self, key: str, rev: int, facts: Facts, make: Callable[[], dict[str, Any]]) -> None:
        self.key = key
        self.rev = rev
        self.facts = facts
        self._make = make

    @cached_property
    def body(self) -> bytes:
        """The row as JSON."""
        return encode(self._make())

    @cached_property
    def hash(self) -> int:
        """What this row adds to a digest."""
        return fnv1a(f"{self.key}:{self.rev}")


class Change:
    """One change of one row, numbered by the stream."""

    def __init__(self, seq: int, row: Row, *, gone: bool = False) -> None:
        self.seq = seq
        self.row = row
        self.gone = gone

    @cached_property
    def put(self) -> bytes:
        """The end of the `ev` message that says so, from `seq` on."""
        return b',"seq":%d,"op":"put","row":%b}' % (self.seq, self.row.body)

    @cached_property
    def delete(self) -> bytes:
        """The end of the `ev` message for those whose list the row leaves."""
        return b',"seq":%d,"op":"del","key":%b,"row":%b}' % (self.seq, encode(self.row.key), self.row.body)


class Board:
    """The rows and changes of one topic. A topic with `keeps=False` has no standing rows, only a recent past."""

    def __init__(self, seq: int, *, keeps: bool, remember: int) -> None:
        self.rows: dict[str, Row] = {}
        self.keeps = keeps
        self._floor = seq
        self._changes: deque[Change] = deque(maxlen=remember)

    def take(self, change: Change) -> None:
        """Take one more change."""
        if len(self._changes) == self._changes.maxlen:
            self._floor = self._changes[0].seq
        self._changes.append(change)
        if not self.keeps:
            return
        if change.gone:
            self.rows.pop(change.row.key, None)
        else:
            self.rows[change.row.key] = change.row

    def since(self, seq: int) -> list[Change] | None:
        """Return the changes after `seq`, or None when some of them are forgotten."""
        if seq < self._floor:
            return None
        return [change for change in self._changes if change.seq > seq]

    def standing(self, most: int) -> Iterable[Row]:
        """Return the rows that a newcomer is shown: all that stand, or the `most` latest of a topic without."""
        if self.keeps:
            return self.rows.values()
        return [change.row for change in self._changes][-most:]
