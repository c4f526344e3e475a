"""Which rows a table has now, out of columns as they were read. Pure.

Rows go by the first of the table's name columns that says something of them, and by their index where none does. So a
name stays when the agent numbers its rows anew (RFC 2863, 3.1.5); of rows with one name the order of indexes decides.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from drivers.snmp import oid as oids
from drivers.snmp.table import BY_INDEX, Table
from drivers.snmp.value import Raw, text_of
from hub.model import FoundRow

LONGEST_LABEL = 120
Column = Mapping[str, Raw]


def wanted(table: Table, walked: Column) -> list[str]:
    """Return the indexes of the rows that are meant, in the agent's order."""
    meant = (i for i, raw in walked.items() if table.where is None or text_of(raw) == str(table.where))
    return sorted(meant, key=oids.arcs)


def rows(table: Table, indexes: Sequence[str], names: Mapping[str, Column]) -> list[FoundRow]:
    """Return the rows by name; `names` are the columns that were read, by OID."""
    called = [(column, _numbered(names[column])) for column in table.names if column in names]
    return [_row(index, called) for index in indexes]


def unnamed(indexes: Sequence[str], column: Column) -> bool:
    """Tell whether a column leaves any of the rows without a name."""
    return not all(index in column and _fits(text_of(column[index])) for index in indexes)


def _row(index: str, called: Sequence[tuple[str, Mapping[str, tuple[str, int]]]]) -> FoundRow:
    for column, names in called:
        if index in names:
            return FoundRow(names[index][0], names[index][1], column)
    return FoundRow(index, 1, BY_INDEX)


def _numbered(column: Column) -> dict[str, tuple[str, int]]:
    """Return name and number among its equals of each row that has a name: index → (name, nth)."""
    seen: Counter[str] = Counter()
    found = {}
    for index in sorted(column, key=oids.arcs):
        name = text_of(column[index])
        seen[name] += 1
        if _fits(name):
            found[index] = name, seen[name]
    return found


def _fits(name: str) -> bool:
    return bool(name.strip()) and len(name) <= LONGEST_LABEL
