"""What a JSON document says: raw values, or the reason why there is none; times; JSON that may be broken.

JSON is RFC 8259. A payload with NaN or Infinity is not JSON, but sensors print it, and the fields beside it may be a
fire: such a payload is read once more by the standard library, and only the field itself becomes undecodable.
"""

import json
from collections.abc import Callable
from math import isfinite
from typing import Any

from msgspec.json import Decoder

from hub.model import MILLISECOND, SECOND, Reason, Timestamp, Value
from hub.model.clock import from_iso
from hub.wire.path import MISSING, compiled

Raw = Value | Reason

LONGEST_TEXT = 4096
"""Characters of a text value; a longer one is not a value."""
_INT_LIMIT = 2**63
"""Whole numbers beyond it fit no column and no counter of a device."""

_NO_NUMBER = object()
"""Stands where a payload has NaN or Infinity, so that every float of a document is finite."""

_decode = Decoder().decode


def document(payload: bytes) -> Any:
    """Return the decoded JSON of a payload. Raises ValueError saying in a few words what is wrong with it."""
    try:
        return _decode(payload)
    except (ValueError, RecursionError):
        return _second_look(payload)


def _second_look(payload: bytes) -> Any:
    if not payload:
        raise ValueError("empty")
    try:
        text = payload.decode()
    except UnicodeDecodeError as error:
        raise ValueError("not UTF-8") from error
    try:
        return json.loads(text, parse_constant=_no_number, parse_float=_finite)
    except ValueError as error:
        raise ValueError("not JSON") from error
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _no_number(_word: str) -> object:
    return _NO_NUMBER


def _finite(digits: str) -> object:
    number = float(digits)
    return number if isfinite(number) else _NO_NUMBER


def raw(found: Any) -> Raw:
    """Return a JSON value as the raw value of a point, or the reason why it cannot be one.

    `null` is the device's own word for "nothing to say": not_programmed. Objects and lists are undecodable.
    """
    kind = type(found)
    if kind is float or kind is bool:
        return found  # type: ignore[no-any-return]
    if kind is int:
        return found if -_INT_LIMIT <= found < _INT_LIMIT else Reason.UNDECODABLE
    if kind is str:
        return text_of(found)
    return Reason.NOT_PROGRAMMED if found is None else Reason.UNDECODABLE


def text_of(found: str) -> Raw:
    """Return a text as the raw value of a point; undecodable: too long, or no text at all."""
    if len(found) > LONGEST_TEXT or "\x00" in found or (not found.isascii() and _has_surrogate(found)):
        return Reason.UNDECODABLE
    return found


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= c <= "\udfff" for c in text)


def moment(found: Any, time_format: str) -> Timestamp | None:
    """Return a payload's own time in nanoseconds UTC, or None when it cannot be read as `iso`, `s` or `ms`."""
    try:
        if time_format == "iso":
            return from_iso(found)
        at = _number(found) * (SECOND if time_format == "s" else MILLISECOND)
        return int(at) if -_INT_LIMIT <= at < _INT_LIMIT else None
    except (TypeError, ValueError, OverflowError):
        return None


def _number(found: Any) -> int | float:
    if type(found) is int or type(found) is float:
        return found
    if type(found) is str:
        return float(found)
    raise TypeError("not a number")


TimeOf = Callable[[Any], tuple[Timestamp | None, Reason]]


def time_of(path: str, time_format: str) -> TimeOf:
    """Return the function that gives a document's own time; a time that is there but unreadable is reason clock."""
    follow = compiled(path)

    def read(decoded: Any) -> tuple[Timestamp | None, Reason]:
        found = follow(decoded)
        if found is MISSING:
            return None, Reason.NONE
        at = moment(found, time_format)
        return at, Reason.NONE if at is not None else Reason.CLOCK

    return read
