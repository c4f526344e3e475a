"""Which alarm conditions the points of a line make, and how the process moves them."""

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from drivers.opcua.address import Address
from hub.model import Device, DeviceId, Point, Timestamp
from simulators.faults import Faults
from simulators.opcua.alarm import Alarm, Snapshot
from simulators.process import Process
from simulators.raw import raw_of

SEVERITY = {
    "fire.alarm": 1000, "fire.pre_alarm": 800, "fire.supervisory": 600, "fire.fault": 500, "power.mains": 500,
    "power.battery": 500, "fire.disabled": 200, "fire.test": 100,
}  # fmt: skip
"""Severity by the kind of the point, 1 to 1000 (OPC 10000-5, 6.4.2)."""
_USUAL = 400
REPEATED = "repeated"
"""The variable that repeats a condition: what it says is so at the condition, too."""


class _Bound(Struct, frozen=True):
    """One condition, its device, and the point of each of its states."""

    alarm: Alarm
    device: DeviceId
    states: dict[str, Point]


class Conditions:
    """Every condition of a line."""

    def __init__(self, devices: Sequence[Device], process: Process, faults: Faults, fresh: Callable[[], bytes]) -> None:
        self._process, self._faults = process, faults
        found: dict[str, dict[str, Point]] = {}
        for device in devices:
            for point in device.points:
                address: Address | None = point.address
                if address is not None and address.condition is not None:
                    found.setdefault(address.condition, {}).setdefault(address.state, point)
                if address is not None and address.acknowledges is not None:
                    found.setdefault(address.acknowledges, {}).setdefault(REPEATED, point)
        self._bound = [_bound(name, states, fresh) for name, states in found.items()]

    @property
    def alarms(self) -> list[Alarm]:
        """Every alarm, in the order of the points."""
        return [bound.alarm for bound in self._bound]

    def device(self, alarm: Alarm | None) -> DeviceId:
        """Return the device that an alarm belongs to; empty for none."""
        return next((bound.device for bound in self._bound if bound.alarm is alarm), "")

    def step(self, now: Timestamp, own: Callable[[DeviceId], Timestamp]) -> Iterator[tuple[Alarm, list[Snapshot]]]:
        """Move every condition to where the process is now; give what must be told, by each device's own clock."""
        for bound in self._bound:
            if not self._faults.any_of(bound.device, "frozen"):
                told = self._moved(bound, now, own(bound.device))
                if told:
                    yield bound.alarm, told

    def _moved(self, bound: _Bound, now: Timestamp, at: Timestamp) -> list[Snapshot]:
        alarm, causes = bound.alarm, [p for s in ("active", REPEATED) if (p := bound.states.get(s)) is not None]
        told = alarm.turn(any(self._true(p, now) for p in causes), at) if causes else []
        if told and alarm.now.active and "acked" in bound.states:
            self._process.free(bound.states["acked"].id)
        acked, suppressed = (self._held(bound, state, now) for state in ("acked", "suppressed"))
        return told + alarm.mark(at, acked=acked, suppressed=suppressed)

    def _held(self, bound: _Bound, state: str, now: Timestamp) -> bool | None:
        """Return what somebody set a state to, or None when nobody did."""
        point = bound.states.get(state)
        return self._true(point, now) if point is not None and self._process.held(point.id) else None

    def _true(self, point: Point, now: Timestamp) -> bool:
        value = self._process.value(point, now)
        return bool(value if point.mapping else raw_of(point, value))


def _bound(name: str, states: dict[str, Point], fresh: Callable[[], bytes]) -> _Bound:
    source, _, condition = name.rpartition(".")
    first = states.get(REPEATED) or states.get("active") or next(iter(states.values()))
    severity = SEVERITY.get(first.kind, _USUAL)
    return _Bound(Alarm(source or name, condition or name, severity, fresh), first.device, states)
