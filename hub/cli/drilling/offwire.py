"""Simulators that are not on the wire: the same physics and faults, and what they tell by themselves is handed over."""

from collections.abc import Callable, Mapping

from hub.model import Clock, DeviceEvent, DeviceId, PointId, Site, Value
from simulators.fleet import Fleet


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
        """Hand over what a device reports once."""
        if self.faults.any_of(device, "silence", "cut"):
            return
        event = next(e for e in self.site.devices[device].events if e.name == name)
        found = {key: data.get(path.rpartition(".")[2]) for key, path in event.attributes.items()}
        now = self._time.now()
        self.hand_over(DeviceEvent(device, event.kind, dict(found), now, now, lane=event.lane))

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
