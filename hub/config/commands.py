"""Commands of a profile and of a device: every point, value and condition checked before anybody can give them."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from hub.config.commandentry import CommandEntry
from hub.config.condition import Conditions
from hub.config.marks import Map, Mark, Seq
from hub.config.points import Blueprint, built, own_point
from hub.config.problems import Report, did_you_mean, known_are
from hub.config.profile import ProfileFile
from hub.model import (
    SECOND,
    CommandSpec,
    Condition,
    DeviceId,
    Point,
    PointValue,
    ReadBack,
    Selector,
    Text,
    Value,
    point_id,
    to_raw,
)
from hub.model.command import is_fire

SELECT_FROM = CONFIRM_FROM = 4
"""Danger from which a command is always selected first, and always confirmed by a second person."""
AFTER_FIRE = 30 * SECOND
"""How long after a new fire a dangerous command to fire protection is refused, where its profile says nothing."""
_NOWHERE: frozenset[str] = frozenset()


def commands(
    file: ProfileFile, tree: Map, points: Mapping[str, Blueprint], whole: bool, report: Report
) -> tuple[CommandSpec, ...]:
    """Return the commands of a profile, their points without the device; report every mistake.

    `whole`: every point could be made, so one that is missing is a mistake.
    """
    table = tree.get("commands")
    if not file.commands or not isinstance(table, Map):
        return ()
    reading = _Reading(file.profile, points, whole, report)
    found = [reading.command(name, entry, table[name], table.key_marks[name]) for name, entry in file.commands.items()]
    return tuple(spec for spec in found if spec is not None)


def bound(
    specs: Sequence[CommandSpec], device: DeviceId, tree: Map, writable: frozenset[str], report: Report
) -> tuple[CommandSpec, ...]:
    """Return the commands of one device: whether its site allows them, their points with the device's name."""
    given: Any = tree["commands"]["allow"] if "commands" in tree else ()
    names = [spec.name for spec in specs]
    for n, name in enumerate(given):
        if name not in names:
            hint = did_you_mean(name, names, otherwise=known_are("commands", names))
            report.error(given.marks[n], f"the profile has no command '{name}'", hint)
    return tuple(_at(spec, device, spec.name in given or (not spec.fire and spec.point in writable)) for spec in specs)


def _at(spec: CommandSpec, device: DeviceId, allowed: bool) -> CommandSpec:
    arm, back = spec.arm, spec.read_back
    return replace(
        spec,
        point=point_id(device, spec.point),
        arm=replace(arm, point=point_id(device, arm.point)) if arm else None,
        read_back=replace(back, point=point_id(device, back.point)) if back else None,
        allowed=allowed,
    )


