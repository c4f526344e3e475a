"""Passages as rows of PostgreSQL's binary COPY (see `hub.wire.copy`), every revision a row of its own."""

from collections.abc import Iterable
from struct import Struct

from hub.model.passage import Passage
from hub.wire.copy import COLUMNS, EPOCH, MAX_LAG, device_row_id, text_field

_NULL = b"\xff\xff\xff\xff"
_head = Struct(">h4sq4sq4sq4si4si4sq4si").pack
_double = Struct(">id").pack
_array = Struct(">iiiiii").pack
_element = Struct(">iq").pack
_OF_8 = b"\0\0\0\x08"
_OF_4 = b"\0\0\0\x04"
_INT8 = 20
"""The number of the type int8 in PostgreSQL's own catalogue (pg_type)."""
_FIELDS = len(COLUMNS["passage"])


def encode_passages(passages: Iterable[Passage], site: str) -> bytes:
    """Return passages as rows of `passage`."""
    return b"".join([_row(passage, site) for passage in passages])


def number_of(name: str) -> int:
    """Return the number under which the store knows a passage or one of its keys."""
    return int(name, 16)


def _row(p: Passage, site: str) -> bytes:
    lag = max(-MAX_LAG, min(MAX_LAG, (p.hub_time - p.time) // 1_000_000))
    head = _head(
        _FIELDS, _OF_8, p.time // 1000 - EPOCH, _OF_8, number_of(p.id), _OF_8, device_row_id(site, p.device),
        _OF_4, p.revision, _OF_4, p.reads, _OF_8, p.last // 1000 - EPOCH, _OF_4, lag,
    )  # fmt: skip
    numbers = (p.speed, p.occupancy, p.confidence, p.limit)
    texts = (
        p.site, p.lane, p.direction, p.vehicle, p.colour, p.make, p.violation, p.country, p.plate_kind, p.region,
        p.plate_colour,
    )  # fmt: skip
    secret = (p.plate, p.plate_read, p.listed, p.picture)
    return b"".join(
        (
            head,
            *(_NULL if n is None else _double(8, n) for n in numbers),
            *(_NULL if t is None else text_field(t) for t in texts),
            _keys(p.keys),
            *(_NULL if t is None else text_field(t) for t in secret),
        )
    )


def _keys(keys: tuple[str, ...]) -> bytes:
    # Arrays in binary: dimensions, whether there are nulls, type, then size and lower bound of each dimension.
    if not keys:
        return _NULL
    head = _array(20 + 12 * len(keys), 1, 0, _INT8, len(keys), 1)
    return head + b"".join([_element(8, number_of(key)) for key in keys])
