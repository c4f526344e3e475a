"""A driver that asks an agent of the test's own making, by a clock in the test's hand."""

import contextlib
from collections.abc import AsyncIterator, Mapping

from drivers.base import BoundDevice, BoundPoint
from drivers.snmp.address import Address
from drivers.snmp.connection import Connection
from drivers.snmp.driver import SnmpDriver
from hub.model import SECOND, Reason, Value, one_by_one
from hub.model.clock import ManualClock
from tests.support.broken_snmp import COMMUNITY, BrokenSnmp, Script, ticks

UPTIME = "1.3.6.1.2.1.1.3.0"
Points = Mapping[str, Mapping[str, object]]


class Asking:
    """The driver and its agent, with the two clocks that a rate is measured by."""

    def __init__(self, agent: BrokenSnmp, points: Points, limits: dict[str, object], **more: object) -> None:
        given = {
            "host": "127.0.0.1", "port": agent.port, "version": "2c", "community": COMMUNITY.decode(),
            "retries": 0, **more,
        }  # fmt: skip
        bound = tuple(BoundPoint(f"d/{n}", "d", Address.model_validate(a)) for n, a in points.items())
        self.clock = ManualClock()
        self.device = BoundDevice("d", Connection.model_validate(given), bound, timeout=0.3, limits=limits)
        self.driver = SnmpDriver([self.device], self.clock)
        self.agent = agent

    async def read(self) -> dict[str, Value | Reason]:
        """Read every point; the value of each, or why there is none."""
        samples = one_by_one(await self.driver.read(self.device.points))
        assert len(samples) == len(self.device.points)
        return {s.point.partition("/")[2]: s.reason if s.value is None else s.value for s in samples}


@contextlib.asynccontextmanager
async def asking(
    script: Script, points: Points, limits: dict[str, object] | None = None, **more: object
) -> AsyncIterator[Asking]:
    """Run agent and driver for the length of a `with`; what it was asked while opening is forgotten."""
    async with BrokenSnmp(script) as agent:
        this = Asking(agent, points, limits or {}, **more)
        try:
            await this.driver.open()
            agent.asked.clear()
            yield this
        finally:
            await this.driver.close()


class Shelf:
    """Objects of an agent that runs by the test's clock."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = {UPTIME: ticks(1_000_000), **objects}
        self._uptime = 1_000_000

    def pass_time(self, asking: Asking, seconds: float) -> None:
        """Let both clocks go on."""
        asking.clock.advance(round(seconds * SECOND))
        self.set_uptime(self._uptime + round(seconds * 100))

    def set_uptime(self, at: int) -> None:
        """Set the agent's own clock, in hundredths of a second."""
        self._uptime = at
        self.objects[UPTIME] = ticks(at)
