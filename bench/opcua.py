"""The OPC UA driver beside a bare asyncua subscription at the same server: `python -m bench.opcua [--seconds N]`.

2,000 variables of one server in another process change as fast as that server can, about once a second each. Each line
gives the CPU of the client for a change, and what 5,000 changes a second would take of a core; the last their ratio.
Both clients take the same notifications; the driver also makes samples, source times and reasons of them.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable

from asyncua import Client, Server, ua

from drivers.base import BoundDevice, BoundPoint
from drivers.opcua import SPEC
from drivers.opcua.driver import OpcUaDriver
from hub.model import DeviceState, Intake

ITEMS = 2_000
WANTED = 5_000
WARM_S = 5.0
Counted = Callable[[], int]


class Counter:
    """A sink that counts and releases at once."""

    def __init__(self) -> None:
        self.samples = 0

    def take(self, intake: Intake) -> None:
        self.samples += len(intake.samples)
        if intake.release is not None:
            intake.release()

    def report(self, device: str, state: DeviceState, reason: str = "", detail: str = "") -> None:
        del device, state, reason, detail

    def last_heard(self, device: str) -> None:
        del device


async def serve() -> None:
    """Be the server: print its port, then change every variable for ever."""
    server = Server()
    await server.init()
    server.set_endpoint("opc.tcp://127.0.0.1:0/bench")
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    folder = await server.nodes.objects.add_object(2, "Bench")
    nodes = [await folder.add_variable(ua.NodeId(f"v{n}", 2), f"v{n}", 0.0) for n in range(ITEMS)]
    await server.start()
    assert server.bserver is not None
    print(server.bserver._server.sockets[0].getsockname()[1], flush=True)
    value = 0.0
    while True:
        value += 1.0
        for node in nodes:
            await server.write_attribute_value(node.nodeid, ua.DataValue(ua.Variant(value, ua.VariantType.Double)))
            await asyncio.sleep(0)


async def measured(seconds: float, counted: Counted) -> float:
    """Return the CPU (µs) of this process for each change that was counted."""
    await asyncio.sleep(WARM_S)
    before, cpu = counted(), time.process_time()
    await asyncio.sleep(seconds)
    return (time.process_time() - cpu) / max(1, counted() - before) * 1e6


async def driver(port: int, seconds: float) -> float:
    """Measure the driver."""
    connection = SPEC.connection.model_validate({"url": f"opc.tcp://127.0.0.1:{port}/bench", "security": "None"})
    points = tuple(
        BoundPoint(f"bench/v{n}", "bench", SPEC.address.model_validate({"node": f"ns=2;s=v{n}"})) for n in range(ITEMS)
    )
    counter, line = Counter(), OpcUaDriver([BoundDevice("bench", connection, points, timeout=30.0)])
    await line.open()
    listening = asyncio.create_task(line.subscribe(counter))
    cost = await measured(seconds, lambda: counter.samples)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await line.close()
    return cost


async def bare(port: int, seconds: float) -> float:
    """Measure the library alone, by the cheaper of its two interfaces."""
    changes = 0
    client = Client(f"opc.tcp://127.0.0.1:{port}/bench", timeout=30)
    await client.connect()
    subscription = await client.create_subscription(500, None, queue_maxsize=100_000)

    async def take() -> None:
        nonlocal changes
        async for _ in subscription:
            changes += 1

    async with subscription:
        nodes = [client.get_node(f"ns=2;s=v{n}") for n in range(ITEMS)]
        await subscription.subscribe_data_change(nodes, queuesize=10, sampling_interval=200)
        taking = asyncio.create_task(take())
        cost = await measured(seconds, lambda: changes)
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)
    await client.disconnect()
    return cost


def say(case: str, **figures: float) -> None:
    """Print one line."""
    print(json.dumps({"bench": "opcua", "case": case, **{name: round(value, 2) for name, value in figures.items()}}))


def main() -> None:
    """Run both clients at one server, one after the other, twice."""
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=float, default=8.0)
    options.add_argument("--serve", action="store_true")
    given = options.parse_args()
    if given.serve:
        asyncio.run(serve())
        return
    command = [sys.executable, "-m", "bench.opcua", "--serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        kinds: dict[str, Callable[[int, float], Awaitable[float]]] = {"driver": driver, "bare": bare}
        try:
            best = {
                case: min(asyncio.run(_once(run, port, given.seconds)) for _ in range(2)) for case, run in kinds.items()
            }
        finally:
            server.kill()
    for case, cost in best.items():
        say(case, cpu_us_per_change=cost, cpu_percent_at_5000_per_s=cost * WANTED / 1e4)
    say("ratio", driver_to_bare=best["driver"] / best["bare"])


async def _once(run: Callable[[int, float], Awaitable[float]], port: int, seconds: float) -> float:
    return await run(port, seconds)


if __name__ == "__main__":
    main()
