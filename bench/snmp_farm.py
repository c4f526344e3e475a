"""Many bare SNMP agents (version 2c) in one process, for benchmarks; obeys the same words as `bench.modbus_farm`.

Every object is a gauge but sysUpTime, which goes on. Answers are made once for each list of objects and only numbered
anew, so that the agents cost little beside what asks them.
"""

import asyncio
import sys
import time

import uvloop

from bench import modbus_farm
from tests.support.broken_snmp import RESPONSE, Asked, integer, octets, oid, ticks, tlv

UPTIME = "1.3.6.1.2.1.1.3.0"
LONGEST_LIST = 4096


class Agent(asyncio.DatagramProtocol):
    """One agent; what it is asked is witnessed."""

    def __init__(self, seen: list[float], silent: "set[int]", number: int) -> None:
        self.seen = seen
        self.silent = silent
        self.number = number
        self.made: dict[bytes, bytes] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        now = time.perf_counter()
        self.seen.append(now)
        if self.number not in self.silent:
            self.transport.sendto(self.answer(data, now), addr)  # type: ignore[attr-defined]

    def answer(self, data: bytes, now: float) -> bytes:
        """Return the answer: what stays the same from memory, the request's number and the uptime anew."""
        at = data.index(0xA0, 6)
        at += 2 if data[at + 1] < 0x80 else 2 + (data[at + 1] & 0x7F)
        number = data[at : at + 2 + data[at + 1]]
        rest = data[at + len(number) :]
        if rest not in self.made:
            if len(self.made) > LONGEST_LIST:
                self.made.clear()
            self.made[rest] = b"".join(
                tlv(0x30, oid(name) + integer(1000 + place, 0x42))
                for place, name in enumerate(Asked(data).oids)
                if name != UPTIME
            )
        variables = tlv(0x30, oid(UPTIME) + ticks(int(now * 100))) + self.made[rest]
        body = tlv(RESPONSE, number + integer(0) + integer(0) + tlv(0x30, variables))
        return tlv(0x30, integer(1) + octets(b"bench") + body)


class Farm(modbus_farm.Farm):
    """The agents, and what they saw."""

    async def open(self) -> list[int]:
        loop = asyncio.get_running_loop()
        ports = []
        for number, seen in enumerate(self.seen):
            transport, _ = await loop.create_datagram_endpoint(
                lambda n=number, s=seen: Agent(s, self.silent, n),  # type: ignore[misc]
                ("127.0.0.1", 0),
            )
            ports.append(transport.get_extra_info("sockname")[1])
        return ports


if __name__ == "__main__":
    uvloop.run(modbus_farm.main(Farm(int(sys.argv[1]))))
