"""From the bytes of a CSV file (RFC 4180) to rows of harmless cells; every mistake with its line, none skipped.

A file is taken whole or not at all: the errors of a refused one are listed, as many as a person would read.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from msgspec import Struct

from drivers.files.cell import harmless
from hub.wire.persons import person_field

MARKS = {"comma": ",", "semicolon": ";", "tab": "\t"}
LONGEST_LIST = 20
"""Errors that are told of one file."""
COLUMNS = 200
UTF_16 = (b"\xff\xfe", b"\xfe\xff")

Row = dict[str, str]


class Refusal(ValueError):
    """A file is not taken; `why` in one word, and the errors, each with its line."""

    def __init__(self, why: str, errors: Sequence[tuple[int, str]]) -> None:
        super().__init__(errors[0][1])
        self.why = why
        self.errors = list(errors)


class Sheet(Struct, frozen=True):
    """A table: its rows with the lines on which they begin."""

    rows: list[tuple[int, Row]]


def sheet(body: bytes, columns: Sequence[str], delimiter: str, most: int) -> Sheet:
    """Return the rows of a file that has the columns. Raises Refusal."""
    text = _text(body)
    title, mark = _titles(text, columns, delimiter)
    rows, errors = list[tuple[int, Row]](), list[tuple[int, str]]()
    persons = False
    for line, cells in _lines(text, mark, errors):
        if len(rows) >= most:
            raise Refusal("too_long", [(line, f"the file has more than {most} rows; see limits: rows")])
        try:
            rows.append((line, _row(title, cells)))
        except PermissionError as error:
            persons = True
            errors.append((line, str(error)))
        except ValueError as error:
            errors.append((line, str(error)))
        if len(errors) >= LONGEST_LIST:
            break
    if errors:
        raise Refusal("persons" if persons else "rows", errors)
    return Sheet(rows)


def _text(body: bytes) -> str:
    if body.startswith(UTF_16):
        raise Refusal("encoding", [(1, "the file is UTF-16; save it as “CSV UTF-8”")])
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise Refusal("encoding", [(line, "the file is not UTF-8; save it as “CSV UTF-8”")]) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise Refusal("encoding", [(line, "the file holds zero bytes: it is no CSV")])
    if not text.strip():
        raise Refusal("empty", [(1, "the file is empty; its first row names the columns")])
    return text


def _titles(text: str, columns: Sequence[str], delimiter: str) -> tuple[list[str], str]:
    """Return the titles of the columns, and the mark between cells."""
    marks = list(MARKS.values()) if delimiter == "auto" else [MARKS[delimiter]]
    tries = {mark: _first(text, mark) for mark in marks}
    best = max(marks, key=lambda mark: (len(set(columns) & set(tries[mark])), -marks.index(mark)))
    found = tries[best]
    if missing := [column for column in columns if column not in found]:
        raise Refusal("columns", [(1, _missing(column, found)) for column in missing[:LONGEST_LIST]])
    if len(found) > COLUMNS:
        raise Refusal("columns", [(1, f"the file has more than {COLUMNS} columns")])
    if (twice := next((t for t in found if found.count(t) > 1), None)) is not None:
        raise Refusal("columns", [(1, f"the column {twice!r} is there twice")])
    if (about := person_field(dict.fromkeys(found, ""))) is not None:
        raise Refusal("persons", [(1, f"the column {about!r} is about persons; nothing of the file is taken")])
    return found, best


def _missing(column: str, found: Sequence[str]) -> str:
    near = get_close_matches(column, found, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"it has: {', '.join(found[:8])}"
    return f"the column {column!r} is missing; {hint}"


def _first(text: str, mark: str) -> list[str]:
    try:
        return [title.strip() for title in next(csv.reader(io.StringIO(text), delimiter=mark, strict=True), [])]
    except csv.Error:
        return []


def _lines(text: str, mark: str, errors: list[tuple[int, str]]) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with its first line, the titles and empty rows left out; broken quotes go to `errors`."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    try:
        next(reader)
        begins = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        errors.append((reader.line_num, f"this is no CSV: {error}"))


def _row(titles: Sequence[str], cells: Sequence[str]) -> Row:
    if len(cells) != len(titles):
        raise ValueError(f"the row has {len(cells)} cells, the titles are {len(titles)}; is the file whole?")
    row: Row = {}
    for title, cell in zip(titles, cells, strict=True):
        try:
            row[title] = harmless(cell)
        except ValueError as error:
            raise ValueError(f"column {title!r}: {error}") from None
    if (about := person_field(row)) is not None:
        raise PermissionError(f"column {about!r} holds a phone number; nothing of the file is taken")
    return row
