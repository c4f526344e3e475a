"""Tables of devices: CSV as spreadsheets write it (comma, semicolon or tab, BOM, quotes), each cell with its place."""

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from hub.config.marks import Map, Mark, Seq, Source
from hub.config.problems import Report, did_you_mean, known_are

_WHOLE = ("id", "profile", "zone", "behind", "interval", "timeout", "silent_after")
_TARGETS = (*_WHOLE, "name", "name.vi", "name.en", "tags", "enabled", "at.lat", "at.lon", "connection.…", "with.…")
_TRUTHS = {
    "true": True,
    "1": True,
    "x": True,
    "yes": True,
    "có": True,
    "false": False,
    "0": False,
    "no": False,
    "không": False,
}


class Cell(Struct, frozen=True):
    """One cell: its text, and where it begins (from 1)."""

    text: str
    line: int
    column: int


def cells(text: str, line: int = 1, indent: int = 0) -> Iterator[list[Cell]]:
    """Yield the rows of a CSV text that hold anything; `line` and `indent` say where the text begins in its file."""
    delimiter = _delimiter(text)
    reader = _Reader(text.replace("\r\n", "\n").replace("\r", "\n"), delimiter, line, indent)
    for row in reader.rows():
        if any(cell.text for cell in row) and not row[0].text.startswith("sep="):
            yield row


def _delimiter(text: str) -> str:
    """Return the separator that the first line uses most; spreadsheets may name it in a line `sep=;`."""
    first = text.lstrip("\n").partition("\n")[0]
    if first.startswith("sep=") and len(first.rstrip()) == 5:
        return first[4]
    bare = re.sub(r'"[^"]*"', "", first)
    return max(";", "\t", ",", key=bare.count)


class _Reader:
    """Reads RFC 4180 rows, keeping the line and column of each cell."""

    def __init__(self, text: str, delimiter: str, line: int, indent: int) -> None:
        self._text = text
        self._plain = re.compile(rf"[^{re.escape(delimiter)}\n]*")
        self._delimiter = delimiter
        self._line = line
        self._indent = indent
        self._start = 0

    def rows(self) -> Iterator[list[Cell]]:
        at, row = 0, []
        while at < len(self._text):
            cell, at = self._cell(at)
            row.append(cell)
            if at >= len(self._text) or self._text[at] == "\n":
                yield row
                row = []
                self._next_line(at)
            at += 1
        if row:
            yield row

    def _next_line(self, newline: int) -> None:
        self._line += 1
        self._start = newline + 1

    def _cell(self, at: int) -> tuple[Cell, int]:
        start = at
        while self._text[start : start + 1] in (" ", "\u00a0"):
            start += 1
        line, column = self._line, start - self._start + 1 + self._indent
        if self._text[start : start + 1] == '"':
            value, end = self._quoted(start + 1)
        else:
            found = self._plain.match(self._text, start)
            end = found.end() if found else start
            value = self._text[start:end]
        return Cell(value.strip(), line, column), end

    def _quoted(self, at: int) -> tuple[str, int]:
        """Read up to the closing quote; doubled quotes are one, line ends belong to the cell."""
        parts = []
        while True:
            end = self._text.find('"', at)
            stop = len(self._text) if end < 0 else end
            parts.append(self._text[at:stop])
            for newline in re.finditer("\n", self._text[at:stop]):
                self._next_line(at + newline.start())
            if end < 0 or self._text[end + 1 : end + 2] != '"':
                break
            parts.append('"')
            at = end + 2
        found = self._plain.match(self._text, stop + 1)
        return "".join(parts), found.end() if found else len(self._text)


