"""Durations with their unit: `500ms`, `5s`, `2m`, `24h`, `90d`, `5y`; inside they are integer nanoseconds."""

import re
from typing import Annotated

from pydantic import PlainValidator, WithJsonSchema

from hub.model import DAY, HOUR, MILLISECOND, MINUTE, SECOND

UNITS = {"ms": MILLISECOND, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "y": 365 * DAY}
_DURATION = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(ms|s|m|h|d|y)\Z")
LONGEST = 100 * UNITS["y"]


def duration(given: object) -> int:
    """Return nanoseconds. Raises ValueError naming the form that is expected."""
    found = _DURATION.match(given) if isinstance(given, str) else None
    if found is None:
        bare = isinstance(given, int | float) and not isinstance(given, bool)
        unit = f"; if you mean seconds write '{given}s'" if bare else ""
        raise ValueError(f"expected a duration such as 500ms, 5s, 2m, 24h, 90d or 5y{unit}")
    length = round(float(found[1]) * UNITS[found[2]])
    if length > LONGEST:
        raise ValueError("a duration is at most 100y")
    return length


def positive(given: object) -> int:
    """Return nanoseconds, at least one millisecond. Raises ValueError."""
    length = duration(given)
    if length < MILLISECOND:
        raise ValueError("expected a duration of at least 1ms")
    return length


def spell(length: int) -> str:
    """Write nanoseconds in the largest unit that divides them."""
    for unit, size in sorted(UNITS.items(), key=lambda item: -item[1]):
        if length and length % size == 0:
            return f"{length // size}{unit}"
    return f"{length / MILLISECOND:g}ms"


_SCHEMA = WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?(ms|s|m|h|d|y)$"})
Duration = Annotated[int, PlainValidator(duration), _SCHEMA]
"""Nanoseconds, zero allowed."""
Period = Annotated[int, PlainValidator(positive), _SCHEMA]
"""Nanoseconds, one millisecond or more."""
