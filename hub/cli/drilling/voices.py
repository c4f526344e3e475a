"""How devices speak on the virtual clock: what would be on the wire goes straight to the code that reads it.

Modbus and MQTT keep both ends of the wire: the simulator's registers and payloads, and the driver's decoding of them.
Other protocols are played straight: the raw value that the simulator would encode is the sample that the driver would
make of it. When a silence is noticed, and how long a device is left alone, is the drivers' own arithmetic with the dice
lying still.
"""

import struct
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, cast

from drivers import REGISTRY as DRIVERS
from drivers.backoff import Backoff
from drivers.modbus.address import BIT_TABLES
from drivers.modbus.codec import Extract, extractor
from drivers.mqtt.routes import Routes
from drivers.polled import TOLERATED
from drivers.runner import LIFE_SAFETY_WAIT, bind
from hub.cli.drilling.offwire import OffWire
from hub.intake import Road
from hub.model import (
    SECOND,
    Device,
    DeviceId,
    DeviceState,
    Intake,
    Lane,
    Point,
    PointId,
    Reason,
    Sample,
    Timestamp,
    Value,
)
from simulators.modbus import ModbusLine
from simulators.modbus_unit import Unit
from simulators.mqtt import MqttLine
from simulators.raw import raw_of
from simulators.snmp.line import SnmpLine
from simulators.snmp.objects import UPTIME

PLAYED = {
    "modbus": {"silence", "cut", "frozen", "word_order"},
    "mqtt": {"silence", "cut", "frozen", "delay", "half_frames", "garbage", "clock"},
    "snmp": {"silence", "cut", "reboot"},
    "http": {"silence", "cut"},
    "opcua": {"silence", "cut"},
    "onvif": {"silence", "cut"},
}
"""Faults that the virtual clock can show; the others need the wire."""
REFRESH = 10 * SECOND
"""How often quantities that nobody touches move."""
CALM = 60 * SECOND
"""The same for devices that are played straight, whose every object would be worked out anew."""
KEEP_ALIVE = 5 * SECOND
"""After how long an OPC UA server says at least that it is alive."""
WHOLE = frozenset({"integer", "gauge", "ticks", "counter32", "counter64"})
"""Types of SNMP that have no fractions."""
_EVEN = 0.5
"""What every throw of the dice shows."""


class Voice(ABC):
    """One device, or one part of it that speaks at its own pace."""

    period: int
    """Nanoseconds between two turns."""

    def __init__(self, device: Device, fleet: OffWire, road: Road) -> None:
        self.device = device
        self._fleet, self._road = fleet, road

    @abstractmethod
    def turn(self, now: Timestamp) -> int:
        """Do what is due; return how many nanoseconds later the next turn is."""

    def broken(self, *kinds: str) -> bool:
        """Tell whether one of these faults is in force."""
        return self._fleet.faults.any_of(self.device.id, *kinds)


