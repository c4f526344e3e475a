"""Values that know where they were written: maps and lists with a mark for each key and value."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

REFERENCES = ("secret", "env", "file")
"""Keys that make a map of one key a reference to a secret instead of a map."""


class Source(Struct, frozen=True, eq=False):
    """One file as it was read: the name people know it by, and its lines."""

    name: str
    lines: Sequence[str]
    shipped: bool = False
    """Whether the file came with the hub, so that the site's author cannot be asked to mend it."""

    def line(self, number: int) -> str:
        """Return line `number` (from 1), or an empty text past the end."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""


class Mark(Struct, frozen=True, eq=False, gc=False):
    """A place in a file; line and column count from 1, columns in characters."""

    source: Source
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.source.name}:{self.line}"


class Map(dict[str, Any]):
    """A YAML map: its own mark, and the marks of each key and value."""

    __slots__ = ("key_marks", "mark", "value_marks")

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.key_marks: dict[str, Mark] = {}
        self.value_marks: dict[str, Mark] = {}

    def put(self, key: str, value: Any, key_mark: Mark, value_mark: Mark) -> None:
        """Set a key together with where it and its value are written."""
        self[key] = value
        self.key_marks[key] = key_mark
        self.value_marks[key] = value_mark

    def take(self, key: str, other: "Map") -> None:
        """Set a key as it stands in `other`, marks included."""
        self.put(key, other[key], other.key_marks[key], other.value_marks[key])

    @property
    def is_reference(self) -> bool:
        """Whether this is `{secret: name}`, `{env: NAME}` or `{file: path}`."""
        return len(self) == 1 and next(iter(self)) in REFERENCES


class Seq(list[Any]):
    """A YAML list: its own mark, and the mark of each item."""

    __slots__ = ("mark", "marks")

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.marks: list[Mark] = []

    def add(self, value: Any, mark: Mark) -> None:
        """Append an item together with where it is written."""
        self.append(value)
        self.marks.append(mark)


def merge(base: Map, over: Map) -> Map:
    """Return `base` overridden by `over`: maps merge, everything else is replaced; marks follow their values."""
    merged = Map(over.mark)
    for key in base:
        merged.take(key, base)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(value, Map) and isinstance(below, Map) and not (value.is_reference or below.is_reference):
            merged.put(key, merge(below, value), over.key_marks[key], over.value_marks[key])
        else:
            merged.take(key, over)
    return merged


def locate(node: Any, path: Sequence[str | int], start: Mark) -> tuple[Any, Mark]:
    """Return the value at `path` below `node` and its mark; elements that the file does not have are skipped."""
    mark = node.mark if isinstance(node, Map | Seq) else start
    for step in path:
        if isinstance(node, Map) and step in node:
            mark = node.value_marks[str(step)]
            node = node[str(step)]
        elif isinstance(node, Seq) and isinstance(step, int) and step < len(node):
            mark = node.marks[step]
            node = node[step]
    return node, mark
