"""Figures as values: everything under `figures:` of a site, checked against its devices, zones and kinds."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from hub.config.figure import FigureEntry, FigureSource
from hub.config.marks import Map, Mark, Seq
from hub.config.problems import Report, did_you_mean, known_are
from hub.model import Device, Point, Text
from hub.model.figure import FigureSpec
from hub.model.ids import within
from hub.model.kinds import EVENT_KINDS, POINT_KINDS

LENGTH = {"hour": 0, "day": 1, "week": 2, "month": 3, "year": 4}
OF_EVENTS = ("attribute", "where")


class Figures:
    """Everything under `figures:` of a site."""

    def __init__(self, devices: Mapping[str, Device], zones: Iterable[str], report: Report) -> None:
        self.found: list[FigureSpec] = []
        self._devices = devices
        self._zones = set(zones)
        self._report = report
        self._first: dict[str, Mark] = {}

    def add(self, items: Seq) -> None:
        """Read one `figures:` list, of which the shape is checked and reported with its file."""
        for item in items:
            try:
                entry = FigureEntry.model_validate(item)
            except ValidationError:
                continue
            if self._once(item, entry.id) and self._sound(entry, item):
                self._figure(entry, item)

    def _once(self, tree: Map, name: str) -> bool:
        mark = tree.value_marks["id"]
        first = self._first.setdefault(name, mark)
        if first is not mark:
            self._report.error(mark, f"the figure '{name}' is there already, at {first}", "give it another id")
        return first is mark

    def _sound(self, entry: FigureEntry, tree: Map) -> bool:
        of: Map = tree["of"]
        known = [
            self._known("kind", "kinds", {*POINT_KINDS, *(p.kind for p in self._points())}, of),
            self._known("event", "kinds of events", {*EVENT_KINDS, *self._events()}, of),
            self._known("zone", "zones", self._zones, of),
            self._known("device", "devices", set(self._devices), of),
            self._known("profile", "profiles", {d.profile for d in self._devices.values()}, of),
            self._known("point", "points", {p.name for p in self._points()}, of),
        ]
        return all(known) and self._consistent(entry, tree, of) and self._comparable(entry, tree)

    def _consistent(self, entry: FigureEntry, tree: Map, of: Map) -> bool:
        """Report a source of points and events at once, or of neither, and what does not go with it."""
        source, event = entry.of, entry.of.event is not None
        if not event and source.kind is None and source.point is None:
            self._report.error(of.mark, "'of' says nothing that could be counted", "name a kind, a point or an event")
            return False
        wrong = [key for key in (("kind", "point") if event else OF_EVENTS) if of.get(key)]
        for key in wrong:
            other = "stand beside" if event else "be without"
            self._report.error(of.key_marks[key], f"'{key}' cannot {other} 'event'")
        missing = event and source.attribute is None and entry.aggregate != "count"
        if missing or (event and entry.aggregate == "good_share"):
            hint = "count them, or name the attribute whose numbers are meant" if missing else "events are only counted"
            self._report.error(tree.value_marks["aggregate"], f"events have no {entry.aggregate}", hint)
            return False
        return not wrong

    def _comparable(self, entry: FigureEntry, tree: Map) -> bool:
        if entry.compare in LENGTH and LENGTH[entry.compare] < LENGTH[entry.window]:
            message = f"a {entry.window} is longer than a {entry.compare}, so the two would overlap"
            self._report.error(tree.value_marks["compare"], message, "write previous")
            return False
        return True

    def _known(self, key: str, plural: str, words: set[str], tree: Map) -> bool:
        if tree.get(key) is None or tree[key] in words:
            return True
        hint = did_you_mean(tree[key], words, otherwise=known_are(plural, words))
        self._report.error(tree.value_marks[key], f"unknown {key} '{tree[key]}'", hint)
        return False

    def _figure(self, entry: FigureEntry, tree: Map) -> None:
        devices = [d for d in self._devices.values() if _device_matches(entry.of, d)]
        points = [] if entry.of.event else [p for d in devices for p in d.points if _point_matches(entry.of, d, p)]
        if entry.of.event is None:
            devices = [d for d in devices if any(p.device == d.id for p in points)]
        if not devices:
            self._report.warn(tree["of"].mark, f"the figure '{entry.id}' is of nothing that this site has")
        self.found.append(_made(entry, devices, points))

    def _points(self) -> Iterable[Point]:
        return (p for d in self._devices.values() for p in d.points)

    def _events(self) -> Iterable[str]:
        return (e.kind for d in self._devices.values() for e in d.events)


def _made(entry: FigureEntry, devices: Sequence[Device], points: Sequence[Point]) -> FigureSpec:
    of: Any = entry.of
    units = {p.unit for p in points} if entry.divide == 1 else set()
    return FigureSpec(
        entry.id,
        entry.title.text if entry.title else Text.same(entry.id),
        entry.aggregate,
        entry.window,
        entry.compare,
        points=tuple(sorted(p.id for p in points)),
        devices=tuple(sorted(d.id for d in devices)),
        event=of.event,
        attribute=of.attribute,
        where=dict(of.where),
        unit=units.pop() if len(units) == 1 and entry.aggregate not in {"count", "good_share"} else None,
        divide=entry.divide,
        tolerance=entry.tolerance,
        least=entry.least,
    )


def _device_matches(of: FigureSource, device: Device) -> bool:
    if of.event is not None and not within(device.zone, of.zone):
        return False
    tagged = of.tag is None or of.tag in device.tags or any(of.tag in p.tags for p in device.points)
    # events that the hub files under a device are not in its profile, so a device that is named is believed
    speaks = of.event is None or of.device is not None or any(e.kind == of.event for e in device.events)
    return of.device in (None, device.id) and of.profile in (None, device.profile) and tagged and speaks


def _point_matches(of: FigureSource, device: Device, point: Point) -> bool:
    return (
        of.kind in (None, point.kind)
        and of.point in (None, point.name)
        and within(point.zone, of.zone)
        and (of.tag is None or of.tag in point.tags | device.tags)
    )
