"""The real drivers on the simulated wire: what the process says is what the hub understands, faults included."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable

import pytest

from drivers import REGISTRY
from drivers.runner import Runner
from hub.model import Device, DeviceState, Intake, Point, Reason, Sample, SystemClock, Value, one_by_one, split_point
from hub.model.scaling import to_engineering
from simulators.fleet import Fleet
from tests.unit.simulators.site import panel, sensor, site_of


class Ledger:
    """A sink that keeps the last sample of each point and the health of each device."""

    def __init__(self, points: dict[str, Point]) -> None:
        self.samples: dict[str, Sample] = {}
        self.health: dict[str, DeviceState] = {}
        self.strays = 0
        self._points = points
        self._heard: dict[str, int] = {}
        self._news = asyncio.Event()

    def take(self, intake: Intake) -> None:
        for sample in one_by_one([*intake.blocks, *intake.samples]):
            self.samples[sample.point] = sample
            self._heard[split_point(sample.point)[0]] = SystemClock().now()
        self.strays += len(intake.strays)
        if intake.release:
            intake.release()
        self._news.set()

    def report(self, device: str, state: DeviceState, reason: str = "", detail: str = "") -> None:
        self.health[device] = state
        self._news.set()

    async def receipts(self, source: str) -> bytes:
        return b""

    def last_heard(self, device: str) -> int | None:
        return self._heard.get(device)

    def value(self, point: str) -> Value | None:
        sample = self.samples.get(point)
        known = sample is not None and sample.value is not None
        return to_engineering(self._points[point], sample.value) if known else None  # type: ignore[union-attr,arg-type]

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(15):
            while not true():
                self._news.clear()
                await self._news.wait()


class Road:
    """Simulators, drivers and a ledger."""

    def __init__(self, *devices: Device) -> None:
        self.site = site_of(*devices)
        self.fleet = Fleet(self.site)
        self.ledger = Ledger(dict(self.site.points))
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self.fleet.start()
        devices = list(self.fleet.redirected(self.site).devices.values())
        self.runner = Runner(devices, REGISTRY, self.ledger, SystemClock(), dice=random.Random(1))
        self._task = asyncio.create_task(self.runner.run())

    async def stop(self) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self.fleet.stop()

    async def sees(self, point: str, value: Value) -> None:
        def there() -> bool:
            seen = self.ledger.value(point)
            return seen is not None and (
                seen == value or (isinstance(value, float) and abs(float(seen) - value) < 0.01)
            )

        await self.ledger.until(there)


@pytest.fixture
async def road() -> AsyncIterator[Road]:
    road = Road(panel(), panel("second", 7), sensor("one"), sensor("two"))
    await road.start()
    yield road
    await road.stop()


SETS: dict[str, Value] = {
    "panel/fire": True, "panel/fault": True, "panel/level": 11, "panel/battery": 23.45, "panel/temperature": -7.5,
    "panel/flow": 1234.5, "panel/flow_swapped": -0.75, "panel/flow_bytes": 3.5, "panel/flow_little": 1e6,
    "panel/total": 2**62 + 1, "panel/deep": -1e-3, "panel/debt": -123456, "panel/name": "Chợ Thái", "panel/door": True,
    "panel/mains": False, "panel/sounders": True, "panel/mode": "night", "second/battery": 19.99,
    "one/smoke": True, "one/temperature": 71.25, "one/battery": 9, "one/door": True, "one/plain": 2.5,
    "two/smoke": False, "two/$available": False,
}  # fmt: skip


async def test_every_type_and_order_comes_through(road: Road) -> None:
    for point, value in SETS.items():
        road.fleet.set(point, value)
    for point, value in SETS.items():
        await road.sees(point, value)
    await road.ledger.until(lambda: road.ledger.health.get("panel") is DeviceState.ONLINE)
    assert road.ledger.strays == 0


async def test_swapped_words_in_the_simulator_make_the_reading_wrong(road: Road) -> None:
    """Driver and simulator share the map, never the codec: a mistake in one is not cancelled by the other."""
    road.fleet.set("panel/flow", 1234.5)
    road.fleet.set("panel/fire", True)
    await road.sees("panel/flow", 1234.5)
    road.fleet.fault("panel", "word_order")
    road.fleet.set("panel/fire", False)
    await road.sees("panel/fire", False)
    await road.ledger.until(lambda: abs(float(road.ledger.value("panel/flow") or 0) - 1234.5) > 1)
    road.fleet.heal("panel")
    await road.sees("panel/flow", 1234.5)


async def test_an_exception_is_a_refusal_and_never_a_value(road: Road) -> None:
    await road.ledger.until(lambda: road.ledger.value("panel/battery") is not None)
    road.fleet.fault("panel", "exception", code=2)
    await road.ledger.until(lambda: road.ledger.samples["panel/battery"].reason is Reason.REFUSED)
    assert road.ledger.samples["panel/battery"].value is None
    road.fleet.set("second/battery", 21.5)
    await road.sees("second/battery", 21.5)


async def test_a_silent_device_goes_offline_and_its_neighbour_on_the_line_does_not(road: Road) -> None:
    await road.ledger.until(lambda: {road.ledger.health.get(d) for d in ("panel", "second")} == {DeviceState.ONLINE})
    road.fleet.fault("panel", "silence")
    await road.ledger.until(lambda: road.ledger.health["panel"] is DeviceState.OFFLINE)
    assert road.ledger.health["second"] is DeviceState.ONLINE
    road.fleet.heal("panel")
    await road.ledger.until(lambda: road.ledger.health["panel"] is DeviceState.ONLINE)


async def test_half_a_message_is_a_stray_and_the_next_whole_one_is_read(road: Road) -> None:
    await road.ledger.until(lambda: road.ledger.value("one/battery") is not None)
    road.fleet.fault("one", "half_frames")
    road.fleet.set("one/battery", 8)
    await road.ledger.until(lambda: road.ledger.strays > 0)
    road.fleet.heal("one")
    road.fleet.set("one/battery", 7)
    await road.sees("one/battery", 7)


async def test_a_last_will_tells_that_a_sensor_is_gone_and_back(road: Road) -> None:
    await road.ledger.until(lambda: road.ledger.value("one/$available") is True)
    road.fleet.fault("one", "cut")
    await road.ledger.until(lambda: road.ledger.value("one/$available") is False)
    road.fleet.heal("one")
    await road.ledger.until(lambda: road.ledger.value("one/$available") is True)
