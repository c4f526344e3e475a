"""The mark of a drill: on every alarm, all through its life; it changes nothing else."""

from hub.model import SECOND, OperatorAction, Priority, Quality, Reading, Reason, Rule, Selector, Site, Text, Transition
from hub.model.rule import Test as Comparison
from rules import Engine
from rules.succession import succeed
from tests.unit.simulators.site import panel, site_of

T = 1_700_000_000 * SECOND
POINT = "panel/fire"
ALARM = f"fire:{POINT}"


def site() -> Site:
    when = Comparison("is", True)
    rule = Rule("fire", "fire", Priority.CRITICAL, Selector(kind="fire.alarm"), when, Text.same("fire"), latch=True)
    made = site_of(panel())
    return Site(**{name: getattr(made, name) for name in made.__struct_fields__ if name != "rules"}, rules=(rule,))


def burn(engine: Engine, value: bool, seconds: int) -> list[Transition]:
    at = T + seconds * SECOND
    said = engine.step([Reading(POINT, value, Quality.GOOD, Reason.NONE, None, at, 1)], at)
    return [t for t in said if isinstance(t, Transition)]


def test_every_transition_of_a_drill_is_marked_from_raise_to_reset() -> None:
    engine = Engine(site(), drill=True)
    said = burn(engine, True, 1)
    said += burn(engine, False, 2)
    outcome = engine.act(OperatorAction("ack", ALARM, 1, "An", T + 3 * SECOND), T + 3 * SECOND)
    said += [t for t in outcome.records if isinstance(t, Transition)]
    assert [t.input for t in said] == ["raise", "return", "ack"]
    assert {t.mark for t in said} == {"DRILL"}
    assert said[-1].latched


def test_a_drill_says_what_the_same_day_would_say_but_for_the_mark() -> None:
    drill, day = Engine(site(), drill=True), Engine(site())
    for seconds, value in ((1, True), (2, False), (3, True)):
        rehearsed, real = burn(drill, value, seconds), burn(day, value, seconds)
        assert [(t.alarm, t.input, t.n, t.latched) for t in rehearsed] == [
            (t.alarm, t.input, t.n, t.latched) for t in real
        ]
        assert {t.mark for t in real} <= {None}


def test_a_drill_stays_one_when_its_rules_are_changed() -> None:
    engine = Engine(site(), drill=True)
    burn(engine, False, 1)
    assert succeed(engine, site(), T + 2 * SECOND).engine.drill
