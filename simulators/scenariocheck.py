"""A scenario against its site: every name, every value, every fault, and every alarm that is expected of it."""

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any

from drivers import REGISTRY as DRIVERS
from hub.config.marks import Map, Mark, locate
from hub.config.problems import Report, did_you_mean, known_are
from hub.model import AlarmId, DeviceId, PointId, Site, Timestamp
from hub.model.clock import from_iso
from hub.model.plateforms import canonical
from rules.binding import anchors, points_of
from simulators.check import check_fault, check_value
from simulators.scenariofile import Event, ExpectEntry, Fault, Given, Notice, Ramp, ScenarioFile, StepEntry
from simulators.timeline import (
    Allowance,
    Break,
    Expectation,
    Happen,
    Move,
    Scenario,
    Step,
    Tell,
    Window,
)

Path = Sequence[str | int]


class Checker:
    """Turns a file into a scenario, and reports what is wrong with it."""

    def __init__(self, site: Site, tree: Map, report: Report) -> None:
        self._site, self._tree, self._report = site, tree, report
        self._possible: dict[str, list[str]] = {}

    def check(self, file: ScenarioFile) -> Scenario:
        """Return the scenario; it is right when nothing was reported."""
        head = file.scenario
        for n, device in enumerate(head.on_stage):
            self._device(device, ("scenario", "with", n))
        return Scenario(
            head.id,
            head.title.text,
            tuple(self._step(n, step) for n, step in enumerate(file.steps)),
            tuple(e for n, entry in enumerate(file.expect) for e in self._expected(n, entry)),
            head.loop,
            tuple(self._allowed(file)),
            None if file.flood is None else Window(file.flood.after, file.flood.within),
            self._begins(head.begins),
            head.lasts,
            tuple(head.on_stage),
            tuple(self._plates(head.watch)),
            head.wire.text if head.wire else None,
        )

    def _plates(self, given: Sequence[str]) -> Iterator[str]:
        for n, plate in enumerate(given):
            written = canonical(plate)
            if not written:
                self._report.error(self._mark(("scenario", "watch", n)), f"'{plate}' is no plate", "write 20A-123.45")
            yield written or ""

    def _begins(self, given: str | None) -> Timestamp | None:
        try:
            return None if given is None else from_iso(given)
        except ValueError:
            hint = "write it like 2025-10-07T06:00:00+07:00"
            self._report.error(self._mark(("scenario", "begins")), f"'{given}' is no date and time", hint)
            return None

    # -- steps ------------------------------------------------------------------------------------------------------

    def _step(self, n: int, step: StepEntry) -> Step:
        return Step(
            step.at,
            tuple(self._moves(n, step)),
            tuple(self._breaks(n, step.fault)) if step.fault else (),
            tuple(d for m, d in enumerate(step.heal) for d in self._healed(d, ("steps", n, "heal", m))),
            step.say.text if step.say else None,
            self._tells(n, step.notify) if step.notify else (),
            self._happens(n, step.happen) if step.happen else (),
        )

    def _moves(self, n: int, step: StepEntry) -> Iterator[Move]:
        if not step.set:
            return
        written, _ = locate(self._tree, ("steps", n, "set"), self._tree.mark)
        for pattern, value in step.set.items():
            for point in self._points(pattern, written.key_marks[pattern]):
                move = _move(point, value)
                if value is None or self._fits(move, written.value_marks[pattern]):
                    yield move

    def _fits(self, move: Move, mark: Mark) -> bool:
        try:
            check_value(self._site.points[move.point], move.value)  # type: ignore[arg-type]
        except ValueError as problem:
            self._report.error(mark, str(problem))
            return False
        return True

    def _breaks(self, n: int, fault: Fault) -> Iterator[Break]:
        where = ("steps", n, "fault")
        if not self._device(fault.device, (*where, "device")):
            return
        for device in (fault.device, *(behind(self._site, fault.device) if fault.behind else ())):
            try:
                check_fault(self._site.devices[device].driver, fault.kind, fault.args)
            except ValueError as problem:
                message, _, hint = str(problem).partition("; ")
                self._report.error(self._mark((*where, "kind")), message, hint)
            yield Break(device, fault.kind, dict(fault.args))

    def _healed(self, device: str, path: Path) -> Iterator[DeviceId]:
        """Give a device, or for `behind:NAME` it and everything behind it."""
        alone = device.removeprefix("behind:")
        if self._device(alone, path):
            yield alone
            yield from behind(self._site, alone) if alone != device else ()

    def _tells(self, n: int, tell: Notice) -> tuple[Tell, ...]:
        where = ("steps", n, "notify")
        self._device(tell.device, (*where, "device"))
        if tell.about is not None:
            self._known("point", tell.about, self._site.points, self._mark((*where, "about")))
        receivers = [d for d in self._site.devices.values() if DRIVERS[d.driver].hears]
        if not receivers:
            hint = "add a device of driver snmp-trap"
            self._report.error(self._mark(where), "the site has no receiver of notifications", hint)
        else:
            known = dict.fromkeys(event.name for event in receivers[0].events)
            self._known("event", tell.event, known, self._mark((*where, "event")))
        return (Tell(tell.device, tell.event, tell.about),) * tell.times

    def _happens(self, n: int, event: Event) -> tuple[Happen, ...]:
        where = ("steps", n, "happen")
        if self._device(event.device, (*where, "device")):
            known = dict.fromkeys(e.name for e in self._site.devices[event.device].events)
            self._known("event", event.event, known, self._mark((*where, "event")))
        return (Happen(event.device, event.event, event.data),) * event.times

    # -- what must come of it ---------------------------------------------------------------------------------------

    def _expected(self, n: int, entry: ExpectEntry) -> Iterator[Expectation]:
        where = ("expect", n)
        if not self._rule(entry.rule, (*where, "rule")):
            return
        if entry.folded is not None:
            self._device(entry.folded, (*where, "folded"))
        found = list(self._places(entry, where))
        if entry.count is not None and entry.count != len(found):
            message = f"expected {entry.count} places, found {len(found)}"
            self._report.error(self._mark((*where, "count")), message, "correct the count, or the pattern")
        under = frozenset() if entry.folded is None else frozenset([entry.folded, *behind(self._site, entry.folded)])
        for place in found:
            yield Expectation(
                entry.rule, place, entry.within, entry.after, entry.times, entry.folded, under, entry.returns
            )  # fmt: skip

    def _places(self, entry: ExpectEntry, where: Path) -> Iterable[str]:
        possible = self._watched(entry.rule)
        if entry.behind is not None:
            mark = self._mark((*where, "behind"))
            if not self._known("device", entry.behind, self._site.devices, mark):
                return []
            own = set(behind(self._site, entry.behind))
            return [place for place in possible if place.partition("/")[0] in own]
        key = "point" if entry.point is not None else "device"
        place, mark = entry.point or entry.device or "", self._mark((*where, key))
        if key == "point" and not _pattern(place) and not self._known("point", place, self._site.points, mark):
            return []
        found = [known for known in possible if fnmatchcase(known, place)] if _pattern(place) else [place]
        if not found or found[0] not in possible:
            hint = did_you_mean(place, possible, otherwise="see `for_each` of the rule")
            self._report.error(mark, f"the rule {entry.rule} does not watch '{place}'", hint)
            return []
        return found

    def _allowed(self, file: ScenarioFile) -> Iterator[Allowance]:
        for n, entry in enumerate(file.allow):
            if self._rule(entry.rule, ("allow", n, "rule")):
                places = [p for p in self._watched(entry.rule) if fnmatchcase(p, entry.point)]
                if not places:
                    message = f"the rule {entry.rule} does not watch '{entry.point}'"
                    self._report.error(self._mark(("allow", n, "point")), message)
                yield from (Allowance(_alarm(entry.rule, place), entry.why.text) for place in places)

    def _rule(self, rule: str, path: Path) -> bool:
        rules = [r.id for r in self._site.rules]
        if rule not in rules:
            hint = did_you_mean(rule, rules, otherwise=known_are("rules", rules))
            self._report.error(self._mark(path), f"unknown rule '{rule}'", hint)
        return rule in rules

    def _watched(self, rule: str) -> list[str]:
        """Return every place at which a rule can raise an alarm."""
        if rule not in self._possible:
            found, points = next(r for r in self._site.rules if r.id == rule), points_of(self._site)
            self._possible[rule] = [anchor.id for anchor in anchors(found, self._site, points)]
        return self._possible[rule]

    # -- names ------------------------------------------------------------------------------------------------------

    def _device(self, device: str, path: Path) -> bool:
        if not self._known("device", device, self._site.devices, self._mark(path)):
            return False
        if not self._site.devices[device].enabled:
            self._report.error(self._mark(path), f"the device '{device}' is switched off (enabled: false)")
        return self._site.devices[device].enabled

    def _points(self, pattern: str, mark: Mark) -> list[PointId]:
        if not _pattern(pattern):
            return [pattern] if self._known("point", pattern, self._site.points, mark) else []
        found = [p for p in self._site.points if fnmatchcase(p, pattern)]
        if not found:
            self._report.error(mark, f"no point is called like '{pattern}'")
        return found

    def _known(self, what: str, word: str, known: dict[str, Any], mark: Mark) -> bool:
        if word not in known:
            self._report.error(mark, f"unknown {what} '{word}'", did_you_mean(word, known))
        return word in known

    def _mark(self, path: Path) -> Mark:
        return locate(self._tree, path, self._tree.mark)[1]


def behind(site: Site, device: DeviceId) -> list[DeviceId]:
    """Return every enabled device that is reached through another, however far behind it."""
    near: dict[DeviceId, list[DeviceId]] = {}
    for each in site.devices.values():
        if each.behind is not None and each.enabled:
            near.setdefault(each.behind, []).append(each.id)
    found, left = {device: None}, [device]
    while left:
        fresh = [d for d in near.get(left.pop(), ()) if d not in found]
        found.update(dict.fromkeys(fresh))
        left += fresh
    return list(found)[1:]


def _move(point: PointId, value: Given) -> Move:
    return Move(point, value.to, value.over) if isinstance(value, Ramp) else Move(point, value)


def _pattern(text: str) -> bool:
    return "*" in text or "?" in text


def _alarm(rule: str, place: str) -> AlarmId:
    return f"{rule}:{place}"
