"""A receiver on a free loopback port, and a sink that remembers."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from drivers.base import BoundDevice, BoundPoint, Neighbour
from drivers.snmp.notifications import TrapDriver
from drivers.snmp.traps_address import Address, Connection, Event
from hub.model import DeviceEvent, DeviceState, EventMap, Intake, Lane, Stray, Timestamp
from tests.unit.snmp.messages import IF_INDEX, LINK_DOWN

EVENTS = (
    EventMap("link_down", "net.trap", Event(oid=LINK_DOWN), {"port": IF_INDEX, "uptime": "$uptime"}, Lane.BULK),
    EventMap("cisco", "net.trap", Event(oid="1.3.6.1.4.1.9", below=True, variables=True), {}, Lane.BULK),
)


class Ear:
    """A sink that keeps what it took; `hold` keeps back the releases until `let_go`."""

    def __init__(self, *, hold: bool = False) -> None:
        self.events: list[DeviceEvent] = []
        self.strays: list[Stray] = []
        self.samples: dict[str, object] = {}
        self.batches = 0
        self._hold = hold
        self._held: list[Callable[[], None]] = []
        self._something = asyncio.Event()

    def take(self, intake: Intake) -> None:
        self.batches += 1
        self.events += intake.events
        self.strays += intake.strays
        self.samples |= {s.point: s.value for s in intake.samples}
        if intake.release is not None:
            self._held.append(intake.release)
        if not self._hold:
            self.let_go()
        self._something.set()

    def let_go(self) -> None:
        held, self._held = self._held, []
        for release in held:
            release()

    def report(self, device: str, state: DeviceState, reason: str = "", detail: str = "") -> None:
        raise AssertionError("the runner reports health, not the driver")

    async def receipts(self, source: str) -> bytes:
        return b""

    def last_heard(self, device: str) -> Timestamp | None:
        return None

    async def until(self, enough: Callable[[], bool]) -> None:
        """Wait until `enough`; the test's own timeout ends it otherwise."""
        async with asyncio.timeout(10):
            while not enough():
                self._something.clear()
                await self._something.wait()


def receiver(*, neighbours: dict[str, str] | None = None, **connection: object) -> BoundDevice:
    given = {"communities": ["public"], "port": free_port(), "sources": {"switch": "127.0.0.1"}} | connection
    points = tuple(
        BoundPoint(f"traps/{count}", "traps", Address(count=count))
        for count in ("traps", "informs", "unknown", "flooded", "refused", "damaged", "strangers")
    )
    known = {"switch": "10.9.9.9"} if neighbours is None else neighbours
    around = {name: Neighbour("snmp", host) for name, host in known.items()}
    return BoundDevice("traps", Connection.model_validate(given), points, EVENTS, site="town", neighbours=around)


@asynccontextmanager
async def listening(device: BoundDevice, ear: Ear) -> AsyncIterator[TrapDriver]:
    driver = TrapDriver([device])
    await driver.open()
    task = asyncio.create_task(driver.subscribe(ear))
    await ear.until(lambda: bool(ear.samples))
    try:
        yield driver
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await driver.close()


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Agent:
    """A sender with an address of its own."""

    def __init__(self, to: BoundDevice, host: str = "127.0.0.1") -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self._socket.setblocking(False)
        self._to = to.connection.listen, to.connection.port

    def send(self, *messages: bytes) -> None:
        for message in messages:
            self._socket.sendto(message, self._to)

    async def answer(self) -> bytes:
        async with asyncio.timeout(10):
            return await asyncio.get_running_loop().sock_recv(self._socket, 65_535)

    @property
    def unanswered(self) -> bool:
        try:
            self._socket.recv(65_535)
        except BlockingIOError:
            return True
        return False

    def close(self) -> None:
        self._socket.close()
