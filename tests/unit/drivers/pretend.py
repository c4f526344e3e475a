"""A protocol that is only pretended: a driver whose line and devices do what a test says, and a sink that remembers."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from msgspec import structs
from pydantic import BaseModel

from drivers.base import BoundDevice, BoundPoint, DriverSpec
from drivers.runner import Runner
from hub.model import (
    SECOND,
    Device,
    DeviceState,
    Intake,
    Lane,
    Point,
    Sample,
    Text,
    Unreachable,
    point_id,
)
from tests.support.virtual_loop import VirtualClock, virtual_run


class Connection(BaseModel):
    host: str = "gateway"
    unit: int = 1


class Address(BaseModel):
    place: int = 0


class World:
    """What the pretended devices do; tests change it while everything runs."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.refuse_open: dict[str, Exception] = {}
        self.answer: dict[str, Callable[[], Exception | None]] = {}
        """Device → the error of its next read, or None."""
        self.bad: dict[str, Any] = {}
        """Point → the reason why it has no value."""
        self.slow: dict[str, float] = defaultdict(float)
        self.reads: list[tuple[float, str]] = []
        self.writes: list[tuple[float, str, Any]] = []
        self.opens: list[tuple[float, str]] = []
        self.closes = 0
        self.tell: asyncio.Queue[Any] = asyncio.Queue()

    def now(self) -> float:
        return round(self.clock.monotonic() / SECOND, 6)

    def times(self, device: str) -> list[float]:
        return [at for at, name in self.reads if name == device]


class PretendDriver:
    def __init__(self, world: World, devices: Sequence[BoundDevice]) -> None:
        self.world = world
        self.host = devices[0].connection.host

    async def open(self) -> None:
        self.world.opens.append((self.world.now(), self.host))
        if self.host in self.world.refuse_open:
            raise self.world.refuse_open[self.host]

    async def read(self, points: Sequence[BoundPoint]) -> list[Sample]:
        name = points[0].device
        self.world.reads.append((self.world.now(), name))
        await asyncio.sleep(self.world.slow[name])
        error = self.world.answer.get(name, lambda: None)()
        if error is not None:
            raise error
        bad = self.world.bad
        return [Sample(p.id, None, None, bad[p.id]) if p.id in bad else Sample(p.id, 1) for p in points]

    async def subscribe(self, sink: Any) -> None:
        while True:
            item = await self.world.tell.get()
            if isinstance(item, Exception):
                raise item
            if isinstance(item, Intake):
                sink.take(item)
            else:
                sink.report(*item)

    async def write(self, point: BoundPoint, value: Any) -> None:
        self.world.writes.append((self.world.now(), point.id, value))

    async def close(self) -> None:
        self.world.closes += 1


class Notebook:
    """A sink that writes everything down."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.reports: list[tuple[float, str, DeviceState, str]] = []
        self.details: list[str] = []
        self.samples: list[Sample] = []
        self.heard: dict[str, int] = {}

    def take(self, intake: Intake) -> None:
        self.samples += intake.samples
        for sample in intake.samples:
            self.heard[sample.point.partition("/")[0]] = self.clock.now()

    def report(self, device: str, state: DeviceState, reason: str = "", detail: str = "") -> None:
        at = round(self.clock.monotonic() / SECOND, 6)
        self.reports.append((at, device, state, reason))
        self.details.append(detail)

    async def receipts(self, source: str) -> bytes:
        return b""

    def last_heard(self, device: str) -> int | None:
        return self.heard.get(device)

    def states(self, device: str) -> list[tuple[str, str]]:
        return [(str(state), reason) for _, name, state, reason in self.reports if name == device]

    def when(self, device: str, state: str) -> float:
        return next(at for at, name, s, _ in self.reports if name == device and s == state)


SOMEWHERE = Address()


def a_point(device: str, name: str, *, kind: str = "env.temperature", lane: Lane = Lane.LIVE, **given: Any) -> Point:
    given = {"address": SOMEWHERE, **given}
    return Point(point_id(device, name), device, name, Text.same(name), kind, "zone", lane, **given)


def a_device(name: str, *, host: str | None = None, points: Sequence[Point] | None = None, **given: Any) -> Device:
    points = (a_point(name, "a"), a_point(name, "$latency", address=None)) if points is None else points
    given = {"interval": SECOND, "profile": "p", "driver": "polled", "zone": "zone", **given}
    return Device(
        id=name, title=Text.same(name), connection=Connection(host=host or name), points=tuple(points), **given
    )


def registry(world: World) -> dict[str, DriverSpec]:
    def spec(name: str, pushes: bool) -> DriverSpec:
        def load() -> Any:
            return lambda devices: PretendDriver(world, devices)

        return DriverSpec(name=name, connection=Connection, address=Address, event=None, pushes=pushes, load=load,
                          line=lambda c: c.host, endpoint=lambda c: (c.host, 1),
                          redirect=lambda c, host, _: c.model_copy(update={"host": host}))  # fmt: skip

    slow = structs.replace(spec("slow", False), opens=5)
    return {"polled": spec("polled", False), "told": spec("told", True), "slow": slow}


Story = Callable[[World, Notebook, Runner], Coroutine[Any, Any, None]]


def tell(devices: Sequence[Device], story: Story, **given: Any) -> None:
    """Run the devices on a virtual loop while `story` changes the world and looks at what came of it."""

    async def main() -> None:
        clock = VirtualClock()
        world, notebook = World(clock), Notebook(clock)
        runner = Runner(devices, registry(world), notebook, clock, dice=random.Random(7), **given)
        before = asyncio.all_tasks()
        running = asyncio.create_task(runner.run())
        try:
            await story(world, notebook, runner)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        await runner.stop()
        assert asyncio.all_tasks() == before, "a task was left behind"

    virtual_run(main())


def lost(why: str = "cable pulled") -> Unreachable:
    return Unreachable(why)
