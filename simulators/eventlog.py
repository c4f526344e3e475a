"""The event buffer of a simulated device: every change of its fire points, kept until a reader says it has the record.

A full buffer drops its oldest record, as panels do; the numbers then have a gap.
"""

import re
from collections import deque
from collections.abc import Sequence

from msgspec import Struct

from drivers.modbus.address import Address
from drivers.modbus.buffer import Buffer, Part
from hub.model import SECOND, Device, EventMap, Lane, Point, PointId, Text, Timestamp, Value
from simulators.image import Image
from simulators.process import Process

CAPACITY = 200


class Kept(Struct, frozen=True):
    """One record."""

    number: int
    at: int
    """Seconds since 1970."""
    point: Point
    active: bool


class EventLog:
    """One buffer of one device."""

    def __init__(self, device: Device, event: EventMap) -> None:
        self.buffer: Buffer = event.address
        self.records: deque[Kept] = deque()
        self._device = device
        self._next = 1
        self._watched = [p for p in device.points if p.kind.startswith("fire.") and p.type == "bool"]
        self._seen: dict[PointId, Value] = {}
        self._places = {name: self._place(name, address) for name, address in self.buffer.places.items()}

    @property
    def points(self) -> Sequence[Point]:
        """Where the buffer lies, as points that only the simulator knows."""
        advance = self.buffer.advance
        given = {"table": "holding", "register": advance.number, "type": advance.type, "order": advance.order}
        return (*self._places.values(), self._place("#advance", Address.model_validate(given)))

    def watch(self, process: Process, now: Timestamp) -> None:
        """Keep a record of every point that changed."""
        for point in self._watched:
            value = process.value(point, now)
            before = self._seen.get(point.id, False)
            self._seen[point.id] = value
            if value != before:
                self.keep(point, value is True, now)

    def keep(self, point: Point, active: bool, now: Timestamp) -> None:
        """Keep one record."""
        if len(self.records) == CAPACITY:
            self.records.popleft()
        self.records.append(Kept(self._next, now // SECOND, point, active))
        self._next += 1

    def lose(self, count: int) -> None:
        """Pass over some numbers, as if their records had been dropped unread."""
        self._next += count

    def restart(self) -> None:
        """Forget everything and count anew, as after a power cut."""
        self.records.clear()
        self._next = 1

    def show(self, image: Image) -> None:
        """Put the oldest record where the device shows it."""
        oldest = self.records[0] if self.records else None
        for name, place in self._places.items():
            image.put(place, 0 if oldest is None else self._told(name, oldest))

    def written(self, first: int, words: Sequence[int]) -> bool:
        """Forget what a reader says it has; tell whether this write was for the buffer."""
        advance = self.buffer.advance
        width = 2 if advance.type == "uint32" else 1
        if first != advance.number or len(words) != width:
            return False
        said = words[0] if width == 1 else words[0] << 16 | words[1]
        self._forget(said)
        return True

    def _forget(self, said: int) -> None:
        if isinstance(self.buffer.advance.value, int):
            if said == self.buffer.advance.value and self.records:
                self.records.popleft()
            return
        last = said - (self.buffer.advance.value == "next")
        while self.records and self.records[0].number <= last:
            self.records.popleft()

    def _told(self, name: str, record: Kept) -> int:
        if name == "#waiting":
            return len(self.records)
        if name in ("#number", "#time"):
            return record.number if name == "#number" else record.at
        part = self.buffer.parts[name]
        if part.map:
            return _code(part, record)
        if name == "zone":
            return int(found[0]) if (found := re.findall(r"\d+", record.point.name)) else 0
        return int(record.active) if name == "active" else 0

    def _place(self, name: str, address: Address) -> Point:
        d = self._device
        return Point(
            f"{d.id}/{name}",
            d.id,
            name,
            Text.same(name),
            "device.count",
            d.zone,
            Lane.BULK,
            type="int",
            address=address,
        )


def _code(part: Part, record: Kept) -> int:
    """Return the number whose word is the kind of the point, or how it is called."""
    kind = record.point.kind.partition(".")[2]
    wanted = (kind, record.point.name, "other")
    codes = {word: int(code) for code, word in part.map.items()}
    return next((codes[word] for word in wanted if word in codes), 0)
