"""The part of `when:` that looks back: averages, extremes, rises and falls, counts, what is usual or unchanged."""

from collections.abc import Sequence
from typing import Any

from hub.config.durations import positive, spell
from hub.config.marks import Map, Mark, Seq
from hub.config.points import fits
from hub.config.problems import Report, did_you_mean, known_are
from hub.config.validate import describe
from hub.model import DAY, HOUR, Point, Test, Window
from hub.model.kinds import VN_AQI_OF

VN_AQI = "vn_aqi"
FOLDS = ("average", "median", "min", "max", "sum", VN_AQI)
"""Words that take the span of a window; a limit stands beside them."""
CLIMBS = ("rises", "falls")
USUALS = ("above_usual", "below_usual")
LOOKING_BACK = (*CLIMBS, "flapping", "count", *USUALS, "unchanged_for")
"""Words that are a whole comparison over a window."""
BESIDE = ("within", "distinct", "where", "floor")
LONGEST = 7 * DAY
_MEANS: dict[str, frozenset[str]] = {
    "within": frozenset({*CLIMBS, "flapping", "count"}),
    "distinct": frozenset({"count"}),
    "where": frozenset({"count"}),
    "floor": frozenset(USUALS),
}
_PLAIN = ("is", "is_not", "one_of", "above", "below", "outside")


