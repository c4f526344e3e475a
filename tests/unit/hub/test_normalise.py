"""What a sample becomes, and when it is not worth telling."""

import math
from typing import Any

import pytest

from hub.model import DAY, HOUR, MINUTE, SECOND, DeviceEvent, Quality, Reason, Sample
from hub.normalise import Track, believed, normalise, worsen
from tests.support.sites import a_point

T0 = 1_700_000_000 * SECOND


def track(kind: str = "env.temperature", **more: Any) -> Track:
    return Track("s", a_point("d", "p", kind, **more))


def say(track: Track, value: Any, at: int = T0, **more: Any) -> Any:
    return normalise(track, Sample("d/p", value, **more), at, 1)


def test_a_raw_number_is_scaled_and_offset():
    assert say(track(scale=0.1, offset=-40.0), 650).value == 25.0


def test_a_raw_word_is_mapped():
    assert say(track("device.flag", mapping={"ON": True, "OFF": False}), "ON").value is True


def test_a_word_that_the_mapping_does_not_know_is_undecodable_and_the_last_value_stays():
    t = track("device.flag", mapping={"ON": True, "OFF": False})
    say(t, "ON")
    reading = say(t, "BROKEN")
    assert (reading.value, reading.quality, reading.reason) == (True, Quality.BAD, Reason.UNDECODABLE)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "x", True, 10**400, "1" * 400, 1e308 * 10])
def test_what_is_no_number_is_undecodable_and_the_last_value_stays(value: Any):
    t = track()
    say(t, 21.5)
    reading = say(t, value)
    assert (reading.value, reading.quality, reading.reason) == (21.5, Quality.BAD, Reason.UNDECODABLE)


def test_a_number_in_quotes_is_a_number_whether_scaled_or_not():
    assert say(track(), "21.5").value == 21.5
    assert say(track(scale=2.0), "21.5").value == 43.0


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 1e19, 2.5])
def test_a_count_that_fits_no_column_or_is_not_whole_is_undecodable(value: Any):
    assert say(track("device.count"), value).reason is Reason.UNDECODABLE


def test_a_scale_that_makes_a_number_infinite_makes_it_undecodable():
    assert say(track(scale=1e300), 1e300).reason is Reason.UNDECODABLE


@pytest.mark.parametrize(("kind", "value"), [("env.temperature", 81.0), ("device.count", 81), ("env.temperature", -1)])
def test_a_value_outside_its_range_is_kept_but_uncertain(kind: str, value: Any):
    reading = say(track(kind, range=(0.0, 80.0)), value)
    assert (reading.value, reading.quality, reading.reason) == (value, Quality.UNCERTAIN, Reason.OUT_OF_RANGE)


def test_the_ends_of_a_range_are_inside_it():
    t = track(range=(0.0, 80.0))
    assert [say(t, v).reason for v in (0.0, 80.0)] == [Reason.NONE, Reason.NONE]


@pytest.mark.parametrize("age", [31 * DAY, 25 * 365 * DAY, -6 * MINUTE])
def test_a_clock_that_cannot_be_right_is_replaced_by_ours_and_marked(age: int):
    reading = say(track(), 21.5, source_time=T0 - age)
    assert (reading.source_time, reading.time, reading.reason) == (None, T0, Reason.CLOCK)
    assert (reading.value, reading.quality) == (21.5, Quality.GOOD)


@pytest.mark.parametrize("age", [0, 29 * DAY, -4 * MINUTE])
def test_a_believable_clock_is_believed(age: int):
    reading = say(track(), 21.5, source_time=T0 - age)
    assert (reading.source_time, reading.time, reading.reason) == (T0 - age, T0 - age, Reason.NONE)


def test_a_wrong_clock_does_not_hide_that_a_value_is_out_of_range():
    assert say(track(range=(0.0, 1.0)), 2.0, source_time=0).reason is Reason.OUT_OF_RANGE


def test_an_events_impossible_time_is_replaced_by_ours_and_a_possible_one_is_left_alone():
    event = DeviceEvent("d", "net.trap", {}, T0 - 365 * DAY, T0)
    assert believed(event).source_time is None
    good = DeviceEvent("d", "net.trap", {}, T0 - HOUR, T0)
    assert believed(good) is good


def test_a_retained_value_is_marked_as_such():
    reading = say(track(), 21.5, reason=Reason.RETAINED)
    assert (reading.value, reading.quality) == (21.5, Quality.UNCERTAIN)


def test_a_reason_without_a_value_keeps_the_last_value_for_display_only():
    t = track()
    say(t, 21.5)
    reading = say(t, None, reason=Reason.REFUSED)
    assert (reading.value, reading.quality, reading.reason) == (21.5, Quality.BAD, Reason.REFUSED)


def test_a_change_within_the_deadband_is_not_told_and_counts_from_the_last_told():
    t = track(deadband=0.5)
    told = [say(t, v) is not None for v in (20.0, 20.4, 20.5, 20.6, 20.9, 21.2)]
    assert told == [True, False, False, True, False, True]


def test_without_a_deadband_every_number_is_told():
    t = track()
    assert all(say(t, 20.0) for _ in range(3))


@pytest.mark.parametrize(("kind", "value"), [("fire.alarm", False), ("device.state", "ok")])
def test_a_flag_that_does_not_change_is_quiet_for_a_minute(kind: str, value: Any):
    t = track(kind)
    told = [say(t, value, T0 + second * SECOND) is not None for second in (0, 1, 59, 60, 61, 120)]
    assert told == [True, False, False, True, False, True]


def test_a_flag_that_changes_is_told_at_once():
    t = track("fire.alarm")
    assert [say(t, v).value for v in (False, True, False)] == [False, True, False]


def test_a_missing_value_is_told_once_a_minute_whatever_its_type():
    t = track()
    told = [say(t, None, T0 + s * SECOND, reason=Reason.REFUSED) is not None for s in (0, 1, 59, 60)]
    assert told == [True, False, False, True]


def test_a_value_that_is_good_again_is_told_though_it_is_the_same():
    t = track("fire.alarm")
    say(t, False)
    say(t, None, reason=Reason.REFUSED)
    assert say(t, False).quality is Quality.GOOD


def test_whoever_counts_the_time_since_the_last_refresh_is_told_every_one():
    flag = track("fire.alarm", deadband=0.0)
    flag.tell_all()
    assert [say(flag, False) is not None for _ in range(3)] == [True, True, True]


def test_the_first_sample_is_told_even_when_it_says_what_was_assumed():
    assert say(track(), None, reason=Reason.WAITING).reason is Reason.WAITING


def test_every_sample_counts_as_heard_told_or_not():
    t = track("fire.alarm")
    say(t, False)
    assert say(t, False, T0 + 5) is None
    assert t.heard == T0 + 5


def test_a_value_is_worsened_once():
    t = track()
    say(t, 21.5)
    reading = worsen(t, Reason.NO_COMMUNICATION, T0 + 1, 2)
    assert reading is not None
    assert (reading.value, reading.quality) == (21.5, Quality.BAD)
    assert worsen(t, Reason.NO_COMMUNICATION, T0 + 2, 3) is None
