"""Small sites, readings and actions for tests of the rules: no files, no YAML."""

from collections.abc import Mapping
from typing import Any

from hub.model import (
    QUALITY_OF,
    SECOND,
    Condition,
    Device,
    Lane,
    OperatorAction,
    Point,
    Priority,
    Reading,
    Reason,
    Rule,
    Selector,
    Site,
    StoreSettings,
    Text,
    Value,
    WebSettings,
    Zone,
)
from hub.model import Test as Comparison
from rules import Engine

T0 = 1_700_000_000 * SECOND
IS_TRUE = Comparison("is", True)
ZONES = {
    "tn": Zone("tn", Text("Thái Nguyên", "Thai Nguyen"), instructions="sop/general.md"),
    "tn/market": Zone("tn/market", Text("Chợ Thái", "Thai market"), parent="tn"),
}


def device(
    name: str,
    points: Mapping[str, str],
    *,
    zone: str = "tn/market",
    tags: frozenset[str] = frozenset(),
    behind: str | None = None,
) -> Device:
    """Return a device with points given as name → kind, and its `$health`."""
    units = {"env.temperature": "degC", "env.water_level": "m"}
    made = tuple(
        Point(f"{name}/{p}", name, p, Text(f"{p} vi", f"{p} en"), kind, zone, Lane.LIVE, unit=units.get(kind))
        for p, kind in {**points, "$health": "$health"}.items()
    )
    return Device(
        name, Text(f"máy {name}", f"device {name}"), "test/profile", "mqtt", zone, None, made, tags=tags, behind=behind
    )


def site(rules: tuple[Rule, ...], *devices: Device) -> Site:
    """Return a site of these devices and rules in the zone `tn/market`."""
    points = {p.id: p for d in devices for p in d.points}
    return Site(
        "s",
        Text.same("s"),
        "UTC",
        "vi",
        ".",
        WebSettings(),
        StoreSettings(),
        ZONES,
        {d.id: d for d in devices},
        points,
        rules,
    )


def rule(when: Condition = IS_TRUE, *, kind: str = "fire.alarm", name: str = "fire", **more: Any) -> Rule:
    """Return a rule for each point of `kind`."""
    settings: dict[str, Any] = {
        "text": Text("CHÁY {zone.name}", "FIRE {zone.name}"),
        "for_each": Selector(kind=kind),
        "category": "fire",
        "priority": Priority.CRITICAL,
    } | more
    return Rule(id=name, when=when, **settings)


def reading(point: str, value: Value | None, reason: Reason = Reason.NONE, *, at: int = T0) -> Reading:
    """Return a reading; the quality is what the reason means."""
    return Reading(point, value, QUALITY_OF[reason], reason, None, at, 0)


def act(kind: str, alarm: str, occurrence: int, *, who: str = "an", **more: Any) -> OperatorAction:
    """Return an operator action."""
    return OperatorAction(kind, alarm, occurrence, who, T0, **more)


class Bench:
    """An engine on a table: seconds since T0, one panel `p` with `a` (fire.alarm) and `t` (env.temperature)."""

    def __init__(self, *rules: Rule, points: Mapping[str, str] | None = None) -> None:
        self.site = site(rules, device("p", points or {"a": "fire.alarm", "t": "env.temperature"}))
        self.engine = Engine(self.site)

    def say(self, second: float, point: str, value: Value | None, reason: Reason = Reason.NONE) -> list[str]:
        """Give one reading; return the inputs of the transitions."""
        now = T0 + int(second * SECOND)
        return [t.input for t in self.engine.step([reading(f"p/{point}", value, reason, at=now)], now)]

    def wake(self, second: float) -> list[str]:
        """Let time pass; return the inputs of the transitions."""
        return [t.input for t in self.engine.wake(T0 + int(second * SECOND))]

    @property
    def due(self) -> float | None:
        """When the engine wants to be woken, seconds since T0."""
        due = self.engine.due()
        return None if due is None else (due - T0) / SECOND

    def states(self) -> list[str]:
        """Return the states of the shown alarms."""
        return [a.last.state for a in self.engine.alarms()]

    def restart(self) -> None:
        """Replace the engine by a new one that knows only the dump."""
        dump = self.engine.dump()
        self.engine = Engine(self.site)
        self.engine.load(dump)
