"""What the spool had to drop, told in few words: one note a lane, every so often, however many batches it was."""

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
    """Gathers drops; `tell` hands each lane's sum to `note` (a word, its details)."""

    def __init__(self, note: Callable[[str, dict[str, object]], None]) -> None:
        self._note = note
        self._lost: dict[Lane, _Loss] = {}

    def add(self, lane: Lane, records: int, first: Timestamp, last: Timestamp) -> None:
        """Take one drop: records of a lane whose times lie between `first` and `last`."""
        known = self._lost.get(lane)
        if known is None:
            self._lost[lane] = _Loss(records, first, last)
        else:
            known.records += records
            known.first, known.last = min(known.first, first), max(known.last, last)

    async def tell(self) -> None:
        """Say what was lost since the last time, if anything was."""
        lost, self._lost = self._lost, {}
        for lane, loss in lost.items():
            said = {"lane": lane.name.lower(), "records": loss.records, "from": iso(loss.first), "to": iso(loss.last)}
            log.error("records were dropped from storage", **said)
            self._note("dropped", said)
