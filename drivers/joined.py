"""Answers that arrive in the same turn of the event loop travel as one batch: the road costs by the batch."""

import asyncio

from drivers.base import Sink
from hub.model import Block, DeviceId, DeviceState, Intake, Sample, Timestamp


class Joined:
    """A sink for polled lines. What was taken before a report is handed on before it."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._samples: list[Sample] = []
        self._blocks: list[Block] = []

    def take(self, intake: Intake) -> None:
        """Hand on with the rest of this turn; a polled batch has nothing to release."""
        if not self._samples and not self._blocks:
            asyncio.get_running_loop().call_soon(self._hand_on)
        self._samples += intake.samples
        self._blocks += intake.blocks

    def report(self, device: DeviceId, state: DeviceState, reason: str = "", detail: str = "") -> None:
        """Hand on what was taken, then the health."""
        self._hand_on()
        self._sink.report(device, state, reason, detail)

    def last_heard(self, device: DeviceId) -> Timestamp | None:
        """Return when the device was last heard."""
        return self._sink.last_heard(device)

    async def receipts(self, source: str) -> bytes:
        """Return the keys of the messages of a source that are durable."""
        return await self._sink.receipts(source)

    def _hand_on(self) -> None:
        if self._samples or self._blocks:
            samples, self._samples = self._samples, []
            blocks, self._blocks = self._blocks, []
            self._sink.take(Intake(samples, blocks=blocks))
