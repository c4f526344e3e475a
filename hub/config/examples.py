"""A profile proves itself: its examples, decoded by the driver and scaled by us, give the values it says."""

import math
from collections.abc import Mapping
from typing import Any

from hub.config.happenings import check_event
from hub.config.library import Expansion
from hub.config.marks import Map
from hub.config.points import Blueprint, built
from hub.config.problems import Report, did_you_mean, known_are
from hub.config.profile import FEWEST_EXAMPLES, Example
from hub.config.registry import DriverLike
from hub.config.validate import shown
from hub.model import Reason, Value, to_engineering

_REASONS = {reason.word: reason for reason in Reason}


def check_examples(
    tree: Map,
    examples: list[Example],
    found: Expansion,
    rows: Mapping[str, Blueprint],
    spec: DriverLike,
    report: Report,
) -> None:
    """Report missing examples and those that come out differently; `rows` are points of rows that a device may have."""
    points = {**found.points, **rows}
    if len(examples) < FEWEST_EXAMPLES:
        message = f"a profile needs at least {FEWEST_EXAMPLES} examples, this one has {len(examples)}"
        mark = tree.key_marks.get("examples", tree.mark)
        report.error(mark, message, "copy raw values and their meaning from the device's document")
    for example, written in zip(examples, tree.get("examples", ()), strict=True):
        if example.event is not None:
            check_event(example, written, found.events, spec, report)
            continue
        point = points.get(example.point or "")
        if point is None and not found.whole:
            continue
        if point is None:
            hint = did_you_mean(example.point or "", points, otherwise=known_are("points", points))
            report.error(written.value_marks["point"], f"there is no point '{example.point}'", hint)
        elif example.reason is not None and example.reason not in _REASONS:
            hint = did_you_mean(example.reason, _REASONS, otherwise=known_are("reasons", _REASONS, 20))
            report.error(written.value_marks["reason"], f"unknown reason '{example.reason}'", hint)
        else:
            _compare(example, written, point, spec, report)


def _compare(example: Example, written: Map, point: Blueprint, spec: DriverLike, report: Report) -> None:
    if spec.example is None:
        return
    try:
        raw = spec.example(point.address, example.raw)
    except (ValueError, TypeError) as error:
        report.error(written.value_marks["raw"], f"{shown(example.raw)} cannot be a raw value here: {error}")
        return
    value, reason = _outcome(point, raw)
    if example.reason is not None and reason is not _REASONS[example.reason]:
        got = f"value {shown(value)}" if reason is Reason.NONE else f"reason '{reason.word}'"
        report.error(written.value_marks["reason"], f"the driver gives {got}, not reason '{example.reason}'")
    elif example.value is not None and not _same(value, example.value):
        got = "nothing" if value is None else shown(value)
        because = "" if reason is Reason.NONE else f" (reason '{reason.word}')"
        message = f"{shown(example.raw)} gives {got}{because}, not {shown(example.value)}"
        report.error(written.value_marks["value"], message, "one of the two is wrong: the example or the point")


def _outcome(point: Blueprint, raw: Value | Reason) -> tuple[Value | None, Reason]:
    """Return what the hub would make of a raw value: value and reason."""
    if isinstance(raw, Reason):
        return None, raw
    try:
        value = to_engineering(built(point, "example", "", frozenset()), raw)
    except ValueError:
        return None, Reason.UNDECODABLE
    bounds = point.entry.range
    if bounds and not isinstance(value, bool | str) and not bounds[0] <= value <= bounds[1]:
        return value, Reason.OUT_OF_RANGE
    return value, Reason.NONE


def _same(got: Value | None, expected: Any) -> bool:
    if (
        got is None
        or isinstance(got, bool) != isinstance(expected, bool)
        or isinstance(got, str) != isinstance(expected, str)
    ):
        return False
    if isinstance(got, str | bool):
        return bool(got == expected)
    return math.isclose(got, expected, rel_tol=1e-6, abs_tol=1e-9)
