"""Events prove themselves as points do: what a source sends gives the attributes that the profile says."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from hub.config.marks import Map
from hub.config.problems import Report, did_you_mean, known_are
from hub.config.profile import Example
from hub.config.registry import DriverLike
from hub.config.validate import shown
from hub.model import DeviceEvent, EventMap, Value
from hub.model.normalform import ATTRIBUTES, read_of
from hub.model.passage import PASSAGE

_FIELDS = {"class": "vehicle"}
"""Attributes of the normal form whose field of a read has another name."""
_NORMAL = frozenset(ATTRIBUTES) - {"confidence_percent", "speed_ms"}


def check_attributes(tree: Map, attributes: Iterable[str], report: Report) -> None:
    """Report attributes that a passage does not have: what is misspelt would be lost without a word."""
    for name in attributes:
        if name not in ATTRIBUTES:
            hint = did_you_mean(name, ATTRIBUTES, otherwise=known_are("attributes", ATTRIBUTES, 20))
            report.error(tree["attributes"].key_marks[name], f"a passage has no attribute '{name}'", hint)


def check_event(example: Example, written: Map, events: Iterable[EventMap], spec: DriverLike, report: Report) -> None:
    """Report an example of an event that comes out differently."""
    known = {event.name: event for event in events}
    event = known.get(example.event or "")
    if event is None:
        hint = did_you_mean(example.event or "", known, otherwise=known_are("events", known))
        report.error(written.value_marks["event"], f"there is no event '{example.event}'", hint)
    elif spec.happening is None:
        report.error(written.key_marks["event"], "this driver has no examples of events", "give examples of points")
    else:
        _compare(example.gives or {}, event, _attributes(event, example.raw, written, spec, report), written, report)


def _attributes(
    event: EventMap, raw: Any, written: Map, spec: DriverLike, report: Report
) -> Mapping[str, Value | None] | None:
    try:
        found = spec.happening(event, raw) if spec.happening is not None else None
    except (ValueError, TypeError) as error:
        report.error(written.value_marks["raw"], f"{shown(raw)} cannot be read here: {error}")
        return None
    if found is None:
        report.error(written.value_marks["raw"], f"this is no '{event.name}': the event does not happen")
        return None
    if event.kind != PASSAGE:
        return found
    read = read_of(DeviceEvent("example", PASSAGE, dict(found), None, 0))
    return {name: getattr(read, _FIELDS.get(name, name)) for name in _NORMAL}


def _compare(
    gives: Mapping[str, Value | None],
    event: EventMap,
    found: Mapping[str, Value | None] | None,
    written: Map,
    report: Report,
) -> None:
    for name, expected in gives.items() if found is not None else ():
        mark = written["gives"].value_marks[name]
        if found is None or name not in found:
            report.error(mark, f"'{event.name}' has no attribute '{name}'", did_you_mean(name, found or ()))
        elif not _same(found[name], expected):
            report.error(mark, f"{name} is {shown(found[name])}, not {shown(expected)}")


def _same(got: Value | None, expected: Value | None) -> bool:
    numbers = (int, float)
    if isinstance(got, numbers) and isinstance(expected, numbers) and not isinstance(got, bool):
        return math.isclose(got, expected, rel_tol=1e-6, abs_tol=1e-9)
    return type(got) is type(expected) and got == expected
