"""Real brokers, both protocol versions, and a hub's end that says what it heard."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from drivers.mqtt.address import Address, Connection
from drivers.mqtt.driver import MqttDriver
from hub.model import Unreachable
from tests.support import mosquitto
from tests.support.mosquitto import Mosquitto
from tests.unit.mqtt.bound import Notebook, device

VERSIONS = [5, "3.1.1"]
PATIENCE = 10.0


@pytest.fixture(params=VERSIONS, ids=["v5", "v311"])
def version(request: pytest.FixtureRequest) -> int | str:
    return request.param


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    if reason := mosquitto.available():
        pytest.skip(reason)
    with mosquitto.running(tmp_path / "broker") as running:
        yield running


class Told(Notebook):
    """A sink that can be waited for."""

    def __init__(self, *, release: bool = True) -> None:
        super().__init__(release=release)
        self._news = asyncio.Event()

    def take(self, intake):
        super().take(intake)
        self._news.set()

    def report(self, *args):
        super().report(*args)
        self._news.set()

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait until something holds; each intake or report is a reason to look again."""
        async with asyncio.timeout(PATIENCE):
            while not holds():
                self._news.clear()
                await self._news.wait()


@contextlib.asynccontextmanager
async def listening(driver: MqttDriver, sink: Told) -> AsyncIterator["asyncio.Task[None]"]:
    """Open a driver and listen for the length of a `with`; it is subscribed when this returns."""
    await driver.open()
    task = asyncio.create_task(driver.subscribe(sink))
    try:
        await subscribed(driver, task)
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await driver.close()


async def subscribed(driver: MqttDriver, task: "asyncio.Task[None]") -> None:
    """Wait until every SUBSCRIBE is answered: `subscribe` then waits for the end and for nothing else."""
    async with asyncio.timeout(PATIENCE):
        while not driver.listening and not task.done():
            await asyncio.sleep(0.005)


def sensors(broker_port: int, version: int | str, *names: str, **connection: object) -> MqttDriver:
    """Return a driver for devices with a value, a plain switch and a last will each."""
    common = Connection(host="127.0.0.1", port=broker_port, version=version, topic="site/{device}", **connection)
    points = {
        "v": Address(path="value", time="time", time_format="ms"),
        "switch": Address(topic="{topic}/switch", retained="ignore"),
        "$available": Address(topic="{topic}/availability", retained="use"),
    }
    return MqttDriver([device(n, connection=common, points=points) for n in names])


async def lost(task: "asyncio.Task[None]") -> str:
    """Wait for the connection to be lost and return the sentence."""
    with pytest.raises(Unreachable) as error:
        await asyncio.wait_for(task, PATIENCE)
    return str(error.value)
