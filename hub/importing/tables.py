"""Which objects of a walk are scalars and which are cells of a table, found without a MIB.

SMIv2 (RFC 2578, 7.1.12 and 7.7) has every table one entry, and the entry is always number 1 below the table; below it
come the columns, and below them the index. So an entry is an only child with number 1 whose columns each hold one type.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from hub.importing.walk import Cell

SHORTEST = 9
"""Numbers of the shortest entry: 1.3.6.1.2.1.group.table.1, or 1.3.6.1.4.1.vendor.table.1."""
IP_INDEX = 4
"""An index of so many numbers may well end in 0, as an IP address does; a shorter one that does is a scalar's."""
Arcs = tuple[int, ...]
Column = dict[str, Cell]
"""Index → cell."""


class Table(Struct):
    """The rows of one entry."""

    entry: str
    columns: dict[int, Column] = {}

    @property
    def rows(self) -> list[str]:
        """The indexes, in the order of SNMP."""
        return sorted({index for column in self.columns.values() for index in column}, key=arcs)


def arcs(oid: str) -> Arcs:
    """Return the numbers of an OID or index."""
    return tuple(map(int, oid.split(".")))


def dotted(numbers: Sequence[int]) -> str:
    """Return numbers as an OID."""
    return ".".join(map(str, numbers))


def sorted_out(cells: Sequence[Cell], known: Collection[str] = ()) -> tuple[list[Cell], dict[str, Table]]:
    """Return the scalars, and the tables by their entry; `known` entries need not be guessed."""
    entries = {arcs(entry) for entry in known}
    numbered = [(cell, arcs(cell.oid)) for cell in cells]
    guesses = _guesses(numbered)
    scalars: list[Cell] = []
    tables: dict[str, Table] = {}
    for cell, oid in numbered:
        entry = _entry(cell, oid, entries, guesses)
        if entry is None:
            scalars.append(cell)
            continue
        table = tables.setdefault(dotted(entry), Table(dotted(entry)))
        column, index = oid[len(entry)], dotted(oid[len(entry) + 1 :])
        table.columns.setdefault(column, {})[index] = cell
    return scalars, tables


def _entry(cell: Cell, oid: Arcs, known: Collection[Arcs], guesses: Mapping[Arcs, bool]) -> Arcs | None:
    if cell.column is not None:
        return arcs(cell.column)[:-1]
    prefixes = [oid[:n] for n in range(4, len(oid) - 1)]
    return next((p for p in prefixes if p in known), None) or next((p for p in prefixes if guesses.get(p)), None)


def _guesses(numbered: Sequence[tuple[Cell, Arcs]]) -> dict[Arcs, bool]:
    """Return what could be an entry, and whether it looks like one."""
    children: dict[Arcs, set[int]] = defaultdict(set)
    for _, oid in numbered:
        for n in range(SHORTEST - 1, len(oid)):
            children[oid[:n]].add(oid[n])
    types: dict[Arcs, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    rows: dict[Arcs, bool] = defaultdict(bool)
    for cell, oid in numbered:
        for n in range(SHORTEST, len(oid) - 1):
            if oid[n - 1] == 1 and children[oid[: n - 1]] == {1}:
                types[oid[:n]][oid[n]].add(_sort(cell.type))
                rows[oid[:n]] |= oid[-1] != 0 or len(oid) - n > IP_INDEX
    return {entry: rows[entry] and all(len(t) == 1 for t in columns.values()) for entry, columns in types.items()}


def _sort(type_: str) -> str:
    """Return a type as columns have it: octets print as text or in hex, numbers with or without their word."""
    return {"opaque": "string", "enum": "integer"}.get(type_, type_)
