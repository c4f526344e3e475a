"""Lines whose devices are asked: one request at a time, each device in its turn, none waiting for a silent one.

A device that does not answer is asked again at its next scan; after the second silence it is offline and is left alone
for a growing while, so that a dead unit behind a gateway costs the others one timeout per backoff period at most. When
nobody answers any more, the connection itself is suspected and made anew: a pulled cable sends no word of farewell.
"""

import asyncio
import heapq
from collections.abc import Sequence

import structlog

from drivers.base import BoundDevice, BoundPoint, Driver
from drivers.line import Fittings, Line, Watched
from drivers.looks import Look, going_on
from drivers.patience import Patience
from drivers.scan import ScanGroup
from hub.model import (
    MILLISECOND,
    SECOND,
    Block,
    DeviceId,
    DeviceState,
    Intake,
    Misconfigured,
    NoAnswer,
    Reason,
    Refused,
    Sample,
    Unreachable,
    one_by_one,
    point_id,
)

log = structlog.get_logger(__name__)

TOLERATED = 1
"""Silences in a row after which a device that was online is still only degraded."""
SUSPICIOUS = 3
"""Silences in a row, of any devices, after which the connection is made anew."""
STUCK = 60.0
"""Seconds after which a read that does not come back is taken for a fault of the driver."""
LATENCY_PERIOD = 10 * SECOND
"""How often `$latency` is told: the longest answer of the time between."""
DEGRADING = frozenset({Reason.REFUSED, Reason.UNDECODABLE, Reason.MISCONFIGURED})


