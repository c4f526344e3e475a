"""Which raw value a variable carries when several points read it: the state that says most of what is true. Pure."""

from collections.abc import Callable, Sequence

from hub.model import Point, PointId, Value
from simulators.raw import raw_of, word

_UNSIGNED = frozenset({"device.count", "fire.count", "fire.heartbeat"})


def raw_type(points: Sequence[Point]) -> str:
    """Return the built-in type (OPC 10000-6, 5.1.2) that a variable of these points has."""
    mapped = next((p for p in points if p.mapping), None)
    if mapped is not None:
        return _type_of_keys([word(key) for p in points for key in p.mapping or {}])
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


def spoken(points: Sequence[Point], value: Callable[[Point], Value], held: Callable[[PointId], bool]) -> Value:
    """Return the raw value that is right for most points: those that somebody set first, then in their order.

    Raises ValueError when no raw value means what the first point says.
    """
    if len(points) == 1:
        return raw_of(points[0], value(points[0]))
    ordered = sorted(points, key=lambda p: not held(p.id))
    wanted = [(point, value(point)) for point in ordered]
    candidates = list(dict.fromkeys([raw_of(p, v) for p, v in wanted] + [word(k) for k in ordered[0].mapping or {}]))

    def right(raw: Value) -> tuple[int, int, tuple[bool, ...]]:
        matches = tuple(_means(point, raw, meant) for point, meant in wanted)
        firmly = sum(match for match, (point, _) in zip(matches, wanted, strict=True) if held(point.id))
        return firmly, sum(matches), matches

    return max(candidates, key=right)


def _means(point: Point, raw: Value, meant: Value) -> bool:
    if point.mapping is None:
        return raw == raw_of(point, meant)
    found = [v for k, v in point.mapping.items() if word(k) == raw]
    value = found[0] if found else None
    return (not value if point.invert and isinstance(value, bool) else value) == meant
