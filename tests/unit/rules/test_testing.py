from hub.model import SECOND, Priority, Reason
from hub.model.ruletest import Action, Expected, RuleTest, Step
from rules.testing import run
from tests.support.rulesite import device, rule, site

ALARM = "fire:p/a"
SITE = site((rule(latch=True, on_delay=10 * SECOND),), device("p", {"a": "fire.alarm"}))


def step(second, *, on=None, **more):
    values = () if on is None else (("p/a", on),)
    return Step(second * SECOND, values, origin=f"x.test.yaml:{second}", **more)


def outcome(*steps):
    (result,) = run(SITE, [RuleTest("story", steps, "x.test.yaml:1")])
    return result


def test_time_passes_between_steps():
    result = outcome(
        step(0, on=True),
        step(9, expected=()),
        step(10, expected=(Expected(ALARM, "active", False, Priority.CRITICAL),)),
        step(11, on=False, expected=(Expected(ALARM, "latched", False),)),
        step(12, actions=(Action("reset", ALARM, "not_acknowledged"),)),
        step(13, actions=(Action("ack", ALARM),), expected=(Expected(ALARM, "latched", True),)),
        step(14, actions=(Action("reset", ALARM),), expected=(Expected(ALARM, "normal"),)),
    )
    assert result.failures == ()
    assert result.passed


def test_a_difference_names_the_step_the_alarm_and_both_sides():
    result = outcome(step(0, on=True), step(10, expected=(Expected(ALARM, "latched", True),)))
    assert not result.passed
    assert result.failures == (
        "x.test.yaml:10: at 10s fire:p/a\n  - expected latched, acknowledged\n"
        "  + but it is active, not acknowledged, critical",
    )


def test_an_alarm_that_is_missing_and_one_too_many_are_told():
    assert "but it is not shown" in outcome(step(0, expected=(Expected(ALARM, "active"),))).failures[0]
    assert "not expected" in outcome(step(0, on=True), step(10, expected=())).failures[0]


def test_an_expectation_of_what_no_rule_watches_fails_even_if_it_expects_nothing():
    assert outcome(step(0, expected=(Expected("fire:p/b", "normal"),))).failures == (
        "x.test.yaml:0: at 0s the rule fire does not watch p/b",
    )


def test_a_refusal_that_was_not_expected_is_told():
    failures = outcome(step(0, on=True), step(10, actions=(Action("reset", ALARM),))).failures
    assert failures == (
        "x.test.yaml:10: at 10s reset of fire:p/a was expected to be taken, but it was refused: condition_active",
    )


def test_a_quality_keeps_the_last_value():
    bad = Step(11 * SECOND, qualities=(("p/a", Reason.NO_COMMUNICATION),), expected=(Expected(ALARM, "active"),))
    assert outcome(step(0, on=True), step(10), bad).passed


def test_one_test_does_not_see_another():
    first = RuleTest("one", (step(0, on=True), step(10)))
    second = RuleTest("two", (step(0, expected=()),))
    assert [r.passed for r in run(SITE, [first, second])] == [True, True]


def test_a_hold_is_taken_with_its_reason_and_end_and_seen_by_what_holds():
    slow = rule(name="slow", category="fault", max_shelve=60 * SECOND)
    (result,) = run(
        site((slow,), device("p", {"a": "fire.alarm"})),
        [
            RuleTest(
                "story",
                (
                    step(0, on=True, actions=(Action("shelve", "slow:p/a", "note_missing"),)),
                    step(1, actions=(Action("shelve", "slow:p/a", who="lan", note="w", lasting=9 * SECOND),)),
                    step(2, expected=(Expected("slow:p/a", "active", hold="shelved"),)),
                    step(11, expected=(Expected("slow:p/a", "active", False, hold="none"),)),
                    step(12, actions=(Action("out_of_service", "slow:p/a", note="w", lasting=SECOND, scope="device"),)),
                    step(13, expected=(Expected("slow:p/a", "active", hold="out_of_service"),)),
                ),
            )
        ],
    )
    assert result.failures == (
        "x.test.yaml:13: at 13s slow:p/a\n  - expected active, out_of_service\n"
        "  + but it is active, not acknowledged, critical",
    ), "its second was over"
