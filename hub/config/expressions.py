"""`expr:` checked against the site: names, types and units, each mistake at its column."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from hub.config.marks import Map, Mark
from hub.config.problems import Report, did_you_mean, known_are
from hub.config.validate import describe
from hub.model import Expression, Point, Selector
from hub.model.formula import FormulaError, Node, names, parse

VALUE = "value"
"""The name of the point that `for_each` selects."""


class _Sort(Struct, frozen=True):
    """What a part of an expression is: `bool`, `number`, `text`, or None (not known); and in which unit."""

    type: str | None = None
    unit: str | None = None


_NUMBER, _BOOL = _Sort("number"), _Sort("bool")


class Expressions:
    """Reads one expression. `points` gives what a selector (None: `for_each`) may speak of."""

    def __init__(self, points: Any, anchored: bool, report: Report) -> None:
        self._points = points
        self._anchored = anchored
        self._report = report

    def read(self, node: Map) -> Expression | None:
        """Return the expression, or None after reporting."""
        text, mark = node["expr"], node.value_marks["expr"]
        if not isinstance(text, str):
            self._report.error(mark, f"expected an expression, found {describe(text)}", "quote it")
            return None
        try:
            tree = parse(text)
            known = {name: self._selector(name, node.get("with"), tree) for name in names(tree)}
            said = _Sorts(self._points, known).sort(tree)
            if said.type not in {"bool", None}:
                raise FormulaError(0, "an expression must be true or false", "compare the number with a limit")
        except FormulaError as wrong:
            self._report.error(_column(mark, wrong.column), wrong.message, wrong.hint)
            return None
        return Expression(text, tuple(known.items()))

    def _selector(self, name: str, given: Any, tree: Node) -> Selector | None:
        """Return which point a name stands for. Raises FormulaError."""
        at = _place(tree, name)
        if isinstance(given, Map) and name in given:
            return self._named(given[name], name, at)
        if name == VALUE:
            if not self._anchored:
                raise FormulaError(at, "which point is 'value'? 'for_each' names devices only", "name it under 'with'")
            return None
        here = self._points(Selector(point=name))
        if not here:
            known = {p.name for p in self._points(None)} | {VALUE} | set(given if isinstance(given, Map) else ())
            hint = did_you_mean(name, known, otherwise=f"give it a meaning: with: {{{name}: {{point: …}}}}")
            raise FormulaError(at, f"unknown name '{name}'", hint)
        return Selector(point=name)

    def _named(self, entry: Any, name: str, at: int) -> Selector:
        keys = {"kind", "point"}
        if not isinstance(entry, Map) or not entry or not keys.issuperset(entry):
            raise FormulaError(at, f"'{name}' must name a point", f"with: {{{name}: {{kind: …}}}} or {{point: …}}")
        selector = Selector(kind=entry.get("kind"), point=entry.get("point"))
        if not self._points(selector):
            key = "point" if "point" in entry else "kind"
            here = {getattr(p, "name" if key == "point" else "kind") for p in self._points(None)}
            mark, message = entry.value_marks[key], f"no device of this rule has a point '{entry[key]}'"
            self._report.warn(mark, message, did_you_mean(str(entry[key]), here))
        return selector


def _place(tree: Node, name: str) -> int:
    found = _search(tree, name)
    return 0 if found is None else found


def _search(tree: Node, name: str) -> int | None:
    if tree.op == "name" and tree.value == name:
        return tree.at
    return next((at for arg in tree.args if (at := _search(arg, name)) is not None), None)


def _column(mark: Mark, column: int) -> Mark:
    """Return the place of a column of the text; of a text over several lines its beginning."""
    line = mark.source.line(mark.line)
    first = line[mark.column - 1 : mark.column]
    if first in "|>":
        return mark
    return Mark(mark.source, mark.line, mark.column + column + (first in {'"', "'"}))


class _Sorts:
    """Infers types and units from the leaves up. Raises FormulaError where they do not fit."""

    def __init__(self, points: Any, known: dict[str, Selector | None]) -> None:
        self._points = points
        self._known = known

    def sort(self, node: Node) -> _Sort:  # noqa: PLR0911 - one return for each part of the grammar
        """Return what a node is."""
        match node.op:
            case "const":
                return _Sort({bool: "bool", str: "text"}.get(type(node.value), "number"))
            case "name":
                return self._point(str(node.value))
            case "and" | "or" | "not":
                for arg in node.args:
                    self._need("bool", arg, f"'{node.op}' joins what is true or false")
                return _BOOL
            case "in" | "not in":
                return _BOOL
            case "avg":
                return self._need("number", node.args[0], "'avg' needs a number")
            case "rate":
                self._need("number", node.args[0], "'rate' needs a number")
                return _NUMBER
            case "since":
                return _Sort("number", "s")
            case "abs" | "min" | "max" | "+" | "-":
                return self._alike(node)
            case "*" | "/":
                for arg in node.args:
                    self._need("number", arg, f"'{node.op}' needs numbers")
                return _NUMBER
        self._compared(node)
        return _BOOL

    def _point(self, name: str) -> _Sort:
        points: Sequence[Point] = self._points(self._known.get(name))
        kinds = {"bool": "bool", "text": "text"}
        types = {kinds.get(p.type, "number") for p in points}
        units = {p.unit for p in points}
        return _Sort(types.pop() if len(types) == 1 else None, units.pop() if len(units) == 1 else None)

    def _need(self, type_: str, node: Node, message: str) -> _Sort:
        said = self.sort(node)
        if said.type not in {type_, None}:
            raise FormulaError(node.at, message)
        return said

    def _alike(self, node: Node) -> _Sort:
        sorts = [self._need("number", arg, f"'{node.op}' needs numbers") for arg in node.args]
        units = dict.fromkeys(s.unit for s in sorts if s.unit)
        self._same_unit(node, list(units))
        return _Sort("number", next(iter(units), None))

    def _compared(self, node: Node) -> None:
        left, right = (self.sort(arg) for arg in node.args)
        if left.type and right.type and left.type != right.type:
            raise FormulaError(node.at, f"a {left.type} is compared with a {right.type}")
        if node.op not in {"==", "!="} and "number" not in {left.type, right.type, None}:
            raise FormulaError(node.at, f"'{node.op}' needs numbers")
        self._same_unit(node, [u for u in dict.fromkeys((left.unit, right.unit)) if u])

    def _same_unit(self, node: Node, units: list[str]) -> None:
        if len(units) > 1:
            hint = known_are("units here", units)
            raise FormulaError(node.at, f"'{node.op}' of '{units[0]}' and '{units[1]}' means nothing", hint)
