"""Topic → points and events; what nobody has mapped is counted, and listed once with a stub for the profile.

A point may be fed by several instances of a property (two rules, two sensors below one topic). A flag is then true
while one of them is: the newest alone would call a scene normal that another rule still finds disturbed.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct, field

from drivers.base import BoundDevice, BoundPoint
from drivers.onvif.address import Address, Connection, Event
from drivers.onvif.markup import Element
from drivers.onvif.notification import Items, Notification, attributes_of, covers, value_of
from hub.model import DeviceEvent, DeviceId, EventMap, Intake, Reason, Sample, Stray, Timestamp, Value

MOST_LISTED = 1000
"""Unknown topics of a line that are listed by name."""
MOST_INSTANCES = 64
"""Instances of a property that one point remembers; a flag of more is held true while one of these is."""
Instance = tuple[str, tuple[tuple[str, str], ...]]


class _Point(Struct):
    bound: BoundPoint
    channel: str | None
    instances: dict[Instance, Value] = field(default_factory=dict)


class _Event(Struct, frozen=True):
    device: DeviceId
    map: EventMap
    channel: str | None


class Routes:
    """Every mapped topic of a line's devices."""

    def __init__(self, devices: Sequence[BoundDevice]) -> None:
        self.unknown: Counter[str] = Counter()
        self.unknown_total = 0
        self._first = devices[0].id
        self._points = [_Point(p, _channel(d)) for d in devices for p in d.points if p.address.topic is not None]
        self._events = [_Event(d.id, e, _channel(d)) for d in devices for e in d.events]
        self._told: set[str] = set()

    def take(
        self, said: Notification, at: Timestamp | None, mark: Reason, now: Timestamp, intake: Intake
    ) -> set[DeviceId]:
        """Add what a message says to `intake` and return whose it was; `at` is its time by the hub's clock."""
        heard: set[DeviceId] = set()
        for point in self._points:
            address: Address = point.bound.address
            if covers(address.topic or "", said.topic) and _meant(address.source, point.channel, said.source):
                heard.add(point.bound.device)
                self._told.add(point.bound.id)
                intake.samples.append(_sample(point, said, at, mark))
        for event in self._events:
            if _matches(event, said):
                heard.add(event.device)
                # a state that stood before is no news: only a change is (ONVIF Core 9.4)
                if said.operation not in ("Initialized", "Deleted"):
                    intake.events.append(_happened(event, said, at, now))
        if not heard:
            self._wonder(said, now, intake)
        return heard

    def restart(self) -> set[str]:
        """Forget every instance; return the points that were told before and now wait to be told again."""
        for point in self._points:
            point.instances.clear()
        told, self._told = self._told, set()
        return told

    def silent(self, before: Iterable[str]) -> list[Sample]:
        """Return that nothing is known of points which were told before and which the camera did not name again."""
        return [Sample(p, None, None, Reason.WAITING) for p in sorted(set(before) - self._told)]

    def _wonder(self, said: Notification, now: Timestamp, intake: Intake) -> None:
        self.unknown_total += 1
        fresh = said.topic not in self.unknown
        if fresh and len(self.unknown) >= MOST_LISTED:
            return
        self.unknown[said.topic] += 1
        if fresh:
            body = stub(said).encode()[:4096]
            intake.strays.append(Stray(self._first, said.topic or "(no topic)", "topic nobody has mapped", body, now))


def _channel(device: BoundDevice) -> str | None:
    connection: Connection = device.connection
    return connection.source


def _meant(wanted: dict[str, str], channel: str | None, source: Items) -> bool:
    if wanted:
        return all(source.get(name) == value for name, value in wanted.items())
    return channel is None or channel in source.values()


def _matches(event: _Event, said: Notification) -> bool:
    address: Event = event.map.address
    if not covers(address.topic, said.topic) or not _meant(address.source, event.channel, said.source):
        return False
    return all(said.data.get(name) == value for name, value in address.where.items())


def _sample(point: _Point, said: Notification, at: Timestamp | None, mark: Reason) -> Sample:
    name = point.bound.id
    instance = said.topic, tuple((k, v) for k, v in said.source.items() if isinstance(v, str))
    if said.operation == "Deleted":
        point.instances.pop(instance, None)
        if not point.instances:
            return Sample(name, None, at, Reason.NOT_PROGRAMMED)
        return Sample(name, _folded(point, next(reversed(point.instances.values()))), at, mark)
    if not said.source and not said.data:
        # a message without a body speaks of every instance at once
        point.instances.clear()
    value = value_of(point.bound.address, said.data)
    if isinstance(value, Reason):
        return Sample(name, None, at, value)
    if instance in point.instances or len(point.instances) < MOST_INSTANCES:
        point.instances[instance] = value
    return Sample(name, _folded(point, value), at, mark)


def _folded(point: _Point, newest: Value) -> Value:
    return newest if not isinstance(newest, bool) else newest or any(v is True for v in point.instances.values())


def _happened(event: _Event, said: Notification, at: Timestamp | None, now: Timestamp) -> DeviceEvent:
    attributes = attributes_of(event.map, said)
    return DeviceEvent(event.device, event.map.kind, attributes, at, now, None, event.map.lane)


def stub(said: Notification) -> str:
    """Return lines for a profile that would map this message; a person fills in kind and names."""
    topic = json.dumps(said.topic)
    name = re.sub(r"[^a-z0-9]+", "_", said.topic.rpartition("/")[2].lower()).strip("_")[:40] or "point"
    seen = f"# seen: source {json.dumps(_texts(said.source))}, data {json.dumps(_texts(said.data))}\n"
    if said.operation:
        item = next(iter(said.data), "State")
        address = f"{{topic: {topic}, item: {json.dumps(item)}}}"
        names = f"name: {{vi: {name}, en: {name}}}"
        return f"{seen}points:\n  {name}: {{kind: device.flag, address: {address}, {names}}}\n"
    ways = {re.sub(r"\W", "_", item)[:40]: f"data.{item}" for item in list(said.data)[:8]}
    rest = f"address: {{topic: {topic}}}, attributes: {json.dumps(ways)}"
    return f"{seen}events:\n  {name}: {{kind: device.message, {rest}}}\n"


def _texts(items: Items) -> dict[str, str]:
    return {name[:64]: "…" if isinstance(value, Element) else value[:64] for name, value in list(items.items())[:8]}
