"""Counters give a rate only where nothing can have happened between two looks."""

import pytest

from drivers.snmp.rates import SECOND, Count, Moment, rate, restarted

DAY = 24 * 3600 * 100


def at(seconds: float, value: int, *, uptime: float | None = None, since: int | None = None) -> Count:
    up = 50_000 + round((seconds if uptime is None else uptime) * 100)
    return Count(value, since, Moment(up, round(seconds * SECOND)))


def test_a_counter_that_grew_gives_its_growth_per_second():
    assert rate(at(0, 1000), at(10, 6000), 32) == 500.0


def test_the_agents_own_clock_says_how_long_it_was():
    assert rate(at(0, 0), at(10, 1000, uptime=10.5), 64) == pytest.approx(1000 / 10.5)


def test_a_32_bit_counter_that_wrapped_goes_on():
    assert rate(at(0, 2**32 - 500), at(10, 500), 32) == 100.0


def test_a_32_bit_counter_that_fell_by_less_than_half_its_range_was_reset():
    assert rate(at(0, 1_000_000), at(10, 10), 32) is None


def test_a_64_bit_counter_that_fell_was_reset():
    assert rate(at(0, 2**64 - 10), at(10, 10), 64) is None


def test_64_bits_lose_nothing_where_floats_would():
    assert rate(at(0, 2**63), at(1, 2**63 + 3), 64) == 3.0


def test_a_restart_gives_no_rate_even_if_the_counter_is_higher():
    assert rate(at(0, 100), at(60, 5000, uptime=-400), 32) is None


def test_a_restart_that_was_long_ago_is_seen_by_a_clock_that_went_on_too_little():
    assert rate(at(0, 100), at(3600, 5000, uptime=1000), 64) is None


def test_an_uptime_that_wrapped_after_497_days_is_no_restart():
    before = Moment(2**32 - 500, 0)
    now = Moment(500, 10 * SECOND)
    assert not restarted(before, now)
    assert rate(Count(0, None, before), Count(1000, None, now), 64) == 100.0


def test_a_small_uptime_after_less_than_496_days_is_a_restart():
    assert restarted(Moment(495 * DAY, 0), Moment(500, 10 * SECOND))


def test_another_discontinuity_time_gives_no_rate():
    assert rate(at(0, 100, since=0), at(10, 200, since=77), 64) is None
    assert rate(at(0, 100, since=77), at(10, 200, since=77), 64) == 10.0


def test_a_rate_above_the_most_is_not_believed():
    assert rate(at(0, 0), at(10, 1_000_000), 64, 125_000_000) == 100_000
    assert rate(at(0, 0), at(10, 2**50), 64, 125_000_000) is None


def test_a_32_bit_counter_that_could_wrap_twice_between_two_looks_gives_no_rate():
    gigabit = 125_000_000
    assert rate(at(0, 0), at(10, 1_000_000), 32, gigabit) == 100_000
    assert rate(at(0, 0), at(60, 1_000_000), 32, gigabit) is None


def test_without_the_agents_clock_ours_counts():
    before, now = Moment(None, 0), Moment(None, 10 * SECOND)
    assert rate(Count(0, None, before), Count(50, None, now), 32) == 5.0
    assert restarted(Moment(5, 0), now)


def test_two_answers_of_one_moment_give_no_rate():
    assert rate(at(0, 100), at(0, 100), 32) is None
