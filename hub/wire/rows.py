"""Rows of binary COPY taken apart again, where single ones of a spooled body matter: pure.

Every target's rows begin with their time (hub.wire.copy), so the time of a row is at the same place in all of them.
"""

from collections.abc import Iterator
from struct import Struct

from hub.model import MILLISECOND, Timestamp
from hub.wire.copy import COLUMNS, EPOCH

_count = Struct(">h").unpack_from
_length = Struct(">i").unpack_from
_microseconds = Struct(">q").unpack_from

MICROSECOND = MILLISECOND // 1000
SUBJECT = {"reading": ("point_id",), "device_event": ("device_id", "kind")}
"""Table → the columns that say of what a row tells."""
_PLACES = {table: [COLUMNS[table].index(name) for name in names] for table, names in SUBJECT.items()}


def split(body: bytes) -> list[bytes]:
    """Return the rows of a body, each still in binary COPY. A body that is cut ends with the piece that is left."""
    rows = []
    start = 0
    while start < len(body):
        end = _end_of_row(body, start)
        rows.append(body[start:end])
        start = end
    return rows


def time_of(row: bytes) -> Timestamp:
    """Return the time of a row."""
    microseconds: int = _microseconds(row, 6)[0]
    return (microseconds + EPOCH) * MICROSECOND


def subject_of(table: str, row: bytes) -> bytes:
    """Return what names the subject of a row, the point or the device and kind; the whole row where nothing does."""
    places, fields = _PLACES.get(table, ()), list(_fields(row))
    if not places or max(places) >= len(fields):
        return row
    return b"\0".join(fields[place] for place in places)


def _fields(row: bytes) -> Iterator[bytes]:
    at = 2
    while at + 4 <= len(row):
        size = max(_length(row, at)[0], 0)
        yield row[at + 4 : at + 4 + size]
        at += 4 + size


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
