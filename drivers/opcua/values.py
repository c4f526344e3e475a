"""DataValue → raw value, reason and source time, and back to what a variable takes. Pure; the library is not needed.

Type numbers and ranges from OPC 10000-6, 5.1.2 and 5.2.2. A scalar becomes a raw value; arrays, structures and byte
strings are undecodable, as is a number that is not finite.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any
from uuid import UUID

from drivers.opcua.address import Address
from hub.model import Reason, Refused, Timestamp, Value
from hub.model.clock import from_iso, iso
from hub.wire.opcua import BAD, reason_of, severity_of_status

LONGEST_TEXT = 4096
"""Characters of a text beyond which it is no value but a document."""
BOOLEAN, FLOAT, DOUBLE, STRING, DATETIME, LOCALIZED_TEXT = 1, 10, 11, 12, 13, 21
WHOLE = {2 + n: (8 << n // 2, n % 2 == 0) for n in range(8)}
"""Type number of each whole-number type → bits and whether it is signed."""
LARGEST_FLOAT = 3.4028234663852886e38

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_UNSET_YEAR, _ENDLESS_YEAR = 1601, 2262
_WHOLE = 2**63

Raw = Value | Reason


def raw_of(found: Any) -> Raw:
    """Return a decoded scalar as a raw value, or the reason why it cannot be one; None: the server has nothing."""
    kind = type(found)
    if kind is float:
        return found if isfinite(found) else Reason.UNDECODABLE
    if kind is bool:
        return found  # type: ignore[no-any-return]
    if kind is int:
        return found if -_WHOLE <= found < _WHOLE else Reason.UNDECODABLE
    if kind is str:
        return _text(found)
    if found is None:
        return Reason.NOT_PROGRAMMED
    return _spoken(found)


def _text(found: str) -> Raw:
    if len(found) > LONGEST_TEXT or "\x00" in found or (not found.isascii() and _has_surrogate(found)):
        return Reason.UNDECODABLE
    return found


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= c <= "\udfff" for c in text)


def _spoken(found: Any) -> Raw:
    """Return what names itself in words (DateTime, Guid, LocalizedText, QualifiedName) as text."""
    if isinstance(found, datetime):
        at = moment(found)
        return Reason.NOT_PROGRAMMED if at is None else iso(at)
    if isinstance(found, UUID):
        return str(found)
    if isinstance(found, bool | int | float | str):  # the library's own kinds of them
        return raw_of(_plain(found))
    for word in ("Text", "Name"):
        text = getattr(found, word, None)
        if isinstance(text, str) and hasattr(found, "Locale" if word == "Text" else "NamespaceIndex"):
            return _text(str(text))
    return Reason.UNDECODABLE


def _plain(found: bool | int | float | str) -> Value:
    for kind in (int, float, str):
        if isinstance(found, kind):
            return kind(found)
    return found


def moment(found: datetime | None) -> Timestamp | None:
    """Return a time stamp in nanoseconds UTC; None for none, and for the years 1601 and 9999, which say the same.

    From 2262 on nanoseconds do not fit 64 bits.
    """
    if found is None or not _UNSET_YEAR < found.year < _ENDLESS_YEAR:
        return None
    aware = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return ((aware - _EPOCH) // _MICROSECOND) * 1000


def decoded(given: Any) -> tuple[Value | None, Reason, Timestamp | None]:
    """Return value, reason and source time of a DataValue; a value of bad status is not used."""
    status = given.StatusCode.value if given.StatusCode is not None else 0
    reason = Reason.NONE if status == 0 else reason_of(status)
    at = moment(given.SourceTimestamp)
    if status and severity_of_status(status) == BAD:
        return None, reason, at
    raw = raw_of(given.Value.Value if given.Value is not None else None)
    return (None, raw, at) if isinstance(raw, Reason) else (raw, reason, at)


def encoded(value: Value, type_number: int) -> Any:
    """Return the value as a variable of this built-in type takes it. Raises Refused naming what does not fit."""
    if type_number == BOOLEAN:
        if isinstance(value, bool) or value in (0, 1):
            return bool(value)
    elif type_number in WHOLE:
        return _whole(value, *WHOLE[type_number])
    elif type_number in (FLOAT, DOUBLE):
        return _fraction(value, type_number)
    elif type_number in (STRING, LOCALIZED_TEXT):
        return str(value)
    elif type_number == DATETIME and isinstance(value, str):
        return _instant(value)
    raise Refused("value", f"{value!r} does not fit a variable of type {type_number}")


def _whole(value: Value, bits: int, signed: bool) -> int:
    least, most = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    if isinstance(value, str) or (isinstance(value, float) and not value.is_integer()) or not least <= value <= most:
        raise Refused("value", f"{value!r} is no whole number between {least} and {most}")
    return int(value)


def _instant(value: str) -> datetime:
    try:
        return datetime.fromtimestamp(from_iso(value) / 1e9, UTC)
    except (ValueError, OverflowError, OSError):
        raise Refused("value", f"{value!r} is no time such as 2026-03-01T00:00:00Z") from None


def _fraction(value: Value, type_number: int) -> float:
    if isinstance(value, str | bool) or not isfinite(value):
        raise Refused("value", f"{value!r} is not a number")
    if type_number == FLOAT and abs(value) > LARGEST_FLOAT:
        raise Refused("value", f"{value!r} is too large for 32 bits")
    return float(value)


def example(address: Address, given: object) -> Raw:
    """Return what a sample would carry for a profile's example: the value itself, or `{status: 0x80310000}`."""
    del address
    if isinstance(given, Mapping):
        status = given.get("status", 0)
        code = int(status, 0) if isinstance(status, str) else status
        if severity_of_status(code) == BAD or "value" not in given:
            return reason_of(code)
        return raw_of(given["value"])
    return raw_of(given)
