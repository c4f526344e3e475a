"""Which raw value a variable carries when several points read it: the one that says most of what is true. Pure."""

from collections.abc import Callable, Sequence

from hub.model import Point, PointId, Value
from simulators.raw import raw_of, word

_UNSIGNED = frozenset({"device.count", "fire.count", "fire.heartbeat"})
_UNKNOWN = object()


def raw_type(points: Sequence[Point]) -> str:
    """Return the built-in type (OPC 10000-6, 5.1.2) that a variable of these points has."""
    keys = [word(key) for p in points for key in p.mapping or {}]
    if keys:
        return _type_of_keys(keys)
    first = points[0]
    if first.type == "bool":
        return "Boolean"
    if first.type == "text":
        return "String"
    if first.type == "int":
        return "UInt32" if first.kind in _UNSIGNED else "Int64"
    return "Double"


def _type_of_keys(keys: Sequence[Value]) -> str:
    if all(isinstance(key, bool) for key in keys):
        return "Boolean"
    if all(isinstance(key, int) and not isinstance(key, bool) for key in keys):
        return "Byte" if all(0 <= int(key) <= 255 for key in keys) else "Int32"
    if all(isinstance(key, int | float) and not isinstance(key, bool) for key in keys):
        return "Double"
    return "String"


class Voice:
    """What one variable says. Of several points those that somebody set are heard first, then in their order."""

    def __init__(self, points: Sequence[Point]) -> None:
        self._points = tuple(points)
        raws = dict.fromkeys(word(key) for point in points for key in point.mapping or {})
        self._meanings = {raw: [_meaning(point, raw) for point in points] for raw in raws}
        self._last: tuple[tuple[Value, ...], tuple[bool, ...]] | None = None
        self._said: Value = 0

    def raw(self, value: Callable[[Point], Value], held: Callable[[PointId], bool]) -> Value:
        """Return the raw value that is right for most points. Raises ValueError when none says the first point."""
        wanted = tuple(value(point) for point in self._points)
        firm = tuple(held(point.id) for point in self._points)
        if len(self._points) == 1 or not self._meanings:
            first = firm.index(True) if True in firm else 0
            return raw_of(self._points[first], wanted[first])
        if (wanted, firm) != self._last:
            self._said = max(self._meanings, key=lambda raw: self._right(raw, wanted, firm))
            self._last = wanted, firm
        return self._said

    def _right(
        self, raw: Value, wanted: tuple[Value, ...], firm: tuple[bool, ...]
    ) -> tuple[int, int, list[bool], list[bool]]:
        pairs = zip(self._points, self._meanings[raw], wanted, strict=True)
        matches = [raw == raw_of(p, want) if means is _UNKNOWN else means == want for p, means, want in pairs]
        held = [match for match, firmly in zip(matches, firm, strict=True) if firmly]
        return sum(held), sum(matches), held, matches


def _meaning(point: Point, raw: Value) -> object:
    """Return what a raw value means to a point, None for nothing."""
    if point.mapping is None:
        return _UNKNOWN
    value = next((v for k, v in point.mapping.items() if word(k) == raw), None)
    return not value if point.invert and isinstance(value, bool) else value
