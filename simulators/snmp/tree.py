"""The objects of one agent, in the order of their names; values are worked out when somebody asks for them."""

from bisect import bisect_right
from collections.abc import Callable, Iterable

from msgspec import Struct

from hub.model import Timestamp, Value

Name = tuple[int, ...]
Read = Callable[[Timestamp], Value]


class Cell(Struct, frozen=True):
    """One object: its name, the type it is sent in, and how to find its raw value (ValueError: it cannot say it)."""

    name: Name
    type: str
    read: Read
    writable: bool = False


class Tree:
    """Every object of an agent; of several cells with one name the first stays."""

    def __init__(self, cells: Iterable[Cell]) -> None:
        self._cells: dict[Name, Cell] = {}
        for cell in cells:
            self._cells.setdefault(cell.name, cell)
        self._names = sorted(self._cells)

    def get(self, name: Name) -> Cell | None:
        """Return the object of this name."""
        return self._cells.get(name)

    def after(self, name: Name) -> Cell | None:
        """Return the first object whose name comes after `name`, as GETNEXT wants it."""
        at = bisect_right(self._names, name)
        return self._cells[self._names[at]] if at < len(self._names) else None

    def __len__(self) -> int:
        return len(self._names)


def name_of(oid: str) -> Name:
    """Return the numbers of an OID in digits."""
    return tuple(int(arc) for arc in oid.split("."))
