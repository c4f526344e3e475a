"""When each panel last reported a new fire: for a while after it nobody may silence or reset it from here.

A fire that burnt already when the hub started counts as new: when it began is not known.
"""

from hub.model import SECOND, Clock, CommandSpec, Device, DeviceId, PointId, Quality, Reading, Refused
from hub.state import State

FIRE = "fire.alarm"


class Fires:
    """Listens to the fire points of the devices whose commands must wait after a fire."""

    def __init__(self, state: State, clock: Clock) -> None:
        self._clock = clock
        self._state = state
        self._burning: set[PointId] = set()
        self._began: dict[DeviceId, int] = {}
        """Monotonic time of the newest fire of a device."""
        self._device_of: dict[PointId, DeviceId] = {}
        self.describe()

    def describe(self) -> None:
        """Listen to the devices of the site as it is now. A fire that burns at a device that is new counts as new."""
        state, known = self._state, self._device_of
        devices = [d for d in state.site.devices.values() if any(c.after_fire and c.allowed for c in d.commands)]
        self._device_of = {p.id: d.id for d in devices for p in d.points if p.kind == FIRE}
        if self._device_of or known:
            state.listen(frozenset(self._device_of), self._heard)
        self._burning &= self._device_of.keys()
        for point in self._device_of.keys() - known.keys():
            if (reading := state.reading(point)) is not None:
                self._heard(reading)

    def permit(self, device: Device, spec: CommandSpec) -> None:
        """Raise Refused when a fire of the device is too new for a command."""
        began = self._began.get(device.id)
        left = 0 if began is None else began + spec.after_fire - self._clock.monotonic()
        if spec.after_fire and left > 0:
            raise Refused(
                "new_fire",
                f"{device.id} told of a new fire less than {spec.after_fire / SECOND:g} s ago; it must be heard first: "
                f"{spec.name} may be given in {-(-left // SECOND)} s",
            )

    def _heard(self, reading: Reading) -> None:
        if reading.value is True:
            if reading.point not in self._burning:
                self._burning.add(reading.point)
                self._began[self._device_of[reading.point]] = self._clock.monotonic()
        elif reading.quality is Quality.GOOD:
            self._burning.discard(reading.point)
