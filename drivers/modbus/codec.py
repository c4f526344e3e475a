"""Bytes as they travel ↔ raw values; pure, no library, no socket.

Registers are big-endian 16-bit words (V1.1b3, 4.2). The order of the words of a longer number, and sometimes of the
bytes in a word, is the manufacturer's choice. Floats are IEEE 754. Coils and discretes are packed lowest bit first
(V1.1b3, 6.1).
"""

import math
import struct
from collections.abc import Callable, Sequence

from drivers.modbus.address import BIT_TABLES, Address
from hub.model import Reason, Value

Extract = Callable[[bytes], Value | Reason]
"""From the data of a whole reply to the raw value of one point, or why there is none."""

FORMATS = {
    "int16": "h", "uint16": "H", "int32": "i", "uint32": "I",
    "int64": "q", "uint64": "Q", "float32": "f", "float64": "d",
}  # fmt: skip
"""Type → letter of the `struct` module."""


def plain_format(address: Address) -> str | None:
    """Return the letter with which `struct` alone decodes the point (whole number, big-endian), or None."""
    one_word_order = address.count == 1 and address.order == "cdab"
    plain = address.type in FORMATS and address.type[0] != "f" and not address.bits and not address.missing
    return FORMATS[address.type] if plain and (address.order == "abcd" or one_word_order) else None


def extractor(address: Address, first: int) -> Extract:
    """Return what reads a point out of the data of a reply that begins at register (or bit) `first`."""
    if address.table in BIT_TABLES:
        byte, bit = divmod(address.number - first, 8)
        return _bit(byte, 1 << bit)
    start = 2 * (address.number - first)
    if address.type == "string":
        return _text(start, address)
    if address.type == "bool" and not address.missing:
        high_first = address.order in ("abcd", "cdab")
        return _bit(
            start + ((address.bit or 0) < 8) if high_first else start + ((address.bit or 0) >= 8),
            1 << (address.bit or 0) % 8,
        )
    return _number(start, address)


def decode(address: Address, data: bytes) -> Value | Reason:
    """Return the raw value in the point's own bytes (`2 * count` of them, one byte for coil and discrete)."""
    return extractor(address, address.number)(data)


def encode(address: Address, value: Value) -> bytes:
    """Return the bytes of a whole register point for writing. Raises ValueError when the value does not fit."""
    if address.type == "string":
        data = str(value).encode().ljust(2 * address.count, b"\0")
        if len(data) > 2 * address.count:
            raise ValueError(f"{value!r} is longer than {2 * address.count} bytes")
        return _reorder(data, address.order)
    try:
        return _reorder(struct.pack(">" + FORMATS[address.type], _as_number(address, value)), address.order)
    except (struct.error, OverflowError):
        raise ValueError(f"{value!r} does not fit into {address.type}") from None


def example(address: Address, raw: object) -> Value | Reason:
    """Decode `raw` as a profile's example writes it: a list of register words, one word, or a bool.

    Raises ValueError when it has not the shape of the address.
    """
    if address.table in BIT_TABLES:
        if not isinstance(raw, bool):
            raise ValueError(f"a {address.table} is written as true or false, not as {raw!r}")
        return raw
    words = raw if isinstance(raw, Sequence) and not isinstance(raw, str) else [raw]
    if len(words) != address.count or not all(_is_word(w) for w in words):
        raise ValueError(f"raw is a list of {address.count} register words (0..0xFFFF), not {raw!r}")
    return decode(address, struct.pack(f">{len(words)}H", *words))


def _is_word(given: object) -> bool:
    return isinstance(given, int) and not isinstance(given, bool) and 0 <= given <= 0xFFFF


def _as_number(address: Address, value: Value) -> int | float:
    number = float(value)
    if address.type[0] == "f":
        return number
    if number != int(number):
        raise ValueError(f"{value!r} is not a whole number")
    return int(value) if isinstance(value, int) else int(number)


def _bit(byte: int, mask: int) -> Extract:
    return lambda data: data[byte] & mask != 0


def _text(start: int, address: Address) -> Extract:
    end = start + 2 * address.count

    def text(data: bytes) -> Value | Reason:
        try:
            return _reorder(data[start:end], address.order).partition(b"\0")[0].decode().rstrip()
        except UnicodeDecodeError:
            return Reason.UNDECODABLE

    return text


def _number(start: int, address: Address) -> Extract:
    unsigned = struct.Struct(f">{'_HI_Q'[address.count]}")
    width = 16 * address.count
    picked = _picker(address)
    field_width = address.bits[1] if address.bits else width
    missing = frozenset(m & ((1 << field_width) - 1) for m in address.missing)
    finish = _finisher(address, width)
    end, order = start + 2 * address.count, address.order

    def number(data: bytes) -> Value | Reason:
        (pattern,) = unsigned.unpack(_reorder(data[start:end], order))
        field = picked(pattern) if address.bits else pattern
        return Reason.NOT_PROGRAMMED if field in missing else finish(field)

    return number


def _picker(address: Address) -> Callable[[int], int]:
    first, many = address.bits or (0, 16 * address.count)
    mask = (1 << many) - 1
    return lambda pattern: pattern >> first & mask


def _finisher(address: Address, width: int) -> Callable[[int], Value | Reason]:
    if address.type == "bool":
        mask = 1 << (address.bit or 0)
        return lambda pattern: pattern & mask != 0
    if address.type[0] == "f":
        return _float(address)
    if address.type[0] == "i":
        half, whole = 1 << width - 1, 1 << width
        return lambda pattern: pattern - whole if pattern >= half else pattern
    return lambda pattern: pattern


def _float(address: Address) -> Callable[[int], Value | Reason]:
    size, letter = 2 * address.count, ">" + FORMATS[address.type]

    def real(pattern: int) -> Value | Reason:
        (value,) = struct.unpack(letter, pattern.to_bytes(size, "big"))
        return float(value) if math.isfinite(value) else Reason.UNDECODABLE

    return real


def _reorder(data: bytes, order: str) -> bytes:
    """Turn wire order into big-endian, or back: every order is its own inverse."""
    if order == "abcd":
        return data
    if order in ("badc", "dcba"):
        swapped = bytearray(data)
        swapped[0::2], swapped[1::2] = data[1::2], data[0::2]
        data = bytes(swapped)
    if order in ("cdab", "dcba"):
        data = b"".join(data[i : i + 2] for i in range(len(data) - 2, -2, -2))
    return data
