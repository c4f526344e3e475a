"""From what a point should mean back to what its device must be told: the inverse of `hub.model.scaling`. Pure."""

import json
import math
import sys

from hub.model.device import Point
from hub.model.reading import Value
from hub.model.scaling import to_engineering

_MOST = sys.float_info.max
"""NaN, infinities and whole numbers beyond it are no numbers of a device."""


def to_raw(point: Point, value: Value) -> Value:
    """Return the raw value that means `value` (in engineering units) at this point.

    Raises ValueError when the value has another type than the point, lies outside its range, has no one raw value in
    the mapping, or is lost when scaled.
    """
    _check_type(point, value)
    if point.range is not None and isinstance(value, int | float) and not isinstance(value, bool):
        low, high = point.range
        if not low <= value <= high:
            raise ValueError(f"{value:g} is outside {low:g} … {high:g}")
    if point.invert and isinstance(value, bool):
        value = not value
    if point.mapping is not None:
        return _unmapped(point.mapping, value)
    return value if isinstance(value, str | bool) else _unscaled(point, value)


def _check_type(point: Point, value: Value) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool) and -_MOST <= value <= _MOST
    expected = {"bool": "true or false", "text": "a text", "int": "a whole number", "float": "a number"}[point.type]
    fits = {
        "bool": isinstance(value, bool),
        "text": isinstance(value, str),
        "int": number and float(value).is_integer(),
        "float": number,
    }
    if not fits[point.type]:
        raise ValueError(f"expected {expected}, found {value!r}"[:120])


def _unmapped(mapping: dict[str, Value], value: Value) -> Value:
    keys = [key for key, meaning in mapping.items() if _same(meaning, value)]
    if not keys:
        known = ", ".join(dict.fromkeys(str(v) for v in mapping.values()))
        raise ValueError(f"the device cannot be told {value!r}, only {known}")
    if len(keys) > 1:
        raise ValueError(f"several raw values ({', '.join(keys)}) mean {value!r}, and none is known to be the one")
    return _word(keys[0])


def _same(meaning: Value, value: Value) -> bool:
    return isinstance(meaning, bool) == isinstance(value, bool) and meaning == value


def _word(key: str) -> Value:
    """Return the raw value that a mapping writes as `key`: a truth or number where it reads as one."""
    try:
        parsed = json.loads(key)
    except ValueError:
        return key
    return parsed if isinstance(parsed, bool | int | float) else key


def _unscaled(point: Point, value: int | float) -> Value:
    raw = value
    if point.scale != 1.0 or point.offset:
        raw = float(f"{(value - point.offset) / point.scale:.12g}")
    if isinstance(raw, float) and raw.is_integer() and abs(raw) < 2**53:
        raw = int(raw)
    back, dust = to_engineering(point, raw), 1e-9 * max(1.0, abs(point.offset))
    if not isinstance(back, int | float) or not math.isclose(back, value, rel_tol=1e-9, abs_tol=dust):
        raise ValueError(f"{value!r} is lost when scaled")
    return raw
