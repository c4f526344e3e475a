"""Scenarios: a timeline of what happens to a simulated site, and which alarms must come of it.

A scenario is a YAML file of the site, `scenarios/<name>.yaml`, checked against the site before anything moves.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct
from pydantic import Field, model_validator

from drivers import REGISTRY as DRIVERS
from hub.config.durations import Duration, Period, spell
from hub.config.files import Files
from hub.config.marks import Map, Mark, locate
from hub.config.problems import Problem, Report, did_you_mean, known_are
from hub.config.shape import Id, Strict, Title, said
from hub.config.validate import validate
from hub.model import ConfigError, Site, Text, Value
from simulators.check import check_fault, check_value

FOLDER = "scenarios"


class Move(Struct, frozen=True):
    """A point set to a value (None: given back to the physics), numbers reached over `over` nanoseconds."""

    point: str
    value: Value | None
    over: int = 0


class Break(Struct, frozen=True):
    """A fault that begins."""

    device: str
    kind: str
    args: dict[str, float] = {}


class Tell(Struct, frozen=True):
    """Something that a device tells by itself, by the name that the receiver's profile has for it."""

    device: str
    name: str
    about: str | None = None


class Step(Struct, frozen=True):
    """What happens at one moment after the scenario's start (nanoseconds)."""

    at: int
    moves: tuple[Move, ...] = ()
    breaks: tuple[Break, ...] = ()
    heals: tuple[str, ...] = ()
    say: Text | None = None
    tells: tuple[Tell, ...] = ()


class Expectation(Struct, frozen=True):
    """An alarm that must stand at the latest `within` nanoseconds after the scenario's start."""

    rule: str
    point: str
    within: int


class Scenario(Struct, frozen=True):
    """One checked scenario; `loop` is after how long it begins anew (None: it plays once)."""

    id: str
    title: Text
    steps: tuple[Step, ...]
    expect: tuple[Expectation, ...] = ()
    loop: int | None = None

    @property
    def length(self) -> int:
        """How long one round takes, in nanoseconds."""
        return self.loop or (self.steps[-1].at if self.steps else 0)


class _Head(Strict):
    id: Id = said("Name of the scenario.", "Tên kịch bản.", example="tour")
    title: Title = said("Title for people.", "Tiêu đề.")
    loop: Period | None = said("Begin anew after this long.", "Lặp lại sau.", default=None, example="90s")


class _Ramp(Strict):
    to: int | float = said("Value to reach.", "Giá trị cần đạt.", example=71.5)
    over: Period = said("In a straight line over this long.", "Tăng đều trong.", example="10s")


class _Fault(Strict):
    device: str = said("Device to break.", "Thiết bị gặp lỗi.")
    kind: str = said("Kind of fault.", "Loại lỗi.", example="silence")
    args: dict[str, int | float] = said("Arguments of the fault.", "Tham số.", default={}, example={"seconds": 2})


class _Tell(Strict):
    device: str = said("Device that tells something by itself.", "Thiết bị tự gửi thông báo.")
    event: str = said(
        "What the receiver's profile calls it.", "Tên sự kiện trong hồ sơ của bộ nhận.", example="link_down"
    )
    about: str | None = said("Point that it is about.", "Điểm liên quan.", default=None, example="switch/p03.status")


class _Step(Strict):
    at: Duration = said("When, after the start.", "Thời điểm sau khi bắt đầu.", example="5s")
    set: dict[str, bool | int | float | str | _Ramp | None] = said(
        "Points and their values; null gives a point back.", "Điểm và giá trị; null để trả về bình thường.", default={}
    )
    fault: _Fault | None = said("A fault that begins.", "Lỗi bắt đầu.", default=None)
    notify: _Tell | None = said("A trap that is sent.", "Một trap được gửi.", default=None)
    heal: list[str] = said("Devices whose faults end.", "Thiết bị hết lỗi.", default=[])
    say: Title | None = said("What to tell who watches.", "Lời thuyết minh.", default=None)

    def step(self) -> Step:
        """Return the step as the player needs it."""
        moves = tuple(
            Move(p, v.to, v.over) if isinstance(v, _Ramp) else Move(p, v) for p, v in self.set.items()
        )  # fmt: skip
        breaks = (Break(self.fault.device, self.fault.kind, dict(self.fault.args)),) if self.fault else ()
        tells = (Tell(self.notify.device, self.notify.event, self.notify.about),) if self.notify else ()
        say = self.say.text if self.say else None
        return Step(self.at, moves, breaks, tuple(self.heal), say, tells)


class _Expect(Strict):
    rule: str = said("Rule that must raise an alarm.", "Quy tắc phải báo động.")
    point: str = said("For which point.", "Cho điểm nào.")
    within: Period = said("At the latest this long after the start.", "Chậm nhất sau khi bắt đầu.", example="30s")


