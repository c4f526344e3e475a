"""A sink that remembers, and a driver at work on one device."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any

from drivers.base import BoundDevice, BoundPoint
from drivers.opcua import SPEC
from drivers.opcua.driver import OpcUaDriver
from hub.model import DeviceEvent, DeviceState, EventMap, Intake, Lane, Sample, Stray, split_point


class Ear:
    """Keeps the last sample of each point by its name, every event, stray and complaint."""

    def __init__(self) -> None:
        self.samples: dict[str, Sample] = {}
        self.events: list[DeviceEvent] = []
        self.strays: list[Stray] = []
        self.health: list[tuple[DeviceState, str, str]] = []
        self._news = asyncio.Event()

    def take(self, intake: Intake) -> None:
        for sample in intake.samples:
            self.samples[split_point(sample.point)[1]] = sample
        self.events += intake.events
        self.strays += intake.strays
        if intake.release is not None:
            intake.release()
        self._news.set()

    def report(self, device: str, state: DeviceState, reason: str = "", detail: str = "") -> None:
        self.health.append((state, reason, detail))
        self._news.set()

    async def receipts(self, source: str) -> bytes:
        return b""

    def last_heard(self, device: str) -> int | None:
        return None

    def value(self, name: str) -> Any:
        sample = self.samples.get(name)
        return None if sample is None else sample.reason if sample.value is None else sample.value

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not true():
                self._news.clear()
                await self._news.wait()

    async def sees(self, **wanted: Any) -> None:
        try:
            await self.until(lambda: all(self.value(name) == value for name, value in wanted.items()))
        except TimeoutError:
            seen = {name: self.value(name) for name in wanted}
            raise AssertionError(f"wanted {wanted}, saw {seen}; health {self.health}") from None


FIRE = EventMap("panel", "fire.event", SPEC.event.model_validate({}) if SPEC.event else None, {}, Lane.ALARM)


def device(
    connection: dict[str, Any],
    points: dict[str, dict[str, Any]],
    *,
    state: str = "",
    events: Sequence[EventMap] = (FIRE,),
    timeout: float = 3.0,
    urgent: Collection[str] = (),
) -> BoundDevice:
    bound = tuple(
        BoundPoint(f"opc/{n}", "opc", SPEC.address.model_validate(a), urgent=n in urgent) for n, a in points.items()
    )
    model = SPEC.connection.model_validate({"interval": "50ms", **connection})
    return BoundDevice("opc", model, bound, tuple(events), timeout=timeout, state=state)


@asynccontextmanager
async def listening(driver: OpcUaDriver, ear: Ear) -> AsyncIterator[asyncio.Task[None]]:
    """Open the driver and listen for the length of a `with`."""
    await driver.open()
    task = asyncio.create_task(driver.subscribe(ear))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await driver.close()
