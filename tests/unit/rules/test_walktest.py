"""The report of a walk test."""

from hub.model import SECOND, Selector
from hub.model import Test as Comparison
from rules.walktest import Seen, detectors, walk
from tests.support.rulesite import T0, device, rule, site

TRIAL = Comparison("is", True, of=Selector(kind="fire.test"))


def test_only_detectors_whose_zone_can_be_under_test_are_expected() -> None:
    panel = device("p", {"z1.a": "fire.alarm", "z1.test": "fire.test", "z2.a": "fire.alarm"})
    other = device("q", {"a": "fire.alarm", "test": "fire.test"})
    town = site((rule(test_during=TRIAL), rule(name="plain")), panel, other)
    assert detectors(town) == ["p/z1.a", "q/a"]
    assert detectors(town, "q") == ["q/a"]


def test_what_was_seen_is_told_with_its_times_and_what_was_not_is_named() -> None:
    found = walk(["a", "b", "c"], [(T0, "b"), (T0 + SECOND, "a"), (T0 + 2 * SECOND, "b")])
    assert found.seen == (Seen("b", T0, T0 + 2 * SECOND, 2), Seen("a", T0 + SECOND, T0 + SECOND, 1))
    assert found.not_seen == ("c",)
