"""An SNMP line on the wire: one agent, at a loopback address of its own so that what it sends can be told from others.

Traps are matched to devices by where they come from; agents that shared 127.0.0.1 could not be told apart.
"""

import asyncio
from collections.abc import Sequence
from itertools import count

from hub.model import Device, DeviceId, PointId, SystemClock, Timestamp
from simulators.base import LOOPBACK, Line, Override, Receiver, Told
from simulators.faults import Faults
from simulators.process import Process
from simulators.snmp.agent import Agent
from simulators.snmp.telling import Telling

_NUMBERS = count(1)


class SnmpLine(Line):
    """One agent with the devices that are parts of it."""

    faults_known = frozenset(
        {
            "silence",
            "cut",
            "delay",
            "half_frames",
            "garbage",
            "exception",
            "frozen",
            "clock",
            "reboot",
            "wrong_type",
        }
    )

    def __init__(self, devices: Sequence[Device], process: Process, faults: Faults) -> None:
        super().__init__(devices, process, faults)
        self.agent = Agent(devices, process, faults, SystemClock().now())
        self._transport: asyncio.DatagramTransport | None = None
        self._telling = Telling(self.agent)
        self._where = Override(LOOPBACK, 0)
        self._ticked = False
        self._rebooted: set[DeviceId] = set()

    async def start(self) -> Override:
        """Listen on a free port. Raises OSError."""
        try:
            await self._listen(_own_address(), 0)
        except OSError:
            await self._listen(LOOPBACK, 0)
        self.agent.sign_on()
        return self._where

    async def stop(self) -> None:
        """Close the port; safe to call twice."""
        await self._telling.stop()
        if self._transport is not None:
            self._transport.close()
            self._transport = None
            self.agent.sign_off()

    def tick(self, now: Timestamp) -> None:
        """Let time pass; the first tick says when the agent began."""
        first = not self._ticked
        if first:
            self._ticked, self.agent.objects.began = True, now
        self.agent.tick(now, news=first)

    def changed(self, point: PointId, now: Timestamp) -> None:
        """Show the new value at once."""
        self.agent.take_back()
        self.agent.tick(now)

    def disturbed(self, device: DeviceId, now: Timestamp) -> None:
        """Reboot when that is new; everything else shows in the next answer."""
        if not self.faults.any_of(device, "reboot"):
            self._rebooted.discard(device)
        elif device not in self._rebooted:
            self._rebooted.add(device)
            self.agent.reboot(now)
        self.agent.tick(now)

    def tell(self, told: Told, receiver: Receiver) -> None:
        """Send a trap, or an inform until it is confirmed. Raises KeyError for a notification nobody expects."""
        if not self.faults.any_of(told.device, "silence", "cut"):
            self._telling.tell(told, receiver)

    async def _listen(self, host: str, port: int) -> None:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self.agent, local_addr=(host, port))
        bound = self._transport.get_extra_info("sockname")
        self._where = Override(bound[0], bound[1])


def _own_address() -> str:
    """Return a loopback address that no other agent of this process has."""
    number = next(_NUMBERS)
    return f"127.{64 + number // 62_500 % 64}.{number // 250 % 250}.{number % 250 + 1}"
