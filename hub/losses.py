"""What the spool had to drop or merge, told in few words: one note a lane, however many batches it was."""

from collections.abc import Callable

import structlog
from msgspec import Struct

from hub.model import Lane, Timestamp
from hub.model.clock import iso

log = structlog.get_logger(__name__)


class _Loss(Struct):
    records: int
    first: Timestamp
    last: Timestamp


class Losses:
    """Gathers what was lost; `tell` hands each lane's sum to `note` (a word, its details)."""

    def __init__(self, note: Callable[[str, dict[str, object]], None]) -> None:
        self._note = note
        self._lost: dict[tuple[str, Lane], _Loss] = {}

    def add(self, lane: Lane, records: int, first: Timestamp, last: Timestamp) -> None:
        """Take one drop: records of a lane whose times lie between `first` and `last`."""
        self._add("dropped", lane, _Loss(records, first, last))

    def merge(self, lane: Lane, records: int, first: Timestamp, last: Timestamp) -> None:
        """Take records of a lane that may not drop, which gave way to newer ones of their points."""
        self._add("merged", lane, _Loss(records, first, last))

    def _add(self, what: str, lane: Lane, loss: _Loss) -> None:
        known = self._lost.setdefault((what, lane), loss)
        if known is not loss:
            known.records += loss.records
            known.first, known.last = min(known.first, loss.first), max(known.last, loss.last)

    async def tell(self) -> None:
        """Say what was lost since the last time, if anything was."""
        lost, self._lost = self._lost, {}
        for (what, lane), loss in lost.items():
            said = {"lane": lane.name.lower(), "records": loss.records, "from": iso(loss.first), "to": iso(loss.last)}
            log.error(f"records were {what} on their way to storage", **said)
            self._note(what, said)
