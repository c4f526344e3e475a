"""What every line has in common: open, work, lose, wait, open again, for ever; and the news of it, once.

A line is one connection and the devices reached through it. `Polled` and `Told` say what its work is. The state machine
is small: closed → open (`driver.open`) → lost (`Unreachable`) → closed; `Misconfigured` ends it until the configuration
changes. Each loss is logged once, however often opening it again fails.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import cast

import structlog
from msgspec import Struct

from drivers.backoff import Backoff, Pace
from drivers.base import (
    Acknowledger,
    BoundDevice,
    BoundPoint,
    Driver,
    FoundRows,
    Photographer,
    Picture,
    Receiving,
    Sink,
    nobody,
)
from drivers.bells import Bells
from drivers.statistics import Heard, Statistics
from hub.metrics import Figure
from hub.model import (
    SECOND,
    Clock,
    DeviceId,
    DeviceState,
    DriverError,
    Misconfigured,
    PointId,
    Refused,
    Sample,
    Timestamp,
    Unreachable,
    Value,
)

log = structlog.get_logger(__name__)

HELD = 10 * SECOND
"""A line that worked this long before it was lost starts its waits anew."""
TURN = 5.0
"""Seconds that a write waits for the line to be free."""


class Watched:
    """One device of a line: what was last reported of it, and how long it is left alone when it is silent."""

    def __init__(self, device: BoundDevice, sink: Sink, backoff: Backoff) -> None:
        self.id: DeviceId = device.id
        self.device = device
        self.backoff = backoff
        self.until = 0
        """Monotonic time before which the device is not asked again."""
        self.stopped = False
        self.slowest = 0
        """Longest answer (ns) since `$latency` was last told."""
        self.latency_due = 0
        self.statistics = Statistics()
        self.tables: dict[str, Refused] = {}
        """Found groups whose table cannot be taken, and why."""
        self.state = DeviceState.WAITING
        self._reason = ""
        self._sink = sink

    def report(self, state: DeviceState, reason: str = "", detail: str = "") -> None:
        """Tell the sink how the device is, when that is new."""
        if state is not self.state or reason != self._reason:
            self.state, self._reason = state, reason
            self._sink.report(self.id, state, reason, detail)

    def stop(self, why: Misconfigured) -> None:
        """Leave the device alone until its configuration changes."""
        self.stopped = True
        self.report(DeviceState.OFFLINE, why.reason or "misconfigured", str(why))


class Counts:
    """What a line did; plain integers, read when the metrics are asked for."""

    def __init__(self) -> None:
        self.opened = 0
        self.lost = 0
        self.scans = 0
        self.silences = 0
        """Scans that a device did not answer."""
        self.missed = 0
        """Periods that passed whole because the line was busy."""


class Fittings(Struct):
    """What every line is given."""

    name: str
    driver: str
    build: Callable[[], Driver]
    """Return the line's driver. Raises Misconfigured when it cannot be had."""
    devices: Sequence[BoundDevice]
    sink: Sink
    clock: Clock
    pace: Pace
    """Shared by all lines: how many may open in a second."""
    backoff: Callable[[], Backoff]
    bells: Bells
    """Shared by all lines: what tells them that a scan is due."""
    found: FoundRows = nobody
    """Told of rows that a device turns out to have."""
    key: object = None
    """Everything of the configuration that the line is made from: a line with an equal key need not be made anew."""


COUNTED = {
    "opened": "Times a line was opened",
    "lost": "Times a line was lost or could not be opened",
    "scans": "Scans of devices",
    "silences": "Scans that a device did not answer",
    "missed": "Scan periods that passed whole because the line was busy",
}


