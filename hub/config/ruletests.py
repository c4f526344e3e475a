"""Rule tests: every `*.test.yaml` beside a rule file of the site, checked like all configuration, as values."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from hub.config.durations import Duration
from hub.config.files import TESTS, Files
from hub.config.marks import Map, Mark, Seq, Source, locate
from hub.config.points import fits
from hub.config.problems import Problem, Report, did_you_mean, known_are
from hub.config.registry import DriverLike
from hub.config.shape import Strict, said
from hub.config.shipped import PREFIX, shipped
from hub.config.testdevices import read_devices
from hub.config.validate import describe, validate
from hub.model import AlarmId, PointId, Priority, Reason, Rule, Site, Text, Value, Zone
from hub.model.ruletest import Action, Expected, RuleTest, Step

_QUALITIES = {r.word: r for r in Reason if r} | {
    "good": Reason.NONE,
    "uncertain": Reason.STALE,
    "bad": Reason.NO_COMMUNICATION,
}
_ACTIONS = ("ack", "reset", "comment")
_At = tuple[str | int, ...]


class AlarmEntry(Strict):
    """Which alarm, by its rule and point."""

    rule: str = said("Id of the rule.", "Mã quy tắc.", example="fire")
    point: str | None = said("Point; absent for rules about devices.", "Điểm đo.", default=None, example="z07.alarm")


class ActionEntry(AlarmEntry):
    """What a person does to an alarm."""

    refused: str | None = said(
        "Word of the refusal that is expected.", "Lý do bị từ chối mong đợi.", default=None, example="condition_active"
    )


class ExpectEntry(AlarmEntry):
    """An alarm that must be shown."""

    state: Literal["active", "latched", "returned", "normal"] = said("State.", "Trạng thái.", example="active")
    acked: bool | None = said("Whether acknowledged; absent: not asked.", "Đã xác nhận hay chưa.", default=None)
    priority: Literal["critical", "high", "medium", "low"] | None = said(
        "Priority; absent: not asked.", "Mức ưu tiên.", default=None, example="critical"
    )


class StepEntry(Strict):
    """What happens at one instant, and what must be shown then."""

    at: Duration = said("Time since the test began.", "Thời điểm.", example="20s")
    values: dict[str, Any] = said(
        "Point: value.", "Điểm: giá trị.", default={}, alias="set", example={"z07.alarm": True}
    )
    quality: dict[str, str] = said("Point: quality or reason.", "Điểm: chất lượng.", default={}, example={"t": "bad"})
    ack: ActionEntry | None = said("Acknowledge.", "Xác nhận.", default=None)
    reset: ActionEntry | None = said("Reset a latched alarm.", "Đặt lại.", default=None)
    comment: ActionEntry | None = said("Comment.", "Ghi chú.", default=None)
    expect: list[ExpectEntry] | None = said(
        "Every alarm that must be shown now.", "Mọi báo động phải hiển thị.", default=None
    )


class StoryEntry(Strict):
    """One test."""

    name: str = said("What is true, as a sentence.", "Tên, là một câu.", example="smoke latches until it is reset")
    device: str | None = said("Whose points are named.", "Thiết bị.", default=None, example="panel-market")
    steps: list[StepEntry] = said("What happens, in order of time.", "Các bước.", min_length=1)


class RuleTestFile(Strict):
    """A `*.test.yaml`: tests of the rule file beside it."""

    version: Literal[1] = said("Version of the grammar.", "Phiên bản cú pháp.", default=1, example=1)
    devices: list[Any] = said(
        "Devices for these tests alone; absent: the site's.", "Thiết bị riêng cho kiểm thử.", default=[]
    )
    tests: list[StoryEntry] = said("Tests.", "Các kiểm thử.", min_length=1)


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
        return RuleTest(story.name, steps, str(self._mark(at)))

    def _step(self, at: _At, step: StepEntry, device: str) -> Step:
        values = tuple(self._value((*at, "set", name), name, value, device) for name, value in step.values.items())
        qualities = tuple(
            (self._point((*at, "quality", name), name, device), self._reason((*at, "quality", name), word))
            for name, word in step.quality.items()
        )
        actions = tuple(
            Action(kind, self._alarm((*at, kind), entry, device), entry.refused)
            for kind in _ACTIONS
            if (entry := getattr(step, kind)) is not None
        )
        expected = (
            None
            if step.expect is None
            else tuple(self._expected((*at, "expect", i), entry, device) for i, entry in enumerate(step.expect))
        )
        return Step(step.at, values, qualities, actions, expected, str(self._mark(at)))

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
        return Expected(self._alarm(at, entry, device), entry.state, entry.acked, priority)

    def _alarm(self, at: _At, entry: AlarmEntry, device: str) -> AlarmId:
        rule = self._rules.get(entry.rule)
        if rule is None:
            self._unknown((*at, "rule"), "rule", entry.rule, self._rules)
        elif entry.point is None and (rule.for_each.kind or rule.for_each.point):
            self._report.error(self._mark(at), f"the rule '{rule.id}' is about points: name the point")
        where = device if entry.point is None else self._point((*at, "point"), entry.point, device)
        return f"{entry.rule}:{where}"

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
