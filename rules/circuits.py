"""A rule → one instance at each place that it selects, its condition compiled for the place."""

from collections.abc import Iterator

from hub.model import Point, Rule, Site, Test
from rules.binding import Anchor, PointsOf, anchors, operand
from rules.condition import verdict
from rules.expanding import expand, plain
from rules.instance import Circuit, Instance


def instances(rule: Rule, site: Site, points: PointsOf) -> Iterator[Instance]:
    """Give the instances of a rule, in the order of the site. Raises ValueError for what cannot be compiled."""
    shared = _circuit(rule, None, points) if _same_everywhere(rule) else None
    for anchor in anchors(rule, site, points):
        circuit = shared or _circuit(rule, anchor, points)
        own = [operand(test, anchor, points) for test in circuit.tests[: circuit.own]]
        yield Instance(rule, anchor, circuit, own + [_beside(t, anchor, points) for t in circuit.tests[circuit.own :]])


def _beside(test: Test, anchor: Anchor, points: PointsOf) -> Point | None:
    """Return the point that says a place is under test: of its own group, or of the whole device, never of another."""
    point = operand(test, anchor, points)
    if point is None or anchor.point is None:
        return point
    group = point.name.rpartition(".")[0]
    return point if group in {"", anchor.point.name.rpartition(".")[0]} else None


def _same_everywhere(rule: Rule) -> bool:
    return plain(rule.when) and (rule.test_during is None or plain(rule.test_during))


def _circuit(rule: Rule, anchor: Anchor | None, points: PointsOf) -> Circuit:
    when = rule.when if anchor is None else expand(rule.when, anchor, points)
    tests, judged = verdict(when)
    own, trial = len(tests), None
    if rule.test_during is not None:
        during = rule.test_during if anchor is None else expand(rule.test_during, anchor, points)
        more, inner = verdict(during)
        tests += more
        trial = lambda truths: inner(truths[own:])  # noqa: E731 - a closure beside its slots
    return Circuit(tuple(tests), judged, own, trial)
