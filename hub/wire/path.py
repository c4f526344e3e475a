"""Paths into a JSON payload: `a.b[0]`, `a["key with. dots"]`; compiled once, followed for every message.

The notation is the member and index part of JSONPath (RFC 9535, section 2.3) without the leading `$`.
"""

import re
from collections.abc import Callable
from typing import Any

Step = str | int
Follow = Callable[[Any], Any]

LARGEST = 256
"""Characters a path may have."""

_STEP = re.compile(r'(?:^|(?<=.)\.)(?P<key>[^.\[\]"]+)|\[(?P<index>-?\d{1,6})\]|\["(?P<quoted>[^"]+)"\]')


class _Missing:
    """The type of MISSING."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()
"""What following a path gives when the payload has nothing there."""


def steps(path: str) -> tuple[Step, ...]:
    """Return the keys and indexes of a path, outermost first. Raises ValueError naming the column."""
    if not path or len(path) > LARGEST:
        raise ValueError(f"a path has 1 to {LARGEST} characters")
    found: list[Step] = []
    at = 0
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            raise ValueError(f"path {path!r} cannot be read from column {at + 1}; write it like a.b[0]")
        found.append(int(step["index"]) if step["index"] else step["key"] or step["quoted"])
        at = step.end()
    return tuple(found)


def compiled(path: str) -> Follow:
    """Return the function that follows `path` through decoded JSON and gives what is there, or MISSING."""
    way = steps(path)
    if len(way) == 1 and isinstance(way[0], str):
        return _member(way[0])
    return lambda document: _walk(document, way)


def _member(key: str) -> Follow:
    def follow(document: Any) -> Any:
        return document.get(key, MISSING) if type(document) is dict else MISSING

    return follow


def _walk(document: Any, way: tuple[Step, ...]) -> Any:
    for step in way:
        if isinstance(step, str):
            if type(document) is not dict:
                return MISSING
            document = document.get(step, MISSING)
        elif type(document) is list and -len(document) <= step < len(document):
            document = document[step]
        else:
            return MISSING
    return document
