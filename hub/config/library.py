"""Profiles by name: found in the site's `profiles/` or among the shipped ones, checked, and expanded on demand."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hub.config.commands import commands
from hub.config.files import Files
from hub.config.found import FoundPlan, every, plans
from hub.config.happenings import check_attributes
from hub.config.marks import Map, Mark
from hub.config.points import Blueprint, blueprint
from hub.config.problems import Report, did_you_mean, known_are
from hub.config.profile import EachEntry, ProfileFile
from hub.config.registry import DriverLike
from hub.config.shipped import shipped
from hub.config.templates import fill, fill_text
from hub.config.validate import describe, validate
from hub.model import CommandSpec, EventMap, Lane, Value
from hub.model.kinds import EVENT_KINDS, POINT_KINDS, is_own
from hub.model.passage import PASSAGE

MOST_REPEATS = 10_000
_UNSAID: dict[str, Value] = {"int": 1, "float": 1.0, "text": "x"}
"""What stands for a parameter without default while the profile itself is checked."""


class Expansion:
    """The points, events and commands of a profile for one choice of parameters."""

    def __init__(
        self,
        points: dict[str, Blueprint],
        events: tuple[EventMap, ...],
        whole: bool,
        commands: tuple[CommandSpec, ...] = (),
        found: dict[str, FoundPlan] | None = None,
    ) -> None:
        self.points = points
        self.events = events
        self.commands = commands
        """Their points are named without the device."""
        self.found = found or {}
        """Groups of points that come with the rows that a device has."""
        self.whole = whole
        """Whether every point could be made; if not, a name that is missing is no mistake of who uses it."""


class Profile:
    """One checked profile."""

    def __init__(self, file: ProfileFile, tree: Map, spec: DriverLike, report: Report) -> None:
        self.file = file
        self.tree = tree
        self.spec = spec
        self._report = report
        self._failed = False
        self._expansions: dict[tuple[tuple[str, Value], ...], Expansion] = {}

    @property
    def defaults(self) -> dict[str, Value]:
        """The parameters as they are where a site says nothing."""
        return {name: _UNSAID[p.type] if p.default is None else p.default for name, p in self.file.parameters.items()}

    def expand(self, values: Mapping[str, Value]) -> Expansion:
        """Return points and events for these parameters; the same choice is worked out once."""
        key = tuple(values.items())
        if key not in self._expansions:
            self._failed = False
            points = self._points(values)
            events, whole = self._events(values), not self._failed
            known = commands(self.file, self.tree, points, whole, self._report)
            found = plans(self.file.found, self.tree.get("found"), values, self.spec, self._report)
            for name in {point.partition(".")[0] for point in points} & found.keys():
                mark = self.tree["found"].key_marks[name]
                self._report.error(mark, f"points are called '{name}.…' already", "give the found group another name")
            self._expansions[key] = Expansion(points, events, whole, known, found)
        return self._expansions[key]

    @property
    def trial(self) -> dict[str, Value]:
        """The parameters for which examples hold: rows that could be listed are, at least one."""
        listed = {entry.unless for entry in self.file.found.values()}
        values = self.defaults
        return {n: v or _UNSAID[self.file.parameters[n].type] if n in listed else v for n, v in values.items()}

    def rows(self) -> dict[str, Blueprint]:
        """Return the points of rows that devices may have, as examples name them: `group.row.point`."""
        return every(self.file.found, self.tree.get("found"), self.defaults, self.spec)

    def _points(self, values: Mapping[str, Value]) -> dict[str, Blueprint]:
        found: dict[str, Blueprint] = {}
        self._add(self.tree.get("points"), "", values, found)
        for n, entry in enumerate(self.file.each):
            self._repeat(entry, self.tree["each"][n], values, found)
        return found

    def _add(self, trees: Map | None, prefix: str, values: Mapping[str, Value], found: dict[str, Blueprint]) -> None:
        for name, tree in (trees or {}).items():
            assert trees is not None
            full, mark = prefix + name, trees.key_marks[name]
            if full in found:
                self._report.error(mark, f"the point '{full}' is there already")
                continue
            made = blueprint(full, tree, mark, values, self.spec, self._report)
            if made is None:
                self._failed = True
            else:
                found[full] = made

    def _repeat(self, entry: EachEntry, tree: Map, values: Mapping[str, Value], found: dict[str, Blueprint]) -> None:
        count = fill(entry.count, values, tree.value_marks["count"], self._report)
        count = values.get(count, count) if isinstance(count, str) else count
        if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= MOST_REPEATS:
            hint = did_you_mean(
                str(count), self.file.parameters, otherwise=known_are("parameters", self.file.parameters)
            )
            message = f"expected a number up to {MOST_REPEATS:,} or a parameter, found {describe(count)}"
            self._report.error(tree.value_marks["count"], message, hint)
            self._failed = True
            return
        for n in range(1, count + 1):
            inner = {**values, "n": n}
            self._add(tree["points"], f"{self._each_name(entry.name, tree, inner)}.", inner, found)

    def _each_name(self, name: str, tree: Map, values: Mapping[str, Value]) -> str:
        try:
            return str(fill_text(name, values))
        except ValueError as error:
            self._report.error(tree.value_marks["name"], str(error))
            return name

    def _events(self, values: Mapping[str, Value]) -> tuple[EventMap, ...]:
        made = (self._event(name, values) for name in self.file.events)
        return tuple(event for event in made if event is not None)

    def _event(self, name: str, values: Mapping[str, Value]) -> EventMap | None:
        table: Map = self.tree["events"]
        tree = fill(table[name], values, table.value_marks[name], self._report)
        entry, kind = self.file.events[name], EVENT_KINDS.get(self.file.events[name].kind)
        if kind is None and not is_own(entry.kind):
            hint = did_you_mean(entry.kind, EVENT_KINDS, otherwise=known_are("kinds of events", EVENT_KINDS))
            self._report.error(tree.value_marks["kind"], f"unknown kind of event '{entry.kind}'", hint)
        if self.spec.event is None:
            self._report.error(
                table.key_marks[name], f"the driver '{self.file.driver}' has no events", "remove 'events'"
            )
            return None
        given: Any = tree.get("address", Map(tree.mark))
        address = validate(self.spec.event, given, self._report) if isinstance(given, Map) else None
        if address is None:
            return None
        if entry.kind == PASSAGE:
            check_attributes(table[name], entry.attributes, self._report)
        return EventMap(name, entry.kind, address, dict(entry.attributes), kind.lane if kind else Lane.BULK)


class Library:
    """Every profile that a site can name."""

    def __init__(self, files: Files, drivers: Mapping[str, DriverLike], report: Report) -> None:
        self._files = files
        self._drivers = drivers
        self._report = report
        self._known: dict[str, Profile | None] = {}
        self._own = _names(files.folder / "profiles")
        self._shipped = _names(shipped() / "profiles")

    @property
    def names(self) -> list[str]:
        """Every name, the site's own and the shipped ones."""
        return sorted({*self._own, *self._shipped})

    @property
    def own(self) -> list[str]:
        """The names of the profiles in the site's folder."""
        return sorted(self._own)

    @property
    def loaded(self) -> list[Profile]:
        """The profiles that were asked for and are valid."""
        return [profile for profile in self._known.values() if profile is not None]

    def exists(self, name: str) -> bool:
        """Tell whether a profile of this name can be found, valid or not."""
        return name in self._own or name in self._shipped

    def get(self, name: str, at: Mark) -> Profile | None:
        """Return a profile, or None after reporting why not (an unknown name at `at`, mistakes in its own file)."""
        if not self.exists(name):
            hint = did_you_mean(name, self.names, otherwise=known_are("profiles", self.names))
            self._report.error(at, f"unknown profile '{name}'", hint)
            return None
        if name not in self._known:
            self._known[name] = self._load(name, at)
        return self._known[name]

    def _load(self, name: str, at: Mark) -> Profile | None:
        path = self._own.get(name) or self._shipped[name]
        tree = self._files.tree(path, at)
        file = validate(ProfileFile, tree, self._report) if tree is not None else None
        if tree is None or file is None:
            return None
        if file.profile != name:
            message = f"the profile calls itself '{file.profile}', and its file makes it '{name}'"
            self._report.error(tree.value_marks["profile"], message, f"write profile: {name}")
        try:
            spec = self._drivers[file.driver]
        except KeyError:
            hint = did_you_mean(file.driver, self._drivers, otherwise=known_are("drivers", self._drivers))
            self._report.error(tree.value_marks["driver"], f"unknown driver '{file.driver}'", hint)
            return None
        _check_unknown(file, tree, self._report)
        return Profile(file, tree, spec, self._report)


def _check_unknown(file: ProfileFile, tree: Map, report: Report) -> None:
    """Report unknown states that are no kinds, and those that a point tells after all."""
    points = [*file.points.values(), *(point for entry in file.each for point in entry.points.values())]
    told = {str(point.get("kind")) for point in points if isinstance(point, dict)}
    for kind, mark in zip(file.unknown_states, getattr(tree.get("unknown_states"), "marks", ()), strict=True):
        if kind not in POINT_KINDS:
            hint = did_you_mean(kind, POINT_KINDS, otherwise=known_are("kinds", POINT_KINDS))
            report.error(mark, f"unknown kind '{kind}'", hint)
        elif kind in told:
            report.error(mark, f"a point of kind '{kind}' tells this state", "remove it from 'unknown_states'")


def _names(folder: Path) -> dict[str, Path]:
    return {path.relative_to(folder).with_suffix("").as_posix(): path for path in sorted(folder.rglob("*.yaml"))}