class ScenarioFile(Strict):
    """A scenario file."""

    scenario: _Head
    steps: list[_Step] = Field(min_length=1)
    expect: list[_Expect] = Field(default=[])

    @model_validator(mode="after")
    def _in_order(self) -> "ScenarioFile":
        times = [step.at for step in self.steps]
        if times != sorted(times):
            raise ValueError("the steps are not in the order of their times; sort them by `at`")
        if self.scenario.loop is not None and self.scenario.loop < times[-1]:
            raise ValueError(f"the last step is at {spell(times[-1])}, after the loop has begun anew")
        return self

    def scenario_of(self) -> Scenario:
        """Return the scenario as the player needs it."""
        head = self.scenario
        expect = tuple(Expectation(e.rule, e.point, e.within) for e in self.expect)
        return Scenario(head.id, head.title.text, tuple(s.step() for s in self.steps), expect, head.loop)


def names(site: Site) -> list[str]:
    """Return the names of a site's scenarios."""
    return sorted(path.stem for path in (Path(site.folder) / FOLDER).glob("*.yaml"))


def load(site: Site, name: str) -> Scenario:
    """Read one scenario of a site and check it against the site. Raises ConfigError with every problem."""
    report = Report()
    known = names(site)
    if name not in known:
        hint = did_you_mean(name, known, otherwise=known_are("scenarios", known))
        message = f"there is no scenario '{name}'"
        raise ConfigError([Problem(f"{FOLDER}/{name}.yaml", 1, 1, message, hint)], f"{message}; {hint}")
    tree = Files(Path(site.folder), report).tree(Path(site.folder) / FOLDER / f"{name}.yaml")
    model = validate(ScenarioFile, tree, report) if tree is not None else None
    if tree is not None and model is not None:
        _Checker(site, tree, report).check(model)
    if model is None or report.failed:
        raise ConfigError(report.problems)
    return model.scenario_of()


class _Checker:
    """A scenario against its site: every name, every value, every fault."""

    def __init__(self, site: Site, tree: Map, report: Report) -> None:
        self._site, self._tree, self._report = site, tree, report

    def check(self, file: ScenarioFile) -> None:
        for n, step in enumerate(file.steps):
            self._moves(n, step)
            if step.fault is not None:
                self._fault(n, step.fault)
            if step.notify is not None:
                self._tell(n, step.notify)
            for m, device in enumerate(step.heal):
                self._device(device, ("steps", n, "heal", m))
        rules = [rule.id for rule in self._site.rules]
        for n, expect in enumerate(file.expect):
            if expect.rule not in rules:
                hint = did_you_mean(expect.rule, rules, otherwise=known_are("rules", rules))
                self._report.error(self._mark(("expect", n, "rule")), f"unknown rule '{expect.rule}'", hint)
            self._point(expect.point, self._mark(("expect", n, "point")))

    def _moves(self, n: int, step: _Step) -> None:
        written, _ = locate(self._tree, ("steps", n, "set"), self._tree.mark)
        for point, value in step.set.items():
            if not self._point(point, written.key_marks[point]) or value is None:
                continue
            try:
                check_value(self._site.points[point], value.to if isinstance(value, _Ramp) else value)
            except ValueError as problem:
                self._report.error(written.value_marks[point], str(problem))

    def _fault(self, n: int, fault: _Fault) -> None:
        where = ("steps", n, "fault")
        if self._device(fault.device, (*where, "device")):
            try:
                check_fault(self._site.devices[fault.device].driver, fault.kind, fault.args)
            except ValueError as problem:
                message, _, hint = str(problem).partition("; ")
                self._report.error(self._mark((*where, "kind")), message, hint)

    def _tell(self, n: int, tell: _Tell) -> None:
        where = ("steps", n, "notify")
        self._device(tell.device, (*where, "device"))
        if tell.about is not None:
            self._point(tell.about, self._mark((*where, "about")))
        receivers = [d for d in self._site.devices.values() if DRIVERS[d.driver].hears]
        if not receivers:
            hint = "add a device of driver snmp-trap"
            self._report.error(self._mark(where), "the site has no receiver of notifications", hint)
        else:
            known = [event.name for event in receivers[0].events]
            self._known("event", tell.event, dict.fromkeys(known), self._mark((*where, "event")))

    def _device(self, device: str, path: Sequence[str | int]) -> bool:
        if not self._known("device", device, self._site.devices, self._mark(path)):
            return False
        if not self._site.devices[device].enabled:
            self._report.error(self._mark(path), f"the device '{device}' is switched off (enabled: false)")
        return self._site.devices[device].enabled

    def _point(self, point: str, mark: Mark) -> bool:
        return self._known("point", point, self._site.points, mark)

    def _known(self, what: str, word: str, known: dict[str, Any], mark: Mark) -> bool:
        if word not in known:
            self._report.error(mark, f"unknown {what} '{word}'", did_you_mean(word, known))
        return word in known

    def _mark(self, path: Sequence[str | int]) -> Mark:
        return locate(self._tree, path, self._tree.mark)[1]
