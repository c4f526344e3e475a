"""Calendar windows follow the site's time zone, its summer time included, and follow each other without a hole."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.timescale.windows import earlier, last_complete

HANOI, BERLIN, DELHI = ZoneInfo("Asia/Ho_Chi_Minh"), ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")
WINDOWS = ("hour", "day", "week", "month")


def local(zone: ZoneInfo, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=zone).astimezone(UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("window", "start", "end"),
    [
        ("hour", (2026, 11, 25, 9), (2026, 11, 25, 10)),
        ("day", (2026, 11, 24), (2026, 11, 25)),
        ("week", (2026, 11, 16), (2026, 11, 23)),
        ("month", (2026, 10, 1), (2026, 11, 1)),
    ],
)
@pytest.mark.parametrize("zone", [HANOI, BERLIN, DELHI])
def test_the_newest_window_that_is_over(zone: ZoneInfo, window: str, start: tuple[int, ...], end: tuple[int, ...]):
    at = local(zone, 2026, 11, 25, 10, 0, 0)
    assert last_complete(window, at, zone) == (local(zone, *start), local(zone, *end))


def test_a_day_of_summer_time_has_its_true_length():
    start, end = last_complete("day", local(BERLIN, 2026, 3, 30), BERLIN)
    assert end - start == timedelta(hours=23)
    assert earlier("day", "week", start, end, BERLIN) == (local(BERLIN, 2026, 3, 22), local(BERLIN, 2026, 3, 23))


def test_a_year_earlier_is_the_same_date_also_after_a_leap_day():
    start, end = local(HANOI, 2028, 2, 29), local(HANOI, 2028, 3, 1)
    assert earlier("day", "year", start, end, HANOI) == (local(HANOI, 2027, 2, 28), local(HANOI, 2027, 3, 1))


@given(
    st.datetimes(datetime(2001, 1, 1), datetime(2040, 1, 1)), st.sampled_from(WINDOWS), st.sampled_from([HANOI, BERLIN])
)
def test_a_window_ends_before_now_and_begins_where_the_one_before_ends(at: datetime, window: str, zone: ZoneInfo):
    now = at.replace(tzinfo=UTC)
    start, end = last_complete(window, now, zone)
    assert start < end <= now
    assert last_complete(window, end, zone) == (start, end)
    assert earlier(window, "previous", start, end, zone)[1] == start
    assert last_complete(window, start, zone) == earlier(window, "previous", start, end, zone)
