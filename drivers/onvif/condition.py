"""How well a camera is while it answers: a wrong clock, a picture that is lost, a storage that failed.

What a camera says of its picture and its storage is heard here whether its profile maps these topics or not: a camera
that sees nothing is never simply online. Sources: ONVIF Imaging 24.12, 9 (SignalLoss); ONVIF Device IO and Core,
9.8 (HardwareFailure).
"""

from collections.abc import Collection, Sequence

from drivers.base import BoundDevice, Sink
from drivers.onvif.address import Connection
from drivers.onvif.notification import FALSE, Notification
from hub.model import SECOND, DeviceId, DeviceState

STREAM = "tns1:VideoSource/SignalLoss"
STORAGE = "tns1:Device/HardwareFailure/StorageFailure"
_WORDS = {STREAM: "stream_lost", STORAGE: "storage_failed"}
_ITEMS = {STREAM: "State", STORAGE: "Failed"}
_ORDER = ("stream_lost", "storage_failed", "clock_skew")
"""The worst first: a device has one reason."""
MOST = 64
"""Sources and storages of a line whose failure is remembered by name."""
Trouble = tuple[str, tuple[str, ...]]


class Condition:
    """What is wrong with each device of a line that is connected."""

    def __init__(self, devices: Sequence[BoundDevice], where: str) -> None:
        self._channels = {d.id: _channel(d) for d in devices}
        self._where = where
        self._max_skew = _connection(devices[0]).max_skew
        self._skew = 0
        self._missing: frozenset[DeviceId] = frozenset()
        self._failed: set[Trouble] = set()
        self._doubtful: set[Trouble] = set()
        """Failures of before a new beginning that the camera has not named again."""
        self._told: dict[DeviceId, tuple[DeviceState, str]] = {}

    def clock(self, skew: int) -> None:
        """Remember by how much (ns) the camera's clock is ahead."""
        self._skew = skew

    def sources(self, known: Collection[str] | None) -> None:
        """Remember which video sources there are; None: the camera does not say."""
        wanted = {d: c for d, c in self._channels.items() if c is not None and known is not None and c not in known}
        self._missing = frozenset(wanted)

    def hear(self, said: Notification) -> None:
        """Note what a message says about picture or storage."""
        if said.topic not in _WORDS:
            return
        trouble = said.topic, tuple(v for v in said.source.values() if isinstance(v, str))
        state = said.data.get(_ITEMS[said.topic], next(iter(said.data.values()), "false"))
        well = said.operation == "Deleted" or not isinstance(state, str) or state.strip().lower() in FALSE
        self._doubtful.discard(trouble)
        if well:
            self._failed.discard(trouble)
        elif len(self._failed) < MOST:
            self._failed.add(trouble)

    def restart(self) -> None:
        """Begin anew: what the camera does not name again until `settle` is over."""
        self._doubtful = set(self._failed)

    def settle(self) -> None:
        """The camera has named everything."""
        self._failed -= self._doubtful
        self._doubtful.clear()

    def tell(self, sink: Sink, *, anew: bool = False) -> None:
        """Report every device whose condition is another than before, or all `anew`."""
        if anew:
            self._told.clear()
        for device in self._channels:
            reason, detail = self._of(device)
            state = DeviceState.DEGRADED if reason else DeviceState.ONLINE
            if self._told.get(device) != (state, reason):
                self._told[device] = state, reason
                sink.report(device, state, reason, detail)

    def _of(self, device: DeviceId) -> tuple[str, str]:
        found = {_WORDS[topic] for topic, sources in self._failed if self._meant(device, topic, sources)}
        found |= {"stream_lost"} if device in self._missing else set()
        found |= {"clock_skew"} if abs(self._skew) > self._max_skew else set()
        reason = next((word for word in _ORDER if word in found), "")
        return reason, self._said(device, reason)

    def _meant(self, device: DeviceId, topic: str, sources: tuple[str, ...]) -> bool:
        channel = self._channels[device]
        return topic == STORAGE or channel is None or channel in sources

    def _said(self, device: DeviceId, reason: str) -> str:
        channel = self._channels[device]
        which = f" of {channel}" if channel else ""
        match reason:
            case "stream_lost" if device in self._missing:
                return f"{self._where} has no video source {channel}; see the sources of its media profiles"
            case "stream_lost":
                return f"{self._where} has lost the picture{which}; look at the lens, its cable and the channel"
            case "storage_failed":
                return f"the storage of {self._where} has failed: it may record nothing; replace card or disk"
            case "clock_skew":
                ahead = "ahead" if self._skew > 0 else "behind"
                off = f"{abs(self._skew) / SECOND:.0f} s {ahead}"
                return f"the clock of {self._where} is {off}; set it, or give it NTP"
        return ""


def _connection(device: BoundDevice) -> Connection:
    found: Connection = device.connection
    return found


def _channel(device: BoundDevice) -> str | None:
    return _connection(device).source
