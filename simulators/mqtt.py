"""An MQTT line on the wire: an embedded broker and the messages of every sensor behind it."""

from collections.abc import Sequence
from typing import Protocol
from zlib import crc32

import structlog
from pydantic import SecretStr

from hub.model import SECOND, Device, DeviceId, PointId, Timestamp, split_point
from simulators.base import LOOPBACK, Line, Override
from simulators.broker import Broker
from simulators.faults import Faults
from simulators.message import Message, messages_of
from simulators.orders import Orders
from simulators.process import Process
from simulators.publisher import Publisher

log = structlog.get_logger(__name__)

PERIOD = 5 * SECOND
"""How often a sensor reports what did not change; less for devices that count as silent sooner."""
CROWD = 50
"""How many sensors of one broker report that often; with more of them each reports less."""
_QUIET_SHARE = 3
"""A device reports at least this many times before it would count as silent."""


class Publishes(Protocol):
    """What takes the messages of a line."""

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Take one message."""
        ...


class Sensor:
    """One device of the line: its messages and when the next is due."""

    def __init__(self, device: Device, seed: int, period: int = PERIOD) -> None:
        self.id = device.id
        self.messages = messages_of(device)
        self.points = tuple(p.id for m in self.messages for p in m.points)
        self.will = next((m.points[0].id for m in self.messages if m.availability), None)
        self.period = min(period, (device.silent_after or _QUIET_SHARE * PERIOD) // _QUIET_SHARE)
        self._phase = crc32(f"{seed}/{device.id}".encode()) % self.period
        self.due = 0
        self.warned = False

    def plan(self, now: Timestamp) -> None:
        """Set when the next report is due; the phase keeps sensors from speaking all at once."""
        self.due = now - (now - self._phase) % self.period + self.period


class MqttLine(Line):
    """One broker with every device that publishes on it."""

    faults_known = frozenset({"silence", "cut", "delay", "half_frames", "garbage", "frozen", "clock"})

    def __init__(self, devices: Sequence[Device], process: Process, faults: Faults) -> None:
        super().__init__(devices, process, faults)
        self.broker = Broker()
        period = PERIOD * max(1, len(devices) // CROWD)
        self._sensors = {device.id: Sensor(device, process.seed, period) for device in devices}
        self._publisher: Publishes | None = None
        self._own: Publisher | None = None
        self._late: list[tuple[Timestamp, str, bytes, bool]] = []
        self._stuck: dict[tuple[DeviceId, str], bytes] = {}
        self._orders = Orders(devices)
        self._now: Timestamp = 0

    async def start(self) -> Override:
        """Start the broker and sign in to it. Raises OSError."""
        port = await self.broker.start()
        publisher = self._own = Publisher(f"simulators-{port}", self.broker.user, self.broker.password)
        self._publisher = publisher
        await publisher.connect(port)
        if self._orders.topics:
            publisher.listen(self._orders.topics, self._obey)
        signs_in = {
            "user": self.broker.user,
            "password": SecretStr(self.broker.password),
            "version": "3.1.1",
            "tls": None,
        }
        return Override(LOOPBACK, port, signs_in)

    def speak_through(self, publisher: Publishes) -> None:
        """Publish there instead of through a broker of the line's own."""
        self._publisher = publisher

    async def stop(self) -> None:
        """Sign off and stop the broker."""
        own, self._own, self._publisher = self._own, None, None
        if own is not None:
            await own.close()
        await self.broker.stop()

    def _obey(self, topic: str, payload: bytes) -> None:
        """Do what a device was told, and report it as devices do."""
        for point, value in self._orders.meant(topic, payload):
            if not self.faults.any_of(point.device, "silence", "cut"):
                self.process.hold(point, value, self._now)
                self.changed(point.id, self._now)

    def tick(self, now: Timestamp) -> None:
        """Send what is due, what moves, and what was held back."""
        self._now = now
        self._send_late(now)
        for sensor in self._sensors.values():
            if now >= sensor.due or any(self.process.moving(point, now) for point in sensor.points):
                self._report(sensor, now, everything=sensor.due == 0)
                sensor.plan(now)

    def changed(self, point: PointId, now: Timestamp) -> None:
        """Report the device of the point at once."""
        sensor = self._sensors.get(split_point(point)[0])
        if sensor is not None and point in sensor.points:
            self._report(sensor, now, everything=point == sensor.will)

    def disturbed(self, device: DeviceId, now: Timestamp) -> None:
        """Tell the last will of a device that was cut off, and its return."""
        sensor = self._sensors[device]
        cut = self.faults.any_of(device, "cut")
        for message in sensor.messages:
            if message.availability:
                self._send(message.topic, message.payload(lambda _: not cut, now), retain=True)
        if not self.faults.any_of(device, "frozen"):
            self._thaw(device)
        sensor.due = min(sensor.due, now)

    def _thaw(self, device: DeviceId) -> None:
        for key in [key for key in self._stuck if key[0] == device]:
            del self._stuck[key]

    def _report(self, sensor: Sensor, now: Timestamp, *, everything: bool) -> None:
        if self.faults.any_of(sensor.id, "silence", "cut"):
            return
        for message in sensor.messages:
            if everything or not message.availability:
                self._tell(sensor, message, now)

    def _tell(self, sensor: Sensor, message: Message, now: Timestamp) -> None:
        clock = self.faults.of(sensor.id, "clock")
        own = now + round(clock.args["seconds"] * SECOND) if clock else now
        try:
            payload = message.payload(lambda point: self.process.value(point, now), own, self.process.held)
        except ValueError as problem:
            if not sensor.warned:
                sensor.warned = True
                log.warning("a simulated sensor cannot say its value", device=sensor.id, problem=str(problem))
            return
        self._deliver(sensor.id, message, self._spoilt(sensor.id, message.topic, payload), now)

    def _spoilt(self, device: DeviceId, topic: str, payload: bytes) -> bytes:
        if self.faults.any_of(device, "frozen"):
            payload = self._stuck.setdefault((device, topic), payload)
        if self.faults.any_of(device, "half_frames"):
            return payload[: len(payload) // 2]
        if self.faults.any_of(device, "garbage"):
            return bytes(byte ^ 0xA5 for byte in payload)
        return payload

    def _deliver(self, device: DeviceId, message: Message, payload: bytes, now: Timestamp) -> None:
        delay = self.faults.of(device, "delay")
        if delay is None:
            self._send(message.topic, payload, retain=message.retained)
        else:
            due = now + round(delay.args["seconds"] * SECOND)
            self._late.append((due, message.topic, payload, message.retained))

    def _send_late(self, now: Timestamp) -> None:
        for _, topic, payload, retain in [late for late in self._late if late[0] <= now]:
            self._send(topic, payload, retain=retain)
        self._late = [late for late in self._late if late[0] > now]

    def _send(self, topic: str, payload: bytes, *, retain: bool) -> None:
        if self._publisher is not None:
            self._publisher.publish(topic, payload, retain=retain)