class Asked(Voice):
    """A device that is asked for its points, as `drivers.polled` asks."""

    def __init__(self, device: Device, fleet: OffWire, road: Road, cut: Callable[[], bool], read: "Reader") -> None:
        super().__init__(device, fleet, road)
        self.period = min(point.interval or device.interval for point in device.points)
        self._cut, self._read = cut, read
        longest = {"longest": LIFE_SAFETY_WAIT} if any(p.lane is Lane.LIFE_SAFETY for p in device.points) else {}
        self._backoff = Backoff(lambda: _EVEN, **longest)
        self._silent = False

    def turn(self, now: Timestamp) -> int:
        """Ask; a silence is noticed after the device's time-out, and told when it has passed."""
        if self._silent:
            self._silent = False
            return self._not_answered()
        if self._cut():
            self._road.report(self.device.id, DeviceState.OFFLINE, "unreachable", "the connection was broken")
            return max(self.period, self._backoff.next())
        if self.broken("silence", "cut"):
            self._silent = True
            return self.device.timeout
        self._backoff.reset()
        self.answer(now)
        return self.period

    def answer(self, now: Timestamp) -> None:
        """Answer what was asked."""
        self._road.take(Intake(self._read.samples(now)))
        self._road.report(self.device.id, DeviceState.ONLINE)

    def _not_answered(self) -> int:
        wait = self._backoff.next()
        if self._backoff.failures <= TOLERATED:
            self._road.report(self.device.id, DeviceState.DEGRADED, "timeout", "it did not answer")
            return max(SECOND // 100, self.period - self.device.timeout)
        self._road.report(self.device.id, DeviceState.OFFLINE, "timeout", "it did not answer")
        return max(self.period, wait)


class Reader(ABC):
    """What a device that is asked would answer."""

    @abstractmethod
    def samples(self, now: Timestamp) -> list[Sample]:
        """Return what the driver would make of the answer."""


class Registers(Reader):
    """A Modbus unit: the simulator's memory, read by the driver's own decoding. Read anew when something changed."""

    def __init__(self, device: Device, fleet: OffWire) -> None:
        self._fleet = fleet
        self._unit: Unit = cast(ModbusLine, fleet.line_of(device.id)).unit_of(device.id)
        self._points = [(p.id, p.address, extractor(p.address, p.address.number)) for p in _living(device)]
        self._moved = 0
        self._read_at = -REFRESH
        self._last: list[Sample] = []

    def samples(self, now: Timestamp) -> list[Sample]:
        """Return every point of the unit."""
        moved = self._fleet.touched
        moving = any(self._fleet.process.moving(p, now) for p, _, _ in self._points)
        if moved != self._moved or moving or now - self._read_at >= REFRESH:
            self._moved, self._read_at = moved, now
            self._unit.refresh(now)
            self._last = [self._sample(*point) for point in self._points]
        return self._last

    def _sample(self, point: PointId, address: Any, extract: Extract) -> Sample:
        words = self._unit.image.read(address.table, address.number, address.end - address.number)
        if words is None:
            return Sample(point, None, None, Reason.REFUSED)
        data = bytes([words[0]]) if address.table in BIT_TABLES else struct.pack(f">{len(words)}H", *words)
        found = extract(data)
        return Sample(point, None, None, found) if isinstance(found, Reason) else Sample(point, found)


class Straight(Reader):
    """A device whose raw values are handed over as its simulator would encode them."""

    def __init__(self, device: Device, fleet: OffWire) -> None:
        self._points = _living(device)
        self._fleet = fleet
        self._moved, self._read_at = -1, -CALM
        self._last: list[Sample] = []
        self._whole = frozenset(point.id for point in self._points if has_no_fractions(point))
        line = fleet.line_of(device.id)
        self._agent = line.agent if isinstance(line, SnmpLine) else None

    def samples(self, now: Timestamp) -> list[Sample]:
        """Return every point of the device."""
        moving = any(self._fleet.process.moving(p.id, now) for p in self._points)
        if self._moved != self._fleet.touched or moving or now - self._read_at >= CALM:
            self._moved, self._read_at = self._fleet.touched, now
            self._last = [Sample(p.id, self._raw(p, now)) for p in self._points]
        return self._last

    def _raw(self, point: Point, now: Timestamp) -> Value:
        if self._agent is not None and point.address.oid == UPTIME:
            return int(self._agent.objects.uptime(now))
        raw = raw_of(point, self._fleet.process.value(point, now))
        return round(raw) if isinstance(raw, float) and point.id in self._whole else raw


class Told(Voice):
    """A device on a connection that stays open and on which it tells what changed (OPC UA, ONVIF)."""

    period = SECOND // 2

    def __init__(self, device: Device, fleet: OffWire, road: Road, cut: Callable[[], bool], patience: int) -> None:
        super().__init__(device, fleet, road)
        self._cut, self._patience = cut, patience
        self._read = Straight(device, fleet)
        self._backoff = Backoff(lambda: _EVEN)
        self._last: dict[PointId, Value | None] = {}
        self._open = False
        self._silent_since: Timestamp | None = None
        self._moved, self._looked = -1, 0

    def turn(self, now: Timestamp) -> int:
        """Tell what changed; notice a broken or silent connection, and open it again."""
        if self._cut():
            return self._lost("unreachable", "the connection was broken")
        if self.broken("silence"):
            return self._waits(now)
        self._silent_since = None
        if not self._open:
            self._open = True
            self._backoff.reset()
            self._last.clear()
            self._moved = -1
            self._road.report(self.device.id, DeviceState.ONLINE)
        self._tell(now)
        return self.period

    def _tell(self, now: Timestamp) -> None:
        moved = self._fleet.touched
        if moved == self._moved and now - self._looked < CALM:
            return
        self._moved, self._looked = moved, now
        news = [s for s in self._read.samples(now) if self._last.get(s.point, self) != s.value]
        self._last.update((s.point, s.value) for s in news)
        if news:
            self._road.take(Intake(news))

    def _waits(self, now: Timestamp) -> int:
        if not self._open:
            return self._lost("timeout", "it does not answer")
        self._silent_since = now if self._silent_since is None else self._silent_since
        if now - self._silent_since < self._patience:
            return self.period
        return self._lost("timeout", "it gave no sign of life")

    def _lost(self, reason: str, detail: str) -> int:
        self._open = False
        self._road.report(self.device.id, DeviceState.OFFLINE, reason, detail)
        return max(self.period, self._backoff.next())


class Broker:
    """The place of the MQTT broker: what simulated sensors publish goes to the driver's own routes."""

    def __init__(self, line: MqttLine, road: Road, now: Callable[[], Timestamp]) -> None:
        self._road, self._now = road, now
        self._routes = Routes([bind(device) for device in line.devices])
        self._will = {p.id: p.device for d in line.devices for p in d.points if p.kind == "$available"}
        self._gone: set[str] = set()
        line.speak_through(self)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Take a message as a subscriber of a broker would: what is live is not marked retained."""
        del retain
        binding = self._routes.bindings.get(topic) or self._routes.learn(topic)
        if binding is None:
            return
        intake = Intake()
        binding.take(topic, payload, False, intake, self._now)
        self._note(intake)
        self._road.take(intake)
        for device in {s.point.partition("/")[0] for s in intake.samples} - self._gone:
            self._road.report(device, DeviceState.ONLINE)

    def _note(self, intake: Intake) -> None:
        for sample in intake.samples:
            if sample.point in self._will:
                device = self._will[sample.point]
                heard = str(sample.value).lower() in ("true", "online", "1")
                (self._gone.discard if heard else self._gone.add)(device)

    def sweep(self, devices: Iterable[Device], now: Timestamp) -> None:
        """Say who has been silent for too long, as `drivers.told` does."""
        for device in devices:
            heard = self._road.last_heard(device.id)
            late = heard is not None and device.silent_after is not None and now - heard > device.silent_after
            if late and device.id not in self._gone:
                self._road.report(device.id, DeviceState.OFFLINE, "stale", "nothing was heard of it for too long")


def has_no_fractions(point: Point) -> bool:
    """Tell whether the protocol says the numbers of a point as whole ones."""
    address = point.address
    fractions = point.type != "int" and (getattr(address, "rate", False) or getattr(address, "percent_of", None))
    return getattr(address, "type", "") in WHOLE and not fractions


def _living(device: Device) -> Sequence[Point]:
    return [point for point in device.points if point.address is not None]


def mates(devices: Iterable[Device]) -> dict[DeviceId, list[DeviceId]]:
    """Return, for each device, every device that shares its line."""
    lines: dict[tuple[str, Hashable], list[DeviceId]] = {}
    keys = {d.id: (d.driver, DRIVERS[d.driver].line(d.connection)) for d in devices}
    for device, key in keys.items():
        lines.setdefault(key, []).append(device)
    return {device: lines[key] for device, key in keys.items()}
