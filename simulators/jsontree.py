"""Documents built from paths: a value is put at the end of a path, with the objects and lists on the way."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from hub.model import Value
from hub.wire.path import Step


def put(document: dict[str, Any], way: Sequence[Step], value: Value | None) -> None:
    """Put a value at the end of a path, making the objects and lists on the way."""
    here: Any = document
    for step, following in pairwise(way):
        here = _enter(here, step, [] if isinstance(following, int) else {})
    last = way[-1]
    _enter(here, last, value)
    here[last] = value


def entered(document: dict[str, Any], way: Sequence[Step]) -> list[Any]:
    """Return the list at the end of a path, made when there is none."""
    here: Any = document
    for step, following in pairwise(way):
        here = _enter(here, step, [] if isinstance(following, int) else {})
    found: list[Any] = _enter(here, way[-1], [])
    return found


def _enter(here: Any, step: Step, missing: Any) -> Any:
    """Return what is at `step`, put there first where there is nothing."""
    if isinstance(step, str):
        return here.setdefault(step, missing)
    size = step + 1 if step >= 0 else -step
    here.extend([None] * (size - len(here)))
    if here[step] is None:
        here[step] = missing
    return here[step]


def short(raw: Value) -> Value:
    """Return a number without a fraction as a whole one, as systems print it."""
    return int(raw) if isinstance(raw, float) and raw.is_integer() else raw
