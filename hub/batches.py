"""What goes into the spool and what comes out of it."""

from msgspec import Struct

from hub.model import Lane, Timestamp


class Rows(Struct, frozen=True):
    """Rows to be spooled."""

    target: str
    lane: Lane
    n: int
    t_min: Timestamp
    t_max: Timestamp
    body: bytes


class Batch(Struct, frozen=True):
    """Rows of one target in the order in which they came; `body` is binary COPY without header and trailer."""

    seq: int
    target: str
    lane: Lane
    n: int
    t_min: Timestamp
    t_max: Timestamp
    body: bytes


class Held(Struct, frozen=True):
    """How much a spool holds."""

    records: int = 0
    bytes: int = 0

    def plus(self, records: int, size: int) -> "Held":
        """Return what is held after so much more (or, negative, less)."""
        return Held(self.records + records, self.bytes + size)
