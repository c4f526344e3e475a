"""Publish responses → changes: nearly every message of a panel is a list of plain changed values, and is read here.

What is read here costs a fifth of what the library takes; whatever is not plain (events, arrays, structures, unusual
headers) is left to the library, which says the same of the rest (tests/property/test_opcua_notifications.py). Layouts
from OPC 10000-6, 5.2.2 (built-in types, DataValue 5.2.2.17) and OPC 10000-4, 5.14.5 and 7.25; pure.
"""

from collections.abc import Callable, Iterable
from struct import Struct as Layout
from struct import error
from typing import Any

from asyncua import ua
from asyncua.ua.ua_binary import struct_from_binary
from asyncua.ua.uaerrors import UaStructParsingError
from msgspec import Struct

from drivers.opcua.values import LONGEST_TEXT, STRING, Raw, decoded, raw_of
from hub.model import Reason, Timestamp, Value
from hub.wire.opcua import BAD, reason_of, severity_of_status

Change = tuple[int, Value | None, Reason, Timestamp | None, int]
"""Handle, raw value or why there is none, source time, status code."""


class Message(Struct):
    """One publish response: whose it is, its number, and its notifications."""

    subscription: int
    sequence: int
    data: list[Any]
    """Lists of changes, and what else there is as the library has it."""


class _Unusual(Exception):
    """The library must read this."""


_RESPONSE, _CHANGES = b"\x01\x00\x3d\x03", b"\x01\x00\x2b\x03"
"""Node ids i=829 and i=811 in four bytes: PublishResponse and DataChangeNotification, binary."""
_NO_HEADER = b"\x00\x00\x00"
_HEAD = Layout("<4sqIIBi3sIi")
"""Type; time, handle, result, diagnostics, strings and additional header of the response; subscription; old"""
_MORE, _EXTENSION, _COUNT, _ITEM = Layout("<BIqi"), Layout("<4sBi"), Layout("<i"), Layout("<IBB")
_FORMATS = {1: "?", 2: "b", 3: "B", 4: "h", 5: "H", 6: "i", 7: "I", 8: "q", 9: "Q", 10: "f", 11: "d"}
_SCALARS = {kind: Layout(f"<{code}") for kind, code in _FORMATS.items()}
_TIMED: dict[int, tuple[Callable[..., tuple[Any, int]], int]] = {
    kind: (layout.unpack_from, 6 + layout.size)
    for kind, layout in ((kind, Layout(f"<{code}q")) for kind, code in _FORMATS.items())
}
"""The usual item, a good number with its source time: how to read both, and how long the item is."""
_STATUS, _TICKS = Layout("<I"), Layout("<q")
_USUAL = 0x05
_1970 = 116_444_736_000_000_000
"""Ticks of 100 ns between 1601, where OPC UA begins, and 1970."""
_FIRST, _LAST = 315_360_000_000_000, 208_591_200_000_000_000
"""1602 and 2262: before is no time, after does not fit 64 bits of nanoseconds."""


def read(data: bytes) -> Message | None:
    """Return what a publish response says, None where the library must read it."""
    try:
        return _read(data)
    except (_Unusual, error, IndexError):
        return None


def changes_of(notification: Any) -> list[Change]:
    """Return the changes of a notification as the library has it; of another kind: none."""
    found: list[Change] = []
    for told in getattr(notification, "MonitoredItems", None) or ():
        value, reason, at = decoded(told.Value)
        status = told.Value.StatusCode
        found.append((told.ClientHandle, value, reason, at, 0 if status is None else status.value))
    return found


def _read(data: bytes) -> Message:
    kind, _, _, result, diagnostics, strings, header, subscription, old = _HEAD.unpack_from(data)
    if kind != _RESPONSE or result or diagnostics or strings > 0 or header != _NO_HEADER:
        raise _Unusual
    at = _HEAD.size + 4 * max(old, 0)
    _, sequence, _, count = _MORE.unpack_from(data, at)
    at += _MORE.size
    told: list[Any] = []
    for _ in range(count):
        kind, encoding, length = _EXTENSION.unpack_from(data, at)
        at += _EXTENSION.size
        if kind != _CHANGES or encoding != 1 or length < 0:
            raise _Unusual
        end, changes = _changes(data, at + 4, _COUNT.unpack_from(data, at)[0])
        at += length
        if end > at:  # else a server could have the same bytes read again and again
            raise _Unusual
        told.append(changes)
    return Message(subscription, sequence, told)


