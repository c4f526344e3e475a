"""200 SNMP agents × 20 objects at 1 s through the hub into committed rows; ten silent ones; and the ceiling.

`python -m bench.snmp [--seconds N] [--only steady|silent|ceiling|bare]`: one JSON line a case. The agents are another
process, which witnesses the periods itself. `bare` is the client library alone at the same agents, asking the same
objects as fast as it can: the limit that the ceiling is measured against.
"""

import argparse
import asyncio
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import uvloop
from gufo.snmp.aio import SnmpSession

from adapters.timescale.embedded import EmbeddedPostgres
from bench.ingest import HUB, as_url, cpu_seconds, peak_rss_mb
from bench.scan import Farm, stored
from bench.scan_site import SITE

AGENTS, OBJECTS, SILENT = 200, 20, 10
WARM_S = 8.0
ENTRY = "1.3.6.1.4.1.32473.1"
PROFILE = f"""
profile: bench/agent
title: {{vi: Máy, en: Agent}}
driver: snmp
source: bench
connection: {{version: 2c, community: {{env: BENCH_COMMUNITY}}, retries: 0, largest: {OBJECTS + 1}}}
each:
  - count: {OBJECTS}
    name: "o{{n:02}}"
    points:
      value: {{kind: device.value, address: {{oid: "{ENTRY}.{{n}}.0", type: gauge}}}}
examples:
""" + "".join(f"  - {{point: o01.value, raw: {n}, value: {n}}}\n" for n in range(5))
DEVICES = """
devices:
  - table: agents.csv
    profile: bench/agent
    columns: {{id: id, zone: zone, connection.port: port}}
    set: {{interval: {interval}, timeout: 1s, connection: {{host: 127.0.0.1}}}}
"""


class Agents(Farm):
    """The agents' process."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "bench.snmp_farm", str(AGENTS)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ports = self._line()["ports"]


def write_site(folder: Path, ports: Sequence[int], dsn: str, interval: str) -> Path:
    """Write the site's files and return the folder."""
    (folder / "profiles" / "bench").mkdir(parents=True)
    (folder / "profiles" / "bench" / "agent.yaml").write_text(PROFILE)
    (folder / "site.yaml").write_text(SITE.format(dsn=dsn).replace(", rules.yaml", ""))
    (folder / "zones.yaml").write_text("zones: [{id: here, name: Here}]\n")
    (folder / "devices.yaml").write_text(DEVICES.format(interval=interval))
    rows = "".join(f"d{n:03},here,{port}\n" for n, port in enumerate(ports))
    (folder / "agents.csv").write_text("id,zone,port\n" + rows)
    return folder


def start_hub(folder: Path, ports: Sequence[int], dsn: str, interval: str) -> "subprocess.Popen[str]":
    site = write_site(folder / "site", ports, as_url(dsn), interval)
    command = [*HUB, "run", str(site), "--state", str(folder / "state"), "--port", "0", "--json"]
    environment = {"BENCH_COMMUNITY": "bench", "PATH": "/usr/bin:/bin"}
    with (folder / "hub.log").open("w") as errors:
        hub = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
    assert hub.stdout is not None
    if not hub.stdout.readline():
        raise SystemExit(f"the hub did not start:\n{(folder / 'hub.log').read_text()}")
    return hub


def case(name: str, dsn: str, folder: Path, seconds: float) -> dict[str, float | str]:
    interval, silent = CASES[name]
    farm = Agents()
    farm.tell(f"silence {silent}")
    hub = start_hub(folder, farm.ports, dsn, interval)
    try:
        time.sleep(WARM_S)
        farm.tell("reset")
        cpu, began = cpu_seconds(hub.pid), time.perf_counter()
        time.sleep(seconds)
        report, cpu, took = farm.report(), cpu_seconds(hub.pid) - cpu, time.perf_counter() - began
        rss = peak_rss_mb(hub.pid)
    finally:
        hub.send_signal(signal.SIGTERM)
        hub.wait(30)
        ever = (farm.report()["requests_ever"] - AGENTS + silent) * OBJECTS
        farm.close()
    return {
        "bench": "snmp",
        "case": name,
        "objects_per_s": round(report["requests"] * OBJECTS / report["seconds"]),
        "durable_share": round(sum(stored(dsn, folder / "state" / "spool.db")) / ever, 4),
        "cpu_percent_of_a_core": round(100 * cpu / took, 1),
        "cpu_us_per_object": round(cpu / max(1.0, report["requests"] * OBJECTS) * 1e6, 2),
        "period_p50_ms": round(1e3 * report["period_p50_s"], 2),
        "period_off_p99_ms": round(1e3 * report["off_p99_s"], 2),
        "rss_mb": round(rss, 1),
    }


async def _ask(port: int, stop: asyncio.Event, counted: list[int]) -> None:
    session = SnmpSession("127.0.0.1", port=port, community="bench", timeout=10.0)
    names = [f"{ENTRY}.{n}.0" for n in range(1, OBJECTS + 1)]
    while not stop.is_set():
        found = await session.get_many(names)
        counted[0] += len(found) - 1  # the agents say their uptime unasked


async def _bare(ports: Sequence[int], seconds: float) -> tuple[float, float]:
    stop, counted = asyncio.Event(), [0]
    tasks = [asyncio.create_task(_ask(p, stop, counted)) for p in ports]
    await asyncio.sleep(1.0)
    counted[0], cpu, began = 0, time.process_time(), time.perf_counter()
    await asyncio.sleep(seconds)
    rate, cpu, done = counted[0] / (time.perf_counter() - began), time.process_time() - cpu, counted[0]
    stop.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    return rate, cpu / done * 1e6


def bare(seconds: float) -> dict[str, float | str]:
    farm = Agents()
    rate, cpu = uvloop.run(_bare(farm.ports, seconds))
    farm.close()
    return {"bench": "snmp", "case": "bare", "objects_per_s": round(rate), "cpu_us_per_object": round(cpu, 2)}


CASES: dict[str, tuple[str, int]] = {"steady": ("1s", 0), "silent": ("1s", SILENT), "ceiling": ("10ms", 0)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--only", choices=[*CASES, "bare"])
    options = parser.parse_args()
    results: dict[str, dict[str, float | str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        for name in CASES:
            if options.only in (None, name):
                home = Path(folder) / name
                home.mkdir()
                results[name] = asyncio.run(_with_database(name, home, options.seconds))
                print(json.dumps(results[name]), flush=True)
    if options.only in (None, "bare"):
        results["bare"] = bare(min(options.seconds, 8.0))
        print(json.dumps(results["bare"]), flush=True)
    if "ceiling" in results and "bare" in results:
        durable = float(results["ceiling"]["objects_per_s"]) * min(1.0, float(results["ceiling"]["durable_share"]))
        ratio = durable / float(results["bare"]["objects_per_s"])
        print(json.dumps({"bench": "snmp", "case": "ratio", "ceiling_to_bare": round(ratio, 3)}))


async def _with_database(name: str, home: Path, seconds: float) -> dict[str, float | str]:
    postgres = EmbeddedPostgres(home / "database")
    dsn = await postgres.start()
    try:
        return await asyncio.to_thread(case, name, dsn, home, seconds)
    finally:
        await postgres.stop()


if __name__ == "__main__":
    main()
