"""An HTTP feed under the glass: each resource asked, what it gave, and the values that came of it."""

import asyncio
from collections.abc import Callable

from drivers.base import BoundDevice, Seen
from drivers.http.driver import HttpDriver
from hub.model import NoAnswer

PERIOD = 5.0
"""Seconds between two rounds."""


async def trace(device: BoundDevice, tell: Callable[[Seen], None]) -> None:
    """Ask a feed again and again, telling what came. Raises Unreachable, Misconfigured."""
    driver = HttpDriver([device])
    try:
        await driver.open()
        while True:
            await _round(driver, device, tell)
            await asyncio.sleep(PERIOD)
    finally:
        await driver.close()


async def _round(driver: HttpDriver, device: BoundDevice, tell: Callable[[Seen], None]) -> None:
    before = driver.client.received
    tell(Seen("sent", f"GET {driver.client.connection.where}{device.connection.path}"))
    try:
        samples = await driver.read(device.points)
    except NoAnswer as why:
        tell(Seen("fault", str(why)))
        return
    tell(Seen("received", f"{driver.client.received - before} bytes (none: nothing has changed)"))
    for sample in samples:
        said = sample.reason.word if sample.value is None else repr(sample.value)
        tell(Seen("value", f"{sample.point} {said}"))