def _changes(data: bytes, at: int, count: int) -> tuple[int, list[Change]]:
    """Read the items of one notification; return where they end, and their changes."""
    found: list[Change] = []
    add, item, timed, none = found.append, _ITEM.unpack_from, _TIMED, Reason.NONE
    for _ in range(count):
        handle, mask, kind = item(data, at)
        if mask == _USUAL and kind in timed:
            take, size = timed[kind]
            raw, ticks = take(data, at + 6)
            at += size
            time = (ticks - _1970) * 100 if _FIRST < ticks < _LAST else None
            if kind >= 8:
                raw = raw_of(raw)
                if isinstance(raw, Reason):
                    add((handle, None, raw, time, 0))
                    continue
            add((handle, raw, none, time, 0))
        else:
            at, change = _careful(data, at + 5, handle, mask)
            add(change)
    return at, found


def _careful(data: bytes, at: int, handle: int, mask: int) -> tuple[int, Change]:
    """Read one DataValue whatever parts it has; return where it ends, and the change."""
    if mask > 0x3F:
        raise _Unusual
    raw: Raw = Reason.NOT_PROGRAMMED
    status, time = 0, None
    if mask & 0x01:
        at, raw = _scalar(data, at)
    if mask & 0x02:
        (status,), at = _STATUS.unpack_from(data, at), at + 4
    if mask & 0x04:
        (ticks,), at = _TICKS.unpack_from(data, at), at + 8
        time = (ticks - _1970) * 100 if _FIRST < ticks < _LAST else None
    at += (2 if mask & 0x10 else 0) + (8 if mask & 0x08 else 0) + (2 if mask & 0x20 else 0)
    return at, (handle, *_judged(raw, status), time, status)


def _judged(raw: Raw, status: int) -> tuple[Value | None, Reason]:
    reason = Reason.NONE if status == 0 else reason_of(status)
    if status and severity_of_status(status) == BAD:
        return None, reason
    return (None, raw) if isinstance(raw, Reason) else (raw, reason)


def _scalar(data: bytes, at: int) -> tuple[int, Raw]:
    kind = data[at]
    if kind == 0:
        return at + 1, Reason.NOT_PROGRAMMED
    if kind == STRING:
        return _text(data, at + 1)
    layout = _SCALARS.get(kind)
    if layout is None:
        raise _Unusual
    return at + 1 + layout.size, raw_of(layout.unpack_from(data, at + 1)[0])


def _text(data: bytes, at: int) -> tuple[int, Raw]:
    (size,) = _COUNT.unpack_from(data, at)
    end = at + 4 + max(size, 0)
    if size < 0:
        return end, Reason.NOT_PROGRAMMED
    if end > len(data):
        raise _Unusual
    if size > 4 * LONGEST_TEXT:
        return end, Reason.UNDECODABLE
    try:
        return end, raw_of(data[at + 4 : end].decode())
    except UnicodeDecodeError:
        return end, Reason.UNDECODABLE


def plain(notifications: Iterable[Any]) -> list[list[Change]]:
    """Return the changes of every notification of a message."""
    return [one if type(one) is list else changes_of(one) for one in notifications]


def by_library(data: Any) -> Message:
    """Return what the library makes of a publish response. Raises UaStructParsingError, UaStatusCodeError."""
    try:
        response = struct_from_binary(ua.PublishResponse, data)
    except Exception as error:  # the library's decoder raises whatever a malformed value makes it raise
        raise UaStructParsingError(str(error)) from error
    response.ResponseHeader.ServiceResult.check()
    found, told = response.Parameters, response.Parameters.NotificationMessage
    return Message(int(found.SubscriptionId), int(told.SequenceNumber), list(told.NotificationData or ()))
