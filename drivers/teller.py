"""A sink for tracers: it tells what a driver would have handed over, and keeps nothing."""

from collections.abc import Callable

from drivers.base import Seen
from hub.model import DeviceId, DeviceState, Intake, one_by_one


class Teller:
    """Tells values, events, strays and complaints; releases at once."""

    def __init__(self, tell: Callable[[Seen], None]) -> None:
        self._tell = tell

    def take(self, intake: Intake) -> None:
        """Tell what is in a batch."""
        for sample in one_by_one([*intake.blocks, *intake.samples]):
            said = sample.reason.word if sample.value is None else repr(sample.value)
            self._tell(Seen("value", f"{sample.point} {said}"))
        for event in intake.events:
            self._tell(Seen("value", f"event {event.kind} {event.attributes}"))
        for stray in intake.strays:
            self._tell(Seen("fault", f"{stray.source}: {stray.reason}"))
        if intake.release is not None:
            intake.release()

    def report(self, device: DeviceId, state: DeviceState, reason: str = "", detail: str = "") -> None:
        """Tell how the device is."""
        del device
        self._tell(Seen("fault", f"{state}: {detail or reason}"))

    async def receipts(self, source: str) -> bytes:
        """Return nothing: a trace stores nothing."""
        del source
        return b""

    def last_heard(self, device: DeviceId) -> None:
        """Return nothing: a trace remembers nothing."""
        del device
