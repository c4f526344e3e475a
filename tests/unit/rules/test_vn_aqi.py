"""VN_AQI of an hour, by the breakpoints of decision 1459/QĐ-TCMT, and NowCast for dust."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model import HOUR, MINUTE
from rules.nowcast import Nowcast
from rules.vn_aqi import BREAKPOINTS, INDEX, index, nowcast

EIGHT = range(8)


@pytest.mark.parametrize("substance", BREAKPOINTS)
@pytest.mark.parametrize("at", EIGHT)
def test_each_breakpoint_of_the_table_is_its_index(substance: str, at: int) -> None:
    assert index(substance, BREAKPOINTS[substance][at]) == INDEX[at]


@pytest.mark.parametrize(
    ("substance", "concentration", "expected"),
    [
        ("pm25", 12.5, 25), ("pm25", 65, 125), ("pm25", 115, 175), ("pm25", 200, 250), ("pm25", 425, 450),
        ("pm10", 100, 75), ("pm10", 300, 175), ("no2", 450, 125), ("so2", 1200, 250), ("co", 20_000, 75),
        ("o3", 180, 75), ("pm25", 9999, 500), ("pm25", 0, 0), ("pm25", -1, 0),
    ],
)  # fmt: skip
def test_between_two_breakpoints_it_is_a_straight_line(substance: str, concentration: float, expected: int) -> None:
    assert index(substance, concentration) == expected


@given(st.sampled_from(sorted(BREAKPOINTS)), st.floats(0, 200_000), st.floats(0, 200_000))
def test_more_of_a_substance_is_never_better_air(substance: str, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= index(substance, low) <= index(substance, high) <= 500


def test_even_air_is_its_own_mean_and_uneven_air_is_mostly_its_newest_hour() -> None:
    assert nowcast([40.0] * 12) == 40
    assert nowcast([100.0, 10.0, 10.0]) == pytest.approx((100 + 5 + 2.5) / 1.75), "the weight is never below one half"
    assert nowcast([80.0, 100.0]) == pytest.approx((80 + 0.8 * 100) / 1.8)


def test_two_of_the_newest_three_hours_must_be_known_and_gaps_have_no_weight() -> None:
    assert nowcast([None, None, 40.0, 40.0]) is None
    assert nowcast([40.0, None, None, 40.0]) is None
    assert nowcast([None, 40.0, 40.0]) == 40
    assert nowcast([]) is None


@given(st.lists(st.one_of(st.none(), st.floats(0, 1000)), min_size=3, max_size=12))
def test_nowcast_lies_between_the_cleanest_and_the_dirtiest_hour(hours: list[float | None]) -> None:
    said, known = nowcast(hours), [c for c in hours if c is not None]
    assert said is None or min(known) - 1e-9 <= said <= max(known) + 1e-9


def hourly(past: Nowcast, first: int, *means: float | None) -> None:
    """Let whole hours pass with one value each."""
    for n, mean in enumerate(means):
        past.push(mean, (first + n) * HOUR)


def test_the_window_says_the_last_full_hour_and_turns_with_the_clock() -> None:
    past = Nowcast("pm25")
    hourly(past, 1000, 80.0, 80.0)
    assert past.look(1001 * HOUR + 59 * MINUTE) is None, "one hour is too little"
    assert past.due(1001 * HOUR + MINUTE) == 1002 * HOUR
    assert past.look(1002 * HOUR) == 150
    hourly(past, 1002, 200.0)
    assert past.look(1002 * HOUR + 59 * MINUTE) == 150, "the hour is not over"
    assert past.look(1003 * HOUR) == index("pm25", (200 + 40 + 20) / 1.75)


def test_an_hour_known_for_less_than_three_quarters_is_a_gap() -> None:
    past = Nowcast("pm25")
    hourly(past, 0, 80.0, 80.0, 80.0)
    past.push(None, 2 * HOUR + 44 * MINUTE)
    past.push(500.0, 3 * HOUR)
    assert past.look(3 * HOUR) == 150
    assert past.look(4 * HOUR) == index("pm25", (500 + 0.25 * 80 + 0.125 * 80) / 1.375)


def test_carbon_monoxide_counts_with_the_mean_of_the_hour_alone_and_is_told_in_ppm() -> None:
    past = Nowcast("co")
    hourly(past, 0, 10.0, 0.0)
    assert past.look(HOUR) == index("co", 11_450)


def test_it_survives_a_restart_and_the_time_between_is_a_gap() -> None:
    past = Nowcast("pm25")
    hourly(past, 0, 80.0, 80.0, 80.0)
    again = Nowcast("pm25")
    again.load(past.dump(), 2 * HOUR + 50 * MINUTE)
    assert again.look(3 * HOUR) == 150
    assert again.look(9 * HOUR) is None, "nothing was heard for hours"
