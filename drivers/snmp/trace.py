"""An SNMP agent under the glass: every message in words, and the values that came of them; nothing is written.

The driver speaks to a port of this process, which hands every message on as it is. So what is shown is what passed, and
the driver under the glass is the one that polls. What is encrypted is told by what the driver asked.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

from msgspec.structs import replace

from drivers.base import BoundDevice, Seen
from drivers.snmp.driver import SnmpDriver
from drivers.snmp.spoken import spoken
from hub.model import DriverError, NoAnswer, Unreachable, one_by_one

PERIOD = 1.0
"""Seconds between two rounds of reads."""
LOOPBACK = "127.0.0.1"
Tell = Callable[[Seen], None]


async def trace(device: BoundDevice, tell: Tell) -> None:
    """Read all points of a device again and again, telling every message. Raises Unreachable, Misconfigured."""
    c = device.connection
    where = f"{c.host}:{c.port}"
    async with between(c.host, c.port, tell) as port:
        beside = replace(device, connection=c.model_copy(update={"host": LOOPBACK, "port": port}))
        driver = SnmpDriver([beside])
        driver.tap = lambda asked: tell(Seen("sent", f"asks for {asked}")) if c.version == 3 else None
        try:
            await driver.open()
            while True:
                await _round(driver, beside, tell, lambda why: why.replace(f"{LOOPBACK}:{port}", where))
                await asyncio.sleep(PERIOD)
        except DriverError as why:
            raise type(why)(str(why).replace(f"{LOOPBACK}:{port}", where), why.reason) from why
        finally:
            await driver.close()


async def _round(driver: SnmpDriver, device: BoundDevice, tell: Tell, named: Callable[[str], str]) -> None:
    try:
        samples = one_by_one(await driver.read(device.points))
    except NoAnswer as why:
        tell(Seen("fault", named(str(why))))
        return
    for sample in samples:
        said = sample.reason.word if sample.value is None else repr(sample.value)
        tell(Seen("value", f"{sample.point} {said}"))


def _drop(_message: bytes) -> None:
    """Nobody is on the other side yet."""


class _Side(asyncio.DatagramProtocol):
    """One side of the glass: tells what comes, and hands it to the other."""

    def __init__(self, way: str, tell: Tell, fault: str) -> None:
        self._way = way
        self._tell = tell
        self._fault = fault
        self.transport: asyncio.DatagramTransport | None = None
        self.last: tuple[str, int] | None = None
        """Where the last message came from."""
        self.hand_on: Callable[[bytes], None] = _drop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.last = addr
        words, raw = spoken(data)
        self._tell(Seen(self._way, words, raw))
        self.hand_on(data)

    def error_received(self, exc: Exception) -> None:
        self._tell(Seen("fault", f"{self._fault}: {exc}"))


@asynccontextmanager
async def between(host: str, port: int, tell: Tell) -> AsyncIterator[int]:
    """Stand between the driver and an agent; give the port that stands for it. Raises Unreachable."""
    loop = asyncio.get_running_loop()
    agent = _Side("received", tell, f"nobody listens for SNMP at {host}:{port} (UDP)")
    near = _Side("sent", tell, "the driver has gone")
    with contextlib.ExitStack() as open_:
        try:
            far, _ = await loop.create_datagram_endpoint(lambda: agent, remote_addr=(host, port))
            open_.callback(far.close)
            mine, _ = await loop.create_datagram_endpoint(lambda: near, local_addr=(LOOPBACK, 0))
            open_.callback(mine.close)
        except socket.gaierror as why:
            raise Unreachable(f"the name {host} is not known: {why.strerror or why}") from why
        except OSError as why:
            raise Unreachable(f"no way to {host}:{port}: {why.strerror or why}") from why
        near.hand_on = far.sendto
        agent.hand_on = lambda data: mine.sendto(data, near.last)
        yield int(mine.get_extra_info("sockname")[1])
