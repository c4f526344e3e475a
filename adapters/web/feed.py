"""A topic through a filter: shared by every client that asked for the same, so that each change is judged once."""

from collections.abc import Callable

from adapters.web.board import Board, Change, Facts, Row
from adapters.web.digest import Digest
from adapters.web.frames import Filter

ALLOWED = {
    "alarms": {"zone", "priority", "category"},
    "devices": {"zone", "device"},
    "points": {"points"},
    "events": {"zone", "kind", "device"},
    "system": set[str](),
}
"""Which fields of a filter each topic knows."""

SNAPSHOT_MOST = 200
"""Rows of a snapshot of a topic without standing rows (events, system)."""


class Feed:
    """One topic through one filter: which rows belong, their digest, and how a change is told."""

    def __init__(self, topic: str, board: Board, filter_: Filter, inside: Callable[[str, str | None], bool]) -> None:
        self.topic = topic
        self._board = board
        self._filter = filter_
        self._inside = inside
        self._digest = Digest()
        self._unacked: set[str] = set()
        if board.keeps:
            for row in board.rows.values():
                self._hold(row) if self._wants(row.facts) else None

    def take(self, change: Change) -> bytes | None:
        """Follow a change of the topic; return the end of the message to this feed's clients, None for none."""
        row = change.row
        if not change.gone and self._wants(row.facts):
            if self._board.keeps:
                self._hold(row)
            return change.put
        self._unacked.discard(row.key)
        return change.delete if self._digest.drop(row.key) else None

    def wants(self, row: Row) -> bool:
        """Tell whether a row belongs here."""
        return self._wants(row.facts)

    def replay(self, seq: int) -> list[bytes] | None:
        """Return the ends of the messages for the changes after `seq`, or None when some are forgotten."""
        changes = self._board.since(seq)
        if changes is None:
            return None
        return [self._retell(change) for change in changes if self._concerns(change.row.facts)]

    def snapshot(self) -> list[Row]:
        """Return the rows that belong now."""
        return [row for row in self._board.standing(SNAPSHOT_MOST) if self._wants(row.facts)]

    @property
    def digest(self) -> str | None:
        """The digest of the rows that belong, None for a topic without standing rows."""
        return self._digest.hex if self._board.keeps else None

    @property
    def sums(self) -> dict[str, object] | None:
        """What a heartbeat says of this feed, None for a topic without standing rows."""
        if not self._board.keeps:
            return None
        return {"count": len(self._digest), "unacked": len(self._unacked), "digest": self._digest.hex}

    def _hold(self, row: Row) -> None:
        self._digest.put(row.key, row)
        (self._unacked.add if row.facts.unacked else self._unacked.discard)(row.key)

    def _retell(self, change: Change) -> bytes:
        return change.delete if change.gone or not self._wants(change.row.facts) else change.put

    def _wants(self, facts: Facts) -> bool:
        wanted = self._filter.priority
        return (wanted is None or facts.priority in wanted) and self._concerns(facts)

    def _concerns(self, facts: Facts) -> bool:
        # Everything but the priority, which alone can change while an alarm lives: a row may leave a feed by it.
        f = self._filter
        return (
            (f.category is None or facts.category in f.category)
            and (f.device is None or facts.device == f.device)
            and (f.kind is None or facts.kind == f.kind)
            and self._inside(facts.zone, f.zone)
        )