class Line(ABC):
    """One connection under watch; subclasses say what `work` is."""

    def __init__(self, fittings: Fittings) -> None:
        self.name = fittings.name
        self.key = fittings.key
        self.driver_name = fittings.driver
        self.counts = Counts()
        self.connected = False
        self.watched = {d.id: Watched(d, fittings.sink, fittings.backoff()) for d in fittings.devices}
        self._build = fittings.build
        self._driver: Driver | None = None
        self._sink = fittings.sink
        self._clock = fittings.clock
        self._pace = fittings.pace
        self._backoff = fittings.backoff()
        self._down = False
        self.turn = asyncio.Lock()
        """Held while the driver is asked for something: writes go between scans, in the order they came."""

    async def run(self) -> None:
        """Keep the line at work until cancelled."""
        try:
            self._driver = self._driver or self._build()
            while True:
                await self._once(self._driver)
                await self._sleep(self._backoff.next())
        except Misconfigured as why:
            self._stop(why)
        except Exception as why:
            self._all(DeviceState.OFFLINE, "protocol_error", f"the driver failed: {why!r}")
            raise
        await asyncio.Event().wait()

    def start(self, at: int) -> None:  # noqa: B027 - not every line has something to prepare
        """Prepare to run from `at` (monotonic)."""

    @abstractmethod
    async def work(self, driver: Driver) -> None:
        """Do what the line is for, until Unreachable."""

    async def write(self, point: BoundPoint, raw: Value) -> None:
        """Set a point, between scans. Raises Refused when nothing was sent; NoAnswer, Unreachable: nobody knows."""
        driver = await self._my_turn()
        try:
            await driver.write(point, raw)
        finally:
            self.turn.release()

    async def acknowledge(self, point: PointId, comment: str, seen: Timestamp) -> int:
        """Tell a device that an alarm was acknowledged; return how much there waited. Raises Refused, DriverError."""
        driver = await self._my_turn()
        try:
            return await cast(Acknowledger, driver).acknowledge(point, comment, seen)
        finally:
            self.turn.release()

    async def ask(self, point: BoundPoint) -> Sample | None:
        """Read a point now, between scans; None when devices of this line cannot be asked. Raises DriverError."""
        del point
        return None

    async def picture(self, device: DeviceId) -> Picture:
        """Return what a device sees now, out of turn: a picture takes seconds. Raises Refused, DriverError."""
        if self._driver is None or not self.connected:
            raise Refused("unreachable", f"the line {self.name} is down; there is no picture")
        if not isinstance(self._driver, Photographer):
            raise Refused("no_picture", f"{device} is no camera that gives pictures")
        return await self._driver.picture(device)

    async def _my_turn(self) -> Driver:
        """Take the lock and return the driver. Raises Refused when the line is down or stays busy."""
        try:
            async with asyncio.timeout(TURN):
                await self.turn.acquire()
        except TimeoutError:
            raise Refused("busy", f"the line {self.name} was busy for {TURN:g} s; nothing was sent") from None
        if self._driver is None or not self.connected:
            self.turn.release()
            raise Refused("unreachable", f"the line {self.name} is down; nothing was sent")
        return self._driver

    def receiving(self) -> Receiving | None:
        """Return the driver when devices push to it."""
        return self._driver if isinstance(self._driver, Receiving) else None

    def statistics(self, device: DeviceId) -> dict[str, float | None] | None:
        """Return what became of the requests to a device of this line, None when it is not asked. Raises KeyError."""
        counted: Callable[[DeviceId], Statistics | Heard] | None = getattr(self._driver, "statistics", None)
        found = self.asked(device) if counted is None else counted(device)
        return None if found is None else found.told(max(0, self.counts.opened - 1))

    def asked(self, device: DeviceId) -> Statistics | None:
        """Return what the line itself has counted of its requests to a device, None when it makes none."""
        found = self.watched[device].statistics
        weighed: Callable[[DeviceId], tuple[int, int]] | None = getattr(self._driver, "traffic", None)
        if weighed is not None:
            found.sent, found.received = weighed(device)
        return found

    def driver_figures(self) -> Iterable[Figure]:
        """Return what the driver counts itself, if it counts."""
        counted: Callable[[], Iterable[Figure]] | None = getattr(self._driver, "figures", None)
        return () if counted is None else counted()

    async def _once(self, driver: Driver) -> None:
        """Open the line and work until it is lost."""
        await self._sleep(self._pace.wait(self._clock.monotonic()))
        began = self._clock.monotonic()
        try:
            await driver.open()
            self.connected = True
            self.counts.opened += 1
            began = self._clock.monotonic()
            await self.work(driver)
        except Unreachable as why:
            if self.connected and self._clock.monotonic() - began > HELD:
                self._backoff.reset()
            self._lose(why)
        finally:
            self.connected = False
            await driver.close()

    async def _sleep(self, ns: int) -> None:
        if ns > 0:
            await asyncio.sleep(ns / SECOND)

    def up(self) -> None:
        """Say that the line works, if that is news."""
        if self._down:
            self._down = False
            log.info("line is back", line=self.name, devices=len(self.watched))

    def _lose(self, why: DriverError) -> None:
        self.counts.lost += 1
        if not self._down:
            self._down = True
            log.warning("line is down", line=self.name, devices=len(self.watched), why=str(why))
        self._all(DeviceState.OFFLINE, why.reason or "unreachable", str(why))

    def _stop(self, why: Misconfigured) -> None:
        log.error("line is stopped until its configuration changes", line=self.name, why=str(why))
        for watched in self.watched.values():
            watched.stop(why)

    def _all(self, state: DeviceState, reason: str, detail: str) -> None:
        for watched in self.watched.values():
            if not watched.stopped:
                watched.report(state, reason, detail)


def figures(driver: str, lines: Sequence[Line]) -> Iterable[Figure]:
    """Return the sums over the lines of one driver."""
    of = {"driver": driver}
    yield Figure("citywatch_lines", "Lines to devices", len(lines), of)
    yield Figure("citywatch_lines_connected", "Lines that are connected", sum(x.connected for x in lines), of)
    for count, words in COUNTED.items():
        total = sum(getattr(x.counts, count) for x in lines)
        yield Figure(f"citywatch_lines_{count}", words, total, of, total=True)
    each = [w.statistics for x in lines for w in x.watched.values()]
    refused = sum(one.exceptions for one in each)
    yield Figure("citywatch_lines_exceptions", "Values that devices refused to give", refused, of, total=True)
    slowest = max((one.percentile(95) or 0.0 for one in each), default=0.0)
    yield Figure("citywatch_lines_slowest_ms", "95th percentile of the slowest device's answer times", slowest, of)
