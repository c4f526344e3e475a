"""What may never be dropped and yet must not fill the memory: of each subject (a point, or a device and a kind of its
events) only the newest row waits, and every row that gave way to a newer one is counted.

This concerns histories alone. Alarms are transitions; they lie in the journal, which merges nothing.
"""

from msgspec import Struct
from msgspec.structs import replace

from hub.batches import Rows
from hub.model import Lane, Timestamp
from hub.wire.rows import split, subject_of

MOST_SUBJECTS = 200_000
"""More subjects than any site has; beyond them the oldest gives way."""


class Merged(Struct, frozen=True):
    """Rows that gave way to newer ones."""

    lane: Lane
    n: int
    t_min: Timestamp
    t_max: Timestamp


class Newest:
    """The newest row of each subject, in the order in which they came."""

    def __init__(self) -> None:
        self._rows: dict[tuple[Lane, str, bytes], Rows] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def put(self, rows: Rows) -> Merged | None:
        """Take rows in; return those that gave way, if any did."""
        gone: list[Rows] = []
        for row in split(rows.body):
            key = rows.lane, rows.target, subject_of(rows.target, row)
            older = self._rows.pop(key, None)
            if older is None and len(self._rows) >= MOST_SUBJECTS:
                older = self._rows.pop(next(iter(self._rows)))
            if older is not None:
                gone.append(older)
            self._rows[key] = replace(rows, n=1, body=row)
        if not gone:
            return None
        return Merged(rows.lane, len(gone), min(r.t_min for r in gone), max(r.t_max for r in gone))

    def take(self) -> list[Rows]:
        """Return everything that waits, by lane and target, and forget it."""
        waiting, self._rows = self._rows, {}
        groups: dict[tuple[Lane, str], list[Rows]] = {}
        for (lane, target, _), rows in waiting.items():
            groups.setdefault((lane, target), []).append(rows)
        return [_joined(group) for group in groups.values()]


def _joined(group: list[Rows]) -> Rows:
    t_min, t_max = min(r.t_min for r in group), max(r.t_max for r in group)
    return replace(group[0], n=len(group), t_min=t_min, t_max=t_max, body=b"".join(r.body for r in group))
