"""Rules on the past: counts, first and last, time between batches, beside the rules that run."""

from hub.model import SECOND, Window
from hub.model import Test as Comparison
from rules.backtest import Backtest, compared
from tests.support.rulesite import T0, device, reading, rule, site


def backtest(limit: float, **more: int) -> Backtest:
    hot = rule(Comparison("above", limit), kind="env.temperature", name="hot", **more)
    quiet = rule(Comparison("at_least", 5, over=Window("flapping", 60 * SECOND)), kind="env.temperature", name="quiet")
    return Backtest(site((hot, quiet), device("p", {"t": "env.temperature"})))


def lead(test: Backtest) -> Backtest:
    for n, value in enumerate([20.0, 60.0, 20.0, 80.0, 20.0]):
        at = T0 + 10 * n * SECOND
        test.take(at, [reading("p/t", value, at=at)])
    return test


def test_each_raise_is_counted_with_first_and_last() -> None:
    count = lead(backtest(50.0)).alarms["hot:p/t"]
    assert (count.raised, count.first, count.last) == (2, T0 + 10 * SECOND, T0 + 30 * SECOND)


def test_time_passes_between_what_was_heard() -> None:
    count = lead(backtest(50.0, on_delay=5 * SECOND)).alarms["hot:p/t"]
    assert (count.raised, count.first) == (2, T0 + 15 * SECOND)


def test_a_rule_that_never_spoke_is_counted_too() -> None:
    assert lead(backtest(50.0)).by_rule()["quiet"].raised == 0


def test_rules_stand_beside_the_running_ones_of_the_same_id() -> None:
    changes = {c.rule: c for c in compared(lead(backtest(50.0)), lead(backtest(70.0)))}
    before, after = changes["hot"].before, changes["hot"].after
    assert before is not None
    assert after is not None
    assert (before.raised, after.raised) == (2, 1)
