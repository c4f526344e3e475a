"""What a condition means at one place: tests of every point of a kind, of a whole zone, of a second source.

A signal with `confirm_with` is two alarms: confirmed, and unconfirmed until the second source speaks. A second source
that is unknown confirms nothing and hides nothing. A manual call point needs nobody's confirmation: somebody broke its
glass, so it is confirmed alone and never unconfirmed.
"""

from msgspec.structs import replace

from hub.model import Condition, Expression, Group, Point, Selector, Test
from hub.model.ids import within
from rules.binding import Anchor, PointsOf

MANUAL_KIND, MANUAL_TAG = "fire.call_point", "call-point"


def plain(condition: Condition) -> bool:
    """Tell whether a condition means the same at every place."""
    if isinstance(condition, Group):
        confirming = condition.verb in {"confirmed", "unconfirmed"}
        return not condition.each and not confirming and all(plain(part) for part in condition.parts)
    return isinstance(condition, Expression) or not condition.in_zone


def expand(condition: Condition, anchor: Anchor, points: PointsOf) -> Condition:
    """Return a condition as it is at a place: only tests of single points, expressions and plain groups."""
    if isinstance(condition, Test):
        return _in_zone(condition, anchor, points) if condition.in_zone else condition
    if isinstance(condition, Expression):
        return condition
    if condition.each and isinstance(condition.parts[0], Test):
        return replace(condition, parts=_tests(condition.parts[0], anchor, points), each=False)
    parts = [expand(part, anchor, points) for part in condition.parts]
    match condition.verb:
        case "confirmed":
            return parts[0] if _manual(anchor) else Group("all", (parts[0], Group("sure", (parts[1],))))
        case "unconfirmed":
            return NEVER if _manual(anchor) else Group("all", (parts[0], Group("not", (Group("sure", (parts[1],)),))))
    return replace(condition, parts=tuple(parts))


NEVER = Group("any", ())
"""True of nothing."""


def _manual(anchor: Anchor) -> bool:
    point = anchor.point
    tags = anchor.device.tags if point is None else anchor.device.tags | point.tags
    return MANUAL_TAG in tags or (point is not None and point.kind == MANUAL_KIND)


def _in_zone(test: Test, anchor: Anchor, points: PointsOf) -> Condition:
    return Group("any", _tests(test, anchor, points))


def _tests(test: Test, anchor: Anchor, points: PointsOf) -> tuple[Condition, ...]:
    """Return the test for each point that it speaks of.

    A device without such a point makes the test unknown; a zone without another one says nothing.
    """
    selector = test.of or Selector()
    devices = points if test.in_zone else (anchor.device.id,)
    kind = selector.kind
    near = [p for d in devices for p in points.get(d, ()) if kind is None or p.kind == kind]
    found = [p for p in near if _means(p, selector, test, anchor)]
    one = replace(test, in_zone=False)
    tests = tuple(replace(one, of=Selector(device=p.device, point=p.name)) for p in found)
    return tests if tests or test.in_zone else (one,)


def _means(point: Point, selector: Selector, test: Test, anchor: Anchor) -> bool:
    if test.in_zone and (not within(point.zone, anchor.zone) or point == anchor.point):
        return False
    named = selector.point is None or point.name == selector.point or point.name.endswith(f".{selector.point}")
    return named and (selector.tag is None or selector.tag in point.tags)
