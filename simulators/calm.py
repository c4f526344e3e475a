"""Between which limits a point stays so that no rule of the site raises an alarm by itself. Pure."""

import math
from collections.abc import Iterator, Mapping

from msgspec import Struct

from hub.model import Condition, Group, Point, PointId, Site, Test
from rules.binding import anchors, operand, points_of


class Calm(Struct, frozen=True):
    """What the rules leave to a point: numbers in (low, high), and a flag that is not `never`."""

    low: float = -math.inf
    high: float = math.inf
    never: bool | None = None


NOTHING = Calm()
"""What a point has that no rule watches."""


_OF_VALUES = frozenset({"average", "median", "min", "max"})
"""Windows whose number is a value of the point: what keeps the value calm keeps the window calm."""


def calm(site: Site) -> Mapping[PointId, Calm]:
    """Return what every watched point must keep to."""
    points = points_of(site)
    found: dict[PointId, Calm] = {}
    for rule in site.rules:
        for anchor in anchors(rule, site, points):
            for test in _tests(rule.when):
                point = operand(test, anchor, points)
                if point is not None:
                    found[point.id] = _narrowed(found.get(point.id, NOTHING), test, point)
    return found


def _tests(condition: Condition) -> Iterator[Test]:
    """Give the tests that raise an alarm when they are true; what stands under `not` does the opposite."""
    if isinstance(condition, Test):
        yield condition
    elif isinstance(condition, Group) and condition.verb != "not":
        for part in condition.parts:
            yield from _tests(part)


def _narrowed(before: Calm, test: Test, point: Point) -> Calm:
    limit = test.operand
    if test.over is not None and test.over.fold not in _OF_VALUES:
        return before
    match test.verb:
        case "above" if isinstance(limit, int | float):
            return Calm(before.low, min(before.high, limit - test.deadband), before.never)
        case "below" if isinstance(limit, int | float):
            return Calm(max(before.low, limit + test.deadband), before.high, before.never)
        case "outside" if isinstance(limit, tuple) and len(limit) == 2:
            low, high = (float(x) for x in limit)
            return Calm(max(before.low, low + test.deadband), min(before.high, high - test.deadband), before.never)
        case "is" if point.type == "bool" and isinstance(limit, bool):
            return Calm(before.low, before.high, limit)
    return before
