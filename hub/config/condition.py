"""`when:` of a rule → a condition: verbs and operands checked against what the points they speak of can hold."""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from hub.config.expressions import Expressions
from hub.config.marks import Map, Mark, Seq
from hub.config.operands import Operands
from hub.config.points import fits
from hub.config.problems import Report, did_you_mean, known_are, one_of
from hub.config.validate import describe
from hub.config.windows import BESIDE as BESIDE_WINDOWS
from hub.config.windows import FOLDS, LOOKING_BACK, Windows
from hub.model import Condition, Group, Point, Selector, Test, Window

PLAIN = ("is", "is_not", "one_of", "above", "below", "outside")
VERBS = (*PLAIN, "stale_for", *LOOKING_BACK, "expr")
GROUPS = ("all", "any", "not", "at_least")
BESIDE = ("kind", "point", "in", "deadband", *FOLDS, *BESIDE_WINDOWS, "with")
"""Words that say more of a comparison."""
_NUMERIC = frozenset({"above", "below", "outside", "rises", "falls", "above_usual", "below_usual"})
_PAST = frozenset({*FOLDS, *LOOKING_BACK, "expr", "in"})

PointsOf = Callable[[Selector | None], Sequence[Point]]
"""The points that a part (None: `for_each` itself) may speak of."""


