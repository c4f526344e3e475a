"""Readings, device events and strays as rows of PostgreSQL's binary COPY: the spool holds them, the store sends them.

Format: PostgreSQL manual, COPY, "Binary Format". A row is the number of fields (int16), then for each field its length
(int32, -1 for null) and its bytes, big-endian. A timestamptz is microseconds since 2000-01-01 UTC; jsonb is the version
byte 1 and the JSON text.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from struct import Struct, error

import msgspec

from hub.model import DeviceEvent, DeviceId, Quality, Reading, Reason, Sheet, Stray, Timestamp, Value, row_id

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
"""What comes before the first row: signature, flags, length of the header's extension."""
TRAILER = b"\xff\xff"
"""What comes after the last row."""

COLUMNS = {
    "reading": ("time", "value", "point_id", "lag_ms", "quality", "text"),
    "device_event": ("time", "lag_ms", "device_id", "kind", "attributes", "dedupe_key"),
    "passage": (
        "time",
        "id",
        "device_id",
        "revision",
        "reads",
        "last",
        "lag_ms",
        "speed",
        "occupancy",
        "confidence",
        "speed_limit",
        "place",
        "lane",
        "direction",
        "class",
        "colour",
        "make",
        "violation",
        "country",
        "plate_kind",
        "region",
        "plate_colour",
        "keys",
        "plate",
        "plate_read",
        "listed",
        "picture",
    ),
    "quarantine": ("time", "device_id", "source", "reason", "body"),
}
"""Table → its columns, in the order in which the rows below carry them."""

EPOCH = 946_684_800_000_000
"""2000-01-01T00:00:00Z in microseconds since 1970."""
MAX_LAG = 2**31 - 1

_NULL = b"\xff\xff\xff\xff"
_OF_8 = b"\0\0\0\x08"
_OF_4 = b"\0\0\0\x04"
_OF_2 = b"\0\0\0\x02"
_SIX_THEN_8 = b"\0\x06" + _OF_8
_FIVE_THEN_8 = b"\0\x05" + _OF_8
_NEVER = b""

_code = Struct(">h").pack
_length = Struct(">i").pack
_number_without_lag = Struct(">6sq4sd4sq14s").pack
_number_with_lag = Struct(">6sq4sd4sq4si10s").pack
_time = Struct(">6sq").pack
_time_and_id = Struct(">6sq4sq").pack
_id = Struct(">4sq").pack
_double = Struct(">4sd").pack
_int = Struct(">4si").pack

# What follows the lag of a reading without text, for each quality and reason: looking it up is cheaper than packing it.
_TAIL = [[_OF_2 + _code(quality * 256 + reason) + _NULL for reason in range(max(Reason) + 1)] for quality in Quality]
_TAIL_WITHOUT_LAG = [[_NULL + tail for tail in tails] for tails in _TAIL]


