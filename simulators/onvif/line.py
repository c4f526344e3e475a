"""A simulated ONVIF camera, or a recorder whose channels are the devices of its line."""

from collections.abc import Mapping, Sequence

from drivers.onvif.address import SUBTREE, Address, Connection, Event
from hub.model import SECOND, Device, DeviceId, EventMap, Point, PointId, Timestamp, Value
from simulators.base import LOOPBACK, Line, Override
from simulators.faults import Faults
from simulators.onvif.camera import Key, SimulatedCamera
from simulators.onvif.eyes import Channel
from simulators.onvif.passages import TOPIC, Road
from simulators.onvif.port import Port
from simulators.onvif.quirks import quirks_of
from simulators.onvif.signin import Gate
from simulators.process import Process, steady
from simulators.raw import raw_of

ELSEWHERE = "http://192.0.2.66:8000"
"""What a camera names that lies about where it is (RFC 5737: nobody is there)."""
_TOGETHER = (
    "cut", "silence", "delay", "garbage", "half_frames", "exception", "unauthorized", "entities", "endless", "huge",
    "redirect",
)  # fmt: skip
_SOURCE = "source."


class OnvifLine(Line):
    """One camera, or one recorder with every channel: whatever breaks one device breaks the line."""

    faults_known = frozenset({*_TOGETHER, "frozen", "clock", "reboot", "forgotten", "false_address"})

    def __init__(self, devices: Sequence[Device], process: Process, faults: Faults) -> None:
        super().__init__(devices, process, faults)
        connection: Connection = devices[0].connection
        secret = connection.password.get_secret_value() if connection.password is not None else ""
        self._now: Timestamp = 0
        self.camera = SimulatedCamera(Gate(connection.user, secret), lambda: self.port.base, self._own_time)
        self.port = Port(self.camera)
        self.camera.quirks = quirks_of(tag for d in devices for tag in d.tags)
        self._properties: dict[Key, tuple[DeviceId, dict[str, Point]]] = {}
        self.camera.obey = self._switch
        for device in devices:
            self._place(device)
        self.camera.eyes.channels = [Channel(_token(d), d.title.vi or d.id) for d in devices]
        self._covers = [[p for p in d.points if p.kind == "camera.tamper"] for d in devices]
        self._about = [(p.address.about, p) for d in devices for p in d.points if p.address and p.address.about]
        self._roads = {d.id: Road(d, process.seed) for d in devices if any(_reads(e) for e in d.events)}
        self._stamps: list[int] = []
        self._lively = not all(steady(p) for d in devices for p in d.points if p.address is not None)

    async def start(self) -> Override:
        """Listen on a free loopback port. Raises OSError."""
        await self.port.start()
        return Override(LOOPBACK, self.port.number)

    async def stop(self) -> None:
        """Close the port."""
        await self.port.stop()

    def tick(self, now: Timestamp) -> None:
        """Show what every property is at `now`; where nobody has set anything since, it is what it was."""
        self._now = now
        self._drive(now)
        stamps = [self.process.stamp(d.id, now) for d in self.devices]
        if stamps != self._stamps or self._lively:
            self._stamps = stamps
            self._show(now)

    def _drive(self, now: Timestamp) -> None:
        for device, road in self._roads.items():
            for passage in road.until(now):
                if not self.faults.any_of(device, "frozen"):
                    self.camera.happen(TOPIC, passage.source, passage.data)

    def _show(self, now: Timestamp) -> None:
        self.camera.about = {
            name: str(raw_of(p, self.process.value(p, now))) for name, p in self._about if name != "clock_offset"
        }
        for channel, covers in zip(self.camera.eyes.channels, self._covers, strict=True):
            channel.covered = any(self.process.value(p, now) is True for p in covers)
        for (topic, source), (device, points) in self._properties.items():
            if not self.faults.any_of(device, "frozen"):
                data = {item: _text(raw_of(p, self.process.value(p, now))) for item, p in points.items()}
                self.camera.show(topic, dict(source), data)

    def changed(self, point: PointId, now: Timestamp) -> None:
        """Show the change at once."""
        del point
        self.tick(now)

    def disturbed(self, device: DeviceId, now: Timestamp) -> None:
        """Break or heal the camera."""
        self._now, self._stamps = now, []
        self.port.broken = {
            kind: next(iter(fault.args.values()), 0.0)
            for d in self.devices
            for kind in _TOGETHER
            if (fault := self.faults.of(d.id, kind)) is not None
        }
        lies = any(self.faults.any_of(d.id, "false_address") for d in self.devices)
        self.camera.false_base = ELSEWHERE if lies else ""
        for once in ("reboot", "forgotten"):
            if self.faults.of(device, once) is not None:
                self.faults.end(device, once)
                self.camera.forget()
                if once == "reboot":
                    self.port.hang_up()
        if "cut" in self.port.broken:
            self.port.hang_up()

    def happen(self, device: DeviceId, name: str, data: Mapping[str, str], now: Timestamp) -> None:
        """Let a device report an event of its profile once, with data items, and source items as `source.Rule`.

        Raises KeyError when the profile has none of that name.
        """
        self._now = now
        found = next(d for d in self.devices if d.id == device)
        event = next((e for e in found.events if e.name == name), None)
        if event is None:
            raise KeyError(name)
        address: Event = event.address
        inside = {n: v for n, v in data.items() if not n.startswith(_SOURCE)}
        named = {n.removeprefix(_SOURCE): v for n, v in data.items() if n.startswith(_SOURCE)}
        source = {**(address.source or _channel(found)), **named}
        self.camera.happen(address.topic.removesuffix(SUBTREE), source, {**address.where, **inside})

    def _switch(self, token: str, active: bool) -> bool:
        points = [p for d in self.devices for p in d.points if p.address is not None and p.address.relay == token]
        for point in points:
            self.process.hold(point, active, self._now)
        self.tick(self._now)
        return bool(points)

    def _own_time(self) -> Timestamp:
        wrong = next((f for d in self.devices if (f := self.faults.of(d.id, "clock")) is not None), None)
        return self._now + (round(wrong.args["seconds"] * SECOND) if wrong is not None else 0)

    def _place(self, device: Device) -> None:
        for point in device.points:
            address: Address | None = point.address
            if address is None or address.topic is None or address.ptz:
                continue
            source = address.source or _channel(device)
            key = address.topic.removesuffix(SUBTREE), tuple(source.items())
            _, items = self._properties.setdefault(key, (device.id, {}))
            items.setdefault(address.item or "State", point)


def _channel(device: Device) -> dict[str, str]:
    return {"VideoSourceConfigurationToken": _token(device)}


def _reads(event: EventMap) -> bool:
    address: Event = event.address
    return address.topic.removesuffix(SUBTREE) == TOPIC


def _token(device: Device) -> str:
    connection: Connection = device.connection
    return connection.source or "video0"


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
