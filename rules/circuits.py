"""A rule → one instance at each place that it selects, its condition compiled for the place."""

from collections.abc import Iterator

from hub.model import Rule, Site
from rules.binding import Anchor, PointsOf, anchors, operand
from rules.condition import verdict
from rules.expanding import expand, plain
from rules.instance import Circuit, Instance


def instances(rule: Rule, site: Site, points: PointsOf) -> Iterator[Instance]:
    """Give the instances of a rule, in the order of the site. Raises ValueError for what cannot be compiled."""
    shared = _circuit(rule, None, points) if _same_everywhere(rule) else None
    for anchor in anchors(rule, site, points):
        circuit = shared or _circuit(rule, anchor, points)
        yield Instance(rule, anchor, circuit, [operand(test, anchor, points) for test in circuit.tests])


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
