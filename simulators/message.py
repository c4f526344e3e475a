"""Which messages an MQTT device sends, and their payloads, built from where its points live."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from drivers.mqtt.address import Address, Connection
from drivers.mqtt.topic import filled
from hub.model import Device, Point, PointId, Timestamp, Value
from hub.wire.path import steps
from simulators.document import written
from simulators.jsontree import put, short
from simulators.raw import raw_of

AVAILABLE = "$available"


class Message(Struct, frozen=True):
    """One topic of a device and the points whose values it carries."""

    topic: str
    points: tuple[Point, ...]
    availability: bool = False
    """Whether it is the device's last will: retained, and told on coming and going only."""

    @property
    def retained(self) -> bool:
        """Whether the broker keeps it: the last will, and state that the profile wants at once after connecting."""
        return self.availability or any(point.address.retained == "use" for point in self.points)

    def payload(
        self, value: Callable[[Point], Value], at: Timestamp, held: Callable[[PointId], bool] = lambda _: False
    ) -> bytes:
        """Return the payload when the device's own clock says `at`. Raises ValueError for what it cannot say.

        Of several points that read the same place the one that was set speaks, else the first.
        """
        first: Address = self.points[0].address
        if first.path is None:
            return _plain(raw_of(self.points[0], value(self.points[0])))
        document: dict[str, Any] = {}
        first_last = self.points[::-1]
        for point in sorted(first_last, key=lambda p: held(p.id)):
            put(document, steps(point.address.path), short(raw_of(point, value(point))))
        for path, form in {(p.address.time, p.address.time_format) for p in self.points if p.address.time}:
            put(document, steps(path), written(at, form))
        return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def messages_of(device: Device) -> tuple[Message, ...]:
    """Return every message a device sends, availability last."""
    groups: dict[tuple[str, bool, str | None], list[Point]] = {}
    for point in device.points:
        if point.address is not None:
            will = point.kind == AVAILABLE
            alone = point.name if point.address.path is None else None
            groups.setdefault((topic_of(device, point.address.topic), will, alone), []).append(point)
    found = [Message(topic, tuple(points), will) for (topic, will, _), points in groups.items()]
    return tuple(sorted(found, key=lambda m: m.availability))


def topic_of(device: Device, pattern: str) -> str:
    """Return the topic a device publishes on, every wildcard of the pattern replaced by a name."""
    connection: Connection = device.connection
    named: Mapping[str, str] = {"device": connection.name or device.id}
    base = filled(connection.topic, dict(named))
    topic = filled(pattern, {**named, "topic": base})
    return "/".join("simulated" if level in ("+", "#") else level for level in topic.split("/"))


def _plain(raw: Value) -> bytes:
    return raw.encode() if isinstance(raw, str) else json.dumps(short(raw)).encode()
