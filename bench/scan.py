"""200 Modbus devices × 50 registers at 1 s through the hub into committed rows; ten silent ones; and the ceiling.

`python -m bench.scan [--seconds N] [--only steady|silent|ceiling|bare]`: one JSON line a case. The servers are another
process, which witnesses the periods itself. `ceiling` asks as fast as it can; `bare` is the client library alone on the
same servers, asking the same registers, the limit that the ceiling is measured against.
"""

import argparse
import asyncio
import json
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
import uvloop

from adapters.timescale.embedded import EmbeddedPostgres
from bench.ingest import HUB, as_url, cpu_seconds, peak_rss_mb
from bench.scan_site import REGISTERS, write_site

DEVICES = 200
SILENT = 10
WARM_S = 8.0
IN_DATABASE = "select count(*) from reading r where value is not null"
IN_SPOOL = "select coalesce(sum(n), 0) from batch where target = 'reading'"


class Farm:
    """The servers' process."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "bench.modbus_farm", str(DEVICES)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ports: list[int] = self._line()["ports"]

    def tell(self, word: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def report(self) -> dict[str, float]:
        self.tell("report")
        return self._line()

    def _line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line: dict[str, Any] = json.loads(self.process.stdout.readline())
        return line

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(5)


def start_hub(folder: Path, ports: Sequence[int], dsn: str, interval: str) -> "subprocess.Popen[str]":
    site = write_site(folder / "site", ports, as_url(dsn), interval)
    command = [*HUB, "run", str(site), "--state", str(folder / "state"), "--port", "0", "--json"]
    with (folder / "hub.log").open("w") as errors:
        hub = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    assert hub.stdout is not None
    if not hub.stdout.readline():
        raise SystemExit(f"the hub did not start:\n{(folder / 'hub.log').read_text()}")
    return hub


def case(name: str, dsn: str, folder: Path, seconds: float, interval: str, silent: int) -> dict[str, float | str]:
    farm = Farm()
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
        ever = farm.report()["requests_ever"] * REGISTERS
        farm.close()
    database, spool = stored(dsn, folder / "state" / "spool.db")
    return {
        "bench": "scan",
        "case": name,
        "registers_per_s": round(report["requests"] * REGISTERS / report["seconds"]),
        "durable_share": round((database + spool) / ever, 4),
        "in_database_share": round(database / ever, 4),
        "cpu_percent_of_a_core": round(100 * cpu / took, 1),
        "cpu_us_per_register": round(cpu / max(1.0, report["requests"] * REGISTERS) * 1e6, 2),
        "period_p50_ms": round(1e3 * report["period_p50_s"], 2),
        "period_off_p99_ms": round(1e3 * report["off_p99_s"], 2),
        "period_off_max_ms": round(1e3 * report["off_max_s"], 2),
        "rss_mb": round(rss, 1),
    }


def stored(dsn: str, spool: Path) -> tuple[int, int]:
    """Return how many readings the database has, and how many still wait durably in the spool."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute(IN_DATABASE).fetchone()
    assert row is not None
    with sqlite3.connect(spool) as waiting:
        return int(row[0]), int(waiting.execute(IN_SPOOL).fetchone()[0])


async def _ask(port: int, stop: asyncio.Event, counted: list[int]) -> None:
    from pymodbus.client import AsyncModbusTcpClient

    client = AsyncModbusTcpClient("127.0.0.1", port=port, retries=0, reconnect_delay=0)
    await client.connect()
    while not stop.is_set():
        reply = await client.read_holding_registers(0, count=REGISTERS, device_id=1)
        counted[0] += len(reply.registers)
    client.close()


async def _bare(ports: Sequence[int], seconds: float) -> tuple[float, float]:
    stop, counted = asyncio.Event(), [0]
    tasks = [asyncio.create_task(_ask(p, stop, counted)) for p in ports]
    await asyncio.sleep(1.0)
    counted[0], cpu, began = 0, time.process_time(), time.perf_counter()
    await asyncio.sleep(seconds)
    rate, cpu = counted[0] / (time.perf_counter() - began), time.process_time() - cpu
    done = counted[0]
    stop.set()
    await asyncio.gather(*tasks)
    return rate, cpu / done * 1e6


def bare(seconds: float) -> dict[str, float | str]:
    farm = Farm()
    rate, cpu = uvloop.run(_bare(farm.ports, seconds))
    farm.close()
    return {"bench": "scan", "case": "bare", "registers_per_s": round(rate), "cpu_us_per_register": round(cpu, 2)}


CASES: dict[str, tuple[str, int]] = {"steady": ("1s", 0), "silent": ("1s", SILENT), "ceiling": ("10ms", 0)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--only", choices=[*CASES, "bare"])
    options = parser.parse_args()
    results: dict[str, dict[str, float | str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        place.chmod(0o755)
        for name, (interval, silent) in CASES.items():
            if options.only in (None, name):
                home = place / name
                home.mkdir()
                results[name] = asyncio.run(_with_database(name, home, options.seconds, interval, silent))
                print(json.dumps(results[name]), flush=True)
    if options.only in (None, "bare"):
        results["bare"] = bare(min(options.seconds, 8.0))
        print(json.dumps(results["bare"]), flush=True)
    if "ceiling" in results and "bare" in results:
        durable = float(results["ceiling"]["registers_per_s"]) * min(1.0, float(results["ceiling"]["durable_share"]))
        ratio = durable / float(results["bare"]["registers_per_s"])
        print(json.dumps({"bench": "scan", "case": "ratio", "ceiling_to_bare": round(ratio, 3)}))


async def _with_database(name: str, home: Path, seconds: float, interval: str, silent: int) -> dict[str, float | str]:
    postgres = EmbeddedPostgres(home / "database")
    dsn = await postgres.start()
    try:
        return await asyncio.to_thread(case, name, dsn, home, seconds, interval, silent)
    finally:
        await postgres.stop()


if __name__ == "__main__":
    main()
