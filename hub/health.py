"""Health of devices: one opinion each, and news only when it changes. Pure."""

from collections.abc import Iterable

from msgspec import Struct

from hub.model import DeviceChange, DeviceId, DeviceState, DeviceStatus, Timestamp
from hub.model.ailment import ailment
from hub.model.masking import masked_text


class _Known(Struct):
    state: DeviceState
    reason: str
    detail: str
    since: Timestamp
    heard: Timestamp | None = None


class Health:
    """What is known of every device of a site."""

    def __init__(self, devices: list[DeviceId], now: Timestamp) -> None:
        self._known = {d: _Known(DeviceState.WAITING, "waiting", "", now) for d in devices}

    def describe(self, devices: Iterable[DeviceId], now: Timestamp) -> list[DeviceStatus]:
        """Take the devices of a changed site; return those that are new."""
        before, self._known = self._known, {}
        for device in devices:
            self._known[device] = before.get(device) or _Known(DeviceState.WAITING, "waiting", "", now)
        return [self.status(device) for device in self._known if device not in before]

    def knows(self, device: DeviceId) -> bool:
        """Tell whether it is a device of the site."""
        return device in self._known

    def heard(self, device: DeviceId, now: Timestamp) -> None:
        """Note that a device said something."""
        self._known[device].heard = now

    def last_heard(self, device: DeviceId) -> Timestamp | None:
        """Return when the device last said something, or None."""
        return self._known[device].heard

    def state(self, device: DeviceId) -> DeviceState:
        """Return the state as last told."""
        return self._known[device].state

    def is_online(self, device: DeviceId) -> bool:
        """Tell whether a device is known and online."""
        return device in self._known and self._known[device].state is DeviceState.ONLINE

    def report(
        self, device: DeviceId, state: DeviceState, reason: str, detail: str, now: Timestamp
    ) -> DeviceChange | None:
        """Take an observation; return the change it makes, or None when it says what was known.

        The detail may vary from poll to poll (figures in it), so only state and reason make a change. The reason is
        brought to the closed list of `hub.model.ailment`.
        """
        reason, detail = ailment(reason), masked_text(detail)
        known = self._known[device]
        if known.state == state and known.reason == reason:
            known.detail = detail
            return None
        known.state, known.reason, known.detail, known.since = state, reason, detail, now
        return DeviceChange(device, state, reason, detail, now)

    def status(self, device: DeviceId) -> DeviceStatus:
        """Return a device's health as it stands. Raises KeyError."""
        k = self._known[device]
        return DeviceStatus(device, k.state, k.reason, k.detail, k.since, k.heard)
