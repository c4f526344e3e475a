"""From what a device says to what its point means: mapping, inversion, type, scale and offset. Pure."""

import math
import sys

from hub.model.device import Point
from hub.model.reading import Value

_MOST = sys.float_info.max
_DIVISORS: dict[float, float] = {}
"""One object for each divisor: a province's points have a hundred thousand of a handful."""
_MOST_DIVISORS = 100
_WHOLE = 2**63
"""Whole numbers beyond it fit no column, no journal and no counter of a device."""


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


def exact_divisor(point: Point) -> float:
    """Return by what a number is divided to be scaled without dust (10 for a scale of 0.1); 0 when there is no such.

    231 / 10 is the nearest double to 23.1, and 231 x 0.1 is not; it is also five times cheaper than rounding.
    """
    if point.offset or not point.scale:
        return 0.0
    inverse = 1.0 / point.scale
    divisor = round(inverse) if math.isfinite(inverse) else 0
    exact = float(divisor) if divisor and abs(divisor * point.scale - 1.0) < 1e-15 else 0.0
    return _DIVISORS.setdefault(exact, exact) if len(_DIVISORS) < _MOST_DIVISORS else exact


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
    if not -_MOST < number < _MOST:  # NaN, infinite, or a whole number beyond float64
        raise ValueError(f"{_short(raw)} is not a finite number")
    divisor = exact_divisor(point)
    if divisor:
        number = number if divisor == 1.0 else number / divisor
    else:
        # twelve significant digits hide the dust of binary fractions (231 x 0.3), and no sensor has more
        number = float(f"{number * point.scale + point.offset:.12g}")
        if not math.isfinite(number):
            raise ValueError(f"{_short(raw)} is too large when scaled")
    if point.type != "int":
        return float(number)
    if number != int(number) or not -_WHOLE <= number < _WHOLE:
        raise ValueError(f"{_short(raw)} is not a whole number of 64 bits")
    return int(number)


def _parsed(raw: str) -> int | float:
    try:
        return int(raw) if len(raw) < 30 and raw.strip().lstrip("+-").isdecimal() else float(raw)
    except ValueError:
        raise ValueError(f"{_short(raw)} is not a number") from None


def _short(raw: Value) -> str:
    return repr(raw)[:60]