def rows(source: Source, found: list[list[Cell]], columns: Map | None, at: Mark, report: Report) -> Iterator[Map]:
    """Yield each row as the map that a single device would be; mistakes in headers and cells are reported."""
    if not found:
        report.error(at, "the table is empty", "its first row names the columns")
        return
    header, *body = found
    targets = _targets(source, header, columns, report)
    for row in body:
        if len(row) > len(header):
            extra = row[len(header)]
            message = f"this row has {len(row)} cells, the header has {len(header)}"
            report.error(Mark(source, extra.line, extra.column), message, "quote a cell that holds the separator")
        yield _row(source, row, targets, report)


Targets = dict[int, list[tuple[str, Mark]]]


def _targets(source: Source, header: list[Cell], columns: Map | None, report: Report) -> Targets:
    """Return for each column that means something our keys (one column may serve several) and where they are named."""
    targets: Targets = {}
    place = {cell.text: n for n, cell in reversed(list(enumerate(header)))}
    for target, title in (columns or {}).items():
        assert columns is not None
        if title not in place:
            hint = did_you_mean(str(title), place, otherwise=known_are("columns", place))
            report.error(columns.value_marks[target], f"the table has no column '{title}'", hint)
        elif not _known(target):
            hint = did_you_mean(target, _TARGETS, otherwise=known_are("keys", _TARGETS, 20))
            report.error(columns.key_marks[target], f"'{target}' cannot come from a column", hint)
        else:
            targets.setdefault(place[title], []).append((target, columns.key_marks[target]))
    taken = {target for named in targets.values() for target, _ in named}
    for n, cell in enumerate(header):
        if n not in targets and _known(cell.text) and cell.text not in taken:
            targets[n] = [(cell.text, Mark(source, cell.line, cell.column))]
        elif n not in targets and not columns and cell.text:
            hint = did_you_mean(
                cell.text, _TARGETS, otherwise="name it in 'columns:'; there, other columns are ignored"
            )
            report.error(Mark(source, cell.line, cell.column), f"unknown column '{cell.text}'", hint)
    return targets


def _known(target: str) -> bool:
    return target in _TARGETS[:-2] or bool(re.fullmatch(r"(connection|with)(\.[A-Za-z0-9_]+)+", target))


def _row(source: Source, row: list[Cell], targets: Targets, report: Report) -> Map:
    made = Map(Mark(source, row[0].line, row[0].column))
    place = Seq(made.mark)
    for n, cell in enumerate(row):
        mark = Mark(source, cell.line, cell.column)
        for target, named in targets.get(n, ()) if cell.text else ():
            if target in ("at.lat", "at.lon"):
                _degrees(cell, target, place, mark, report)
            else:
                _put(made, target.split("."), _value(target, cell.text, mark, report), named, mark)
    if len(place) == 1:
        report.error(place.marks[0], "latitude and longitude belong together", "fill in both cells, or neither")
    if len(place) == 2:
        made.put("at", place, place.mark, place.mark)
    return made


def _put(into: Map, path: list[str], value: Any, named: Mark, mark: Mark) -> None:
    for key in path[:-1]:
        if not isinstance(into.get(key), Map):
            into.put(key, Map(mark), named, mark)
        into = into[key]
    into.put(path[-1], value, named, mark)


def _value(target: str, text: str, mark: Mark, report: Report) -> Any:
    if target == "tags":
        tags = Seq(mark)
        for tag in re.split(r"[,;|]", text):
            if tag.strip():
                tags.add(tag.strip(), mark)
        return tags
    if target == "enabled":
        if text.lower() not in _TRUTHS:
            report.error(mark, f"expected true or false, found the text '{text}'")
        return _TRUTHS.get(text.lower(), False)
    return text


def _degrees(cell: Cell, target: str, place: Seq, mark: Mark, report: Report) -> None:
    """Take a latitude or longitude; a decimal comma is as good as a point."""
    try:
        degrees = float(cell.text.replace(",", "."))
    except ValueError:
        report.error(mark, f"expected degrees such as 21.5942, found the text '{cell.text}'")
        return
    if target == "at.lat":
        place.insert(0, degrees)
        place.marks.insert(0, mark)
        place.mark = mark
    else:
        place.add(degrees, mark)
