"""Simulators that are not on the wire: the same physics and faults, and what they tell by themselves is handed over."""

from collections.abc import Callable, Mapping

from drivers.onvif.address import SUBTREE
from drivers.onvif.markup import parse
from drivers.onvif.notification import notification
from drivers.onvif.routes import Routes
from drivers.runner import bind
from hub.model import Clock, DeviceEvent, DeviceId, Intake, PointId, Reason, Site, Value
from simulators.fleet import Fleet
from simulators.onvif import templates
from simulators.onvif.quirks import Quirks

SOURCE = "source."
"""Items of an event's source, as scenarios write them."""


class OffWire(Fleet):
    """Simulators that are not on the wire: what they would tell by themselves is handed over."""

    def __init__(self, site: Site, *, seed: int, clock: Clock) -> None:
        super().__init__(site, seed=seed, clock=clock)
        self._time = clock
        self.touched = 0
        """Grows with everything that is done to a device."""
        self.hand_over: Callable[[DeviceEvent], None] = lambda _event: None

    def notify(self, device: DeviceId, name: str, *, about: PointId | None = None, confirmed: bool = False) -> None:
        """Hand over a trap as its receiver would file it. What its variables hold is not played: each holds 1."""
        del about, confirmed
        if self.faults.any_of(device, "silence", "cut"):
            return
        event = next(
            e for d in self.site.devices.values() if d.driver == "snmp-trap" for e in d.events if e.name == name
        )
        attributes = {key: "2c" if where == "$version" else 1 for key, where in event.attributes.items()}
        self.hand_over(DeviceEvent(device, event.kind, dict(attributes), None, self._time.now(), lane=event.lane))

    def happen(self, device: DeviceId, name: str, data: Mapping[str, str]) -> None:
        """Hand over what a camera reports once: the simulator's XML, read by the driver's own code."""
        if self.faults.any_of(device, "silence", "cut"):
            return
        found, now = self.site.devices[device], self._time.now()
        event = next(e for e in found.events if e.name == name)
        source = {key.removeprefix(SOURCE): value for key, value in data.items() if key.startswith(SOURCE)}
        inside = {key: value for key, value in data.items() if not key.startswith(SOURCE)}
        named = {**event.address.source, **source} or {"VideoSourceConfigurationToken": "video0"}
        topic = event.address.topic.removesuffix(SUBTREE)
        message = templates.message(Quirks(), topic, "", now, named, {**event.address.where, **inside})
        intake = Intake()
        for said in parse(templates.pulled([message], now, now).encode()).every("NotificationMessage"):
            Routes([bind(found)]).take(notification(said), now, Reason.NONE, now, intake)
        for each in intake.events:
            self.hand_over(each)

    def set(self, point: PointId, value: Value | None, over: int = 0) -> None:
        """Set a point, as on the wire."""
        self.touched += 1
        super().set(point, value, over)

    def fault(self, device: DeviceId, kind: str, **args: float) -> None:
        """Break a device, as on the wire."""
        self.touched += 1
        super().fault(device, kind, **args)

    def heal(self, device: DeviceId, kind: str | None = None) -> None:
        """Mend a device, as on the wire."""
        self.touched += 1
        super().heal(device, kind)
