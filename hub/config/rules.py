"""Rules as values: everything under `rules:` of a site, checked against its zones, devices and kinds."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from hub.config.condition import Conditions
from hub.config.confirming import KEY, UNCONFIRMED, both, second_source, without
from hub.config.counting import check_by
from hub.config.holds import check_holds
from hub.config.library import Library
from hub.config.marks import Map, Mark, Seq
from hub.config.muting import hours_of, longest, read_mute
from hub.config.playbook import sentence, steps
from hub.config.problems import Report, did_you_mean, known_are
from hub.config.rule import TEXT_NAMES, CamerasEntry, RuleEntry, SelectorEntry
from hub.config.shape import is_sentence
from hub.config.validate import describe, validate
from hub.model import CamerasBeside, Condition, Device, Point, Priority, Rule, Selector, Text, Zone
from hub.model.device import tellers
from hub.model.ids import within
from hub.model.kinds import EVENT_KINDS, POINT_KINDS, is_own

OF_THE_HUB = frozenset({"$channel"})
"""Kinds of points that no file describes: the hub makes them when it runs."""


class Rules:
    """Everything under `rules:` of a site, checked against its zones and devices."""

    def __init__(
        self, folder: Path, devices: Mapping[str, Device], zones: Mapping[str, Zone], library: Library, report: Report
    ) -> None:
        self.found: list[Rule] = []
        self._folder = folder
        self._devices = devices
        self._zones = zones
        self._library = library
        self._report = report
        self._points: list[Point] = [p for d in devices.values() for p in d.points]
        self._by_kind: dict[str, list[Point]] = {}
        for point in self._points:
            self._by_kind.setdefault(point.kind, []).append(point)
        self._names = {p.name for p in self._points}
        self._tags = {t for p in self._points for t in p.tags}
        self._first: dict[str, Mark] = {}
        self._telling: dict[str, frozenset[str]] = {}

    def add(self, items: Seq) -> None:
        """Read one `rules:` list."""
        for item, mark in zip(items, items.marks, strict=True):
            if not isinstance(item, Map):
                self._report.error(mark, f"expected a rule, found {describe(item)}")
                continue
            entry = validate(RuleEntry, item, self._report)
            if isinstance(item.get("id"), str):
                self._once(item, item["id"])
            if entry is not None:
                self._rule(entry, item)

    def _once(self, tree: Map, name: str) -> None:
        mark = tree.value_marks["id"]
        first = self._first.setdefault(name, mark)
        if first is not mark:
            self._report.error(mark, f"the rule '{name}' is there already, at {first}", "give it another id")

    def _rule(self, entry: RuleEntry, tree: Map) -> None:
        selector = self._selector(entry.for_each, tree["for_each"])
        self._texts(entry.text.text, tree, entry.for_each.event is not None)
        self._instructions(sentence(entry.instructions), tree)
        check_holds(entry.category, tree, self._report)
        if selector is None:
            return
        chosen = self._chosen(selector)
        events = selector.event is not None
        if not chosen and not tree.mark.source.shipped and selector.kind not in OF_THE_HUB:
            self._report.warn(tree.value_marks["for_each"], f"the rule '{entry.id}' matches nothing in this site")
        anchored = selector.kind is not None or selector.point is not None
        conditions = Conditions(
            lambda of: chosen if of is None else self._beside(chosen, of),
            anchored,
            self._report,
            everywhere=self._anywhere,
            of_events=events,
        )
        when, source = self._when(conditions, tree)
        during = None if tree.get("test_during") is None else conditions.read(*_at(tree, "test_during"))
        mute = read_mute(tree, conditions, self._report)
        if when is None:
            return
        made = self._made(entry, selector, when, during, tree)
        check_by(made, tree, self._report)
        rule = replace(made, mute_during=mute, mute_at_most=longest(tree))
        if source is None:
            self.found.append(rule)
            return
        self._once(tree, entry.id + UNCONFIRMED)
        self.found += both(rule, source)

    def _when(self, conditions: Conditions, tree: Map) -> tuple[Condition | None, Condition | None]:
        """Return the condition and its second source, where it has one."""
        node, mark = _at(tree, "when")
        if not isinstance(node, Map) or KEY not in node:
            return conditions.read(node, mark), None
        source = second_source(node, conditions, self._report)
        when = conditions.read(without(node), mark)
        return (None, None) if source is None else (when, source)

    def _made(self, entry: RuleEntry, selector: Selector, when: Condition, during: Condition | None, tree: Map) -> Rule:
        return Rule(
            id=entry.id,
            category=entry.category,
            priority=Priority[entry.priority.upper()],
            for_each=selector,
            when=when,
            text=entry.text.text,
            on_delay=entry.on_delay,
            off_delay=entry.off_delay,
            latch=entry.latch,
            on_bad_quality=entry.on_bad_quality,
            instructions=sentence(entry.instructions),
            playbook=steps(entry.instructions),
            notify=entry.notify,
            folds_under=entry.folds_under,
            fold_grace=entry.fold_grace,
            max_shelve=entry.max_shelve,
            realarm_after=entry.realarm_after,
            group=entry.group,
            cameras=None if entry.cameras is None else _beside(entry.cameras),
            origin=str(tree.value_marks["id"]),
            active=None if entry.active is None else hours_of(entry.active),
            test_during=during,
        )

    # -- selection --------------------------------------------------------------------------------------------------

    def _selector(self, entry: SelectorEntry, tree: Map) -> Selector | None:
        if all(tree[key] is None for key in tree if key != "by"):
            self._report.error(
                tree.mark, "'for_each' selects nothing", "name a kind, profile, zone, tag, device, point or event"
            )
            return None
        known = [
            self._known("kind", "kinds", [*POINT_KINDS, *filter(is_own, self._by_kind)], tree),
            self._known("profile", "profiles", self._library.names, tree),
            self._known("zone", "zones", self._zones, tree),
            self._known("tag", "tags", self._tags, tree),
            self._known("device", "devices", self._devices, tree),
            self._known("point", "points", self._names, tree),
            self._known("event", "kinds of events", [*EVENT_KINDS, *_own_events(self._devices)], tree),
        ]
        if not all(known) or self._both(tree):
            return None
        by = None if entry.by == "device" else entry.by
        return Selector(**entry.model_dump(exclude={"by"}), by=by)

    def _both(self, tree: Map) -> bool:
        """Report a rule about events that names points as well, or that counts by something without events."""
        event = tree.get("event") is not None
        wrong = [key for key in (("kind", "point") if event else ("by",)) if tree.get(key) is not None]
        for key in wrong:
            message = f"'{key}' cannot stand beside 'event'" if event else f"'{key}' goes with 'event'"
            self._report.error(tree.key_marks[key], message, "the parts of 'when' may name points" if event else "")
        return bool(wrong)

    def _known(self, key: str, plural: str, words: Any, tree: Map) -> bool:
        if tree.get(key) is None or tree[key] in words:
            return True
        if tree.mark.source.shipped and key not in {"kind", "event"}:
            return True
        hint = did_you_mean(tree[key], set(words), otherwise=known_are(plural, set(words)))
        self._report.error(tree.value_marks[key], f"unknown {key} '{tree[key]}'", hint)
        return False

    def _chosen(self, selector: Selector) -> Sequence[Point]:
        """Return the points that a rule selects; without kind or point all points of the devices it selects."""
        among = self._points if selector.kind is None else self._by_kind.get(selector.kind, [])
        if selector == Selector(kind=selector.kind):
            return among
        return [p for p in among if self._selects(selector, p)]

    def _selects(self, s: Selector, point: Point) -> bool:
        device = self._devices[point.device]
        named = s.kind is not None or s.point is not None
        zone, tags = (point.zone, point.tags | device.tags) if named else (device.zone, device.tags)
        return (
            s.kind in (None, point.kind)
            and s.point in (None, point.name)
            and s.device in (None, device.id)
            and s.profile in (None, device.profile)
            and within(zone, s.zone)
            and (s.tag is None or s.tag in tags)
            and (s.event is None or device.id in self._tellers(s.event))
        )

    def _tellers(self, event: str) -> frozenset[str]:
        if event not in self._telling:
            self._telling[event] = tellers(self._devices, event)
        return self._telling[event]

    def _beside(self, chosen: Sequence[Point], of: Selector) -> Sequence[Point]:
        """Return the points of the selected devices that a part names; `smoke` is also the `smoke` of a group."""
        devices = {p.device for p in chosen}
        return [
            p
            for device in devices
            for p in self._devices[device].points
            if of.kind in (None, p.kind) and (of.point is None or p.name == of.point or p.name.endswith(f".{of.point}"))
        ]

    def _anywhere(self, of: Selector | None) -> Sequence[Point]:
        """Return the points of any device that a part names."""
        if of is None:
            return self._points
        among = self._points if of.kind is None else self._by_kind.get(of.kind, [])
        return [p for p in among if of.point is None or p.name == of.point or p.name.endswith(f".{of.point}")]

    # -- texts ------------------------------------------------------------------------------------------------------

    def _texts(self, text: Text, tree: Map, events: bool) -> None:
        node, at = tree["text"], tree.value_marks["text"]
        for language in ("vi", "en"):
            mark = node.value_marks.get(language, at) if isinstance(node, Map) else at
            for name in re.findall(r"\{([^{}]*)\}", text.say(language)):
                if name not in TEXT_NAMES and not (events and name.startswith("event.")):
                    hint = did_you_mean(name, TEXT_NAMES, otherwise=known_are("names for texts", TEXT_NAMES))
                    self._report.error(mark, f"{{{name}}} means nothing in a text", hint)

    def _instructions(self, path: str | None, tree: Map) -> None:
        """Check that instructions which are a path lead to a file."""
        if path is None or is_sentence(path) or (self._folder / path).is_file():
            return
        mark = tree.value_marks["instructions"]
        if mark.source.shipped:
            self._report.warn(mark, f"this site has no '{path}', so operators get no instructions", f"write {path}")
        else:
            self._report.error(mark, f"there is no file '{path}'", "instructions lie in the site's folder")


def _at(tree: Map, key: str) -> tuple[Any, Mark]:
    return tree[key], tree.value_marks[key]


def _beside(entry: CamerasEntry) -> CamerasBeside:
    metres = None
    if entry.within is not None:
        metres = float(entry.within.removesuffix("m").removesuffix("k")) * (1000 if entry.within.endswith("km") else 1)
    return CamerasBeside(entry.of, entry.max, metres, entry.before, entry.after)


def _own_events(devices: Mapping[str, Device]) -> set[str]:
    return {event.kind for device in devices.values() for event in device.events if is_own(event.kind)}
