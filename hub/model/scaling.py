"""From what a device says to what its point means: mapping, inversion, type, scale and offset. Pure."""

import math

from hub.model.device import Point
from hub.model.reading import Value


def to_engineering(point: Point, raw: Value) -> Value:
    """Return `raw` as the point's value in engineering units.

    A mapping decides alone (its values are final); otherwise numbers are scaled, then offset, then typed.
    Raises ValueError when `raw` cannot be such a value: missing from the mapping, not a number, not finite.
    """
    if point.mapping is not None:
        value = _mapped(point, raw)
    elif point.type == "bool":
        value = _as_bool(raw)
    elif point.type == "text":
        return raw_key(raw)
    else:
        value = _as_number(point, raw)
    return not value if point.invert and isinstance(value, bool) else value


def raw_key(raw: Value) -> str:
    """Write a raw value as the key that a mapping uses: `true`, `3`, `2.5`, `ON`."""
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    return str(raw)


def _mapped(point: Point, raw: Value) -> Value:
    mapping = point.mapping or {}
    try:
        return mapping[raw_key(raw)]
    except KeyError:
        raise ValueError(f"{raw!r} is not in the mapping") from None


def _as_bool(raw: Value) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, int | float) and raw in (0, 1):
        return raw == 1
    raise ValueError(f"{raw!r} is neither true nor false")


def _as_number(point: Point, raw: Value) -> int | float:
    if isinstance(raw, bool):
        raise ValueError(f"{raw!r} is not a number")
    number = _parsed(raw) if isinstance(raw, str) else raw
    if not math.isfinite(number):
        raise ValueError(f"{raw!r} is not a finite number")
    if point.scale != 1.0 or point.offset:
        # twelve significant digits hide the dust of binary fractions (231 x 0.1), and no sensor has more
        number = float(f"{number * point.scale + point.offset:.12g}")
    if point.type != "int":
        return float(number)
    if number != int(number):
        raise ValueError(f"{number!r} is not a whole number")
    return int(number)


def _parsed(raw: str) -> int | float:
    try:
        return int(raw) if raw.strip().lstrip("+-").isdecimal() else float(raw)
    except ValueError:
        raise ValueError(f"{raw!r} is not a number") from None
