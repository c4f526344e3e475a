"""The compact notation of values over time in rule tests: `20x6 20+2x5 _ bad true`.

Each word is one value, one interval after the word before it. `VxN` is V, N times; `A+DxN` is A and then N values,
each D more than the last (`A-DxN`: less); `_` says nothing (`_xN`: so often); a quality or its reason gives the last
value in that quality.
"""

import re
from collections.abc import Iterator

from hub.config.scalars import scalar
from hub.model import Reason, Value

_NUMBER = r"-?\d+(?:\.\d+)?"
_RAMP = re.compile(rf"({_NUMBER})([+-]\d+(?:\.\d+)?)x(\d{{1,4}})\Z")
_REPEAT = re.compile(r"(.+?)x(\d{1,4})\Z")
MOST = 10_000
"""Values of one series."""

Item = Value | Reason | None
"""A value, a quality's reason, or nothing."""


def expand(text: str, qualities: dict[str, Reason]) -> list[Item]:
    """Return what a series says, one item an interval. Raises ValueError."""
    found: list[Item] = []
    for word in text.split():
        found += _word(word, qualities)
        if len(found) > MOST:
            raise ValueError(f"a series has at most {MOST} values")
    return found


def _word(word: str, qualities: dict[str, Reason]) -> Iterator[Item]:
    ramp = _RAMP.match(word)
    if ramp:
        first, step, count = float(ramp[1]), float(ramp[2]), int(ramp[3])
        yield from (round(first + n * step, 9) for n in range(count + 1))
        return
    repeat = _REPEAT.match(word)
    if repeat and (repeat[1] == "_" or repeat[1] in qualities or re.fullmatch(_NUMBER + "|true|false", repeat[1])):
        yield from [_item(repeat[1], qualities)] * int(repeat[2])
        return
    yield _item(word, qualities)


def _item(word: str, qualities: dict[str, Reason]) -> Item:
    if word == "_":
        return None
    return qualities[word] if word in qualities else scalar(word)
