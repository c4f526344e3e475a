"""200 Modbus panels of 64 words, each read every 2 s: from a bit at the panel to its alarm on a console's WebSocket.

`python -m bench.panels [--panels N] [--seconds S]`: one JSON line. The panels are bare TCP servers in this process;
each sets one bit at a random instant. `p99_ms` is what an operator waits, most of it for the panel's next turn;
`after_read_p99_ms` is the hub's own part, from the panel's answer that carries the bit to the socket.
"""

import argparse
import asyncio
import json
import random
import signal
import struct
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvloop

from adapters.timescale.embedded import EmbeddedPostgres
from bench.console import Console, console_at
from bench.ingest import HUB, as_url
from bench.latency import percentile

WORDS = 64
INTERVAL_S = 2
SETTLE_S = 6.0
PATIENCE_S = 10.0
PROFILE = """
profile: bench/panel
title: {vi: Tủ báo cháy, en: Panel}
driver: modbus
source: bench
points: {}
each:
  - count: 64
    name: "z{n:02}"
    points:
      alarm: {kind: fire.alarm, address: {table: input, register: "{n - 1}", bit: 0}}
examples:
""" + "".join(f"  - {{point: z0{n}.alarm, raw: [{n % 2}], value: {str(bool(n % 2)).lower()}}}\n" for n in range(1, 6))
SITE = """
version: 1
site: {{id: bench, name: {{vi: Đo, en: Bench}}, timezone: Asia/Ho_Chi_Minh, language: en}}
web: {{host: 127.0.0.1, port: 0}}
store: {{url: "{dsn}"}}
include: [zones.yaml, devices.yaml, rules.yaml]
"""
RULES = """
rules:
  - id: fire
    category: fire
    priority: critical
    for_each: {kind: fire.alarm}
    when: {is: true}
    text: {vi: "CHÁY {device.name}", en: "FIRE {device.name}"}
"""


class Panel(asyncio.Protocol):
    """One panel: 64 words; knows when it first told of its fire."""

    def __init__(self, number: int) -> None:
        self.name = f"p{number:03}"
        self.zone: int | None = None
        self.reads = 0
        self.told = 0.0
        """When an answer with the bit left."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        first, count = struct.unpack(">HH", data[8:12])
        words = [int(first + n == self.zone) for n in range(count)]
        head = struct.pack(">HHBBB", 0, 3 + 2 * count, data[6], data[7], 2 * count)
        if self.zone is not None and not self.told:
            self.told = time.perf_counter()
        self.reads += 1
        self.transport.write(data[:2] + head + struct.pack(f">{count}H", *words))  # type: ignore[attr-defined]


def written_site(folder: Path, dsn: str, ports: list[int]) -> Path:
    """Write a site of one device for each port."""
    (folder / "profiles" / "bench").mkdir(parents=True)
    (folder / "profiles" / "bench" / "panel.yaml").write_text(PROFILE)
    (folder / "site.yaml").write_text(SITE.format(dsn=dsn))
    (folder / "zones.yaml").write_text("zones: [{id: here, name: {vi: Đây, en: Here}}]\n")
    (folder / "rules.yaml").write_text(RULES)
    rows = [
        f"  - {{id: p{n:03}, profile: bench/panel, zone: here, interval: {INTERVAL_S}s, "
        f"connection: {{host: 127.0.0.1, port: {port}}}}}\n"
        for n, port in enumerate(ports)
    ]
    (folder / "devices.yaml").write_text("devices:\n" + "".join(rows))
    return folder


@asynccontextmanager
async def the_hub(site: Path, state: Path) -> AsyncIterator[tuple[str, str, int]]:
    """Run the hub; give its address, a token and its process id."""
    command = [*HUB, "run", str(site), "--state", str(state), "--port", "0", "--json"]
    hub = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    try:
        assert hub.stdout is not None
        ready = json.loads(await hub.stdout.readline())
        ask = [*HUB, "token", "create", "bench", "--role", "operator", "--state", str(state)]
        token = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.split()[-1]
        yield ready["url"], token, hub.pid
    finally:
        hub.send_signal(signal.SIGTERM)
        await hub.wait()


async def probe(console: Console, panel: Panel, after: float) -> tuple[float, float] | None:
    """Set a bit after some seconds; return seconds from the bit, and from the answer that carried it, to the socket."""
    await asyncio.sleep(after)
    heard = console.expect(panel.name)
    panel.zone, begun = random.randrange(WORDS), time.perf_counter()
    try:
        at = await asyncio.wait_for(heard, PATIENCE_S)
    except TimeoutError:
        return None
    return at - begun, at - panel.told


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


async def run(folder: Path, dsn: str, count: int, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    panels = [Panel(n) for n in range(count)]
    servers = [await loop.create_server(lambda p=p: p, "127.0.0.1", 0) for p in panels]  # type: ignore[misc]
    site = written_site(folder / "site", as_url(dsn), [s.sockets[0].getsockname()[1] for s in servers])
    async with the_hub(site, folder / "state") as (url, token, pid), console_at(url, token) as console:
        await asyncio.sleep(SETTLE_S)
        before, reads, began = cpu_seconds(pid), sum(p.reads for p in panels), time.perf_counter()
        took = await asyncio.gather(*(probe(console, p, random.random() * seconds) for p in panels))
        spent, lasted = cpu_seconds(pid) - before, time.perf_counter() - began
        asked = sum(p.reads for p in panels) - reads
    tell([t for t in took if t is not None], count, {
        "interval_ms": INTERVAL_S * 1000, "reads_per_s": asked / lasted,
        "cpu_percent_of_a_core": 100 * spent / lasted,
    })  # fmt: skip


def tell(took: list[tuple[float, float]], sent: int, more: dict[str, float]) -> None:
    """Print the figures."""
    whole, own = [a for a, _ in took], [b for _, b in took]
    figures = {
        "panels": sent, "words": WORDS, "lost": sent - len(took),
        "p50_ms": percentile(whole, 0.5), "p99_ms": percentile(whole, 0.99), "max_ms": max(whole) * 1000,
        "after_read_p50_ms": percentile(own, 0.5), "after_read_p99_ms": percentile(own, 0.99), **more,
    }  # fmt: skip
    print(json.dumps({"bench": "panels", "case": "bit to alarm"} | {k: round(v, 2) for k, v in figures.items()}))


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--panels", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        postgres = EmbeddedPostgres(folder / "postgres")
        try:
            await run(folder, await postgres.start(), options.panels, options.seconds)
        finally:
            await postgres.stop()


if __name__ == "__main__":
    uvloop.run(main())
