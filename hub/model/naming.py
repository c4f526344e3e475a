"""Names of points out of names that others gave: ASCII, short, each once."""

import re
import unicodedata
from collections.abc import Iterable

LONGEST = 40
_FOLD = str.maketrans({"đ": "d", "Đ": "D"})


def word(text: str, otherwise: str = "x") -> str:
    """Return a text as part of a point's name: letters without accents, digits, `_` and `-`."""
    folded = unicodedata.normalize("NFD", text.translate(_FOLD))
    plain = "".join(c for c in folded if not unicodedata.combining(c))
    made = re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_")[:LONGEST].strip("_")
    return made or otherwise


def unique(wanted: str, taken: Iterable[str]) -> str:
    """Return a name that is not taken: `pump`, else `pump_2`, `pump_3`, …"""
    known = set(taken)
    number = 2
    made = wanted
    while made in known:
        made, number = f"{wanted}_{number}", number + 1
    return made
