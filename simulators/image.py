"""The memory of one simulated Modbus unit: four tables of words, filled from points with pymodbus' own conversion.

Nothing here is shared with `drivers.modbus.codec`: a mistake in one must not be cancelled by the same mistake in the
other. Only the map (`Address`) is common.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from pymodbus.client.mixin import ModbusClientMixin

from drivers.modbus.address import BIT_TABLES, Address, Limits
from hub.model import Point, Value
from simulators.raw import raw_of

_Types = ModbusClientMixin.DATATYPE
_TYPES = {
    "int16": _Types.INT16, "uint16": _Types.UINT16, "int32": _Types.INT32, "uint32": _Types.UINT32,
    "int64": _Types.INT64, "uint64": _Types.UINT64, "float32": _Types.FLOAT32, "float64": _Types.FLOAT64,
}  # fmt: skip
TABLES = ("coil", "discrete", "holding", "input")


class Image:
    """Words (and bits) by table and address, and which addresses may be read at all."""

    def __init__(self, points: Sequence[Point], limits: Limits) -> None:
        self.words: dict[str, dict[int, int]] = {table: {} for table in TABLES}
        self.limits = limits
        for point in points:
            address: Address = point.address
            self.words[address.table].update(dict.fromkeys(range(address.number, address.end), 0))
        self.readable = {table: _with_gaps(table, self.words[table], limits) for table in TABLES}

    def span(self, table: str) -> tuple[int, int] | None:
        """Return the first address of a table and how many there are from it to the last; None when it has none."""
        known = self.words[table]
        return (min(known), max(known) - min(known) + 1) if known else None

    def put(self, point: Point, value: Value, *, swapped: bool = False) -> None:
        """Write a point's engineering value; `swapped` turns the words of longer numbers around (a fault).

        Raises ValueError when the point cannot hold it.
        """
        address: Address = point.address
        raw = raw_of(point, value)
        if address.table in BIT_TABLES:
            self.words[address.table][address.number] = int(bool(raw))
        elif address.bit is not None or address.bits:
            self._put_bits(address, int(raw))
        else:
            order = _turned(address.order) if swapped and address.type != "string" else address.order
            self._store(address, words_of(address, raw, order))

    def _put_bits(self, address: Address, field: int) -> None:
        first, many = address.bits or (address.bit or 0, 1)
        if field >> many:
            raise ValueError(f"{field} does not fit into {many} bits")
        known = self.words[address.table]
        here = [known[n] for n in range(address.number, address.end)]
        pattern = 0
        for word in _ordered(here, address.order):
            pattern = pattern << 16 | word
        pattern = pattern & ~(((1 << many) - 1) << first) | field << first
        big = [pattern >> 16 * n & 0xFFFF for n in reversed(range(address.count))]
        self._store(address, _ordered(big, address.order))

    def _store(self, address: Address, words: Iterable[int]) -> None:
        known = self.words[address.table]
        for n, word in enumerate(words, address.number):
            known[n] = word

    def read(self, table: str, first: int, count: int) -> list[int] | None:
        """Return `count` words (or bits) from `first`, or None where one of them may not be read."""
        readable, known = self.readable[table], self.words[table]
        addresses = range(first, first + count)
        return [known.get(n, 0) for n in addresses] if all(n in readable for n in addresses) else None

    def write(self, table: str, first: int, words: Sequence[int]) -> bool:
        """Take what a client writes; False where there is no such address."""
        known = self.words[table]
        if not all(first + n in known for n in range(len(words))):
            return False
        known.update((first + n, int(word)) for n, word in enumerate(words))
        return True


def words_of(address: Address, raw: Value, order: str) -> list[int]:
    """Return the words of a whole number or string in wire order, converted by pymodbus. Raises ValueError."""
    if address.type == "string":
        plain = ModbusClientMixin.convert_to_registers(str(raw), _Types.STRING)[: address.count]
        return _bytes_swapped(plain + [0] * (address.count - len(plain)), order)
    number = float(raw) if address.type.startswith("float") else raw if isinstance(raw, int) else round(float(raw))
    word_order: Literal["big", "little"] = "little" if order in ("cdab", "dcba") else "big"
    try:
        words = ModbusClientMixin.convert_to_registers(number, _TYPES[address.type], word_order)
    except (struct.error, OverflowError, TypeError) as problem:
        raise ValueError(f"{raw!r} does not fit into {address.type}") from problem
    return _bytes_swapped(words, order)


def _bytes_swapped(words: list[int], order: str) -> list[int]:
    if order not in ("badc", "dcba"):
        return words
    return [int.from_bytes(word.to_bytes(2, "big"), "little") for word in words]


def _ordered(words: list[int], order: str) -> list[int]:
    """Turn words from wire order to most significant first, or back."""
    swapped = _bytes_swapped(words, order)
    return swapped[::-1] if order in ("cdab", "dcba") else swapped


def _turned(order: str) -> str:
    return {"abcd": "cdab", "cdab": "abcd", "badc": "dcba", "dcba": "badc"}[order]


def _with_gaps(table: str, known: Mapping[int, int], limits: Limits) -> frozenset[int]:
    """Return what a well-behaved reader may ask for: the points, and the small gaps between them."""
    banned = {n for f in limits.forbidden if f.table == table for n in range(f.first, f.last + 1)}
    readable: set[int] = set()
    last: int | None = None
    for n in sorted(known):
        gap = limits.largest_gap * (16 if table in BIT_TABLES else 1)
        readable.update(range(n if last is None or n - last - 1 > gap else last + 1, n + 1))
        last = n
    return frozenset(readable - banned)
