"""24 cameras behind a dead switch are one alarm with 24 consequences."""

import itertools

import pytest

from hub.model import SECOND, Transition
from hub.model import Test as Comparison
from rules import Engine
from tests.support.rulesite import T0, act, device, reading, rule, site

CAMERAS = [f"cam-{n:02}" for n in range(24)]
LOST = rule(
    Comparison("is", "offline"),
    kind="$health",
    name="lost",
    category="fault",
    folds_under="behind",
    fold_grace=60 * SECOND,
)
SWITCH = "lost:switch/$health"


def town(*rules, **behind):
    devices = [device("core", {}), device("switch", {}, behind="core")]
    devices += [device(c, {}, behind="switch") for c in CAMERAS]
    devices += [device(name, {"a": "fire.alarm"}, behind=at) for name, at in behind.items()]
    return site((LOST, *rules), *devices)


class Town:
    """An engine over a town; `say` gives the health of devices and returns the transitions."""

    def __init__(self, *rules, **behind):
        self.site = town(*rules, **behind)
        self.engine = Engine(self.site)

    def say(self, second, health, *names):
        now = T0 + second * SECOND
        return self.engine.step([reading(f"{name}/$health", health, at=now) for name in names], now)

    def wake(self, second):
        return self.engine.wake(T0 + second * SECOND)

    def loud(self):
        return [a.last.device for a in self.engine.alarms() if a.last.hold is None]

    def folded(self):
        return [a.last.device for a in self.engine.alarms() if a.last.folded_under == SWITCH]

    def restart(self):
        dump = self.engine.dump()
        self.engine = Engine(self.site)
        self.engine.load(dump)


def test_cause_first_the_consequences_are_folded_as_they_are_raised():
    town = Town()
    town.say(0, "offline", "switch")
    said = town.say(5, "offline", *CAMERAS)
    assert {(t.input, t.hold, t.folded_under) for t in said} == {("raise", "suppressed", SWITCH)}
    assert (town.loud(), town.folded()) == (["switch"], CAMERAS)


def test_consequences_first_they_fold_when_the_cause_is_known():
    town = Town()
    town.say(0, "offline", *CAMERAS)
    assert town.loud() == CAMERAS
    said = town.say(5, "offline", "switch")
    assert [t.input for t in said] == ["raise"] + ["suppress"] * 24
    assert (town.loud(), town.folded()) == (["switch"], CAMERAS)


@pytest.mark.parametrize("order", list(itertools.permutations(["cam-00", "switch", "core"])))
def test_in_whatever_order_things_fall_silent_one_alarm_is_loud(order):
    town = Town()
    for second, name in enumerate(order):
        town.say(second, "offline", name)
    assert town.loud() == ["core"]


def test_when_the_cause_is_over_what_came_back_is_over_and_the_rest_returns_after_the_grace_time():
    town = Town()
    town.say(0, "offline", "switch", *CAMERAS)
    town.say(100, "online", "switch")
    assert town.folded() == CAMERAS, "things come back one after the other"
    town.say(130, "online", *CAMERAS[1:])
    assert town.wake(159) == []
    said = town.wake(160)
    assert {t.input for t in said} == {"unsuppress"}
    assert [t.device for t in said if t.state == "unacknowledged"] == ["cam-00"]
    assert town.loud() == ["switch", "cam-00"]
    assert town.folded() == []


def test_a_consequence_that_is_only_noticed_in_the_grace_time_folds_too():
    town = Town()
    town.say(0, "offline", "switch")
    town.say(100, "online", "switch")
    (late,) = town.say(110, "offline", "cam-03")
    assert late.folded_under == SWITCH
    (back,) = town.wake(160)
    assert (back.input, back.state) == ("unsuppress", "unacknowledged")


def test_a_cause_that_fails_again_in_the_grace_time_keeps_its_consequences():
    town = Town()
    town.say(0, "offline", "switch", *CAMERAS)
    town.say(100, "online", "switch")
    town.say(110, "offline", "switch")
    assert [t.input for t in town.wake(1000)] == []
    assert town.folded() == CAMERAS


def test_what_is_behind_two_failures_folds_under_the_other_when_one_is_over():
    town = Town()
    town.say(0, "offline", "cam-00", "switch", "core")
    assert town.engine.alarm("lost:cam-00/$health").last.folded_under == SWITCH
    town.say(10, "online", "switch")
    town.wake(70)
    assert town.engine.alarm("lost:cam-00/$health").last.folded_under == "lost:core/$health"
    assert town.loud() == ["core"]


def test_a_consequence_stays_evaluated_while_it_is_folded():
    town = Town()
    town.say(0, "offline", "switch", "cam-00")
    assert [t.input for t in town.say(1, "online", "cam-00")] == ["return"]
    assert [(t.input, t.occurrence) for t in town.say(2, "offline", "cam-00")] == [("raise", 2)]
    assert town.folded() == ["cam-00"]


@pytest.mark.parametrize("folds", [None, "behind"])
def test_a_fire_is_never_folded_away(folds):
    fire = rule(folds_under=folds)
    panel = rule(Comparison("is", "offline"), kind="$health", name="panel-lost", folds_under=folds)
    town = Town(fire, panel, panel="switch")
    town.say(0, "offline", "switch", "panel")
    (burning,) = town.engine.step([reading("panel/a", True)], T0 + SECOND)
    assert (burning.rule, burning.hold) == ("fire", None)
    assert town.engine.alarm("panel-lost:panel/$health").last.hold is None


@pytest.mark.parametrize("second", [150, 160, 9999])
def test_the_grace_time_goes_on_over_a_restart(second):
    town = Town()
    town.say(0, "offline", "switch", "cam-00")
    town.say(100, "online", "switch")
    town.restart()
    assert len(town.wake(second)) == (second >= 160)
    town.say(9999, "offline", "cam-00")
    assert town.loud() == ["switch", "cam-00"]


def test_a_consequence_whose_cause_has_left_the_configuration_is_told():
    town = Town()
    town.say(0, "offline", "switch", "cam-00")
    alone = site((LOST,), device("cam-00", {}, behind="core"), device("core", {}))
    engine = Engine(alone)
    engine.load(town.engine.dump())
    said = engine.orphans(T0 + SECOND)
    assert [(t.alarm, t.input, t.state) for t in said if isinstance(t, Transition)] == [
        (SWITCH, "remove", "normal"),
        ("lost:cam-00/$health", "unsuppress", "unacknowledged"),
    ]


def test_a_shelved_cause_keeps_its_consequences_folded():
    town = Town()
    town.say(0, "offline", "switch", *CAMERAS)
    town.engine.act(act("shelve", SWITCH, 1, note="is replaced", until=T0 + 600 * SECOND), T0)
    assert town.loud() == []
    assert town.folded() == CAMERAS
