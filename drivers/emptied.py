"""Polled lines with devices that keep events until these are safe: read one, commit it, only then let it be forgotten.

A hub that is killed between commit and word to the device reads the same record again; its key tells that it is the
same. One record at a time and one request at a time: the line's turn is shared with scans and writes.
"""

import asyncio
from collections.abc import Sequence

import structlog

from drivers.base import Driver, Keeper, Kept, Recalling, Sink
from drivers.line import Fittings, Watched
from drivers.polled import Polled
from drivers.scan import ScanGroup
from hub.model import SECOND, DeviceId, DeviceState, Intake, Misconfigured, NoAnswer, Refused, Unreachable

log = structlog.get_logger(__name__)

STUCK_RECORD = "the device does not forget a record of its event buffer, though it was told that it is safe"


class Emptied(Polled):
    """A polled line that also empties the buffers of its devices."""

    def __init__(self, fittings: Fittings, groups: Sequence[ScanGroup], sink: Sink) -> None:
        super().__init__(fittings, groups)
        self._direct = sink
        self._complaints: dict[DeviceId, str] = {}
        """Devices that refuse their buffer, and how they said so."""

    async def work(self, driver: Driver) -> None:
        """Scan, and beside it empty each device's buffer. Raises Unreachable, Misconfigured."""
        keeper: Keeper = driver  # type: ignore[assignment]
        tasks = [
            asyncio.create_task(self._empty(keeper, watched), name=f"events of {watched.id}")
            for watched in self.watched.values()
            if keeper.keeps(watched.id)
        ]
        try:
            await super().work(driver)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _empty(self, keeper: Keeper, watched: Watched) -> None:
        pause = min((g.interval for g in self.groups if g.device == watched.id), default=SECOND)
        if isinstance(keeper, Recalling) and (source := keeper.source(watched.id)):
            keeper.recall(watched.id, await self._direct.receipts(source))
        while not watched.stopped:
            if watched.until > self._clock.monotonic() or not await self._one(keeper, watched):
                await self._sleep(pause)

    async def _one(self, keeper: Keeper, watched: Watched) -> bool:
        """Bring one record home; tell whether the next may be asked for at once."""
        try:
            async with self.turn:
                kept = await keeper.kept(watched.id)
            if kept is not None:
                await self._bring(kept)
        except (NoAnswer, Unreachable) as why:
            log.debug("a record was not read, or its device not told; again", device=watched.id, why=str(why))
            return False  # the scans judge whether the device is there
        except (Refused, Misconfigured) as why:
            self._complain(watched, str(why))
            return False
        stuck = kept is not None and kept.stuck
        self._complain(watched, STUCK_RECORD if stuck else "")
        return kept is not None and not stuck and kept.more > 0

    async def _bring(self, kept: Kept) -> None:
        if kept.intake is not None:
            await self._durable(kept.intake)
        async with self.turn:
            await kept.settle()

    async def _durable(self, intake: Intake) -> None:
        """Hand over, and wait until it is on disk however long that takes: the device keeps it meanwhile."""
        safe = asyncio.Event()
        intake.release = safe.set
        self._direct.take(intake)
        await safe.wait()

    def _complain(self, watched: Watched, why: str) -> None:
        known = self._complaints.pop(watched.id, "")
        if why:
            self._complaints[watched.id] = why
            if why != known:
                log.warning("the event buffer of a device is not emptied", device=watched.id, why=why)

    def _judge(self, watched: Watched, group: ScanGroup) -> None:
        complaint = self._complaints.get(watched.id)
        if complaint and not group.bad:
            watched.report(DeviceState.DEGRADED, "refused", complaint)
        else:
            super()._judge(watched, group)
