"""Who is stale, and what a clock that is set does to that."""

import pytest

from hub.aging import Aging
from hub.model import HOUR, SECOND, ManualClock, Reason, Sample
from hub.normalise import Track, normalise, worsen
from tests.support.sites import a_point

MINUTE = 60 * SECOND


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def heard(clock: ManualClock, value: float | None = 1.0, reason: Reason = Reason.NONE, **more: object) -> Track:
    track = Track("s", a_point("d", "p", stale_after=MINUTE, **more))
    normalise(track, Sample("d/p", value, None, reason), clock.now(), 1)
    return track


def test_a_point_is_late_when_its_time_has_passed_and_not_before(clock: ManualClock):
    track = heard(clock)
    aging = Aging([track], clock)
    assert aging.late(clock.advance(MINUTE)) == []
    assert aging.late(clock.advance(1)) == [track]


def test_a_point_that_is_said_to_be_stale_is_not_said_to_be_so_again(clock: ManualClock):
    track = heard(clock)
    aging = Aging([track], clock)
    now = clock.advance(2 * MINUTE)
    worsen(track, Reason.STALE, now, 2)
    assert aging.late(now) == []


def test_an_uncertain_value_grows_old_like_a_good_one(clock: ManualClock):
    track = heard(clock, 9.0, range=(0.0, 1.0))
    assert track.reason is Reason.OUT_OF_RANGE
    assert Aging([track], clock).late(clock.advance(2 * MINUTE)) == [track]


def test_a_bad_value_and_one_never_heard_do_not_become_merely_uncertain(clock: ManualClock):
    bad = heard(clock, None, Reason.REFUSED)
    never = Track("s", a_point("d", "q", stale_after=MINUTE))
    assert Aging([bad, never], clock).late(clock.advance(2 * MINUTE)) == []


@pytest.mark.parametrize("step", [5 * HOUR, -5 * HOUR])
def test_a_clock_that_is_set_makes_nobody_stale_and_hides_nobody(clock: ManualClock, step: int):
    track = heard(clock)
    aging = Aging([track], clock)
    clock.advance(30 * SECOND)
    clock.step(step)
    assert aging.follow_clock(clock.now()) == step
    assert aging.late(clock.now()) == []
    clock.advance(31 * SECOND)
    assert aging.follow_clock(clock.now()) == 0
    assert aging.late(clock.now()) == [track]


def test_the_drift_of_a_clock_is_no_step(clock: ManualClock):
    aging = Aging([heard(clock)], clock)
    clock.step(SECOND)
    assert aging.follow_clock(clock.now()) == 0
