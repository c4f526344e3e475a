"""Rows of a table as people call them: by the column that names them, numbered in a row, or by their index."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from msgspec import Struct

from hub.importing.known import Fields
from hub.importing.naming import unique, word
from hub.importing.tables import Column, Table
from hub.importing.walk import Cell
from hub.importing.words import ROW_NAMES, oid_word

LONGEST_NAME = 64
FEWEST_NUMBERED = 4
"""Rows in a row that are worth an `each`."""


class Row(Struct, frozen=True):
    """One row: its index, what people call it, the word in its points' names, how its address finds it."""

    index: str
    title: str
    word: str
    finds: Fields


class Series(Struct, frozen=True):
    """Rows that differ by one number that counts up: `Gi1/0/1` … `Gi1/0/24`."""

    rows: Sequence[Row]
    word: str
    """With `{…}` for the number."""
    title: str
    finds: Fields


def naming_column(table: Table, cells: Mapping[str, Cell]) -> str | None:
    """Return the column whose texts name the rows: the standard one, else the first that could."""
    for column in ROW_NAMES.get(table.entry, ()):
        if any(f"{column}.{index}" in cells for index in table.rows):
            return column
    indexes = table.rows
    for number, cells_of in sorted(table.columns.items()):
        names = [_name(cells_of.get(index)) for index in indexes]
        if all(names) and len(set(names)) == len(names):
            return f"{table.entry}.{number}"
    return None


def rows(table: Table, column: str | None, cells: Mapping[str, Cell]) -> list[Row]:
    """Return every row, named where it has a name that can be looked for."""
    seen: Counter[str] = Counter()
    made: dict[str, Row] = {}
    for index in table.rows:
        name = _name(cells.get(f"{column}.{index}")) if column else ""
        if not name or "{" in name:
            short = unique(f"{_table_word(table)}r{index.replace('.', '_')}", made)
            made[short] = Row(index, name or index, short, {"index": index})
            continue
        seen[name] += 1
        finds: Fields = {"row": {"column_oid": column, "equals": name}}
        if seen[name] > 1:
            finds["row"]["nth"] = seen[name]
        short = unique(word(name, f"r{index.replace('.', '_')}"), made)
        made[short] = Row(index, name, short, finds)
    return list(made.values())


def series(table: Table, found: Sequence[Row], columns: Mapping[int, Column]) -> Series | None:
    """Return the rows as one series when their names (or indexes) count up and all have the same columns."""
    if len(found) < FEWEST_NUMBERED or any(len(column) != len(found) for column in columns.values()):
        return None
    by_name = all("row" in row.finds and "nth" not in row.finds["row"] for row in found)
    if not by_name and any("row" in row.finds for row in found):
        return None
    parts = [re.fullmatch(r"(.*?)(0|[1-9]\d*)", row.title if by_name else row.index) for row in found]
    if any(part is None for part in parts) or len({part[1] for part in parts if part}) != 1:
        return None
    prefix, numbers = str(parts[0][1] if parts[0] else ""), [int(part[2]) for part in parts if part]
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))) or ("." in prefix and not by_name):
        return None
    shift = numbers[0] - 1
    counted = "{n}" if shift == 0 else f"{{n + {shift}}}" if shift > 0 else f"{{n - {-shift}}}"
    text = f"{prefix}{counted}"
    before = f"{word(prefix)}{'' if prefix[-1].isalnum() else '_'}" if by_name and prefix else f"{_table_word(table)}r"
    finds: Fields = {"row": {**found[0].finds["row"], "equals": text}} if by_name else {"index": text}
    return Series(found, f"{before}{counted}", text, finds)


def _table_word(table: Table) -> str:
    """Return what stands before the index of a row that has no name: two tables may number different things alike."""
    return f"{oid_word(table.entry.removesuffix('.1'))}_"


def _name(cell: Cell | None) -> str:
    """Return a cell's text if it can name a row, else an empty text."""
    if cell is None or cell.type != "string" or not isinstance(cell.raw, bytes):
        return ""
    try:
        text = cell.raw.decode()
    except UnicodeDecodeError:
        return ""
    fits = text.isprintable() and text == text.strip() and len(text) <= LONGEST_NAME
    return text if fits else ""
