"""Spooled bodies taken apart again, when a row in them is refused: pure.

Every target's rows begin with their time (hub.wire.copy), so the time of a row is at the same place in all of them.
"""

from datetime import UTC, datetime, timedelta
from struct import Struct

from hub.model import MILLISECOND, Timestamp
from hub.wire.copy import EPOCH

_count = Struct(">h").unpack_from
_length = Struct(">i").unpack_from
_microseconds = Struct(">q").unpack_from

MICROSECOND = MILLISECOND // 1000
UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def split(body: bytes) -> list[bytes]:
    """Return the rows of a body, each still in binary COPY. A body that is cut ends with the piece that is left."""
    rows = []
    start = 0
    while start < len(body):
        end = _end_of_row(body, start)
        rows.append(body[start:end])
        start = end
    return rows


def _end_of_row(body: bytes, at: int) -> int:
    if at + 2 > len(body):
        return len(body)
    (fields,) = _count(body, at)
    at += 2
    for _ in range(fields):
        if at + 4 > len(body):
            return len(body)
        (size,) = _length(body, at)
        at += 4 + max(size, 0)
    return min(at, len(body))


def time_of(row: bytes) -> Timestamp:
    """Return the time of a row."""
    microseconds: int = _microseconds(row, 6)[0]
    return (microseconds + EPOCH) * MICROSECOND


def instant(at: Timestamp) -> datetime:
    """Return a timestamp as the driver of the database wants it."""
    return UNIX_EPOCH + timedelta(microseconds=at // MICROSECOND)


def timestamp(at: datetime) -> Timestamp:
    """Return an instant from the database as a timestamp."""
    delta = at - UNIX_EPOCH
    return ((delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds) * MICROSECOND
