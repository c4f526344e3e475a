"""Rule tests: every `*.test.yaml` beside a rule file of the site, checked like all configuration, as values."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from hub.config.files import TESTS, Files
from hub.config.marks import Map, Mark, Seq, Source, locate
from hub.config.points import fits
from hub.config.problems import Problem, Report, did_you_mean, known_are
from hub.config.registry import DriverLike
from hub.config.ruletestfile import (
    ActionEntry,
    AlarmEntry,
    EventEntry,
    ExpectEntry,
    RuleTestFile,
    SeriesEntry,
    ServiceEntry,
    ShelveEntry,
    StepEntry,
    StoryEntry,
)
from hub.config.series import expand
from hub.config.shipped import PREFIX, shipped
from hub.config.testdevices import read_devices
from hub.config.validate import describe, validate
from hub.model import AlarmId, DeviceId, PointId, Priority, Reason, Rule, Site, Text, Value, Zone
from hub.model.kinds import EVENT_KINDS, is_own
from hub.model.ruletest import Action, Expected, RuleTest, Step

_QUALITIES = {r.word: r for r in Reason if r} | {
    "good": Reason.NONE,
    "uncertain": Reason.STALE,
    "bad": Reason.NO_COMMUNICATION,
}
_ACTIONS = ("ack", "reset", "comment", "shelve", "unshelve", "out_of_service", "in_service")
_At = tuple[str | int, ...]


class Suite(Struct, frozen=True):
    """One test file: its tests, and the site they run against (the rules beside it, the site's devices or its own)."""

    name: str
    site: Site
    tests: tuple[RuleTest, ...]


def load_tests(site: Site, drivers: Mapping[str, DriverLike]) -> tuple[list[Suite], list[Problem]]:
    """Read the tests of every rule file of a site, in the order of the files; all mistakes at once."""
    report = Report()
    files = Files(Path(site.folder), report)
    suites = [
        _Reader(path, rules, site, files, drivers, report).suite() for path, rules in _by_file(site, files, report)
    ]
    return [suite for suite in suites if suite is not None], report.problems


def _by_file(site: Site, files: Files, report: Report) -> Iterator[tuple[Path, list[Rule]]]:
    """Give each test file with the rules it tests, and complain of those that test nothing."""
    rules: dict[Path, list[Rule]] = {}
    for rule in site.rules:
        name = rule.origin.rpartition(":")[0]
        base, name = (shipped(), name.removeprefix(PREFIX)) if name.startswith(PREFIX) else (files.folder, name)
        rules.setdefault((base / name).with_suffix(TESTS), []).append(rule)
    yield from ((path, found) for path, found in rules.items() if path.is_file())
    for path in sorted(files.folder.rglob(f"*{TESTS}")):
        if path not in rules:
            beside = path.name.removesuffix(TESTS) + ".yaml"
            mark = Mark(Source(files.name(path), ()), 1, 1)
            report.warn(mark, f"tests nothing: no rule of '{beside}' beside it is part of the site", "include it")


class _Reader:
    """One test file under way."""

    def __init__(
        self,
        path: Path,
        rules: Sequence[Rule],
        site: Site,
        files: Files,
        drivers: Mapping[str, DriverLike],
        report: Report,
    ) -> None:
        self._path = path
        self._rules = {rule.id: rule for rule in rules}
        self._site = replace(site, rules=tuple(rules))
        self._files = files
        self._drivers = drivers
        self._report = report
        self._tree = Map(Mark(Source(files.name(path), ()), 1, 1))

    def suite(self) -> Suite | None:
        """Return the file's tests, or None after reporting why it cannot be read."""
        tree = self._files.tree(self._path)
        file = None if tree is None else validate(RuleTestFile, tree, self._report)
        if tree is None or file is None:
            return None
        self._tree = tree
        if file.devices:
            self._site = self._with_devices(tree["devices"])
        tests = tuple(self._test(n, story) for n, story in enumerate(file.tests))
        return Suite(self._files.name(self._path), self._site, tests)

    def _with_devices(self, items: Seq) -> Site:
        """Return the site with the test's own devices in place of its own."""
        devices = read_devices(items, self._path.parent, self._files, self._drivers, self._report)
        zones = {d.zone: Zone(d.zone, Text.same(d.zone)) for d in devices.values()} | self._site.zones
        points = {point.id: point for device in devices.values() for point in device.points}
        return replace(self._site, devices=devices, points=points, zones=zones)

    def _test(self, n: int, story: StoryEntry) -> RuleTest:
        at: _At = ("tests", n)
        if story.device is not None and story.device not in self._site.devices:
            self._unknown((*at, "device"), "device", story.device, self._site.devices)
        steps = tuple(self._step((*at, "steps", i), step, story.device or "") for i, step in enumerate(story.steps))
        for i, (before, step) in enumerate(pairwise(steps)):
            if step.at < before.at:
                self._report.error(self._mark((*at, "steps", i + 1, "at")), "a step lies before the one above it")
        for i, series in enumerate(story.series):
            steps = (*self._series((*at, "series", i), series, story.device or ""), *steps)
        whole = tuple(sorted(steps, key=lambda step: step.at))
        return RuleTest(story.name, whole, str(self._mark(at)), None if story.start is None else _minutes(story.start))

    def _series(self, at: _At, series: SeriesEntry, device: str) -> Iterator[Step]:
        """Give one step for each value of a series."""
        for name, text in series.values.items():
            place = (*at, "values", name)
            point = self._point(place, name, device)
            try:
                items = expand(text, _QUALITIES)
            except ValueError as wrong:
                self._report.error(self._mark(place), str(wrong))
                continue
            for n, item in enumerate(items):
                when, origin = series.start + n * series.every, str(self._mark(place))
                if isinstance(item, Reason):
                    yield Step(when, qualities=((point, item),), origin=origin)
                elif item is not None:
                    yield Step(when, values=(self._value(place, name, item, device),), origin=origin)

    def _step(self, at: _At, step: StepEntry, device: str) -> Step:
        values = tuple(self._value((*at, "set", name), name, value, device) for name, value in step.values.items())
        qualities = tuple(
            (self._point((*at, "quality", name), name, device), self._reason((*at, "quality", name), word))
            for name, word in step.quality.items()
        )
        actions = tuple(
            self._action((*at, kind), kind, entry, device)
            for kind in _ACTIONS
            if (entry := getattr(step, kind)) is not None
        )
        expected = (
            None
            if step.expect is None
            else tuple(self._expected((*at, "expect", i), entry, device) for i, entry in enumerate(step.expect))
        )
        events = tuple(event for i, e in enumerate(step.events) for event in self._event((*at, "events", i), e, device))
        return Step(step.at, values, qualities, events, actions, expected, str(self._mark(at)))

    def _event(self, at: _At, entry: EventEntry, device: str) -> list[tuple[DeviceId, str, dict[str, Any]]]:
        teller = entry.device or device
        if teller not in self._site.devices:
            self._unknown((*at, "device"), "device", teller, self._site.devices)
        if entry.kind not in EVENT_KINDS and not is_own(entry.kind):
            self._unknown((*at, "kind"), "event", entry.kind, EVENT_KINDS)
        return [(teller, entry.kind, entry.attributes)] * entry.times

    def _value(self, at: _At, name: str, value: Any, device: str) -> tuple[PointId, Value]:
        point = self._point(at, name, device)
        known = self._site.points.get(point)
        if known is not None and not (isinstance(value, bool | int | float | str) and fits(value, known.type)):
            self._report.error(self._mark(at), f"'{name}' is of type {known.type}, and this is {describe(value)}")
        return point, float(value) if known is not None and known.type == "float" and type(value) is int else value

    def _reason(self, at: _At, word: str) -> Reason:
        if word not in _QUALITIES:
            hint = did_you_mean(word, _QUALITIES, otherwise=known_are("qualities", _QUALITIES, 20))
            self._report.error(self._mark(at), f"unknown quality '{word}'", hint)
        return _QUALITIES.get(word, Reason.NONE)

    def _expected(self, at: _At, entry: ExpectEntry, device: str) -> Expected:
        priority = None if entry.priority is None else Priority[entry.priority.upper()]
        above = entry.folded_under
        under = None if above is None else self._alarm((*at, "folded_under"), above, device)
        alarm = self._alarm(at, entry, device)
        seen = Expected(alarm, entry.state, entry.acked, priority, entry.mark)
        return replace(seen, hold=entry.hold, under=under, first=entry.first, acked_by=entry.acked_by)

    def _action(self, at: _At, kind: str, entry: ActionEntry, device: str) -> Action:
        made = Action(kind, self._alarm(at, entry, device), entry.refused, entry.by, entry.note)
        if isinstance(entry, ShelveEntry):
            return replace(made, lasting=entry.lasting, once=entry.once)
        if isinstance(entry, ServiceEntry):
            scope = entry.of or ("point" if kind == "out_of_service" else None)
            return replace(made, lasting=entry.lasting, scope=scope)
        return made

    def _alarm(self, at: _At, entry: AlarmEntry, device: str) -> AlarmId:
        rule = self._rules.get(entry.rule)
        if rule is None:
            self._unknown((*at, "rule"), "rule", entry.rule, self._rules)
        elif entry.point is None and (rule.for_each.kind or rule.for_each.point):
            self._report.error(self._mark(at), f"the rule '{rule.id}' is about points: name the point")
        where = device if entry.point is None else self._point((*at, "point"), entry.point, device)
        return f"{entry.rule}:{where}" + ("" if entry.key is None else f"~{entry.key}")

    def _point(self, at: _At, name: str, device: str) -> PointId:
        """Return the id of a point of the test's device, or of another when it is written in full."""
        point = name if "/" in name else f"{device}/{name}"
        if not device and "/" not in name:
            self._report.error(
                self._mark(at), f"whose point is '{name}'?", "give the test a 'device', or write device/point"
            )
        elif point not in self._site.points:
            owner = point.partition("/")[0]
            names = {p.id if "/" in name else p.name for p in self._site.points.values() if p.device == owner}
            self._unknown(at, "point", name, names)
        return point

    def _unknown(self, at: _At, what: str, name: str, known: Any) -> None:
        hint = did_you_mean(name, known, otherwise=known_are(f"{what}s", known))
        self._report.error(self._mark(at), f"unknown {what} '{name}'", hint)

    def _mark(self, at: _At) -> Mark:
        return locate(self._tree, at, self._tree.mark)[1]


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return 60 * int(hours) + int(minutes)
