"""What a load touches: every minute of its readings is covered, and late ones touch no more than themselves."""

from hypothesis import given
from hypothesis import strategies as st

from adapters.timescale.touched import DENSE, GRACE, point_of, touched
from hub.model import HOUR, MINUTE, SECOND, Lane, Quality, Reading, Reason
from hub.spool import Batch
from hub.wire.copy import encode_readings

NOW = 1_790_000_000 * SECOND
THIS = NOW // MINUTE


def a_batch(*readings: tuple[int, int], target: str = "reading") -> Batch:
    """Return a batch of (point, time)."""
    found = [Reading("d/p", 1.0, Quality.GOOD, Reason.NONE, None, at, 1) for _, at in readings]
    times = [at for _, at in readings]
    body = encode_readings(found, [point for point, _ in readings])
    return Batch(1, target, Lane.LIVE, len(readings), min(times), max(times), body)


def test_what_is_still_filling_is_taken_whole() -> None:
    minute = NOW // MINUTE * MINUTE
    load = [a_batch((7, minute + 10 * SECOND), (8, minute - SECOND))]
    assert touched(load, minute + GRACE - SECOND) == [((THIS - 1, THIS + 1), None)]
    assert touched(load, minute + GRACE) == [((THIS, THIS + 1), None), ((THIS - 1, THIS), 8)]


def test_one_late_reading_among_fresh_ones_touches_its_own_minute_and_point() -> None:
    fresh = [(point, NOW) for point in range(100)]
    assert touched([a_batch(*fresh, (7, NOW - 5 * HOUR))], NOW) == [
        ((THIS, THIS + 1), None),
        ((THIS - 300, THIS - 299), 7),
    ]


def test_a_devices_buffer_of_a_day_is_one_span_of_its_point() -> None:
    buffered = [(7, NOW - n * MINUTE) for n in range(10, 1000)]
    assert touched([a_batch(*buffered)], NOW) == [((THIS - 999, THIS - 9), 7)]


def test_a_late_minute_of_many_is_taken_whole() -> None:
    assert touched([a_batch(*((n, NOW - HOUR) for n in range(DENSE)))], NOW) == [((THIS - 60, THIS - 59), None)]


def test_other_tables_and_impossible_times_touch_nothing() -> None:
    assert touched([a_batch((7, NOW), target="device_event"), a_batch((7, 2**62))], NOW) == []


def test_a_row_that_was_cut_has_no_point() -> None:
    row = a_batch((7, NOW)).body
    assert point_of(row) == 7
    assert [point_of(row[:n]) for n in range(14, 34)] == [0] * 20


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 300)), min_size=1, max_size=150))
def test_every_reading_is_covered(places: list[tuple[int, int]]) -> None:
    readings = [(point, NOW - minutes * MINUTE) for point, minutes in places]
    due = touched([a_batch(*readings[:50]), *([a_batch(*readings[50:])] if readings[50:] else [])], NOW)
    for point, at in readings:
        assert any(a <= at // MINUTE < b and whose in (None, point) for (a, b), whose in due)