def encode_readings(readings: Iterable[Reading], points: Iterable[int]) -> bytes:
    """Return readings as rows of `reading`; `points` holds the store's number of each reading's point."""
    rows: list[bytes] = []
    add = rows.append
    bare, lagging, tails, bare_tails = _number_without_lag, _number_with_lag, _TAIL, _TAIL_WITHOUT_LAG
    head, of_8, of_4, epoch = _SIX_THEN_8, _OF_8, _OF_4, EPOCH
    for r, key in zip(readings, points, strict=True):
        source = r.source_time
        try:
            if source is None:
                tail = bare_tails[r.quality][r.reason]
                add(bare(head, r.hub_time // 1000 - epoch, of_8, r.value, of_8, key, tail))
            else:
                lag = (r.hub_time - source) // 1_000_000
                tail = tails[r.quality][r.reason]
                add(lagging(head, source // 1000 - epoch, of_8, r.value, of_8, key, of_4, lag, tail))
        except (error, OverflowError):
            # Not a number, or one that its column cannot hold: the careful way.
            add(_encode_carefully(r, key))
    return b"".join(rows)


class SheetMold:
    """What is the same in the rows of every sheet of the same points; casting one is a single call of `struct`."""

    def __init__(self, points: Sequence[int]) -> None:
        """`points` holds the store's number of each point."""
        n = len(points)
        self._n = n
        self._cast = _caster(n)
        self._fields: list[bytes | float] = [b"", 0.0, _OF_8, 0, _TAIL_WITHOUT_LAG[Quality.GOOD][Reason.NONE]] * n
        self._fields[3::5] = points

    def rows(self, sheet: Sheet) -> bytes:
        """Return the sheet's readings as rows of `reading`."""
        fields = self._fields
        fields[0::5] = [_time(_SIX_THEN_8, sheet.hub_time // 1000 - EPOCH) + _OF_8] * self._n
        fields[1::5] = sheet.values
        return self._cast(*fields)


@lru_cache(maxsize=256)
def _caster(rows: int) -> Callable[..., bytes]:
    # a compiled format is four kilobytes, and hundreds of devices have maps of the same length
    return Struct(">" + "18sd4sq14s" * rows).pack


def _encode_carefully(r: Reading, key: int) -> bytes:
    lag = None if r.source_time is None else (r.hub_time - r.source_time) // 1_000_000
    value, text = split_value(r.value)
    return reading_row(r.time, value, text, key, lag, r.quality * 256 + r.reason)


def split_value(value: Value | None) -> tuple[float | None, str | None]:
    """Return what the columns `value` and `text` hold for a value; an integer beyond float64 becomes infinite."""
    if value is None or isinstance(value, str):
        return None, value
    try:
        return float(value), None
    except OverflowError:
        return (float("inf") if value > 0 else float("-inf")), None


def reading_row(
    time: Timestamp, value: float | None, text: str | None, point: int, lag_ms: int | None, quality: int
) -> bytes:
    """Return one row of `reading`; `quality` is quality * 256 + reason."""
    return b"".join(
        (
            _time(_SIX_THEN_8, time // 1000 - EPOCH),
            _NULL if value is None else _double(_OF_8, value),
            _id(_OF_8, point),
            _lag(lag_ms),
            _OF_2 + _code(quality),
            _NULL if text is None else _text(text),
        )
    )


def encode_events(events: Iterable[DeviceEvent], site: str) -> bytes:
    """Return device events as rows of `device_event`."""
    return b"".join([_event_row(event, site) for event in events])


def _event_row(e: DeviceEvent, site: str) -> bytes:
    source = e.source_time
    at = e.hub_time if source is None else source
    lag = None if source is None else (e.hub_time - source) // 1_000_000
    return b"".join(
        (
            _time(_SIX_THEN_8, at // 1000 - EPOCH),
            _lag(lag),
            _id(_OF_8, device_row_id(site, e.device)),
            _text(e.kind),
            _json(e.attributes),
            _NULL if e.dedupe_key is None else _text(e.dedupe_key),
        )
    )


def encode_strays(strays: Iterable[Stray], site: str) -> bytes:
    """Return strays as rows of `quarantine`."""
    return b"".join(
        [
            _time_and_id(_FIVE_THEN_8, s.at // 1000 - EPOCH, _OF_8, device_row_id(site, s.device))
            + _text(s.source)
            + _text(s.reason)
            + _sized(s.body)
            for s in strays
        ]
    )


@lru_cache(maxsize=65_536)
def device_row_id(site: str, device: DeviceId) -> int:
    """Return the store's number of a device."""
    return row_id(site, device)


def _lag(ms: int | None) -> bytes:
    return _NULL if ms is None else _int(_OF_4, max(-MAX_LAG, min(MAX_LAG, ms)))


def _sized(body: bytes) -> bytes:
    return _length(len(body)) + body


def text_field(text: str) -> bytes:
    """Return a text as a field, length first."""
    return _sized(_storable(text).encode("utf-8", "replace"))


_text = text_field


def _storable(text: str) -> str:
    # PostgreSQL text cannot hold U+0000 (manual, "Character Types"); the replacement character says one was there.
    return text.replace("\0", "\ufffd") if "\0" in text else text


def _json(attributes: Mapping[str, Value | None]) -> bytes:
    try:
        body = msgspec.json.encode(attributes)
    except (UnicodeEncodeError, OverflowError):
        body = _NEVER
    if not body or b"\\u0000" in body:
        body = msgspec.json.encode({_clean(name): _clean(value) for name, value in attributes.items()})
    return _sized(b"\x01" + body)


def _clean(value: Value | None) -> Value | None:
    if isinstance(value, str):
        return _storable(value).encode("utf-8", "replace").decode()
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) < 2**63 else split_value(value)[0]
    return value
