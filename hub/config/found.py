"""Found groups: points for rows that nobody listed, checked at load with a row that stands for all, made as they come.

A row's points are not validated anew when it comes: only the label, the word and the place in the table differ.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from pydantic import BaseModel

from hub.config.foundentry import FoundEntry
from hub.config.marks import Map, Mark, Source, merge
from hub.config.points import Blueprint, blueprint, built
from hub.config.problems import Report, did_you_mean, known_are
from hub.config.registry import DriverLike
from hub.config.templates import fill
from hub.config.validate import validate
from hub.model import SECOND, DeviceId, FoundGroup, FoundRow, Point, Text, Value, ZoneId, point_id

LABEL = "4294967295"
"""What stands for a row's label until there is one: good as a name and as a number, and in nobody's title."""
ANY = FoundRow(LABEL)
SHORTEST_LOOK = SECOND


class FoundPlan(Struct, frozen=True):
    """A found group before it belongs to a device."""

    name: str
    entry: FoundEntry
    address: Any
    trees: Map
    values: dict[str, Value]
    spec: DriverLike
    points: dict[str, Blueprint]
    """By the name of the point within the row."""

    def changed(self, name: str, change: Map, at: Mark, report: Report) -> "Change | None":
        """Return a point of one row as its device wants it."""
        below: Map = self.trees[name]
        made = _blueprint(
            f"{self.name}.row.{name}", merge(below, change), self.address, at, self.values, self.spec, report
        )
        writable = change.get("writable") is True
        if writable and below.get("writable") is not True:
            message = f"the profile does not let '{name}' be set"
            report.error(change.value_marks["writable"], message, "remove it, or see the device's document")
        return None if made is None else Change(made, writable)


class Change(Struct, frozen=True):
    """A point of one row that differs from the profile."""

    plan: Blueprint
    writable: bool


class RowPoints(Struct, frozen=True):
    """Makes the points of a row of one device."""

    group: str
    device: DeviceId
    zone: ZoneId
    tags: frozenset[str]
    cell: Any
    """(group's address, row) → what a point's address takes from its row."""
    address: Any
    plans: dict[str, Blueprint]
    changes: dict[str, Change]
    """By `word.point`."""

    def __call__(self, word: str, row: FoundRow) -> tuple[Point, ...]:
        """Return the points of a row, named `group.word.point`."""
        place = self.cell(self.address, row)
        return tuple(self._point(name, word, row, place) for name in self.plans)

    def _point(self, name: str, word: str, row: FoundRow, place: Mapping[str, Any]) -> Point:
        change = self.changes.get(f"{word}.{name}")
        made = built(change.plan if change else self.plans[name], self.device, self.zone, self.tags)
        full = f"{self.group}.{word}.{name}"
        title = Text(made.title.vi.replace(LABEL, row.label), made.title.en.replace(LABEL, row.label))
        address: BaseModel = made.address
        return replace(
            made,
            id=point_id(self.device, full),
            name=full,
            title=title,
            address=address.model_copy(update=dict(place)),
            writable=change is not None and change.writable,
        )


def plans(
    entries: Mapping[str, FoundEntry], trees: Map | None, values: Mapping[str, Value], spec: DriverLike, report: Report
) -> dict[str, FoundPlan]:
    """Return the found groups that these parameters leave, every point of a row checked."""
    found: dict[str, FoundPlan] = {}
    for name, entry in entries.items():
        assert trees is not None
        tree: Map = trees[name]
        if _wanted(entry, tree, values, report):
            plan = _plan(name, entry, tree, trees.key_marks[name], values, spec, report)
            if plan is not None:
                found[name] = plan
    return found


def every(
    entries: Mapping[str, FoundEntry], trees: Map | None, values: Mapping[str, Value], spec: DriverLike
) -> dict[str, Blueprint]:
    """Return the points of every group as `group.row.point`, whatever parameters say: examples speak of them."""
    given = trees or Map(Mark(Source("", ()), 1, 1))
    found = (
        _plan(name, entry, given[name], given.key_marks[name], values, spec, Report())
        for name, entry in entries.items()
    )
    return {point.name: point for plan in found if plan is not None for point in plan.points.values()}


def part_of(found: Mapping[str, FoundPlan], name: str) -> tuple[str, str, str] | None:
    """Return group, word and point when a point's name is one that a row may bring."""
    group, _, rest = name.partition(".")
    word, _, point = rest.partition(".")
    return (group, word, point) if group in found and point in found[group].points else None


def changes(found: Mapping[str, FoundPlan], points: Any, report: Report) -> dict[str, dict[str, Change]]:
    """Return what a device wants of rows that may come, by group and `word.point`."""
    made: dict[str, dict[str, Change]] = {}
    for name, change in points.items() if isinstance(points, Map) else ():
        place = part_of(found, name)
        if place is not None and isinstance(change, Map):
            group, word, point = place
            changed = found[group].changed(point, change, points.key_marks[name], report)
            if changed is not None:
                made.setdefault(group, {})[f"{word}.{point}"] = changed
    return made


def groups(
    found: Mapping[str, FoundPlan],
    device: DeviceId,
    zone: ZoneId,
    tags: frozenset[str],
    changes: Mapping[str, Mapping[str, Change]],
) -> tuple[FoundGroup, ...]:
    """Return the found groups of one device; `changes` are what it wants otherwise, by group."""
    made = []
    for name, plan in found.items():
        own = dict(changes.get(name, {}))
        points = RowPoints(name, device, zone, tags, plan.spec.cell, plan.address, plan.points, own)
        entry = plan.entry
        made.append(
            FoundGroup(name, plan.address, entry.most, entry.every, len(plan.points), points, tuple(entry.simulated))
        )
    return tuple(made)


def _wanted(entry: FoundEntry, tree: Map, values: Mapping[str, Value], report: Report) -> bool:
    for key in ("when", "unless"):
        name = getattr(entry, key)
        if name is not None and name not in values:
            hint = did_you_mean(name, values, otherwise=known_are("parameters", values))
            report.error(tree.value_marks[key], f"there is no parameter '{name}'", hint)
            return False
    needed = entry.when is None or bool(values[entry.when])
    return needed and not (entry.unless is not None and values[entry.unless])


def _plan(
    name: str, entry: FoundEntry, tree: Map, at: Mark, values: Mapping[str, Value], spec: DriverLike, report: Report
) -> FoundPlan | None:
    if spec.found is None:
        report.error(at, "this driver cannot find rows by itself", "list the points, or repeat them with 'each'")
        return None
    if entry.every < SHORTEST_LOOK:
        report.error(tree.value_marks["every"], "a table is looked at every second at most", "write 1s or more")
    given = fill(tree.get("address"), values, at, report)
    address = validate(spec.found, given if isinstance(given, Map) else Map(at), report)
    points: Map = tree["points"]
    if address is None:
        return None
    inner = {**values, "label": LABEL}
    made = {
        point: _blueprint(f"{name}.row.{point}", below, address, points.key_marks[point], inner, spec, report)
        for point, below in points.items()
    }
    sound = {point: plan for point, plan in made.items() if plan is not None}
    return FoundPlan(name, entry, address, points, inner, spec, sound) if len(sound) == len(made) else None


def _blueprint(
    name: str, tree: Map, group: Any, at: Mark, values: Mapping[str, Value], spec: DriverLike, report: Report
) -> Blueprint | None:
    """Check a point as it would be in a row that stands for all of them."""
    assert spec.cell is not None
    place = {key: part.model_dump() if isinstance(part, BaseModel) else part for key, part in _any(spec, group).items()}
    placed = Map(tree.mark)
    placed.put("address", _map(place, at), at, at)
    return blueprint(name, merge(placed, tree), at, values, spec, report)


def _any(spec: DriverLike, group: Any) -> Mapping[str, Any]:
    assert spec.cell is not None
    return spec.cell(group, ANY)


def _map(given: Mapping[str, Any], at: Mark) -> Map:
    made = Map(at)
    for key, value in given.items():
        made.put(key, _map(value, at) if isinstance(value, dict) else value, at, at)
    return made
