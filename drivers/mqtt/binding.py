"""What the messages of one topic mean: which points they carry, which events, and what is left as a stray."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from drivers.base import BoundPoint
from drivers.mqtt.address import Address, Event
from drivers.mqtt.payload import plain
from drivers.statistics import Heard
from hub.model import DeviceEvent, DeviceId, EventMap, Intake, PointId, Reason, Sample, Stray, Timestamp, Value
from hub.wire.document import TimeOf, document, raw, time_of
from hub.wire.path import MISSING, Follow, compiled

BODY = 4096
"""Bytes of a stray that are kept."""


def _no_time(_document: Any) -> tuple[Timestamp | None, Reason]:
    return None, Reason.NONE


class _Group:
    """The points of a topic that share the payload's own time."""

    __slots__ = ("fresh", "kept", "time")

    def __init__(self, time: TimeOf) -> None:
        self.time = time
        self.fresh: list[tuple[PointId, Follow]] = []
        self.kept: list[tuple[PointId, Follow, Reason]] = []
        """Points that also take retained messages, and what marks the value then."""

    def add(self, point: BoundPoint, address: Address, path: str) -> None:
        follow = compiled(path)
        self.fresh.append((point.id, follow))
        if address.retained != "ignore":
            mark = Reason.RETAINED if address.retained == "mark" else Reason.NONE
            self.kept.append((point.id, follow, mark))


class _BoundEvent(Struct, frozen=True):
    """One event of one device, its paths compiled."""

    device: DeviceId
    map: EventMap
    time: TimeOf
    where: Sequence[tuple[Follow, Value]]
    attributes: Mapping[str, Follow]
    key: Follow | None


class Binding:
    """Turns the payloads of one topic into samples and events. `device` is whom a stray is filed under."""

    def __init__(self, device: DeviceId) -> None:
        self.device = device
        self.heard = Heard()
        self._groups: dict[tuple[str | None, str], _Group] = {}
        self._grouped: tuple[_Group, ...] = ()
        self._whole: list[tuple[PointId, Reason | None]] = []
        self._events: list[_BoundEvent] = []

    def add_point(self, point: BoundPoint) -> None:
        """Let the topic carry one more point."""
        address: Address = point.address
        if address.path is None:
            marks = {"use": Reason.NONE, "mark": Reason.RETAINED, "ignore": None}
            self._whole.append((point.id, marks[address.retained]))
            return
        key = address.time, address.time_format
        if key not in self._groups:
            time = _no_time if address.time is None else time_of(address.time, address.time_format)
            self._groups[key] = _Group(time)
            self._grouped = tuple(self._groups.values())
        self._groups[key].add(point, address, address.path)

    def add_event(self, device: DeviceId, event: EventMap) -> None:
        """Let the topic carry one more event."""
        address: Event = event.address
        bound = _BoundEvent(
            device,
            event,
            _no_time if address.time is None else time_of(address.time, address.time_format),
            [(compiled(path), wanted) for path, wanted in address.where.items()],
            {name: compiled(path) for name, path in event.attributes.items()},
            compiled(address.key) if address.key else None,
        )
        self._events.append(bound)

    def take(self, topic: str, payload: bytes, retained: bool, intake: Intake, now: Callable[[], Timestamp]) -> None:
        """Add to `intake` what one message says."""
        self.heard.messages += 1
        self.heard.received += len(payload)
        if self._whole:
            self._take_whole(topic, payload, retained, intake, now)
        if not payload and self._grouped:
            self._take_removed(intake)
        elif self._grouped or self._events:
            try:
                decoded = document(payload)
            except ValueError as error:
                self._take_broken(topic, payload, str(error), intake, now)
                return
            bad = self._take_kept(decoded, intake) if retained else self._take_fresh(decoded, intake)
            if bad:
                self.heard.undecodable += 1
                intake.strays.append(Stray(self.device, topic, f"no value for {bad}", payload[:BODY], now()))
            if self._events and not retained:
                self._take_events(decoded, intake, now)

    def _take_fresh(self, decoded: Any, intake: Intake) -> PointId | None:
        add = intake.samples.append
        bad: PointId | None = None
        for group in self._grouped:
            at, mark = group.time(decoded)
            for point, follow in group.fresh:
                found = follow(decoded)
                if type(found) is not float:
                    if found is MISSING:
                        continue
                    found = raw(found)
                if found.__class__ is Reason:
                    bad = point if found is Reason.UNDECODABLE else bad
                    add(Sample(point, None, at, found))
                else:
                    add(Sample(point, found, at, mark))
        return bad

    def _take_kept(self, decoded: Any, intake: Intake) -> PointId | None:
        bad: PointId | None = None
        for group in self._grouped:
            at, mark = group.time(decoded)
            for point, follow, kept in group.kept:
                found = follow(decoded)
                if found is MISSING:
                    continue
                value = raw(found)
                if isinstance(value, Reason):
                    bad = point if value is Reason.UNDECODABLE else bad
                    intake.samples.append(Sample(point, None, at, value))
                else:
                    intake.samples.append(Sample(point, value, at, kept or mark))
        return bad

    def _take_whole(
        self, topic: str, payload: bytes, retained: bool, intake: Intake, now: Callable[[], Timestamp]
    ) -> None:
        value = plain(payload)
        failed = isinstance(value, Reason)
        if failed and value is Reason.UNDECODABLE:
            self.heard.undecodable += 1
            intake.strays.append(Stray(self.device, topic, "not a value", payload[:BODY], now()))
        for point, kept in self._whole:
            if retained and kept is None:
                continue
            mark = value if failed else kept if retained and kept else Reason.NONE
            intake.samples.append(Sample(point, None if failed else value, None, mark))  # type: ignore[arg-type]

    def _take_removed(self, intake: Intake) -> None:
        """A retained message was removed (MQTT 5.0, 3.3.1.3): its device says that there is no such thing any more."""
        points = dict.fromkeys(point for group in self._grouped for point, _ in group.fresh)
        intake.samples += [Sample(point, None, None, Reason.NOT_PROGRAMMED) for point in points]

    def _take_broken(self, topic: str, payload: bytes, why: str, intake: Intake, now: Callable[[], Timestamp]) -> None:
        self.heard.undecodable += 1
        intake.strays.append(Stray(self.device, topic, why, payload[:BODY], now()))
        for group in self._grouped:
            for point, _ in group.fresh:
                intake.samples.append(Sample(point, None, None, Reason.UNDECODABLE))

    def _take_events(self, decoded: Any, intake: Intake, now: Callable[[], Timestamp]) -> None:
        for event in self._events:
            if all(same(follow(decoded), wanted) for follow, wanted in event.where):
                intake.events.append(_event(event, decoded, now()))


def same(found: Any, wanted: Value) -> bool:
    """Tell whether JSON holds exactly the wanted value; true is not 1."""
    return bool(found == wanted) and isinstance(found, bool) == isinstance(wanted, bool)


def _event(event: _BoundEvent, decoded: Any, now: Timestamp) -> DeviceEvent:
    attributes = {name: _attribute(follow(decoded)) for name, follow in event.attributes.items()}
    key = None if event.key is None else _attribute(event.key(decoded))
    at, _ = event.time(decoded)
    return DeviceEvent(
        event.device, event.map.kind, attributes, at, now, None if key is None else str(key), event.map.lane
    )


def _attribute(found: Any) -> Value | None:
    value = Reason.WAITING if found is MISSING else raw(found)
    return None if isinstance(value, Reason) else value
