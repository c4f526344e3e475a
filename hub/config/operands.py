"""What a comparison compares with: values checked against what its points can hold, units included."""

import re
from collections.abc import Sequence
from typing import Any

from hub.config.durations import positive
from hub.config.marks import Mark, Seq
from hub.config.points import fits
from hub.config.problems import Report, did_you_mean, one_of
from hub.config.validate import describe, shown
from hub.config.windows import numeric
from hub.model import DeviceState, Point

_WITH_UNIT = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*([^\s\d].*?)\s*\Z")


class Operands:
    """Reads operands; every mistake is reported at its place."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def read(self, verb: str, given: Any, mark: Mark, points: Sequence[Point]) -> Any:
        """Return the operand of a verb, or None after reporting."""
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
        if isinstance(given, str) and (found := _WITH_UNIT.match(given)):
            return float(found[1]) if self._in_unit(found[2], verb, mark, points) else None
        if not fits(given, "float"):
            self._report.error(mark, f"'{verb}' needs a number, found {describe(given)}")
            return None
        return float(given) if self._numeric(verb, mark, points) and self._one_unit(mark, points) else None

    def _in_unit(self, unit: str, verb: str, mark: Mark, points: Sequence[Point]) -> bool:
        """Check a limit that was written with its unit."""
        if not self._numeric(verb, mark, points):
            return False
        wrong = next((p for p in points if p.unit != unit), None)
        if wrong is not None:
            carried = f"is carried in '{wrong.unit}'" if wrong.unit else "has no unit"
            hint = f"convert the limit to '{wrong.unit}'" if wrong.unit else "write the number alone"
            self._report.error(mark, f"'{wrong.kind}' {carried}, not in '{unit}'", hint)
        return wrong is None

    def _one_unit(self, mark: Mark, points: Sequence[Point]) -> bool:
        """Check that one limit does not stand for points of several units."""
        units = {p.unit: p for p in points}
        if len(units) > 1:
            (a, first), (b, second) = list(units.items())[:2]
            message = f"'{first.id}' is in '{a or '1'}' and '{second.id}' in '{b or '1'}': one limit cannot be both"
            self._report.error(mark, message, "make two rules, or give the points one unit")
        return len(units) <= 1

    def _numeric(self, verb: str, mark: Mark, points: Sequence[Point]) -> bool:
        return numeric(verb, mark, points, self._report)

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
