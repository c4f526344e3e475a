"""A simulated camera on a port, the driver before it, and a sink that remembers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from drivers.base import BoundDevice, BoundPoint
from drivers.onvif import SPEC
from drivers.onvif.driver import OnvifDriver
from hub.model import DeviceEvent, DeviceState, EventMap, Intake, ManualClock, Sample, Stray
from simulators.onvif.camera import SimulatedCamera
from simulators.onvif.eyes import Channel
from simulators.onvif.port import Port
from simulators.onvif.signin import Gate

USER, PASSWORD = "hub", "kẹo dừa"
MOTION = "tns1:VideoSource/MotionAlarm"
CROSSED = "tns1:RuleEngine/LineDetector/Crossed"
SOURCE = {"VideoSourceConfigurationToken": "video0"}
PATIENCE = 30.0


class Ear:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []
        self.events: list[DeviceEvent] = []
        self.strays: list[Stray] = []
        self.health: dict[str, tuple[DeviceState, str]] = {}
        self._news = asyncio.Event()

    def take(self, intake: Intake) -> None:
        self.samples += intake.samples
        self.events += intake.events
        self.strays += intake.strays
        self._news.set()

    def report(self, device: str, state: DeviceState, reason: str = "", detail: str = "") -> None:
        self.health[device] = state, reason
        self._news.set()

    def last_heard(self, device: str) -> int | None:
        return None

    async def receipts(self, source: str) -> bytes:
        return b""

    def values(self, point: str) -> list[Any]:
        return [s.value for s in self.samples if s.point == point]

    async def until(self, done: Callable[[], bool], listening: "asyncio.Future[None] | None" = None) -> None:
        async with asyncio.timeout(PATIENCE):
            while not done():
                if listening is not None and listening.done():
                    listening.result()
                self._news.clear()
                if done():
                    return
                await asyncio.wait({asyncio.ensure_future(self._news.wait())}, timeout=0.05)


class Place:
    """A camera and what is around it."""

    def __init__(self, clock: ManualClock, ways: frozenset[str] = frozenset({"digest", "token"})) -> None:
        self.clock = clock
        self.skew = 0
        gate = Gate(USER, PASSWORD, ways)
        self.camera = SimulatedCamera(gate, lambda: self.port.base, lambda: clock.now() + self.skew)
        self.camera.eyes.channels = [Channel("video0", "Cổng Đông"), Channel("video1", "Cổng Tây")]
        self.port = Port(self.camera)

    def device(self, name: str = "cam", **given: Any) -> BoundDevice:
        connection = {"host": "127.0.0.1", "port": self.port.number, "user": USER, "password": PASSWORD, "pull": "1s"}
        addresses = given.pop("points", {"motion": {"topic": MOTION, "item": "State", "type": "bool"}})
        events = tuple(
            EventMap(n, "device.message", SPEC.event.model_validate(e["address"]), e.get("attributes", {}))
            for n, e in given.pop("events", {}).items()
        )
        points = tuple(BoundPoint(f"{name}/{p}", name, SPEC.address.model_validate(a)) for p, a in addresses.items())
        made = SPEC.connection.model_validate({**connection, **given})
        return BoundDevice(name, made, points, events, timeout=1.0)

    def driver(self, *devices: BoundDevice) -> OnvifDriver:
        return OnvifDriver(list(devices) or [self.device()], clock=self.clock)


@asynccontextmanager
async def place(ways: frozenset[str] = frozenset({"digest", "token"})) -> AsyncIterator[Place]:
    made = Place(ManualClock(), ways)
    await made.port.start()
    try:
        yield made
    finally:
        await made.port.stop()


@asynccontextmanager
async def listening(driver: OnvifDriver) -> AsyncIterator[tuple[Ear, "asyncio.Task[None]"]]:
    ear = Ear()
    try:
        await driver.open()
    except Exception:
        await driver.close()
        raise
    task = asyncio.create_task(driver.subscribe(ear))
    try:
        yield ear, task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await driver.close()
