"""Which row has which name: the index maps of one agent, and when they can no longer be believed. Pure.

An agent numbers its rows as it likes, and may number them anew when it restarts or when a card is pulled (RFC 2863,
3.1.5). So the columns that rows are found by are read again when the agent restarted, when it says that the table
changed, when a row is gone, and after a while in any case.
"""

from collections.abc import Iterable, Mapping

from drivers.snmp import oid as oids
from drivers.snmp import rates
from drivers.snmp.address import Row
from drivers.snmp.value import Raw, text_of

CHANGES = {
    "1.3.6.1.2.1.2.2.1.": "1.3.6.1.2.1.31.1.5.0",
    "1.3.6.1.2.1.31.1.1.1.": "1.3.6.1.2.1.31.1.5.0",
    "1.3.6.1.2.1.47.1.1.1.1.": "1.3.6.1.2.1.47.1.4.1.0",
}
"""Tables → the object that says when they last changed (ifTableLastChange, entLastChangeTime)."""
AGE = 600 * rates.SECOND
DOUBTED = 60 * rates.SECOND
"""A row that is gone has the tables read again, but not sooner than this after the last time."""


class Tables:
    """The index maps of one agent."""

    def __init__(self) -> None:
        self.version = 0
        """Grows whenever a row may have another index than before."""
        self._rows: dict[str, dict[str, list[str]]] = {}
        self._sizes: dict[str, int] = {}
        self._learnt: dict[str, int] = {}
        self._guards: dict[str, Raw | None] = {}
        self._last: rates.Moment | None = None

    def unknown(self, columns: Iterable[str], now: int) -> list[str]:
        """Return the columns that have to be read first."""
        return [c for c in columns if c not in self._learnt or now - self._learnt[c] > AGE]

    def learn(self, column: str, rows: Mapping[str, Raw], now: int) -> None:
        """Take a column as it was read, index → value."""
        found: dict[str, list[str]] = {}
        for index in sorted(rows, key=oids.arcs):
            found.setdefault(text_of(rows[index]), []).append(index)
        if found != self._rows.get(column):
            self.version += 1
        self._rows[column], self._learnt[column], self._sizes[column] = found, now, len(rows)

    def index(self, row: Row) -> str | None:
        """Return the index of a row, or None when there is no such row."""
        found = self._rows.get(row.column_oid, {}).get(str(row.equals), [])
        return found[row.nth - 1] if row.nth <= len(found) else None

    def size(self, column: str) -> int:
        """Return how many rows the table of a column has that was read."""
        return self._sizes.get(column, 0)

    def guard(self, answer: Mapping[str, Raw], guards: Iterable[str]) -> None:
        """Note when the tables last changed, before they are read."""
        for name in guards:
            self._guards[name] = answer.get(name)

    def moved(self, answer: Mapping[str, Raw], moment: rates.Moment, guards: Iterable[str]) -> bool:
        """Tell whether rows may have other indexes than when the maps were read; if so, forget the maps."""
        last, self._last = self._last, moment
        if not self._learnt:
            return False
        anew = last is not None and rates.restarted(last, moment)
        changed = any(name in self._guards and answer.get(name) != self._guards[name] for name in guards)
        if not (anew or changed):
            return False
        self._learnt.clear()
        return True

    def forget(self) -> None:
        """Read every map again before it is used."""
        self._learnt.clear()

    def doubt(self, now: int) -> None:
        """A row that was there is gone: read the maps again soon."""
        if any(now - learnt > DOUBTED for learnt in self._learnt.values()):
            self._learnt.clear()


def guards_of(columns: Iterable[str]) -> tuple[str, ...]:
    """Return the objects that say when the tables of these columns last changed."""
    return tuple(dict.fromkeys(g for c in columns for table, g in CHANGES.items() if c.startswith(table)))