class Conditions:
    """Reads the condition of one rule. `everywhere` gives the points of all devices; None: only the present counts."""

    def __init__(
        self,
        points: PointsOf,
        anchored: bool,
        report: Report,
        *,
        everywhere: PointsOf | None = None,
        of_events: bool = False,
    ) -> None:
        self._points = points
        self._anchored = anchored
        self._report = report
        self._everywhere = everywhere
        self._of_events = of_events
        self._windows = Windows(report, of_events)
        self._operands = Operands(report)

    def read(self, node: Any, mark: Mark) -> Condition | None:
        """Return the condition, or None after reporting."""
        if not isinstance(node, Map):
            self._report.error(mark, f"expected a condition such as {{above: 60}}, found {describe(node)}")
            return None
        verbs = [key for key in node if key in VERBS or key in GROUPS]
        if "count" in verbs and len(verbs) == 2:
            # what is counted stands beside it: {is: true, count: 3, within: 5m}
            verbs.remove("count")
            counted = verbs[0] if verbs[0] in PLAIN else None
            verbs = ["count"] if counted else ["count", *verbs]
        else:
            counted = None
        if self._strange(node) or not self._one(node, verbs, mark):
            return None
        if verbs[0] in GROUPS:
            return self._group(node, verbs[0])
        if verbs[0] == "expr":
            return Expressions(self._points, self._anchored, self._report).read(node)
        return self._test(node, verbs[0], mark, counted)

    def _strange(self, node: Map) -> bool:
        known = (*VERBS, *GROUPS, *BESIDE)
        strange = [key for key in node if key not in known]
        for key in strange:
            if key == "confirm_with":
                self._report.error(node.key_marks[key], "'confirm_with' stands only at the top of 'when'", "move it up")
                continue
            hint = did_you_mean(key, known, otherwise=known_are("words here", known, 40))
            self._report.error(node.key_marks[key], f"unknown word '{key}' in a condition", hint)
        past = [key for key in node if key in _PAST] if self._everywhere is None else []
        for key in past:
            self._report.error(
                node.key_marks[key], f"'{key}' is not available here: only the present counts", "remove it"
            )
        return bool(strange or past)

    def _one(self, node: Map, verbs: list[str], mark: Mark) -> bool:
        if not verbs:
            self._report.error(mark, "the condition says nothing", f"it needs {one_of([*VERBS, *GROUPS])}")
        elif len(verbs) > 1:
            message = f"'{verbs[0]}' and '{verbs[1]}' cannot stand in one condition"
            self._report.error(node.key_marks[verbs[1]], message, "put both into 'all:' or 'any:'")
        return len(verbs) == 1

    def _group(self, node: Map, verb: str) -> Group | None:
        for key in BESIDE:
            if key in node:
                self._report.error(
                    node.key_marks[key], f"'{key}' cannot stand beside '{verb}'", "move it into the parts"
                )
        given, mark = node[verb], node.value_marks[verb]
        if verb == "not":
            part = self.read(given, mark)
            return None if part is None else Group("not", (part,))
        if verb == "at_least":
            return self._voting(given, mark)
        return self._parts(verb, given, mark)

    def _voting(self, given: Any, mark: Mark) -> Group | None:
        """Read `at_least: {n: 2, of: […]}`."""
        if not isinstance(given, Map) or set(given) != {"n", "of"}:
            self._report.error(mark, f"expected {{n: 2, of: […]}}, found {describe(given)}")
            return None
        group = self._parts("at_least", given["of"], given.value_marks["of"])
        n, at = given["n"], given.value_marks["n"]
        if not fits(n, "int") or n < 1:
            self._report.error(at, f"'n' needs a whole number of at least 1, found {describe(n)}")
            return None
        if group is not None and not group.each and n > len(group.parts):
            self._report.error(at, f"of {len(group.parts)} conditions {n} can never be true")
        return None if group is None else replace(group, n=n)

    def _parts(self, verb: str, given: Any, mark: Mark) -> Group | None:
        """Read a list of conditions, or one that stands for every point of a kind."""
        if isinstance(given, Map) and ("kind" in given or "point" in given):
            part = self.read(given, mark)
            if part is not None and not isinstance(part, Test):
                self._report.error(mark, "one comparison is made of each point here", "such as {kind: …, is: true}")
                return None
            return None if part is None else Group(verb, (part,), each=True)
        if not isinstance(given, Seq) or not given:
            hint = "or one comparison with 'kind:' for each point of that kind"
            self._report.error(mark, f"'{verb}' needs a list of conditions, found {describe(given)}", hint)
            return None
        parts = [self.read(item, at) for item, at in zip(given, given.marks, strict=True)]
        whole = tuple(part for part in parts if part is not None)
        return Group(verb, whole) if len(whole) == len(parts) else None

    def _test(self, node: Map, verb: str, mark: Mark, counted: str | None) -> Test | None:
        of, in_zone = self._of(node), self._in_zone(node)
        events = self._of_events and of is None and verb == "count"
        if of is None and not self._anchored and not events:
            hint = "add 'kind:' or 'point:' here, or to 'for_each'"
            self._report.error(mark, "which point? 'for_each' names devices only", hint)
            return None
        every = self._everywhere if in_zone and self._everywhere is not None else self._points
        points = [] if events else every(of)
        if of is not None and not points and in_zone is not None:
            self._nothing(node)
        test = self._compared(node, verb, points, counted)
        if test is None or in_zone is None or self._windows.stray(node, verb):
            return None
        return replace(test, of=of, in_zone=in_zone)

    def _in_zone(self, node: Map) -> bool | None:
        """Return whether a part looks at its whole zone; None after reporting."""
        if "in" not in node:
            return False
        if node["in"] == "zone" and ("kind" in node or "point" in node):
            return True
        message = "'in' is 'in: zone', beside 'kind' or 'point'"
        self._report.error(node.value_marks["in"], message, "it looks at every device in the zone of the alarm")
        return None

    def _compared(self, node: Map, verb: str, points: Sequence[Point], counted: str | None) -> Test | None:
        folds = [key for key in FOLDS if key in node]
        if verb in LOOKING_BACK:
            what = None if counted is None else self._plain(node, counted, points, None)
            test = self._windows.test(verb, node, points, what)
            deadband = self._deadband(node, counted or verb)
            if test is None or (counted is not None and what is None):
                return None
            return test if counted else replace(test, deadband=deadband)
        if not folds:
            return self._plain(node, verb, points, None)
        if verb not in {"above", "below", "outside"}:
            hint = f"it goes with {one_of(['above', 'below', 'outside'])}"
            self._report.error(node.key_marks[folds[0]], f"'{folds[0]}' has no meaning for '{verb}'", hint)
            return None
        if len(folds) > 1:
            message = f"'{folds[0]}' and '{folds[1]}' cannot stand in one condition"
            self._report.error(node.key_marks[folds[1]], message, "put both into 'all:' or 'any:'")
            return None
        window = self._windows.fold(node, points)
        test = self._plain(node, verb, points, window)
        return None if window is None else test

    def _plain(self, node: Map, verb: str, points: Sequence[Point], window: Window | None) -> Test | None:
        operand = self._operands.read(verb, node[verb], node.value_marks[verb], points)
        deadband = self._deadband(node, verb)
        return None if operand is None else Test(verb, operand, deadband, over=window)

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
