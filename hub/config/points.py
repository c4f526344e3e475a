"""Points of a profile or device: meaning checked against the kinds, address against the driver's model."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from pydantic import BaseModel

from hub.config.marks import Map, Mark, locate
from hub.config.problems import Report, did_you_mean, known_are
from hub.config.profile import PointEntry
from hub.config.registry import DriverLike
from hub.config.scalars import scalar
from hub.config.templates import fill
from hub.config.validate import describe, validate
from hub.model import DeviceId, Lane, Point, Text, Value, ZoneId, point_id
from hub.model.ids import POINT_NAME
from hub.model.kinds import POINT_KINDS, UNITS, Kind, is_own
from hub.model.masking import carries_plate
from hub.model.scaling import raw_key

AVAILABLE = "$available"
"""The one name with a dollar that a profile may give: the device's last will."""


class Blueprint(Struct, frozen=True):
    """A point before it belongs to a device."""

    name: str
    tree: Map
    entry: PointEntry
    address: Any
    type: str
    unit: str | None
    lane: Lane
    title: Text
    mapping: dict[str, Value] | None
    tags: frozenset[str]


class _Meaning(Struct, frozen=True):
    type: str
    unit: str | None
    lane: Lane
    title: Text


def blueprint(
    name: str, tree: Map, at: Mark, values: Mapping[str, Value], spec: DriverLike, report: Report
) -> Blueprint | None:
    """Return a checked point, its `{…}` filled in; None after reporting what is wrong."""
    if not POINT_NAME.match(name) or (name.startswith("$") and name != AVAILABLE):
        report.error(at, f"'{name}' cannot name a point", "use letters without accents, digits, '-', '_' and '.'")
        return None
    filled = fill(tree, values, at, report)
    if not isinstance(filled, Map):
        report.error(at, f"expected a map of keys, found {describe(filled)}")
        return None
    entry = validate(PointEntry, filled, report)
    if entry is None:
        return None
    meaning = _meaning(entry, filled, report)
    address = _address(spec.address, filled, report)
    if meaning is None or address is None:
        return None
    if meaning.type == "text" and (carries_plate(name) or carries_plate(entry.kind)):
        hint = "take it as an event of kind traffic.passage, whose plates are kept apart"
        report.error(at, f"a plate cannot be the point '{name}': readings are shown to everybody", hint)
    _check_numbers(entry, meaning, filled, report)
    mapping = None if entry.map is None else _mapping(entry.map, meaning.type, filled, report)
    title = entry.name.text if entry.name else meaning.title
    return Blueprint(
        name, filled, entry, address, meaning.type, meaning.unit, meaning.lane, title, mapping, frozenset(entry.tags)
    )


def built(plan: Blueprint, device: DeviceId, zone: ZoneId, tags: frozenset[str], writable: bool = False) -> Point:
    """Return the point of one device; `writable` is what profile and device say together."""
    entry = plan.entry
    return Point(
        point_id(device, plan.name),
        device,
        plan.name,
        plan.title,
        entry.kind,
        entry.zone or zone,
        plan.lane,
        plan.unit,
        plan.type,
        plan.address,
        entry.scale,
        entry.offset,
        plan.mapping,
        entry.invert,
        (entry.range[0], entry.range[1]) if entry.range else None,
        entry.deadband,
        entry.interval,
        entry.stale_after,
        writable,
        tags | plan.tags if plan.tags else tags,
    )


def own_point(kind: str, device: DeviceId, zone: ZoneId, tags: frozenset[str]) -> Point:
    """Return one of the hub's own points (`$health`, `$latency`)."""
    known = POINT_KINDS[kind]
    return Point(
        point_id(device, kind), device, kind, known.title, kind, zone, known.lane, known.unit, known.type, tags=tags
    )


def _meaning(entry: PointEntry, tree: Map, report: Report) -> _Meaning | None:
    known = POINT_KINDS.get(entry.kind)
    if known is None and not is_own(entry.kind):
        hint = did_you_mean(entry.kind, POINT_KINDS, otherwise="a site's own kinds start with 'x.'")
        report.error(tree.value_marks["kind"], f"unknown kind '{entry.kind}'", hint)
        return None
    if known is None:
        type_ = entry.type or "float"
        known = Kind(entry.kind, type_, entry.unit, Text.same(entry.kind.removeprefix("x.")))
    elif entry.type is not None and entry.type != known.type:
        message = f"'{known.name}' is always {known.type}, not {entry.type}"
        report.error(tree.value_marks["type"], message, "remove 'type'; only own kinds (x.…) choose it")
    return _Meaning(known.type, _unit(entry, known, tree, report), known.lane, known.title)


def _unit(entry: PointEntry, kind: Kind, tree: Map, report: Report) -> str | None:
    if entry.unit is None:
        return kind.unit
    mark = tree.value_marks["unit"]
    if kind.type in {"bool", "text"}:
        report.error(mark, f"'{kind.name}' has no unit, it is {_plainly(kind.type)}", "remove 'unit'")
    elif kind.unit is not None and entry.unit != kind.unit:
        message = f"'{kind.name}' is carried in '{kind.unit}', not '{entry.unit}'"
        report.error(mark, message, f"write unit: {kind.unit} and convert with 'scale'")
    elif entry.unit not in UNITS:
        report.error(
            mark,
            f"unknown unit '{entry.unit}'",
            did_you_mean(entry.unit, UNITS, otherwise=known_are("units", UNITS, 40)),
        )
    return entry.unit


def _plainly(type_: str) -> str:
    return {"bool": "true or false", "text": "a text", "int": "a whole number", "float": "a number"}[type_]


def _check_numbers(entry: PointEntry, meaning: _Meaning, tree: Map, report: Report) -> None:
    if meaning.type in {"bool", "text"}:
        for key in ("scale", "offset", "range", "deadband"):
            if key in tree:
                message = f"'{key}' needs a number, and '{entry.kind}' is {_plainly(meaning.type)}"
                report.error(tree.key_marks[key], message, "remove it")
    if entry.invert and meaning.type != "bool":
        report.error(tree.key_marks["invert"], f"'invert' needs true or false, and '{entry.kind}' is not", "remove it")
    if entry.scale == 0:
        report.error(tree.value_marks["scale"], "a scale of 0 makes every value 0")


def _mapping(given: Mapping[str, Value], type_: str, tree: Map, report: Report) -> dict[str, Value]:
    """Return a mapping whose values have the point's type."""
    table, mapping = tree["map"], {}
    for raw, value in given.items():
        if not fits(value, type_):
            mark = locate(table, [raw], table.mark)[1]
            hint = "YAML's truth values are true and false" if type_ == "bool" else ""
            report.error(mark, f"expected {_plainly(type_)}, found {describe(value)}", hint)
        mapping[_raw_key(raw)] = float(value) if type_ == "float" and fits(value, type_) else value
    return mapping


def _raw_key(written: str) -> str:
    """Return a mapping's key as raw values are looked up: `0x10` is the key of 16."""
    try:
        value = scalar(written)
    except ValueError:
        return written
    return raw_key(value) if isinstance(value, int | float) else written


def fits(value: Value, type_: str) -> bool:
    """Tell whether a configured value can be a value of a point of this type."""
    match type_:
        case "bool":
            return isinstance(value, bool)
        case "text":
            return isinstance(value, str)
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _address(model: type[BaseModel], tree: Map, report: Report) -> BaseModel | None:
    given = tree.get("address")
    if given is None:
        given = Map(tree.mark)
    if not isinstance(given, Map):
        report.error(tree.value_marks["address"], f"expected a map of keys, found {describe(given)}")
        return None
    return validate(model, given, report)
