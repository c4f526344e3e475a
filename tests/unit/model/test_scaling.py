"""What a raw value becomes, and what it never becomes."""

import pytest

from hub.model import Lane, Point, Text, Value, to_engineering


def point(type_: str = "float", **more: object) -> Point:
    return Point("d/p", "d", "p", Text.same("p"), "device.value", "z", Lane.LIVE, type=type_, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("made", "raw", "value"),
    [
        (point(scale=0.1), 231, 23.1),
        (point(scale=0.1, offset=-40), 650, 25.0),
        (point(), "21.5", 21.5),
        (point("int"), 7.0, 7),
        (point("int", scale=10), 7, 70),
        (point("bool"), 1, True),
        (point("bool", invert=True), True, False),
        (point("bool", mapping={"ON": True, "OFF": False}, invert=True), "ON", False),
        (point("text", mapping={"1": "up", "2": "down"}), 2.0, "down"),
        (point("bool", mapping={"true": False, "false": True}), True, False),
        (point("text"), True, "true"),
        (point("text"), 3.0, "3"),
    ],
)
def test_a_raw_value_becomes_what_its_point_means(made: Point, raw: Value, value: Value) -> None:
    got = to_engineering(made, raw)
    assert got == value
    assert type(got) is type(value)


@pytest.mark.parametrize(
    ("made", "raw"),
    [
        (point(), True),
        (point(), float("nan")),
        (point(), "inf"),
        (point(), "warm"),
        (point("int"), 1.5),
        (point("bool"), 2),
        (point("bool"), "on"),
        (point("text", mapping={"1": "up"}), 3),
    ],
)
def test_what_cannot_be_such_a_value_raises(made: Point, raw: Value) -> None:
    with pytest.raises(ValueError):
        to_engineering(made, raw)