class Polled(Line):
    """A line whose devices are asked for their points."""

    def __init__(self, fittings: Fittings, groups: Sequence[ScanGroup]) -> None:
        super().__init__(fittings)
        self.groups = groups
        self._found = fittings.found
        self._bells = fittings.bells
        self._silent = 0
        self._hastened = False
        self._bell: asyncio.Future[None] | None = None
        self._patience = Patience(STUCK)

    def start(self, at: int) -> None:
        """Lay the grid of every group from `at` on."""
        for group in self.groups:
            group.start(at)

    async def work(self, driver: Driver) -> None:
        """Scan every group when it is due. Raises Unreachable; Misconfigured when no device is left to ask."""
        heap, task = self._due(), asyncio.current_task()
        while heap:
            due, turn, group = heap[0]
            if not await self._until(due):
                heap = self._heap()
                continue
            await self._visit(driver, group)
            if task is not None and task.cancelling():
                raise asyncio.CancelledError  # a library swallowed it; a busy line would never end
            self._advance(group)
            if self.watched[group.device].stopped:
                heap = self._due()
            else:
                heapq.heapreplace(heap, (group.due, turn, group))
        raise Misconfigured("none of its devices can be asked; see the reason at each")

    async def ask(self, point: BoundPoint) -> Sample | None:
        """Read a point now, between scans. Raises NoAnswer, Unreachable, Misconfigured, Refused (the line is down)."""
        driver = await self._my_turn()
        try:
            return next(iter(one_by_one(await driver.read([point]))), None)
        finally:
            self.turn.release()

    def hasten(self, device: DeviceId, at: int) -> None:
        """Scan a device at `at` (monotonic) too, because something was said of it."""
        for group in self.groups:
            if group.device == device:
                group.hasten(at)
        self._hastened = True
        if self._bell is not None:
            _ring(self._bell)

    async def _until(self, due: int) -> bool:
        """Wait until `due`; False when something else became due in the meantime."""
        if due > self._clock.monotonic() and not self._hastened:
            self._bell = self._bells.at(due)
            try:
                await self._bell
            finally:
                self._bell = None
        hastened, self._hastened = self._hastened, False
        return not hastened

    def _due(self) -> list[tuple[int, int, ScanGroup]]:
        now = self._clock.monotonic()
        for group in self.groups:
            if not self.watched[group.device].stopped:
                group.resume(now)
        return self._heap()

    def _heap(self) -> list[tuple[int, int, ScanGroup]]:
        heap = [(g.due, turn, g) for turn, g in enumerate(self.groups) if not self.watched[g.device].stopped]
        heapq.heapify(heap)
        return heap

    def _advance(self, group: ScanGroup) -> None:
        before = group.missed
        group.advance(self._clock.monotonic())
        self.counts.missed += group.missed - before

    async def _visit(self, driver: Driver, group: ScanGroup) -> None:
        watched = self.watched[group.device]
        began = self._clock.monotonic()
        if watched.until > began:
            return
        self.counts.scans += 1
        watched.statistics.tries += 1
        try:
            await self.turn.acquire()  # `async with` makes two coroutines more, at every scan
            try:
                with self._patience:
                    if type(group) is ScanGroup:
                        seen = await driver.read(group.points)
                    else:
                        seen = await self._looked(driver, watched, group)
            finally:
                self.turn.release()
        except NoAnswer as why:
            await self._silence(driver, watched, why)
        except Misconfigured as why:
            log.error("device is stopped until its configuration changes", device=watched.id, why=str(why))
            watched.stop(why)
        except TimeoutError as why:
            raise Unreachable(f"the driver did not come back within {STUCK:g} s") from why
        else:
            self._answer(watched, group, seen, began)

    async def _looked(self, driver: Driver, watched: Watched, look: ScanGroup) -> Sequence[Sample | Block]:
        assert isinstance(look, Look)
        name = look.group.name
        try:
            await look.ask(driver, self._found)
            watched.tables.pop(name, None)
        except Refused as why:
            if name not in watched.tables:
                log.warning("rows of a table are not taken", device=watched.id, group=name, why=str(why))
            watched.tables[name] = why
        return ()

    def grow(self, devices: Sequence[BoundDevice], groups: Sequence[ScanGroup], key: object) -> None:
        """Ask for other points of the same devices from now on; the line stays open."""
        for device in devices:
            self.watched[device.id].device = device
        self.groups, self.key = going_on(self.groups, groups, self._clock.monotonic()), key
        self._hastened = True
        if self._bell is not None:
            _ring(self._bell)

    def _answer(self, watched: Watched, group: ScanGroup, seen: Sequence[Sample | Block], began: int) -> None:
        samples = [s for s in seen if type(s) is Sample]
        blocks = [b for b in seen if type(b) is Block]
        bad = [s.point for s in samples if s.reason and s.reason in DEGRADING]
        if bad or group.bad:
            group.bad = tuple(bad)
        took = self._clock.monotonic() - began
        watched.statistics.answered(samples, took)
        self._time(watched, samples, began, took)
        self._sink.take(Intake(samples, blocks=blocks))
        self._silent = 0
        if watched.backoff.failures:
            self._heard_again(watched)
        self.up()
        self._judge(watched, group)

    def _time(self, watched: Watched, samples: list[Sample], began: int, took: int) -> None:
        """Add the longest answer since that was last told; a row of its own for each scan would cost as much as it."""
        watched.slowest = max(watched.slowest, took)
        if began >= watched.latency_due:
            ms = round(watched.slowest / MILLISECOND, 2)
            samples.append(Sample(point_id(watched.id, "$latency"), ms))
            watched.slowest, watched.latency_due = 0, began + LATENCY_PERIOD

    def _judge(self, watched: Watched, group: ScanGroup) -> None:
        if not group.bad and not watched.tables and watched.state is DeviceState.ONLINE:
            return
        bad = [p for g in self.groups if g.device == watched.id for p in g.bad]
        if not bad and watched.tables:
            refused = next(iter(watched.tables.values()))
            watched.report(DeviceState.DEGRADED, refused.reason, str(refused))
            return
        if not bad:
            watched.report(DeviceState.ONLINE)
            return
        named = ", ".join(p.partition("/")[2] for p in bad[:3]) + (", …" if len(bad) > 3 else "")
        total = len(watched.device.points)
        watched.report(DeviceState.DEGRADED, "refused", f"{len(bad)} of {total} points give no value: {named}")

    async def _silence(self, driver: Driver, watched: Watched, why: NoAnswer) -> None:
        self.counts.silences += 1
        watched.statistics.timeouts += 1
        self._silent += 1
        wait = watched.backoff.next()
        was_working = watched.state in (DeviceState.ONLINE, DeviceState.DEGRADED)
        if was_working and watched.backoff.failures <= TOLERATED:
            watched.report(DeviceState.DEGRADED, why.reason or "timeout", str(why))
        else:
            self._silent_for(watched, wait, why)
        if self._silent >= max(TOLERATED + 1, min(SUSPICIOUS, len(self.watched))):
            self._silent = 0
            async with self.turn:
                await driver.close()
                await driver.open()

    def _silent_for(self, watched: Watched, wait: int, why: NoAnswer) -> None:
        watched.until = self._clock.monotonic() + wait
        if watched.state is not DeviceState.OFFLINE:
            log.warning("device is silent", device=watched.id, line=self.name, why=str(why))
        watched.report(DeviceState.OFFLINE, why.reason or "timeout", str(why))

    def _heard_again(self, watched: Watched) -> None:
        watched.backoff.reset()
        watched.until = 0
        if watched.state is DeviceState.OFFLINE:
            log.info("device answers again", device=watched.id, line=self.name)


def _ring(bell: asyncio.Future[None]) -> None:
    if not bell.done():
        bell.set_result(None)
