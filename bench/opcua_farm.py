"""An OPC UA server for `bench.opcua`, in a process of its own: 5,000 variables that change when it is told so.

`python -m bench.opcua_farm`: prints its port, then answers each line on standard input by one line of JSON. `tick N`
changes every variable N times, once a second, in twenty portions, and counts what it changed; `bit 0|1` changes the
alarm bit and says when (the machine's monotonic clock); `state` counts sessions and watched items.
"""

import asyncio
import json
import sys
import time
from datetime import UTC, datetime
from typing import Any, cast

import uvloop
from asyncua import Server, ua

ITEMS, EACH = 5_000, 100
SLICES = 20
FIRST = 1_000_000
"""Values of the ticks begin here, so that they can be told from what was there before."""


class Farm:
    """The server and its variables."""

    def __init__(self) -> None:
        self.server = Server()
        self.nodes: list[ua.NodeId] = []
        self.value = float(FIRST)

    async def start(self) -> int:
        """Build the variables and listen; return the port."""
        server = self.server
        await server.init()
        server.set_endpoint("opc.tcp://127.0.0.1:0/bench")
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        folder = await server.nodes.objects.add_object(2, "Bench")
        for begin in range(1, ITEMS + 1, EACH):  # the library looks through all siblings of a node that it adds
            drawer = await folder.add_object(2, f"From{begin}")
            for n in range(begin, begin + EACH):
                self.nodes.append((await drawer.add_variable(ua.NodeId(f"v{n}", 2), f"v{n}", 0.0)).nodeid)
        await folder.add_variable(ua.NodeId("bit", 2), "bit", False)
        await server.start()
        assert server.bserver is not None
        return server.bserver.port

    async def tick(self, times: int) -> dict[str, float]:
        """Change every variable once a second; return how late a portion was at most."""
        begin, late, size = time.perf_counter(), 0.0, ITEMS // SLICES
        for step in range(times * SLICES):
            due = begin + step / SLICES
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            late = max(late, time.perf_counter() - due)
            at = step % SLICES * size
            self.value += 0 if at else 1
            for node in self.nodes[at : at + size]:
                await self._write(node, ua.Variant(self.value, ua.VariantType.Double))
        return {"late_ms": round(1e3 * late, 1)}

    async def bit(self, on: bool) -> dict[str, float]:
        """Change the alarm bit."""
        at = time.perf_counter()
        await self._write(ua.NodeId("bit", 2), ua.Variant(on, ua.VariantType.Boolean))
        return {"at": at}

    def state(self) -> dict[str, float]:
        """Count sessions and items."""
        subscriptions = self.server.iserver.subscription_service.subscriptions.values()
        items = sum(len(s.monitored_item_srv._monitored_items) for s in subscriptions)
        sessions = len({str(s.session_id) for s in subscriptions})
        return {"sessions": sessions, "items": items, "value": self.value}

    async def _write(self, node: ua.NodeId, value: ua.Variant) -> None:
        at = cast(ua.DateTime, datetime.now(UTC))
        await self.server.write_attribute_value(node, ua.DataValue(value, SourceTimestamp=at))

    async def answer(self, line: str) -> dict[str, float]:
        """Do what a line says."""
        word, _, given = line.partition(" ")
        if word == "tick":
            return await self.tick(int(given))
        return await self.bit(given == "1") if word == "bit" else self.state()


async def main() -> None:
    """Serve until standard input ends."""
    farm, reader = Farm(), asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    say({"port": await farm.start()})
    while line := await reader.readline():
        say(await farm.answer(line.decode().strip()))
    await farm.server.stop()


def say(answer: dict[str, Any]) -> None:
    """Print one line."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(main())