class Windows:
    """Reads windows; every mistake is reported at its place."""

    def __init__(self, report: Report, of_events: bool) -> None:
        self._report = report
        self._of_events = of_events

    def stray(self, node: Map, verb: str) -> bool:
        """Report words that stand beside a verb that they say nothing to."""
        wrong = [key for key in BESIDE if key in node and verb not in _MEANS[key]]
        for key in wrong:
            goes = known_are(f"words that '{key}' goes with", _MEANS[key])
            self._report.error(node.key_marks[key], f"'{key}' has no meaning for '{verb}'", goes)
        return bool(wrong)

    def fold(self, node: Map, points: Sequence[Point]) -> Window | None:
        """Return the window of `average: 120s` beside a limit, or None after reporting."""
        key = next(key for key in FOLDS if key in node)
        if key == VN_AQI:
            return self._index(node, points)
        span = self.span(node[key], node.value_marks[key], key)
        return None if span is None else Window(key, span)

    def _index(self, node: Map, points: Sequence[Point]) -> Window | None:
        mark, kinds = node.value_marks[VN_AQI], list(dict.fromkeys(point.kind for point in points))
        if node[VN_AQI] != "hour":
            self._report.error(mark, "VN_AQI is that of an hour", "write vn_aqi: hour")
            return None
        if len(kinds) > 1 or (kinds and kinds[0] not in VN_AQI_OF):
            found = " and ".join(f"'{kind}'" for kind in kinds)
            self._report.error(mark, f"VN_AQI is made of one substance, not of {found}", known_are("kinds", VN_AQI_OF))
            return None
        return Window(VN_AQI, 12 * HOUR)

    def span(self, given: Any, mark: Mark, key: str) -> int | None:
        """Return the length of a window."""
        try:
            span = positive(given)
        except ValueError as error:
            message, _, hint = str(error).partition("; ")
            self._report.error(mark, message, hint or f"a window has a bound: {key}: 5m")
            return None
        if span > LONGEST:
            self._report.error(mark, f"a window is at most {spell(LONGEST)} long, not {spell(span)}")
            return None
        return span

    def test(self, verb: str, node: Map, points: Sequence[Point], counted: Test | None) -> Test | None:
        """Return the comparison of a verb that looks back, or None after reporting."""
        given, mark = node[verb], node.value_marks[verb]
        if verb == "unchanged_for":
            span = self.span(given, mark, verb)
            return None if span is None else Test("at_least", span, over=Window("unchanged", span))
        whole = verb in {"count", "flapping"}
        if not fits(given, "int" if whole else "float") or given <= 0:
            what = "a whole number of at least 1" if whole else "a number above 0"
            self._report.error(mark, f"'{verb}' needs {what}, found {describe(given)}")
            return None
        if verb not in {"count", "flapping"} and not numeric(verb, mark, points, self._report):
            return None
        if verb in USUALS:
            return self._usual(verb, node, float(given))
        return self._within(verb, node, given, counted)

    def _usual(self, verb: str, node: Map, given: float) -> Test | None:
        floor = node.get("floor", 0)
        if not fits(floor, "float") or floor < 0:
            mark = node.value_marks["floor"]
            self._report.error(mark, f"'floor' needs a number of at least 0, found {describe(floor)}")
            return None
        return Test(verb.removesuffix("_usual"), given, over=Window("usual", HOUR, floor=float(floor)))

    def _within(self, verb: str, node: Map, given: Any, counted: Test | None) -> Test | None:
        if "within" not in node:
            mark = node.key_marks[verb]
            self._report.error(mark, f"'{verb}' has no bound in time", "add 'within', such as within: 5m")
            return None
        span = self.span(node["within"], node.value_marks["within"], "within")
        where = self._where(node)
        distinct = node.get("distinct")
        for key in ("distinct", "where"):
            if key in node and not self._of_events:
                hint = "readings have no attributes; 'for_each' names no event"
                self._report.error(node.key_marks[key], f"'{key}' is for events", hint)
                return None
        if distinct is not None and not isinstance(distinct, str):
            mark = node.value_marks["distinct"]
            self._report.error(mark, f"'distinct' names an attribute, found {describe(distinct)}")
            return None
        if span is None or where is None:
            return None
        fold = "flapping" if verb == "flapping" else verb
        return Test("at_least", given, over=Window(fold, span, distinct, where, counted))

    def _where(self, node: Map) -> tuple[tuple[str, Test], ...] | None:
        """Return what the attributes of an event must be."""
        given = node.get("where")
        if given is None:
            return ()
        mark = node.value_marks["where"]
        if not isinstance(given, Map):
            self._report.error(mark, f"expected attribute: value, found {describe(given)}", "where: {result: denied}")
            return None
        found = [(name, self._attribute(value, given.value_marks[name])) for name, value in given.items()]
        whole = tuple((name, test) for name, test in found if test is not None)
        return whole if len(whole) == len(found) else None

    def _attribute(self, given: Any, mark: Mark) -> Test | None:
        if isinstance(given, str | bool | int | float):
            return Test("is", given)
        if isinstance(given, Seq) and given and all(isinstance(x, str | bool | int | float) for x in given):
            return Test("one_of", tuple(given))
        if isinstance(given, Map) and len(given) == 1:
            return self._compared(given)
        self._report.error(mark, f"expected a value, a list of values or a comparison, found {describe(given)}")
        return None

    def _compared(self, node: Map) -> Test | None:
        verb = next(iter(node))
        value, mark = node[verb], node.value_marks[verb]
        if verb not in _PLAIN:
            hint = did_you_mean(verb, _PLAIN, otherwise=known_are("words here", _PLAIN))
            self._report.error(node.key_marks[verb], f"unknown word '{verb}' in 'where'", hint)
            return None
        if verb in {"above", "below"} and not fits(value, "float"):
            self._report.error(mark, f"'{verb}' needs a number, found {describe(value)}")
            return None
        return Test(verb, tuple(value) if isinstance(value, Seq) else value)


def numeric(verb: str, mark: Mark, points: Sequence[Point], report: Report) -> bool:
    """Report a verb that needs numbers at points that have none."""
    wrong = next((p for p in points if p.type in {"bool", "text"}), None)
    if wrong is not None:
        what = "true or false" if wrong.type == "bool" else "a text"
        report.error(mark, f"'{verb}' needs a number, and '{wrong.kind}' is {what}", "use 'is'")
    return wrong is None
