"""Sites made by hand, for tests and benchmarks of parts that need one."""

from collections.abc import Iterable, Sequence

from hub.model import (
    Device,
    Lane,
    Point,
    Priority,
    Rule,
    Selector,
    Site,
    StoreSettings,
    Test,
    Text,
    WebSettings,
    Zone,
    point_id,
)
from hub.model.kinds import POINT_KINDS

ZONE = "town"


def a_point(device: str, name: str, kind: str = "env.temperature", **more: object) -> Point:
    """Return a point of the given kind, with the kind's type, unit and lane unless told otherwise."""
    k = POINT_KINDS[kind]
    fields: dict[str, object] = {"type": k.type, "unit": k.unit, "lane": k.lane} | more
    return Point(point_id(device, name), device, name, Text.same(name), kind, ZONE, **fields)  # type: ignore[arg-type]


def a_device(
    device: str, points: Iterable[Point], driver: str = "none", connection: object = None, **more: object
) -> Device:
    """Return a device with its points and the hub's own `$health`."""
    own = a_point(device, "$health", "$health")
    return Device(device, Text.same(device), "test/device", driver, ZONE, connection, (*points, own), **more)  # type: ignore[arg-type]


def a_rule(rule: str, kind: str, verb: str, operand: object, **more: object) -> Rule:
    """Return a rule for each point of a kind."""
    fields: dict[str, object] = {"category": "process", "priority": Priority.HIGH} | more
    test = Test(verb, operand, deadband=float(fields.pop("deadband", 0.0)))  # type: ignore[arg-type]
    return Rule(rule, for_each=Selector(kind=kind), when=test, text=Text.same(rule), **fields)  # type: ignore[arg-type]


def a_site(devices: Sequence[Device], rules: Sequence[Rule] = ()) -> Site:
    """Return a site of one zone."""
    return Site(
        id="test", title=Text.same("Test"), timezone="Asia/Ho_Chi_Minh", language="en", folder="",
        web=WebSettings(), store=StoreSettings(), zones={ZONE: Zone(ZONE, Text.same("Town"))},
        devices={d.id: d for d in devices}, points={p.id: p for d in devices for p in d.points}, rules=tuple(rules),
    )  # fmt: skip


def many(count: int, points: int = 1, *, kind: str = "env.temperature", lane: Lane = Lane.LIVE) -> list[Device]:
    """Return `count` devices of `points` points each: d0/p0, d0/p1, …"""
    return [
        a_device(f"d{d}", [a_point(f"d{d}", f"p{p}", kind, lane=lane) for p in range(points)]) for d in range(count)
    ]
