"""Values as pysnmp writes them: what a point's raw value is in the type that its profile says the agent sends."""

import struct
from collections.abc import Callable
from typing import Any
from zlib import crc32

from pysnmp.proto import rfc1902

from hub.model import Value

Encoded = Any
"""A value of pysnmp; the library has no types."""
WORD = 2**32


def encoded(type_: str, raw: Value) -> Encoded:
    """Return a raw value in the type `type_` of an address. Raises ValueError when it cannot be one."""
    return _TYPES[type_](raw)


def wrongly(type_: str, raw: Value) -> Encoded:
    """Return a value in a type that nobody expects there (a fault)."""
    return rfc1902.OctetString(str(raw)) if type_ not in ("string", "auto", "mac") else rfc1902.IpAddress("192.0.2.1")


def _whole(low: int, high: int, make: Callable[[int], Encoded]) -> Callable[[Value], Encoded]:
    def write(raw: Value) -> Encoded:
        if isinstance(raw, str):
            raise ValueError(f"{raw!r} is no number")
        number = round(raw)
        if not low <= number <= high:
            raise ValueError(f"{number} is not from {low} to {high}")
        return make(number)

    return write


def _float(raw: Value) -> Encoded:
    """Write a float as net-snmp does: an Opaque that holds tag 9F78, a length and four bytes."""
    if isinstance(raw, str):
        raise ValueError(f"{raw!r} is no number")
    return rfc1902.Opaque(b"\x9f\x78\x04" + struct.pack(">f", raw))


def _auto(raw: Value) -> Encoded:
    if isinstance(raw, str):
        return rfc1902.OctetString(raw.encode())
    if isinstance(raw, float) and not raw.is_integer():
        return _float(raw)
    return rfc1902.Integer32(int(raw))


def _octets(raw: Value, size: int) -> bytes:
    """Return the bytes that are written in hex, or made-up ones for the word that quiet physics has for any text."""
    try:
        return bytes.fromhex(str(raw).replace(":", ""))
    except ValueError:
        return crc32(str(raw).encode()).to_bytes(4, "big") * (size // 4) + b"\x02" * (size % 4)


def _date(raw: Value) -> Encoded:
    """Write DateAndTime (RFC 2579) of `2026-11-24T17:00:00.0+07:00`; any other text is a date long ago."""
    text = str(raw)
    try:
        day = bytes.fromhex(f"{int(text[:4]):04x}") + bytes(int(text[n : n + 2]) for n in (5, 8, 11, 14, 17))
    except ValueError:
        day = bytes.fromhex("07ea") + bytes((1, 1, 0, 0, 0))
    return rfc1902.OctetString(day + b"\x00+\x07\x00")


def _name(raw: Value) -> Encoded:
    written = str(raw)
    return rfc1902.ObjectIdentifier(written if written.replace(".", "").isdigit() else "0.0")


def _address(raw: Value) -> Encoded:
    written = str(raw)
    return rfc1902.IpAddress(written if written.count(".") == 3 else "192.0.2.1")


_TYPES: dict[str, Callable[[Value], Encoded]] = {
    "auto": _auto,
    "integer": _whole(-(2**31), 2**31 - 1, rfc1902.Integer32),
    "enum": _whole(-(2**31), 2**31 - 1, rfc1902.Integer32),
    "gauge": _whole(0, WORD - 1, rfc1902.Gauge32),
    "counter32": _whole(0, WORD - 1, rfc1902.Counter32),
    "counter64": _whole(0, 2**64 - 1, rfc1902.Counter64),
    "ticks": _whole(0, WORD - 1, rfc1902.TimeTicks),
    "float": _float,
    "string": lambda raw: rfc1902.OctetString(str(raw).encode()),
    "mac": lambda raw: rfc1902.OctetString(_octets(raw, 6)),
    "oid": _name,
    "ip": _address,
    "date": _date,
    "opaque": lambda raw: rfc1902.OctetString(_octets(raw, 8)),
}
