"""Hints: what a device is said to have told is confirmed by asking it (a trap may be lost, or be somebody else's)."""

from collections.abc import Mapping

from drivers.base import Sink
from drivers.polled import Polled
from hub.model import SECOND, Clock, DeviceId, DeviceState, Intake, Timestamp

APART = SECOND
"""Least time between two hastened scans of a device; a hint in between moves the next one up to its end."""


class Hints:
    """A sink for drivers that hear on behalf of others: every event hastens the next scan of its device."""

    def __init__(self, sink: Sink, lines: Mapping[DeviceId, Polled], clock: Clock) -> None:
        self._sink = sink
        self._lines = lines
        self._clock = clock
        self._next: dict[DeviceId, int] = {}

    def take(self, intake: Intake) -> None:
        """Hand the batch on, and ask those of whom it speaks."""
        self._sink.take(intake)
        for device in {event.device for event in intake.events}:
            line = self._lines.get(device)
            if line is not None:
                self._hasten(line, device, self._clock.monotonic())

    def report(self, device: DeviceId, state: DeviceState, reason: str = "", detail: str = "") -> None:
        """Hand the health on."""
        self._sink.report(device, state, reason, detail)

    def last_heard(self, device: DeviceId) -> Timestamp | None:
        """Return when the device was last heard."""
        return self._sink.last_heard(device)

    async def receipts(self, source: str) -> bytes:
        """Return the keys of the messages of a source that are durable."""
        return await self._sink.receipts(source)

    def _hasten(self, line: Polled, device: DeviceId, now: int) -> None:
        at = max(now, self._next.get(device, now))
        if at - now < APART:
            self._next[device] = at + APART
            line.hasten(device, at)