class _Reading:
    """Reads the commands of one profile."""

    def __init__(self, profile: str, points: Mapping[str, Blueprint], whole: bool, report: Report) -> None:
        self._profile = profile
        self._plans = points
        self._whole = whole
        self._report = report

    def command(self, name: str, entry: CommandEntry, tree: Map, at: Mark) -> CommandSpec | None:
        """Return one command, or None after reporting why not."""
        back = entry.read_back
        sound = [self._written(entry.point, entry.value, tree)]
        if entry.arm is not None:
            sound.append(self._written(entry.arm.point, entry.arm.value, tree["arm"]))
        if back is not None:
            sound.append(self._held(back.point, back.value, tree["read_back"]))
        if not all(sound):
            return None
        named = [entry.point, *([entry.arm.point] if entry.arm else []), *([back.point] if back else [])]
        fire = any(is_fire(self._profile, self._plans[point].entry.kind) for point in named)
        self._careful(entry, fire, tree, at)
        return CommandSpec(
            name=name,
            title=entry.title.text if entry.title else Text.same(name),
            point=entry.point,
            value=entry.value,
            danger=entry.danger,
            roles=tuple(entry.roles),
            select=bool(entry.select) or fire or entry.danger >= SELECT_FROM,
            fire=fire,
            confirm=bool(entry.confirm) or entry.danger >= CONFIRM_FROM,
            after_fire=_after_fire(entry, fire),
            timeout=entry.timeout,
            arm=PointValue(entry.arm.point, entry.arm.value) if entry.arm else None,
            read_back=ReadBack(back.point, back.value, back.within) if back else None,
            interlock=self._interlock(entry, tree),
        )

    def _careful(self, entry: CommandEntry, fire: bool, tree: Map, at: Mark) -> None:
        if fire and "operator" in entry.roles:
            self._report.error(tree.value_marks["roles"], "a command to fire protection is for engineers only")
        if entry.select is False and (fire or entry.danger >= SELECT_FROM):
            why = "to fire protection" if fire else f"of danger {entry.danger}"
            self._report.error(tree.value_marks["select"], f"a command {why} is always selected first", "remove it")
        if entry.confirm is False and entry.danger >= CONFIRM_FROM:
            why = f"a command of danger {entry.danger} always needs a second person"
            self._report.error(tree.value_marks["confirm"], why, "remove it")
        if fire and entry.danger < 1:
            self._report.error(tree.value_marks.get("danger", at), "a command to fire protection is never harmless")

    # -- points -----------------------------------------------------------------------------------------------------

    def _written(self, point: str, value: Value, tree: Map) -> bool:
        plan = self._plan(point, tree)
        if plan is None:
            return False
        if not plan.entry.writable:
            self._report.error(tree.value_marks["point"], f"'{point}' is read-only", "it needs writable: true")
            return False
        return self._possible(plan, value, tree)

    def _held(self, point: str, value: Value, tree: Map) -> bool:
        plan = self._plan(point, tree)
        return plan is not None and self._possible(plan, value, tree)

    def _plan(self, point: str, tree: Map) -> Blueprint | None:
        plan = self._plans.get(point)
        if plan is None and self._whole:
            hint = did_you_mean(point, self._plans, otherwise=known_are("points", self._plans))
            self._report.error(tree.value_marks["point"], f"there is no point '{point}'", hint)
        return plan

    def _possible(self, plan: Blueprint, value: Value, tree: Map) -> bool:
        try:
            to_raw(_point(plan), value)
        except ValueError as wrong:
            self._report.error(tree.value_marks["value"], f"'{plan.name}' cannot be set so: {wrong}")
            return False
        return True

    # -- interlocks -------------------------------------------------------------------------------------------------

    def _interlock(self, entry: CommandEntry, tree: Map) -> Condition | None:
        if "interlock" not in tree:
            return None
        own = own_point("$health", "example", "", _NOWHERE)
        points = [*(_point(plan) for plan in self._plans.values()), own]
        anchor = _point(self._plans[entry.point])

        def beside(of: Selector | None) -> Sequence[Point]:
            if of is None:
                return [anchor]
            return [p for p in points if of.kind in (None, p.kind) and _named(of.point, p.name)]

        node, mark = tree["interlock"], tree.value_marks["interlock"]
        self._known(node, beside)
        return Conditions(beside, True, self._report).read(node, mark)

    def _known(self, node: Any, beside: Any) -> None:
        """Report what a rule may say and an interlock may not: ages, and points that are not there."""
        if isinstance(node, Seq):
            for item in node:
                self._known(item, beside)
        if not isinstance(node, Map):
            return
        if "stale_for" in node:
            message = "an interlock has no 'stale_for': what is not fresh is unknown, and unknown forbids"
            self._report.error(node.key_marks["stale_for"], message, "remove it")
        for key in ("point", "kind"):
            given = node.get(key)
            if isinstance(given, str) and self._whole and not beside(Selector(**{key: given})):
                message = f"the profile has no {'point' if key == 'point' else 'point of kind'} '{given}'"
                self._report.error(node.value_marks[key], message, did_you_mean(given, self._plans), alone=True)
        for key in ("all", "any", "not"):
            self._known(node.get(key), beside)


def _after_fire(entry: CommandEntry, fire: bool) -> int:
    if entry.after_fire is None:
        return AFTER_FIRE if fire and entry.danger >= CONFIRM_FROM else 0
    return entry.after_fire


def _named(wanted: str | None, name: str) -> bool:
    return wanted is None or name == wanted or name.endswith(f".{wanted}")


def _point(plan: Blueprint) -> Point:
    return built(plan, "example", "", _NOWHERE)
