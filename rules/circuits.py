"""A rule → one instance at each place that it selects, its condition compiled for the place."""

from collections.abc import Iterator

from hub.model import Condition, Hours, Point, Rule, Site, Test
from rules.binding import Anchor, PointsOf, anchors, operand
from rules.condition import Verdict, verdict
from rules.expanding import expand, plain
from rules.instance import Circuit, Instance


def instances(rule: Rule, site: Site, points: PointsOf) -> Iterator[Instance]:
    """Give the instances of a rule, in the order of the site. Raises ValueError for what cannot be compiled."""
    shared = _circuit(rule, None, points) if _same_everywhere(rule) else None
    for anchor in anchors(rule, site, points):
        circuit = shared or _circuit(rule, anchor, points)
        tests, own, tried = circuit.tests, circuit.own, circuit.tried
        found = [operand(test, anchor, points) for test in tests[:own]]
        found += [_beside(test, anchor, points) for test in tests[own:tried]]
        found += [operand(test, anchor, points) for test in tests[tried:]]
        yield Instance(rule, anchor, circuit, found)


def _beside(test: Test, anchor: Anchor, points: PointsOf) -> Point | None:
    """Return the point that says a place is under test: of its own group, or of the whole device, never of another."""
    point = operand(test, anchor, points)
    if point is None or anchor.point is None:
        return point
    group = point.name.rpartition(".")[0]
    return point if group in {"", anchor.point.name.rpartition(".")[0]} else None


def _same_everywhere(rule: Rule) -> bool:
    others = (rule.test_during, rule.mute_during)
    return plain(rule.when) and all(c is None or isinstance(c, Hours) or plain(c) for c in others)


def _circuit(rule: Rule, anchor: Anchor | None, points: PointsOf) -> Circuit:
    when = rule.when if anchor is None else expand(rule.when, anchor, points)
    tests, judged = verdict(when)
    own = len(tests)
    trial = _beyond(rule.test_during, tests, anchor, points)
    tried = len(tests)
    mute = None if isinstance(rule.mute_during, Hours) else _beyond(rule.mute_during, tests, anchor, points)
    return Circuit(tuple(tests), judged, own, tried, trial, mute)


def _beyond(condition: Condition | None, tests: list[Test], anchor: Anchor | None, points: PointsOf) -> Verdict | None:
    """Put the tests of another condition behind those that are there; return how it is judged."""
    if condition is None:
        return None
    at = len(tests)
    more, inner = verdict(condition if anchor is None else expand(condition, anchor, points))
    tests += more
    end = len(tests)
    return lambda truths: inner(truths[at:end])
