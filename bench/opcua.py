"""OPC UA: 5,000 changes a second through the hub into committed rows, 200 connections, the way of a fire to a console.

`python -m bench.opcua [--ticks N] [--only CASE…]`: one JSON line a case. The server is another process. `bare` is a
subscription of the library alone at the same server, `driver` our driver alone, `stored` the whole hub and its rows,
which are counted one by one; the ratios are of processor time for a change. `latency` is from the server's write of a
bit to its alarm on a WebSocket.
"""

import argparse
import asyncio
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import uvloop
from asyncua import Client

from adapters.timescale.embedded import EmbeddedPostgres
from bench.console import Console, console_at
from bench.ingest import HUB, as_url, cpu_seconds, peak_rss_mb
from bench.latency import percentile
from bench.opcua_farm import ITEMS
from bench.opcua_site import write_site
from drivers.base import BoundDevice, BoundPoint
from drivers.opcua import SPEC
from drivers.opcua.driver import OpcUaDriver
from hub.model import DeviceState, Intake

CONNECTIONS, POINTS_EACH = 200, 10
PATIENCE_S = 60.0
SETTLE_S = 3.0
LATE_S = 15.0
"""How long the last change may take."""
PROBES = 80
ROWS = "select count(*), count(distinct (point_id, value)) from reading where value > %s"
Figures = dict[str, float | str]


class Farm:
    """The server's process."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "bench.opcua_farm"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.port = int(self._line()["port"])

    def ask(self, word: str) -> dict[str, float]:
        """Give an order and wait for the answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        return self._line()

    def until(self, what: str, many: int) -> None:
        """Wait until so many sessions or items are there."""
        deadline = time.time() + PATIENCE_S
        while self.ask("state")[what] < many:
            if time.time() > deadline:
                raise SystemExit(f"the server did not see {many} {what}: {self.ask('state')}")
            time.sleep(0.1)

    def _line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line: dict[str, Any] = json.loads(self.process.stdout.readline())
        return line

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.communicate()


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


@asynccontextmanager
async def driver(port: int) -> AsyncIterator[Callable[[], int]]:
    """Run our driver alone."""
    connection = SPEC.connection.model_validate({"url": f"opc.tcp://127.0.0.1:{port}/bench", "security": "None"})
    points = tuple(
        BoundPoint(f"bench/v{n}", "bench", SPEC.address.model_validate({"node": f"ns=2;s=v{n}"}))
        for n in range(1, ITEMS + 1)
    )
    counter, line = Counter(), OpcUaDriver([BoundDevice("bench", connection, points, timeout=30.0)])
    await line.open()
    listening = asyncio.create_task(line.subscribe(counter))
    yield lambda: counter.samples
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await line.close()


@asynccontextmanager
async def bare(port: int) -> AsyncIterator[Callable[[], int]]:
    """Run the library alone, by the cheaper of its two interfaces."""
    changes = 0
    client = Client(f"opc.tcp://127.0.0.1:{port}/bench", timeout=30)
    await client.connect()
    subscription = await client.create_subscription(500, None, queue_maxsize=100_000)

    async def take() -> None:
        nonlocal changes
        async for _ in subscription:
            changes += 1

    async with subscription:
        nodes = [client.get_node(f"ns=2;s=v{n}") for n in range(1, ITEMS + 1)]
        await subscription.subscribe_data_change(nodes, queuesize=10, sampling_interval=200)
        taking = asyncio.create_task(take())
        yield lambda: changes
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)
    await client.disconnect()


async def alone(name: str, farm: Farm, ticks: int) -> Figures:
    """Measure the driver or the library alone; nothing is stored."""
    async with {"driver": driver, "bare": bare}[name](farm.port) as counted:
        await asyncio.to_thread(farm.until, "items", ITEMS)
        await asyncio.sleep(SETTLE_S)  # the library drops first values that come before it knows their items
        before, cpu = counted(), time.process_time()
        await asyncio.to_thread(farm.ask, f"tick {ticks}")
        deadline = time.time() + LATE_S
        while counted() - before < ticks * ITEMS and time.time() < deadline:
            await asyncio.sleep(0.1)
        cpu, changes = time.process_time() - cpu, counted() - before
    return {**_cost(cpu, changes), "lost": ticks * ITEMS - changes}


def _cost(cpu: float, changes: int) -> Figures:
    each = cpu / max(1, changes) * 1e6
    return {"cpu_us_per_change": round(each, 2), "cpu_percent_at_5000_per_s": round(each * ITEMS / 1e4, 2)}


