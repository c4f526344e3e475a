"""`expr` compiled to closures, in the same three-valued logic as everything else.

A value that is unknown makes whatever is computed from it unknown; so do a division by zero and a result that is not
finite. `and`, `or` and `not` are Kleene's. No text is ever run: the tree of `hub.model.formula` knows only what is
listed.
"""

from collections.abc import Callable, Sequence
from math import isfinite
from operator import add, eq, ge, gt, le, lt, mul, ne, sub, truediv
from typing import Any

from hub.model import SECOND, Expression, Selector, Test, Window
from hub.model.formula import Node, parse
from rules.logic import Truth, every, opposite, some

Slots = Sequence[Any]
Part = Callable[[Slots], Any]
_PAIRS: dict[str, Callable[[Any, Any], Any]] = {
    "+": add, "-": sub, "*": mul, "/": truediv, "==": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge,
}  # fmt: skip
_FUNCTIONS: dict[str, Callable[..., Any]] = {"abs": abs, "min": min, "max": max}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def compiled(expression: Expression, tests: list[Test]) -> Callable[[Slots], Truth]:
    """Return the closure of an expression; what it must be told is appended to `tests`. Raises ValueError."""
    part = _Compiler(dict(expression.names), tests).part(parse(expression.text))

    def judge(slots: Slots) -> Truth:
        said = part(slots)
        return said if isinstance(said, bool) else None

    return judge


class _Compiler:
    """Turns nodes into closures over slots, one slot a test."""

    def __init__(self, names: dict[str, Selector | None], tests: list[Test]) -> None:
        self._names = names
        self._tests = tests
        self._known: dict[Test, int] = {}

    def _slot(self, test: Test) -> int:
        if test not in self._known:
            self._known[test] = len(self._tests)
            self._tests.append(test)
        return self._known[test]

    def part(self, node: Node) -> Part:  # noqa: PLR0911 - one return for each part of the grammar
        """Compile one node. Raises ValueError."""
        match node.op:
            case "const":
                return lambda _slots, value=node.value: value  # type: ignore[misc]
            case "name":
                return self._read(Test("value", "", of=self._names.get(str(node.value))))
            case "avg" | "rate":
                return self._windowed(node)
            case "and" | "or" | "not":
                return _logical(node.op, [self.part(arg) for arg in node.args])
            case "in" | "not in":
                return _member(self.part(node.args[0]), node)
            case "abs" | "min" | "max":
                return _called(node.op, [self.part(arg) for arg in node.args])
        if (since := self._since(node)) is not None:
            return since
        if node.op in _PAIRS:
            return _pair(_PAIRS[node.op], self.part(node.args[0]), self.part(node.args[1]))
        raise ValueError("`since` is compared with a number of seconds: since(x) > 60")

    def _read(self, test: Test) -> Part:
        at = self._slot(test)
        return lambda slots: slots[at]

    def _windowed(self, node: Node) -> Part:
        name, span = node.args
        window = Window("average" if node.op == "avg" else "rate", round(float(span.value or 0) * SECOND))
        return self._read(Test("value", "", of=self._names.get(str(name.value)), over=window))

    def _since(self, node: Node) -> Part | None:
        """Compile `since(x) > 60` to a clock: it is the one comparison that time alone decides."""
        if node.op not in _MIRRORED:
            return None
        (left, right), op = node.args, node.op
        if right.op == "since":
            left, right, op = right, left, _MIRRORED[op]
        if left.op != "since" or right.op != "const" or not isinstance(right.value, int | float):
            return None
        span = round(right.value * SECOND)
        name = str(left.args[0].value)
        held = self._read(Test("at_least", span, of=self._names.get(name), over=Window("unchanged", span)))
        return held if op in {">", ">="} else lambda slots: opposite(held(slots))


def _pair(operator: Callable[[Any, Any], Any], left: Part, right: Part) -> Part:
    def judge(slots: Slots) -> Any:
        a, b = left(slots), right(slots)
        if a is None or b is None:
            return None
        try:
            said = operator(a, b)
        except (TypeError, ZeroDivisionError, OverflowError):
            return None
        return None if isinstance(said, float) and not isfinite(said) else said

    return judge


def _logical(op: str, parts: list[Part]) -> Part:
    if op == "not":
        return lambda slots: opposite(_truth(parts[0](slots)))
    group = every if op == "and" else some
    return lambda slots: group([_truth(part(slots)) for part in parts])


def _truth(said: Any) -> Truth:
    return said if isinstance(said, bool) else None


def _member(part: Part, node: Node) -> Part:
    among = frozenset(item.value for item in node.args[1].args)
    hit = node.op == "in"

    def judge(slots: Slots) -> Truth:
        said = part(slots)
        return None if said is None else (said in among) is hit

    return judge


def _called(name: str, parts: list[Part]) -> Part:
    function = _FUNCTIONS[name]

    def judge(slots: Slots) -> Any:
        given = [part(slots) for part in parts]
        if None in given:
            return None
        try:
            return function(*given)
        except TypeError:
            return None

    return judge
