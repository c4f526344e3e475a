"""Lines whose devices report by themselves: open, listen, and once a second ask who has been silent for too long.

A device is online when something was heard of it since the line was opened, and offline when nothing was for longer
than its `silent_after`. One that was never heard at all is waiting, not lost. Silence is measured on the monotonic
clock, so that a correction of the wall clock makes nobody silent.
"""

import asyncio
from collections.abc import Mapping

import structlog
from msgspec import Struct

from drivers.base import Driver, Sink
from drivers.line import Fittings, Line, Watched
from drivers.statistics import Statistics
from hub.model import (
    SECOND,
    DeviceId,
    DeviceState,
    Intake,
    Point,
    PointId,
    Sample,
    Timestamp,
    Unreachable,
)
from hub.model.scaling import to_engineering

log = structlog.get_logger(__name__)

SWEEP = SECOND
"""Nanoseconds between two looks at who is silent."""


class _Heard(Struct):
    last: Timestamp | None
    """Hub time of the last word, as the sink knows it; only compared, never subtracted."""
    at: int
    """Monotonic time when that was noticed, or when the line was opened."""
    fresh: bool = False
    """Whether the device was heard since the line was opened."""


class Farewells:
    """A sink with an ear for what is said of health: last wills, and complaints of a driver about a device."""

    def __init__(self, sink: Sink, available: Mapping[PointId, Point]) -> None:
        self._sink = sink
        self._available = available
        self.gone: set[DeviceId] = set()
        self.complaints: dict[DeviceId, tuple[str, str]] = {}
        """Devices that the driver calls degraded, with reason and detail."""

    def take(self, intake: Intake) -> None:
        """Hand the batch on, and remember who said farewell."""
        if self._available:
            for sample in intake.samples:
                if sample.point in self._available:
                    self._note(self._available[sample.point], sample)
        self._sink.take(intake)

    def report(self, device: DeviceId, state: DeviceState, reason: str = "", detail: str = "") -> None:
        """Hand the health on, and remember who is gone or only degraded."""
        if self._available:
            (self.gone.add if state is DeviceState.OFFLINE else self.gone.discard)(device)
        self.complaints.pop(device, None)
        if state is DeviceState.DEGRADED:
            self.complaints[device] = reason, detail
        self._sink.report(device, state, reason, detail)

    def last_heard(self, device: DeviceId) -> Timestamp | None:
        """Return when the device was last heard."""
        return self._sink.last_heard(device)

    async def receipts(self, source: str) -> bytes:
        """Return the keys of the messages of a source that are durable."""
        return await self._sink.receipts(source)

    def _note(self, point: Point, sample: Sample) -> None:
        if sample.value is None:
            return
        try:
            here = to_engineering(point, sample.value)
        except ValueError:
            return
        (self.gone.add if here is False else self.gone.discard)(point.device)


class Told(Line):
    """A line whose devices report by themselves."""

    def __init__(
        self, fittings: Fittings, silent_after: Mapping[DeviceId, int | None], available: Mapping[PointId, Point]
    ) -> None:
        super().__init__(fittings)
        self._silent_after = silent_after
        self._ear = Farewells(fittings.sink, available)
        self._heard: dict[DeviceId, _Heard] = {}

    def asked(self, device: DeviceId) -> Statistics | None:
        """Return None: the line asks nothing; a driver that asks by itself counts by itself."""
        del device
        return None

    async def work(self, driver: Driver) -> None:
        """Listen until the line is lost. Raises Unreachable."""
        self.up()
        self._begin()
        sweep = asyncio.create_task(self._sweep(), name=f"sweep {self.name}")
        try:
            await driver.subscribe(self._ear)
        finally:
            sweep.cancel()
            await asyncio.gather(sweep, return_exceptions=True)
        raise Unreachable("the driver stopped listening")

    def _begin(self) -> None:
        """Nobody has spoken on this connection yet."""
        now = self._clock.monotonic()
        self._ear.gone.clear()
        self._ear.complaints.clear()
        for watched in self.watched.values():
            self._heard[watched.id] = _Heard(self._sink.last_heard(watched.id), now)
            if watched.state is DeviceState.OFFLINE:
                watched.report(DeviceState.WAITING, "waiting", "the line is back, the device has not spoken yet")

    async def _sweep(self) -> None:
        while True:
            await self._sleep(SWEEP)
            now = self._clock.monotonic()
            for watched in self.watched.values():
                self._look(watched, self._heard[watched.id], now)

    def _look(self, watched: Watched, heard: _Heard, now: int) -> None:
        last = self._sink.last_heard(watched.id)
        if last != heard.last:
            heard.last, heard.at, heard.fresh = last, now, True
        if watched.stopped or watched.id in self._ear.gone:
            return
        limit = self._silent_after.get(watched.id)
        if limit is not None and heard.last is not None and now - heard.at > limit:
            self._silent(watched, limit)
        elif heard.fresh:
            self._alive(watched)

    def _silent(self, watched: Watched, limit: int) -> None:
        if watched.state is not DeviceState.OFFLINE:
            log.warning("device is silent", device=watched.id, line=self.name, silent_after_s=limit / SECOND)
        watched.report(DeviceState.OFFLINE, "stale", f"nothing heard for more than {limit / SECOND:g} s")

    def _alive(self, watched: Watched) -> None:
        if watched.state is DeviceState.OFFLINE:
            log.info("device is heard again", device=watched.id, line=self.name)
        complaint = self._ear.complaints.get(watched.id)
        if complaint is None:
            watched.report(DeviceState.ONLINE)
        else:
            watched.report(DeviceState.DEGRADED, *complaint)
