"""The database's own outages: noted in the hub's journal, which survives them, and so come into the ledger of gaps."""

from collections.abc import Callable

from adapters.timescale.gaps import AWAY, BACK
from hub.journal import Journal
from hub.model import Clock, SystemNote


class Outage:
    """Whether the database is away as far as readings go; `waiting` says how many records wait for it."""

    def __init__(self, journal: Journal, waiting: Callable[[], int], clock: Clock) -> None:
        self._journal = journal
        self._waiting = waiting
        self._clock = clock
        self._away = False

    def begins(self, reason: str) -> None:
        """Note that it is away, once."""
        if not self._away:
            self._away = True
            self._note(AWAY, {"reason": reason})

    def ends(self) -> None:
        """Note that it is back, if it was away, and what it is about to be given."""
        if self._away:
            self._away = False
            self._note(BACK, {"records": self._waiting()})

    def _note(self, what: str, detail: dict[str, object]) -> None:
        self._journal.append([SystemNote(what, detail, self._clock.now())])
