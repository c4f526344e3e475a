"""Numbers on their way from raw to engineering units: scaled as the slow way does it, and none too large to survive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model import Lane, Point, Reason, Sample, Text
from hub.model.scaling import to_engineering
from hub.normalise import Track, normalise


def a_track(**given):
    return Track("site", Point("d/p", "d", "p", Text.same("p"), "device.value", "zone", Lane.LIVE, **given))


@given(st.one_of(st.integers(-(2**63), 2**64), st.floats(allow_nan=False)), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_the_fast_way_of_scaling_says_what_the_slow_way_says(raw, scale, offset):
    track = a_track(scale=scale, offset=offset)
    reading = normalise(track, Sample("d/p", raw), 1, 1)
    try:
        expected = to_engineering(track.point, raw)
    except ValueError:
        assert reading.reason is Reason.UNDECODABLE
    else:
        assert reading.value == expected or reading.reason is Reason.UNDECODABLE


@pytest.mark.parametrize("given", [{}, {"scale": 0.1}, {"type": "int", "scale": 2.0}])
@pytest.mark.parametrize("raw", [10**400, -(10**400), True, "ten", float("nan"), float("inf")])
def test_what_is_no_finite_number_is_undecodable(given, raw):
    assert normalise(a_track(**given), Sample("d/p", raw), 1, 1).reason is Reason.UNDECODABLE
