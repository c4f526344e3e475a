"""Every device of a site, simulated: grouped into lines, started, moved through time, set and broken by name."""

import asyncio
import contextlib
from collections.abc import Hashable, Mapping

from msgspec.structs import replace

from drivers import REGISTRY as DRIVERS
from hub.model import Clock, Device, DeviceId, Point, PointId, Site, SystemClock, Value
from hub.model.found import simulated
from simulators import REGISTRY
from simulators.base import Hub, Line, Override, Told
from simulators.calm import calm
from simulators.check import check_fault, check_value
from simulators.faults import Faults
from simulators.process import Process

STEP = 0.5
"""Seconds between two looks at the process."""
TURN = 0.005
"""Seconds after which the simulators let others have a turn."""


class Fleet:
    """The simulators of a whole site. The same seed and clock give the same values."""

    def __init__(self, site: Site, *, seed: int = 0, clock: Clock | None = None) -> None:
        self.site = site = simulated(site)
        self.process = Process(seed, calm(site))
        self.faults = Faults()
        self.where: dict[DeviceId, Override] = {}
        self._clock = clock or SystemClock()
        self._points = {p.id: p for d in site.devices.values() for p in d.points}
        self.missing = tuple(d.id for d in site.devices.values() if d.driver not in REGISTRY)
        """Devices whose protocol has no simulator; the hub will look for the real ones."""
        self._lines = [self._line(group) for group in _lines(site)]
        self._line_of = {device.id: line for line in self._lines for device in line.devices}
        self._mover: asyncio.Task[None] | None = None

    def _line(self, group: list[Device]) -> Line:
        return REGISTRY[group[0].driver](group, self.process, self.faults)

    async def start(self) -> dict[DeviceId, tuple[str, int]]:
        """Start every line; return where each device now answers. Raises OSError, with nothing left running."""
        try:
            for line in self._lines:
                override = await line.start()
                self.where.update((device.id, override) for device in line.devices)
        except OSError:
            await self.stop()
            raise
        self.step()
        self._mover = asyncio.create_task(self._move(), name="simulators")
        return {device: (override.host, override.port) for device, override in self.where.items()}

    def aim(self, hub: Hub) -> None:
        """Say where devices that push find the hub; until then they push nothing."""
        for line in self._lines:
            line.aim(hub)

    async def stop(self) -> None:
        """Stop every line; safe to call twice."""
        mover, self._mover = self._mover, None
        if mover is not None:
            mover.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await mover
        for line in self._lines:
            await line.stop()
        self.where.clear()

    async def _move(self) -> None:
        """Step for ever, line by line, so that whoever shares the event loop waits for one of them."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(STEP)
            began = loop.time()
            for line in self._lines:
                line.tick(self._clock.now())
                if loop.time() - began > TURN:
                    await asyncio.sleep(0)
                    began = loop.time()

    def step(self) -> None:
        """Show on the wire what the process says now."""
        now = self._clock.now()
        for line in self._lines:
            line.tick(now)

    def redirected(self, site: Site) -> Site:
        """Return `site` with every simulated device's connection pointed at its simulator; call after `start`."""
        devices = {name: self._redirected(device) for name, device in site.devices.items()}
        return replace(site, devices=devices)

    def _redirected(self, device: Device) -> Device:
        override = self.where.get(device.id)
        redirect = DRIVERS[device.driver].redirect if override else None
        if override is None or redirect is None:
            return device
        connection = redirect(device.connection, override.host, override.port)
        return replace(device, connection=connection.model_copy(update=dict(override.extra)))

    def line_of(self, device: DeviceId) -> Line:
        """Return the simulator of a device's line. Raises KeyError."""
        return self._line_of[device]

    def point(self, point: PointId) -> Point:
        """Return a point by its id. Raises KeyError."""
        return self._points[point]

    def set(self, point: PointId, value: Value | None, over: int = 0) -> None:
        """Set a point to an engineering value (None: let the physics have it back), numbers over `over` nanoseconds.

        Raises KeyError for an unknown point, ValueError for a value that the device cannot say.
        """
        known, now = self._points[point], self._clock.now()
        if value is None:
            self.process.free(point)
        else:
            check_value(known, value)
            self.process.hold(known, value, now, over)
        line = self._line_of.get(known.device)
        if line is not None:
            line.changed(point, now)

    def get(self, point: PointId) -> Value:
        """Return what a point truly is now, whatever faults show on the wire. Raises KeyError."""
        return self.process.value(self._points[point], self._clock.now())

    def fault(self, device: DeviceId, kind: str, **args: float) -> None:
        """Break a device. Raises KeyError for an unknown device, ValueError for what its protocol cannot show."""
        line = self._line_of[device]
        check_fault(self.site.devices[device].driver, kind, args)
        self.faults.start(device, kind, args)
        line.disturbed(device, self._clock.now())

    def heal(self, device: DeviceId, kind: str | None = None) -> None:
        """End one kind of fault of a device, or all. Raises KeyError."""
        line = self._line_of[device]
        self.faults.end(device, kind)
        line.disturbed(device, self._clock.now())

    def notify(self, device: DeviceId, name: str, *, about: PointId | None = None, confirmed: bool = False) -> None:
        """Let a device tell the site's receiver something, by the name that the receiver's profile has for it.

        `about` is the point that it is about, where a table has several. Raises KeyError for an unknown device or name,
        ValueError when it cannot tell anything or nobody listens.
        """
        line = self._line_of[device]
        receiver = next((r for each in self._lines if (r := each.receiver()) is not None), None)
        if receiver is None:
            raise ValueError("the site has no receiver of notifications; add a device of driver snmp-trap")
        line.tell(Told(device, name, about, confirmed), receiver)

    def happen(self, device: DeviceId, name: str, data: Mapping[str, str]) -> None:
        """Let a device report an event of its profile once. Raises KeyError, ValueError when it reports none."""
        self._line_of[device].happen(device, name, data, self._clock.now())

    def reset(self) -> None:
        """End every fault and give every point back to the physics."""
        self.process.free_all()
        for device in self.faults.all():
            self.heal(device)
        self.step()


def _lines(site: Site) -> list[list[Device]]:
    groups: dict[tuple[str, Hashable], list[Device]] = {}
    for device in site.devices.values():
        if device.driver in REGISTRY and device.enabled:
            key = DRIVERS[device.driver].line(device.connection)
            groups.setdefault((device.driver, key), []).append(device)
    return list(groups.values())
