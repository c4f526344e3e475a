"""From what a point should mean back to what its device must be told."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model import Point, Value, to_engineering, to_raw
from tests.support.sites import a_point


def point(kind: str = "device.value", **more: Any) -> Point:
    return a_point("d", "p", kind, **more)


@pytest.mark.parametrize(
    ("made", "value", "raw"),
    [
        (point(), 21.5, 21.5),
        (point(), 21.0, 21),
        (point(scale=0.1), 23.1, 231),
        (point(scale=0.1, offset=-40.0), 25.0, 650),
        (point("device.count"), 7, 7),
        (point("device.count", scale=10.0), 70, 7),
        (point("device.flag"), True, True),
        (point("device.flag", invert=True), True, False),
        (point("device.flag", mapping={"1": True, "0": False}), True, 1),
        (point("device.flag", mapping={"ON": True, "OFF": False}), False, "OFF"),
        (point("device.flag", mapping={"true": False, "false": True}, invert=True), True, True),
        (point("device.state", mapping={"2.5": "half"}), "half", 2.5),
        (point("device.state"), "on", "on"),
    ],
)
def test_a_value_becomes_the_raw_value_that_means_it(made: Point, value: Value, raw: Value) -> None:
    got = to_raw(made, value)
    assert (got, type(got)) == (raw, type(raw))
    assert to_engineering(made, got) == value


@pytest.mark.parametrize(
    ("made", "value"),
    [
        (point(), True),
        (point(), "7"),
        (point(), math.nan),
        (point(), math.inf),
        (point(), 10**400),
        (point("device.count"), 7.5),
        (point("device.flag"), 1),
        (point("device.state"), 1),
        (point(range=(0.0, 10.0)), 10.001),
        (point("device.state", mapping={"1": "on"}), "off"),
        (point("device.state", mapping={"1": "on", "2": "on"}), "on"),
    ],
)
def test_what_a_device_cannot_be_told_is_refused(made: Point, value: Value) -> None:
    with pytest.raises(ValueError):
        to_raw(made, value)


@given(
    st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 3)),
    st.sampled_from([1.0, 0.1, 0.01, 0.001, 10.0, 0.5, -1.0, 0.3]),
    st.sampled_from([0.0, -40.0, 273.15]),
)
def test_back_and_forth_is_the_same_value(value: float, scale: float, offset: float) -> None:
    made = point(scale=scale, offset=offset)
    back = to_engineering(made, to_raw(made, value))
    assert isinstance(back, float)
    assert math.isclose(back, value, rel_tol=1e-9, abs_tol=1e-6)
