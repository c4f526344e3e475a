"""Journal and spool of a drill on the virtual clock: nothing is written down, and everything is at once durable.

The disk is the one part of the road that the virtual clock leaves out; what the road itself does is the hub's own code.
"""

from collections.abc import Callable, Sequence
from typing import cast

from hub.journal import Journal
from hub.model import JournalRecord
from hub.spool import Rows, Spool

Then = Callable[[], None]


class _File:
    trouble: str | None = None


class Paper:
    """Takes what a journal and a spool take."""

    def __init__(self) -> None:
        self.file = _File()
        self.last_seq = 0

    @property
    def journal(self) -> Journal:
        """Itself, as the road knows it."""
        return cast(Journal, self)

    @property
    def spool(self) -> Spool:
        """Itself, as the road knows it."""
        return cast(Spool, self)

    def append(self, records: Sequence[JournalRecord], then: Then | None = None) -> int:
        """Take records; they are durable by now."""
        first = self.last_seq + 1
        self.last_seq += len(records)
        if then is not None:
            then()
        return first

    def append_all(self, parts: Sequence[Rows], then: Then | None = None, **beside: object) -> bool:
        """Take rows and what is kept beside them; they are durable by now."""
        del parts, beside
        if then is not None:
            then()
        return True

    def after_all(self, then: Then) -> None:
        """Nothing is under way."""
        then()
