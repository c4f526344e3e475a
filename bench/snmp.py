"""SNMP agents through the hub into committed rows: what polling costs, and what disturbs it.

`python -m bench.snmp [--seconds N] [--only CASE]`: one JSON line a case, all in two minutes. 200 agents × 20 objects at
1 s (`steady`), the same while ten of them fall silent (`silent`), as fast as it goes (`ceiling`), beside a storm of
notifications (`storm`), and a thousand agents (`memory`). The agents are another process, which witnesses the periods
itself. `bare` is the client library alone at the same agents, asking the same objects as fast as it can: the limit that
the ceiling is measured against.
"""

import argparse
import asyncio
import json
import signal
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import uvloop
from gufo.snmp.aio import SnmpSession

from adapters.timescale.embedded import EmbeddedPostgres
from bench.ingest import cpu_seconds, peak_rss_mb
from bench.scan import stored
from bench.snmp_hub import AGENTS, Agents, start_hub
from bench.snmp_site import ENTRY, OBJECTS
from bench.snmp_storm import memory, storm

SILENT = 10
WARM_S = 4.0
Line = dict[str, float | str]


def steady(dsn: str, folder: Path, seconds: float) -> list[Line]:
    """Measure quiet polling, then let ten agents fall silent and measure the others."""
    farm = Agents()
    hub = start_hub(folder, farm.ports, dsn, "1s")
    try:
        time.sleep(WARM_S)
        quiet = _measured("steady", farm, hub.pid, seconds)
        farm.tell(f"silence {SILENT}")
        silent = _measured("silent", farm, hub.pid, seconds)
    finally:
        hub.send_signal(signal.SIGTERM)
        hub.wait(30)
        ever = (farm.report()["requests_ever"] - AGENTS) * OBJECTS
        farm.close()
    share = float(quiet["objects_per_s"]) * (AGENTS - SILENT) / AGENTS
    quiet["durable_share"] = round(sum(stored(dsn, folder / "state" / "spool.db")) / ever, 4)
    silent["others_change_percent"] = round(100 * abs(float(silent["objects_per_s"]) / share - 1), 2)
    return [quiet, silent]


def ceiling(dsn: str, folder: Path, seconds: float) -> list[Line]:
    """Ask as fast as it goes."""
    farm = Agents()
    hub = start_hub(folder, farm.ports, dsn, "10ms")
    try:
        time.sleep(WARM_S)
        line = _measured("ceiling", farm, hub.pid, seconds)
    finally:
        hub.send_signal(signal.SIGTERM)
        hub.wait(30)
        ever = (farm.report()["requests_ever"] - AGENTS) * OBJECTS
        farm.close()
    line["durable_share"] = round(sum(stored(dsn, folder / "state" / "spool.db")) / ever, 4)
    return [line]


def _measured(name: str, farm: Agents, pid: int, seconds: float) -> Line:
    farm.tell("reset")
    cpu, began = cpu_seconds(pid), time.perf_counter()
    time.sleep(seconds)
    report, cpu, took = farm.report(), cpu_seconds(pid) - cpu, time.perf_counter() - began
    objects = report["requests"] * OBJECTS
    return {
        "bench": "snmp",
        "case": name,
        "objects_per_s": round(objects / report["seconds"]),
        "cpu_percent_of_a_core": round(100 * cpu / took, 1),
        "cpu_us_per_object": round(cpu / max(1.0, objects) * 1e6, 2),
        "period_p50_ms": round(1e3 * report["period_p50_s"], 2),
        "period_off_p99_ms": round(1e3 * report["off_p99_s"], 2),
        "rss_mb": round(peak_rss_mb(pid), 1),
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


def bare(seconds: float) -> Line:
    """Return how fast the library alone is."""
    farm = Agents()
    rate, cpu = uvloop.run(_bare(farm.ports, seconds))
    farm.close()
    return {"bench": "snmp", "case": "bare", "objects_per_s": round(rate), "cpu_us_per_object": round(cpu, 2)}


CASES: dict[str, tuple[Callable[[str, Path, float], Iterable[Line]], float]] = {
    "steady": (steady, 1.0),
    "ceiling": (ceiling, 0.8),
    "storm": (lambda *given: [storm(*given)], 5.0),
    "memory": (lambda *given: [memory(*given)], 0.2),
}
"""Case → what measures it, and its share of `--seconds`."""


def main() -> None:
    """Measure the cases in turn."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--only", choices=[*CASES, "bare"])
    options = parser.parse_args()
    results: dict[str, Line] = {}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        for name, (measure, share) in CASES.items():
            if options.only in (None, name):
                home = Path(folder) / name
                home.mkdir()
                for line in asyncio.run(_with_database(measure, home, options.seconds * share)):
                    results[str(line["case"])] = line
                    print(json.dumps(line), flush=True)
    if options.only in (None, "bare"):
        results["bare"] = bare(min(options.seconds, 4.0))
        print(json.dumps(results["bare"]), flush=True)
    if "ceiling" in results and "bare" in results:
        durable = float(results["ceiling"]["objects_per_s"]) * min(1.0, float(results["ceiling"]["durable_share"]))
        ratio = durable / float(results["bare"]["objects_per_s"])
        print(json.dumps({"bench": "snmp", "case": "ratio", "ceiling_to_bare": round(ratio, 3)}))


async def _with_database(
    measure: Callable[[str, Path, float], Iterable[Line]], home: Path, seconds: float
) -> Iterable[Line]:
    postgres = EmbeddedPostgres(home / "database")
    dsn = await postgres.start()
    try:
        return await asyncio.to_thread(measure, dsn, home, seconds)
    finally:
        await postgres.stop()


if __name__ == "__main__":
    main()
