"""Brings every device of a site to its driver and keeps every line at work.

Devices with equal line keys share one driver and one connection. Polled lines scan (`drivers.polled`), lines that are
told listen (`drivers.told`); what both do when the line fails is in `drivers.line`. One line never waits for another.
"""

import asyncio
import random
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import count

from msgspec.structs import replace

from drivers import scan
from drivers.backoff import Backoff, Pace
from drivers.base import BoundDevice, BoundPoint, Driver, DriverSpec, Neighbour, Picture, Receiving, Sink
from drivers.bells import Bells
from drivers.bound import bind, line_name, neighbour_of, redirected
from drivers.emptied import Emptied
from drivers.hints import Hints
from drivers.joined import Joined
from drivers.line import Fittings, Line, figures
from drivers.looks import FoundRows, asked, nobody
from drivers.polled import Polled
from drivers.renewal import NewLine, Renewal, line_key
from drivers.told import Told
from hub.metrics import Figure
from hub.model import (
    SECOND,
    Clock,
    Device,
    DeviceId,
    DeviceState,
    Lane,
    Misconfigured,
    PointId,
    Refused,
    Sample,
    Timestamp,
    Value,
)
from hub.supervise import Supervisor

__all__ = ["Runner", "bind", "redirected"]
OPENS_PER_SECOND = 50
"""How many lines may be opened in a second, however many are down (reliability B9)."""
LIFE_SAFETY_WAIT = 10 * SECOND
"""Longest wait before a line with a life-safety point is tried again; other lines: `backoff.LONGEST`."""


