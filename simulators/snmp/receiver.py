"""The place of the hub's own receiver in a simulated site: a port that is free, for agents to send to."""

import socket

from hub.model import DeviceId, PointId, Timestamp
from simulators.base import LOOPBACK, Line, Override, Receiver


class ReceiverLine(Line):
    """Nothing answers here: the hub listens, at a port where it needs no privilege and disturbs nobody."""

    _port = 0

    async def start(self) -> Override:
        """Find a free port. Raises OSError."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((LOOPBACK, 0))
            self._port = int(probe.getsockname()[1])
        return Override(LOOPBACK, self._port, {"sources": {}})

    async def stop(self) -> None:
        """Nothing to close."""
        self._port = 0

    def receiver(self) -> Receiver | None:
        """Return where the hub listens."""
        device = self.devices[0]
        return Receiver(LOOPBACK, self._port, device.connection, device.events) if self._port else None

    def tick(self, now: Timestamp) -> None:
        """Nothing moves."""

    def changed(self, point: PointId, now: Timestamp) -> None:
        """Nothing shows: what a receiver has counted is the hub's own."""

    def disturbed(self, device: DeviceId, now: Timestamp) -> None:
        """Nothing breaks."""
