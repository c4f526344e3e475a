"""Bodies taken apart: the careful way of the store."""

from hypothesis import given
from hypothesis import strategies as st

from adapters.timescale.rows import instant, timestamp
from hub.wire.copy import reading_row
from hub.wire.rows import split, time_of

AT = 1_780_000_000_123_456_000

rows = st.lists(
    st.builds(
        lambda value, text, lag: reading_row(AT, value, text, 1, lag, 0),
        st.none() | st.floats(),
        st.none() | st.text(),
        st.none() | st.integers(-(2**31) + 1, 2**31 - 1),
    )
)


@given(rows)
def test_a_body_comes_apart_into_the_rows_it_was_made_of(made: list[bytes]):
    assert split(b"".join(made)) == made


@given(st.binary(max_size=200))
def test_any_bytes_come_apart_without_losing_one(body: bytes):
    assert b"".join(split(body)) == body


@given(rows, st.integers(min_value=0, max_value=40))
def test_a_body_that_is_cut_keeps_its_whole_rows(made: list[bytes], cut: int):
    body = b"".join(made)
    assert b"".join(split(body[: len(body) - cut])) == body[: len(body) - cut]


def test_the_time_of_a_row_is_its_own_to_the_microsecond():
    assert time_of(reading_row(AT, 1.0, None, 1, None, 0)) == AT


@given(st.integers(min_value=-(10**18), max_value=4 * 10**18))
def test_instants_and_timestamps_turn_into_each_other(at: int):
    assert timestamp(instant(at)) == at // 1000 * 1000