class Runner:
    """All lines of a site. `redirect` points devices at other hosts and ports (their simulators)."""

    def __init__(
        self,
        devices: Sequence[Device],
        registry: Mapping[str, DriverSpec],
        sink: Sink,
        clock: Clock,
        *,
        dice: random.Random,
        redirect: Mapping[DeviceId, tuple[str, int]] | None = None,
        site: str = "",
        state: str = "",
        found: FoundRows = nobody,
    ) -> None:
        self._registry = registry
        self._found_rows = found
        self._sink = sink
        self._joined = Joined(sink)
        self._clock = clock
        self._dice = dice
        self._site, self._state = site, state
        self._pace, self._bells = Pace(OPENS_PER_SECOND), Bells(clock)
        self._slow: dict[str, Pace] = {}
        """Drivers whose lines are opened more slowly."""
        self._supervisor = Supervisor()
        self._polled: dict[DeviceId, Polled] = {}
        """Filled with the lines; whoever hears of a device may hasten its scan."""
        self._neighbours: Mapping[DeviceId, Neighbour] = {}
        self._redirect = redirect or {}
        self._numbers = count()
        self._names: dict[Line, str] = {}
        """The lines that run, and what the supervisor calls them."""
        self._resting: list[Device] = []
        self.watch: Sequence[Line] = ()
        self._adopt(self.renewal(devices))

    @property
    def lines(self) -> dict[str, bool]:
        """Every line by name, and whether it is connected."""
        return {line.name: line.connected for line in self.watch}

    def figures(self) -> Iterable[Figure]:
        """Return what the lines of each driver have done, and what drivers count themselves."""
        for driver in dict.fromkeys(line.driver_name for line in self.watch):
            yield from figures(driver, [line for line in self.watch if line.driver_name == driver])
        for line in self.watch:
            yield from line.driver_figures()

    def statistics(self, device: DeviceId) -> dict[str, float | None] | None:
        """Return what became of the requests to a device: counters and answer times (ms); None: it is not asked."""
        line = self._line_of(device)
        return None if line is None else line.statistics(device)

    async def write(self, device: DeviceId, point: PointId, raw: Value) -> None:
        """Set a point of a device to a raw value, on its line and between scans.

        Raises Refused (nothing was changed), Misconfigured; after NoAnswer and Unreachable nobody knows.
        """
        line, bound = self._found(device, point)
        await line.write(bound, raw)

    async def ask(self, device: DeviceId, point: PointId) -> Sample | None:
        """Read a point now; None when its device cannot be asked. Raises DriverError, Refused."""
        line, bound = self._found(device, point)
        return await line.ask(bound)

    def acknowledges(self, device: DeviceId, point: PointId) -> bool:
        """Tell whether an alarm of a point that is acknowledged here is acknowledged at its device."""
        line = self._line_of(device)
        if line is None:
            return False
        told, found = self._registry[line.driver_name].acknowledges, line.watched[device].device
        bound = next((p for p in found.points if p.id == point), None)
        return told is not None and bound is not None and told(found.connection, bound.address)

    async def acknowledge(self, device: DeviceId, point: PointId, comment: str, seen: Timestamp) -> int:
        """Tell a device that a person acknowledged at `seen` (ns); return how much there waited for it.

        Raises Refused, DriverError; twice is as good as once.
        """
        line, bound = self._found(device, point)
        return await line.acknowledge(bound.id, comment, seen)

    def largest(self, device: DeviceId) -> int | None:
        """Return how many bytes a device may push at once; None: it does not push."""
        receiving = self._receiving(device)
        return None if receiving is None else receiving.largest(device)

    async def receive(self, device: DeviceId, key: str, signed_at: str, signature: str, body: bytes) -> bool:
        """Take what a device pushes; True once it is durable, False when it was before. Raises Refused."""
        receiving = self._receiving(device)
        if receiving is None:
            raise Refused("not_ready", f"nothing is taken from {device} just now")
        return await receiving.receive(device, key, signed_at, signature, body)

    def sees(self, device: DeviceId) -> bool:
        """Tell whether a device can be asked for a picture at all."""
        line = self._line_of(device)
        return line is not None and self._registry[line.driver_name].pictures

    async def picture(self, device: DeviceId) -> Picture:
        """Return what a device sees now, within some 10 s. Raises Refused (none to be had), DriverError."""
        line = self._line_of(device)
        if line is None:
            raise Refused("out_of_service", f"{device} is switched off in the configuration; there is no picture")
        return await line.picture(device)

    def _receiving(self, device: DeviceId) -> Receiving | None:
        line = self._line_of(device)
        return None if line is None else line.receiving()

    def _line_of(self, device: DeviceId) -> Line | None:
        return next((line for line in self.watch if device in line.watched), None)

    def _found(self, device: DeviceId, point: PointId) -> tuple[Line, BoundPoint]:
        line = self._line_of(device)
        if line is None:
            raise Refused("out_of_service", f"{device} is switched off in the configuration; nothing was sent")
        bound = next((p for p in line.watched[device].device.points if p.id == point), None)
        if bound is None:
            raise Refused("not_writable", f"{point} does not live at the device; nothing was sent")
        return line, bound

    async def run(self) -> None:
        """Run every line until cancelled; a line whose driver fails in an unforeseen way is started again."""
        self._rest(self._resting)
        self._start(self.watch)
        try:
            await asyncio.Event().wait()
        finally:
            await self.stop()

    async def stop(self) -> None:
        """Stop every line and close its driver; safe to call twice."""
        await self._supervisor.stop()

    def renewal(self, devices: Sequence[Device]) -> Renewal:
        """Return what other devices would mean for the lines; nothing happens yet."""
        wanted = [redirected(d, self._registry[d.driver], self._redirect) for d in devices if d.enabled and d.driver]
        neighbours = {d.id: neighbour_of(d, self._registry[d.driver]) for d in wanted}
        together: dict[tuple[str, Hashable], list[Device]] = {}
        for device in wanted:
            key = device.driver, self._registry[device.driver].line(device.connection)
            together.setdefault(key, []).append(device)
        running = {line.key: line for line in self.watch}
        made = Renewal(neighbours, resting=[d for d in devices if not d.enabled])
        for (driver, line), members in together.items():
            spec = self._registry[driver]
            bound = [self._bound(d, spec, neighbours) for d in members]
            identity = line_key(driver, line, members, bound)
            if identity in running:
                made.stays.append(running[identity])
            else:
                made.comes.append(NewLine(spec, members, bound, identity))
        stays = set(made.stays)
        made.goes += [line for line in self.watch if line not in stays]
        return made

    async def renew(self, renewal: Renewal, between: Callable[[], None]) -> None:
        """Stop the lines that go, do what is to be done `between`, start those that come.

        When that raises, the lines that were stopped run again and nothing has changed.
        """
        rested = {device.id for device in self._resting}
        await self._supervisor.end(*(self._names.pop(line) for line in renewal.goes if line in self._names))
        try:
            between()
        except BaseException:
            self._start(renewal.goes)
            raise
        new = self._adopt(renewal)
        for device in rested & {device for line in new for device in line.watched}:
            self._sink.report(device, DeviceState.WAITING, "waiting")
        self._rest(d for d in self._resting if d.id not in rested)
        self._start(new)

    def grow(self, devices: Sequence[Device]) -> None:
        """Let lines ask for the points that rows brought or took; none is closed for it."""
        renewal = self.renewal(devices)
        going = {frozenset(line.watched): line for line in renewal.goes if isinstance(line, Polled)}
        for come in renewal.comes:
            line = going.get(frozenset(device.id for device in come.devices))
            if line is not None:
                line.grow(come.bound, asked(come), come.key)

    def _adopt(self, renewal: Renewal) -> list[Line]:
        self._neighbours, self._resting = renewal.neighbours, renewal.resting
        new = [self._line(come) for come in renewal.comes]
        scan.spread([line.groups for line in new if isinstance(line, Polled)])
        self.watch = [*renewal.stays, *new]
        self._polled.clear()
        self._polled.update((d, line) for line in self.watch if isinstance(line, Polled) for d in line.watched)
        return new

    def _start(self, lines: Iterable[Line]) -> None:
        now = self._clock.monotonic()
        for line in lines:
            name = self._names[line] = f"line {next(self._numbers)}: {line.name}"
            line.start(now)
            self._supervisor.start(name, line.run)

    def _rest(self, devices: Iterable[Device]) -> None:
        for device in devices:
            self._sink.report(device.id, DeviceState.OUT_OF_SERVICE, "disabled", "switched off in the configuration")

    def _bound(self, device: Device, spec: DriverSpec, neighbours: Mapping[DeviceId, Neighbour]) -> BoundDevice:
        bound = bind(device, self._site, self._state)
        return replace(bound, neighbours=neighbours) if spec.hears else bound

    def _line(self, new: NewLine) -> Line:
        spec, devices = new.spec, new.devices
        fittings = self._fittings(new)
        if spec.pushes:
            available = {p.id: p for d in devices for p in d.points if p.kind == "$available"}
            return Told(fittings, {d.id: d.silent_after for d in devices}, available)
        if any(d.events for d in devices):
            return Emptied(fittings, asked(new), self._sink)
        return Polled(fittings, asked(new))

    def _fittings(self, new: NewLine) -> Fittings:
        spec, devices, bound = new.spec, new.devices, new.bound
        urgent = any(p.lane is Lane.LIFE_SAFETY for d in devices for p in d.points)
        longest = {"longest": LIFE_SAFETY_WAIT} if urgent else {}

        def build() -> Driver:
            try:
                return spec.load()(bound)
            except ImportError as fault:
                raise Misconfigured(str(fault)) from fault

        return Fittings(
            name=line_name(spec, devices),
            driver=spec.name,
            build=build,
            devices=bound,
            sink=self._sink_of(spec),
            clock=self._clock,
            pace=self._pace if spec.opens is None else self._slow.setdefault(spec.name, Pace(spec.opens)),
            backoff=lambda: Backoff(self._dice.random, **longest),
            bells=self._bells,
            found=self._found_rows,
            key=new.key,
        )

    def _sink_of(self, spec: DriverSpec) -> Sink:
        if spec.hears:
            return Hints(self._sink, self._polled, self._clock)
        return self._sink if spec.pushes else self._joined
