"""From what a point means back to what its device would say: the inverse of `hub.model.scaling`, written apart."""

import json
from functools import lru_cache

from hub.model import Point, Value


def raw_of(point: Point, value: Value) -> Value:
    """Return the raw value that means `value` at this point. Raises ValueError when the device cannot say it."""
    if point.invert and isinstance(value, bool):
        value = not value
    if point.mapping is not None:
        return _unmapped(point, value)
    if isinstance(value, str | bool):
        return value
    if point.scale == 1.0 and not point.offset:
        return value
    return float(f"{(value - point.offset) / point.scale:.12g}")


def _unmapped(point: Point, value: Value) -> Value:
    for key, meaning in (point.mapping or {}).items():
        if type(meaning) is type(value) and meaning == value:
            return word(key)
    known = ", ".join(str(v) for v in (point.mapping or {}).values())
    raise ValueError(f"{point.id} cannot be {value!r}; its mapping has {known}")


@lru_cache(maxsize=4096)
def word(key: str) -> Value:
    """Return the raw value that is written as `key` in a mapping: a number or truth where it reads as one."""
    try:
        parsed = json.loads(key)
    except ValueError:
        return key
    return parsed if isinstance(parsed, bool | int | float) else key


def fits(point: Point, value: Value) -> bool:
    """Tell whether a value has the type of the point."""
    if point.type == "bool":
        return isinstance(value, bool)
    if point.type == "text":
        return isinstance(value, str)
    return isinstance(value, int | float) and not isinstance(value, bool)
