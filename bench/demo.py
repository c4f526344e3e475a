"""`citywatch demo` of the province in its own process: how soon it is ready, its cost, its memory.

`ready`: from the start to the ready line, and until every device is online, with the processor seconds spent; beside it
what importing the libraries alone costs in a fresh interpreter.
`playing`: the share of a core while the tour plays, simulators included. `memory`: of simulators, hub and database,
as each process counts it (RSS) and with shared pages shared out (PSS).
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Figures = dict[str, float | str]
PATIENCE_S = 180.0
WATCHED_S = 60.0
TICK = os.sysconf("SC_CLK_TCK")
BARE = "import asyncua, pysnmp.entity.engine, aiohttp.web, amqtt.broker, pymodbus.server, paho.mqtt.client, psycopg"


def family(root: int) -> list[int]:
    """Return a process and everything that descends from it."""
    below: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            fields = _stat(int(entry.name))
            if fields:
                below.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [root]
    for pid in found:
        found += below.get(pid, [])
    return found


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat behind the name (proc(5)); none of a process that has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return []


def cpu_seconds(pids: list[int]) -> float:
    """Return the processor seconds that processes and their ended children have used."""
    return sum(sum(int(ticks) for ticks in _stat(pid)[11:15]) for pid in pids) / TICK


def memory_mb(pids: list[int], word: str) -> float:
    """Return the memory of processes in MB, as smaps_rollup has it under `Rss` or `Pss`."""
    found = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
        except OSError:
            continue
        found += sum(int(line.split()[1]) for line in lines if line.startswith(f"{word}:"))
    return found / 1024


def bare_cpu_s() -> float:
    """Import what the demo needs and nothing else; return the processor seconds."""
    before = os.times()
    subprocess.run([sys.executable, "-c", BARE], check=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def _states(ready: dict[str, Any]) -> list[str]:
    asked = urllib.request.Request(
        f"{ready['url']}/api/v1/devices", headers={"Authorization": f"Bearer {ready['token']}"}
    )
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return [device["state"] for device in json.load(answer)["items"]]


def _all_online(ready: dict[str, Any]) -> int:
    until = time.monotonic() + PATIENCE_S
    while (states := _states(ready)).count("online") < len(states):
        if time.monotonic() > until:
            raise SystemExit(f"{len(states) - states.count('online')} devices of the demo did not come online")
        time.sleep(0.5)
    return len(states)


def measured(demo: "subprocess.Popen[str]", began: float) -> Iterator[Figures]:
    """Watch one demo from its start; yield what it took."""
    assert demo.stdout is not None
    ready = json.loads(demo.stdout.readline())
    seconds, cpu = time.monotonic() - began, cpu_seconds(family(demo.pid))
    devices = _all_online(ready)
    yield {
        "case": "ready", "seconds": seconds, "cpu_s": cpu, "seconds_to_all_online": time.monotonic() - began,
        "devices": float(devices), "bare_cpu_s": bare_cpu_s(),
    }  # fmt: skip
    before, at = cpu_seconds(family(demo.pid)), time.monotonic()
    time.sleep(WATCHED_S)
    pids = family(demo.pid)
    spent = cpu_seconds(pids) - before
    yield {"case": "playing", "cpu_percent_of_a_core": 100 * spent / (time.monotonic() - at)}
    rss, pss = memory_mb(pids, "Rss"), memory_mb(pids, "Pss")
    yield {"case": "memory", "rss_mb": rss, "pss_mb": pss, "processes": float(len(pids))}


def main() -> int:
    """Print one JSON line a case."""
    with tempfile.TemporaryDirectory() as state:
        began = time.monotonic()
        command = [sys.executable, "-m", "hub", "demo", *sys.argv[1:], "--json", "--port", "0", "--state", state]
        demo = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            for figures in measured(demo, began):
                line = {"bench": "demo"} | {k: round(v, 2) if isinstance(v, float) else v for k, v in figures.items()}
                print(json.dumps(line), flush=True)
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(30)
    return 0


if __name__ == "__main__":
    sys.exit(main())
