"""`when:` of a rule → a condition: verbs and operands checked against what the points they speak of can hold."""

from collections.abc import Callable, Sequence
from typing import Any

from hub.config.durations import positive
from hub.config.marks import Map, Mark, Seq
from hub.config.points import fits
from hub.config.problems import Report, did_you_mean, known_are, one_of
from hub.config.validate import describe, shown
from hub.model import Condition, DeviceState, Group, Point, Selector, Test

VERBS = ("is", "is_not", "one_of", "above", "below", "outside", "stale_for")
GROUPS = ("all", "any", "not")
LATER = frozenset({
    "rises", "falls", "within", "average", "median", "min", "max", "sum", "count", "distinct", "flapping",
    "at_least", "confirm_with", "expr", "event", "by",
})  # fmt: skip
"""Verbs of the grammar that later versions will understand."""
_NUMERIC = frozenset({"above", "below", "outside"})
_BESIDE = ("kind", "point", "deadband")

PointsOf = Callable[[Selector | None], Sequence[Point]]
"""The points that a part (None: `for_each` itself) may speak of."""


class Conditions:
    """Reads the condition of one rule."""

    def __init__(self, points: PointsOf, anchored: bool, report: Report) -> None:
        self._points = points
        self._anchored = anchored
        self._report = report

    def read(self, node: Any, mark: Mark) -> Condition | None:
        """Return the condition, or None after reporting."""
        if not isinstance(node, Map):
            self._report.error(mark, f"expected a condition such as {{above: 60}}, found {describe(node)}")
            return None
        verbs = [key for key in node if key in VERBS or key in GROUPS]
        if self._strange(node) or not self._one(node, verbs, mark):
            return None
        return self._group(node, verbs[0]) if verbs[0] in GROUPS else self._test(node, verbs[0], mark)

    def _strange(self, node: Map) -> bool:
        known = (*VERBS, *GROUPS, *_BESIDE)
        strange = [key for key in node if key not in known]
        for key in strange:
            if key in LATER:
                self._report.error(node.key_marks[key], f"'{key}' is not available in this version", "remove it")
            else:
                hint = did_you_mean(key, known, otherwise=known_are("words here", known, 20))
                self._report.error(node.key_marks[key], f"unknown word '{key}' in a condition", hint)
        return bool(strange)

    def _one(self, node: Map, verbs: list[str], mark: Mark) -> bool:
        if not verbs:
            self._report.error(mark, "the condition says nothing", f"it needs {one_of([*VERBS, *GROUPS])}")
        elif len(verbs) > 1:
            message = f"'{verbs[0]}' and '{verbs[1]}' cannot stand in one condition"
            self._report.error(node.key_marks[verbs[1]], message, "put both into 'all:' or 'any:'")
        return len(verbs) == 1

    def _group(self, node: Map, verb: str) -> Group | None:
        for key in _BESIDE:
            if key in node:
                self._report.error(
                    node.key_marks[key], f"'{key}' cannot stand beside '{verb}'", "move it into the parts"
                )
        given, mark = node[verb], node.value_marks[verb]
        if verb == "not":
            part = self.read(given, mark)
            return None if part is None else Group("not", (part,))
        if not isinstance(given, Seq) or not given:
            self._report.error(mark, f"'{verb}' needs a list of conditions, found {describe(given)}")
            return None
        parts = [self.read(item, at) for item, at in zip(given, given.marks, strict=True)]
        whole = tuple(part for part in parts if part is not None)
        return Group(verb, whole) if len(whole) == len(parts) else None

    def _test(self, node: Map, verb: str, mark: Mark) -> Test | None:
        of = self._of(node)
        if of is None and not self._anchored:
            hint = "add 'kind:' or 'point:' here, or to 'for_each'"
            self._report.error(mark, "which point? 'for_each' names devices only", hint)
            return None
        points = self._points(of)
        if of is not None and not points:
            self._nothing(node)
        operand = self._operand(verb, node[verb], node.value_marks[verb], points)
        deadband = self._deadband(node, verb)
        return None if operand is None else Test(verb, operand, deadband, of)

    def _of(self, node: Map) -> Selector | None:
        kind, point = node.get("kind"), node.get("point")
        for key, given in (("kind", kind), ("point", point)):
            if given is not None and not isinstance(given, str):
                self._report.error(node.value_marks[key], f"expected a text, found {describe(given)}")
        return None if kind is None and point is None else Selector(kind=kind, point=point)

    def _nothing(self, node: Map) -> None:
        key = "point" if "point" in node else "kind"
        message = f"no device of this rule has a {'point' if key == 'point' else 'point of kind'} '{node[key]}'"
        here = {p.name for p in self._points(None)} if key == "point" else {p.kind for p in self._points(None)}
        if node.value_marks[key].source.shipped:
            return
        self._report.warn(node.value_marks[key], message, did_you_mean(str(node[key]), here))

    def _deadband(self, node: Map, verb: str) -> float:
        given = node.get("deadband", 0.0)
        if "deadband" in node and verb not in _NUMERIC:
            message = f"'deadband' has no meaning for '{verb}'"
            self._report.error(node.key_marks["deadband"], message, f"it goes with {one_of(sorted(_NUMERIC))}")
        elif not fits(given, "float") or given < 0:
            self._report.error(
                node.value_marks["deadband"], f"expected a number of at least 0, found {describe(given)}"
            )
            return 0.0
        return float(given)

    # -- operands ---------------------------------------------------------------------------------------------------

    def _operand(self, verb: str, given: Any, mark: Mark, points: Sequence[Point]) -> Any:
        match verb:
            case "stale_for":
                return self._span(given, mark)
            case "above" | "below":
                return self._number(verb, given, mark, points)
            case "outside":
                return self._bounds(given, mark, points)
            case "one_of":
                return self._several(given, mark, points)
        return given if self._matches(given, mark, points) else None

    def _span(self, given: Any, mark: Mark) -> int | None:
        try:
            return positive(given)
        except ValueError as error:
            message, _, hint = str(error).partition("; ")
            self._report.error(mark, message, hint)
            return None

    def _number(self, verb: str, given: Any, mark: Mark, points: Sequence[Point]) -> float | None:
        if not fits(given, "float"):
            self._report.error(mark, f"'{verb}' needs a number, found {describe(given)}")
            return None
        return float(given) if self._numeric(verb, mark, points) else None

    def _numeric(self, verb: str, mark: Mark, points: Sequence[Point]) -> bool:
        wrong = next((p for p in points if p.type in {"bool", "text"}), None)
        if wrong is not None:
            what = "true or false" if wrong.type == "bool" else "a text"
            self._report.error(mark, f"'{verb}' needs a number, and '{wrong.kind}' is {what}", "use 'is'")
        return wrong is None

    def _bounds(self, given: Any, mark: Mark, points: Sequence[Point]) -> tuple[float, float] | None:
        pair = isinstance(given, Seq) and len(given) == 2 and all(fits(x, "float") for x in given)
        if not pair or given[0] >= given[1]:
            self._report.error(mark, f"'outside' needs [lowest, highest], found {shown(given)}")
            return None
        return (float(given[0]), float(given[1])) if self._numeric("outside", mark, points) else None

    def _several(self, given: Any, mark: Mark, points: Sequence[Point]) -> tuple[Any, ...] | None:
        if not isinstance(given, Seq) or not given:
            self._report.error(mark, f"'one_of' needs a list of values, found {describe(given)}")
            return None
        checked = [self._matches(item, at, points) for item, at in zip(given, given.marks, strict=True)]
        return tuple(given) if all(checked) else None

    def _matches(self, given: Any, mark: Mark, points: Sequence[Point]) -> bool:
        if not isinstance(given, str | bool | int | float):
            self._report.error(mark, f"expected one value, found {describe(given)}")
            return False
        for point in points:
            if not fits(given, point.type):
                self._wrong_type(given, mark, point)
                return False
            if not self._possible(given, mark, point):
                return False
        return True

    def _wrong_type(self, given: Any, mark: Mark, point: Point) -> None:
        what = {"bool": "true or false", "text": "a text", "int": "a whole number"}.get(point.type, "a number")
        hint = {"bool": "YAML's truth values are true and false", "text": "quote it"}.get(point.type, "")
        self._report.error(mark, f"'{point.kind}' is {what}, not {describe(given)}", hint)

    def _possible(self, given: Any, mark: Mark, point: Point) -> bool:
        """Check a text against the closed list of what its point can say, where there is one."""
        words = [state.value for state in DeviceState] if point.kind == "$health" else _words(point)
        if isinstance(given, str) and words and given not in words:
            hint = did_you_mean(given, words)
            self._report.error(mark, f"'{point.id}' is never '{given}', only {one_of(words)}", hint)
            return False
        return True


def _words(point: Point) -> list[str]:
    return sorted({v for v in (point.mapping or {}).values() if isinstance(v, str)}) if point.type == "text" else []
