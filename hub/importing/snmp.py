"""A walk of an SNMP agent → a profile: scalars, tables row by row, counters as rates, examples from the walk itself."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from hub.config.profile import FEWEST_EXAMPLES
from hub.importing import objects
from hub.importing.known import Fields, Library
from hub.importing.naming import unique
from hub.importing.objects import Place
from hub.importing.proposal import Group, Proposal
from hub.importing.rows import Row, Series, naming_column, rows, series
from hub.importing.tables import Column, Table, sorted_out
from hub.importing.walk import Cell
from hub.importing.words import PASSING, column_word, kind_word, oid_word, scalar_word
from hub.model import Text

MOST_ROWS = 64
MOST_POINTS = 2000
MOST_EXAMPLES = 60
WELL_KNOWN = 0.6
"""From this share of a shipped profile's points on it is worth a look."""


class Wanted(Struct, frozen=True):
    """What is to be made of a walk."""

    profile: str
    title: Text
    source: str
    under: tuple[str, ...] = ()
    """Only objects below these OIDs; empty: all but the agent's own affairs."""
    most_rows: int = MOST_ROWS


class Walk:
    """A walk on its way to a profile."""

    def __init__(self, cells: Sequence[Cell], library: Library, wanted: Wanted) -> None:
        self._wanted = wanted
        self._library = library
        self._cells = {cell.oid: cell for cell in cells}
        self._notes: dict[str, list[str]] = {}
        self._left: Counter[str] = Counter()
        scalars, self._tables = sorted_out([c for c in cells if self._asked(c.oid)], library.entries)
        self._scalars = scalars
        columns = {f"{entry}.{n}" for entry, table in self._tables.items() for n in table.columns}
        self._present = {cell.oid for cell in scalars} | columns
        self._rank = library.covered(self._present)
        self._points: dict[str, Fields] = {}
        self._groups: dict[str, Group] = {}
        self._examples: list[tuple[int, Fields]] = []
        self._alike: Counter[str] = Counter()
        self._count = 0

    def proposal(self) -> Proposal:
        """Return the profile. Raises ValueError when too little was found for one."""
        for cell in self._scalars:
            self._scalar(cell)
        for table in self._tables.values():
            self._table(table)
        if not self._points and not self._groups:
            raise ValueError("nothing in this walk can become a point; walk more of the agent, from .1 on")
        w, examples = self._wanted, self._chosen()
        return Proposal(
            w.profile, w.title, "snmp", w.source, "30s", "5s", points=self._points, each=list(self._groups.values()),
            examples=examples, check=self._check(),
        )  # fmt: skip

    def _asked(self, oid: str) -> bool:
        if self._wanted.under:
            return any(f"{oid}.".startswith(f"{under}.") for under in self._wanted.under)
        passing = next((root for root in PASSING if oid.startswith(f"{root}.")), None)
        if passing is not None:
            self._left[passing] += 1
        return passing is None

    def _scalar(self, cell: Cell) -> None:
        place = Place(cell.oid, {"oid": cell.oid})
        found = [k for k in self._library.of(cell.oid, self._rank) if objects.fits(k, cell.type)]
        for known in found:
            self._add(known.name, objects.known_point(known, place, self._present), cell)
        if not found:
            word = scalar_word(cell.oid)
            self._add(word, objects.unknown_point(word, objects.type_of([cell]), place, self._present), cell)

    def _table(self, table: Table) -> None:
        for number, column in sorted(table.columns.items()):
            self._whole(table, number, column)
        names = naming_column(table, self._cells)
        columns = {n: c for n, c in table.columns.items() if self._worth(table, n, c, names)}
        lost = self._unusable(table, names)
        if lost:
            self._counted(table, lost)
        elif columns:
            self._rows(table, columns, rows(table, names, self._cells))

    def _whole(self, table: Table, number: int, column: Column) -> None:
        """Add the points that need a whole column, as the shipped profile has them."""
        for known in self._library.of(f"{table.entry}.{number}", self._rank):
            if known.whole:
                titles = known.fields.get("name", known.name)
                self._points[unique(known.name, self._points)] = known.fields | {
                    "name": titles,
                    "address": known.address,
                }

    def _worth(self, table: Table, number: int, column: Column, names: str | None) -> bool:
        """Tell whether a column says more than which row this is."""
        known = self._library.of(f"{table.entry}.{number}", self._rank)
        if any(k.whole for k in known) or f"{table.entry}.{number}" in (names, objects.DISCONTINUITY):
            return False
        return bool(known) or any(c.type != "integer" or str(c.raw) != index for index, c in column.items())

    def _unusable(self, table: Table, names: str | None) -> str:
        """Return why the rows of a table make no points, or an empty text."""
        many = len(table.rows)
        if many > self._wanted.most_rows:
            return f"more than {self._wanted.most_rows} rows (--rows)"
        if names is None and any("." in index for index in table.rows) and not self._wanted.under:
            return "rows without names and with several numbers as index (ask with --under)"
        return ""

    def _counted(self, table: Table, why: str) -> None:
        """Propose only how many rows a table has."""
        self._notes.setdefault(why, []).append(f"{table.entry} ({len(table.rows)})")
        first = min(table.columns)
        word = f"{oid_word(table.entry.removesuffix('.1'))}_rows"
        address = {"table": table.entry, "column": first, "fold": "count"}
        names = {"vi": f"Số hàng của {table.entry}", "en": f"Rows of {table.entry}"}
        self._points[unique(word, self._points)] = {
            "kind": "device.count", "interval": "5m", "name": names, "address": address,
        }  # fmt: skip

    def _rows(self, table: Table, columns: Mapping[int, Column], found: list[Row]) -> None:
        run = series(table, found, columns)
        if run is not None:
            self._series(table, columns, run)
            return
        for row in found:
            for number, column in sorted(columns.items()):
                if row.index in column:
                    for word, fields in self._cell_points(table, number, column, row):
                        self._add(f"{row.word}.{word}", fields, column[row.index])

    def _series(self, table: Table, columns: Mapping[int, Column], run: Series) -> None:
        group = self._groups.setdefault(f"{run.word} × {len(run.rows)}", Group(len(run.rows), run.word))
        template = Row("", "{n}", run.word, run.finds)
        first = run.rows[0]
        for number, column in sorted(columns.items()):
            for word, fields in self._cell_points(table, number, column, template):
                name = unique(word, group.points)
                group.points[name] = fields
                self._count += len(run.rows)
                self._prove(f"{_first(run.word)}.{name}", fields, column[first.index])

    def _cell_points(self, table: Table, number: int, column: Column, row: Row) -> Iterator[tuple[str, Fields]]:
        oid = f"{table.entry}.{number}"
        place = Place(oid, {"table": table.entry, "column": number, **row.finds}, row.title)
        type_ = objects.type_of(list(column.values()))
        found = [k for k in self._library.of(oid, self._rank) if objects.fits(k, type_)]
        for known in found:
            yield known.name, objects.known_point(known, place, self._present)
        if not found:
            fields = objects.unknown_point(kind_word(table.entry, number), type_, place, self._present)
            yield column_word(table.entry, number), fields

    def _add(self, name: str, fields: Fields, cell: Cell) -> None:
        self._count += 1
        if self._count <= MOST_POINTS:
            made = unique(name, self._points)
            self._points[made] = fields
            self._prove(made, fields, cell)

    def _prove(self, name: str, fields: Fields, cell: Cell) -> None:
        index = cell.oid.removeprefix(f"{fields['address'].get('table')}.{fields['address'].get('column')}")
        of = fields["address"].get("percent_of")
        whole = self._cells.get(f"{of}{index}" if "table" in fields["address"] else str(of))
        found = objects.example(fields, cell, whole)
        if found is not None:
            alike = fields["address"]["type"] if fields["kind"].startswith("x.") else fields["kind"]
            self._alike[alike] += 1
            self._examples.append((self._alike[alike], {"point": name, **found}))

    def _chosen(self) -> list[Fields]:
        """Return examples of as many kinds as there are, and that an absent object is no value. Raises ValueError."""
        chosen = [example for _, example in sorted(self._examples, key=lambda pair: pair[0])][:MOST_EXAMPLES]
        single = [n for n, f in self._points.items() if not {"fold", "holds"} & f["address"].keys()]
        for name in (single or [e["point"] for e in chosen])[: max(1, FEWEST_EXAMPLES - len(chosen))]:
            chosen.append({"point": name, "raw": {"type": "none"}, "reason": "not_programmed"})
        if len(chosen) < FEWEST_EXAMPLES:
            message = f"this walk gives {len(chosen)} examples, and a profile needs {FEWEST_EXAMPLES}"
            raise ValueError(f"{message}; walk more of the agent")
        return chosen

    def _check(self) -> list[str]:
        fields = [*self._points.values(), *(f for group in self._groups.values() for f in group.points.values())]
        said = [
            f"The shipped profile {name} knows {many} of its {self._library.sizes[name]} points here: prefer it."
            for name, many in self._rank.most_common()
            if many >= WELL_KNOWN * self._library.sizes[name]
        ]
        own = sum(f["kind"].startswith("x.") for f in fields)
        said += [_OWN.format(own)] if own else []
        said.append(_CODES)
        said += [_FAST] if any(f["address"].get("type") == "counter32" for f in fields) else []
        if self._count > MOST_POINTS:
            said.append(f"{self._count - MOST_POINTS} more points were left out: import parts with --under.")
        return [*said, *self._left_out()]

    def _left_out(self) -> Iterator[str]:
        for why, tables in self._notes.items():
            yield f"Only the number of rows is proposed of tables with {why}:\n{', '.join(tables)}"
        for root, many in self._left.items():
            yield f"{root}: {many} objects left out ({PASSING[root]}; ask with --under)."


_OWN = (
    "{} points are of kinds of their own (x.…), because no shipped profile knows their objects:\n"
    "give them a kind of the list where one fits, with unit and scale from the MIB, or delete them."
)
_CODES = "Numbers may be codes: an INTEGER with an enumeration in the MIB wants `type: enum` and a `map`."
_FAST = "Give fast 32-bit counters a `most` (largest rate that is believed), or use their 64-bit sisters."


def _first(word: str) -> str:
    """Return the name of a group's first member."""
    head, _, rest = word.partition("{n")
    shift = int(rest.removesuffix("}").replace(" ", "") or 0)
    return f"{head}{1 + shift}"


def propose(cells: Sequence[Cell], library: Library, wanted: Wanted) -> Proposal:
    """Return a profile for a walk. Raises ValueError when too little was found for one."""
    return Walk(cells, library, wanted).proposal()