@contextmanager
def hub(folder: Path, port: int, dsn: str, items: int, devices: int = 1) -> Iterator[tuple[int, str, Path]]:
    """Run a hub; give its process id, its address and its state folder."""
    site, state = write_site(folder / "site", port, as_url(dsn), items, devices), folder / "state"
    command = [*HUB, "run", str(site), "--state", str(state), "--port", "0", "--json"]
    with (folder / "hub.log").open("w") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    assert process.stdout is not None
    try:
        ready = process.stdout.readline()
        if not ready:
            raise SystemExit(f"the hub did not start:\n{(folder / 'hub.log').read_text()}")
        yield process.pid, json.loads(ready)["url"], state
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def stored(farm: Farm, dsn: str, folder: Path, ticks: int) -> Figures:
    """Count the rows that come of so many ticks, and the processor time of the hub."""
    with hub(folder, farm.port, dsn, ITEMS) as (pid, _, _), psycopg.connect(dsn, autocommit=True) as database:
        farm.until("items", ITEMS + 1)
        time.sleep(3.0)
        cpu, begun = cpu_seconds(pid), time.perf_counter()
        sent, before = ticks * ITEMS, farm.ask("state")["value"]
        told = farm.ask(f"tick {ticks}")
        took, deadline = time.perf_counter() - begun, time.time() + LATE_S
        while (rows := _rows(database, before))[0] < sent and time.time() < deadline:
            time.sleep(0.2)
        cpu, rss = cpu_seconds(pid) - cpu, peak_rss_mb(pid)
    return {
        "changes_per_s": round(sent / took), "server_late_ms": told["late_ms"],
        "rows": rows[0], "lost": sent - rows[1], "twice": rows[0] - rows[1], **_cost(cpu, sent),
        "cpu_percent_of_a_core": round(100 * cpu / took, 1), "rss_mb": round(rss, 1),
    }  # fmt: skip


def _rows(database: "psycopg.Connection[tuple[Any, ...]]", before: float) -> tuple[int, int]:
    row = database.execute(ROWS, (before,)).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def connections(farm: Farm, dsn: str, folder: Path, ticks: int) -> Figures:
    """Hold 200 connections at once, each with its own session, and let everything change."""
    with hub(folder, farm.port, dsn, POINTS_EACH, CONNECTIONS) as (pid, _, _):
        begun = time.perf_counter()
        farm.until("items", CONNECTIONS * (POINTS_EACH + 1))
        took = time.perf_counter() - begun
        farm.ask(f"tick {min(ticks, 3)}")
        held = farm.ask("state")["sessions"]
        rss = peak_rss_mb(pid)
    return {"connections": held, "connected_s": round(took, 1), "rss_mb": round(rss, 1)}


async def latency(farm: Farm, dsn: str, folder: Path, ticks: int) -> Figures:
    """Let the bit burn again and again; time each alarm at a console."""
    del ticks
    with hub(folder, farm.port, dsn, POINTS_EACH) as (_, url, state):
        await asyncio.to_thread(farm.until, "items", POINTS_EACH + 1)
        ask = [*HUB, "token", "create", "bench", "--role", "operator", "--state", str(state)]
        token = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.split()[-1]
        async with console_at(url, token) as console:
            await asyncio.sleep(1.0)
            took = [await _probe(farm, console) for _ in range(PROBES)]
    return {
        "probes": len(took), "p50_ms": round(percentile(took, 0.5), 1), "p99_ms": round(percentile(took, 0.99), 1),
        "max_ms": round(1e3 * max(took), 1),
    }  # fmt: skip


async def _probe(farm: Farm, console: Console) -> float:
    await asyncio.to_thread(farm.ask, "bit 0")
    await asyncio.sleep(0.1 + random.random() * 0.05)  # anywhere in the 50 ms between two reports
    heard = console.expect("d000")
    at = (await asyncio.to_thread(farm.ask, "bit 1"))["at"]
    return await asyncio.wait_for(heard, 5) - at


async def _with_database(run: Callable[[str], Awaitable[Figures]], home: Path) -> Figures:
    postgres = EmbeddedPostgres(home / "database")
    dsn = await postgres.start()
    try:
        return await run(dsn)
    finally:
        await postgres.stop()


def measured(name: str, farm: Farm, home: Path, ticks: int, tries: int = 3) -> Figures:
    """Run one case; of the library or the driver alone, one that lost nothing if there is one in three."""
    if name in ("driver", "bare"):
        found = uvloop.run(alone(name, farm, ticks))
        while found["lost"] and (tries := tries - 1):  # a busy machine starves the library's only request
            found = uvloop.run(alone(name, farm, ticks))
        return found

    async def run(dsn: str) -> Figures:
        if name == "latency":
            return await latency(farm, dsn, home, ticks)
        return await asyncio.to_thread({"stored": stored, "connections": connections}[name], farm, dsn, home, ticks)

    return uvloop.run(_with_database(run, home))


CASES = ("bare", "driver", "stored", "connections", "latency")


def main() -> None:
    """Run every case at one server, and say the ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--ticks", type=int, default=6)
    parser.add_argument("--only", nargs="+", choices=CASES, default=CASES)
    given = parser.parse_args()
    results: dict[str, Figures] = {}
    farm = Farm()
    try:
        with tempfile.TemporaryDirectory() as folder:
            for name in given.only:
                home = Path(folder) / name
                home.mkdir(mode=0o755)
                results[name] = measured(name, farm, home, given.ticks)
                print(json.dumps({"bench": "opcua", "case": name, **results[name]}), flush=True)
    finally:
        farm.close()
    each = {name: float(found["cpu_us_per_change"]) for name, found in results.items() if "cpu_us_per_change" in found}
    ratios = {f"{name}_to_bare": round(each[name] / each["bare"], 2) for name in ("driver", "stored") if name in each}
    if "bare" in each:
        print(json.dumps({"bench": "opcua", "case": "ratio", **ratios}))


if __name__ == "__main__":
    main()
