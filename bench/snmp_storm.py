"""Cases of `bench.snmp` beside plain polling: notifications by the thousand, and a thousand agents in memory.

The storm goes through the whole hub: 200 agents are polled every second while eight of them send 2,000 notifications
a second; before it one of them sends 450 a second by itself. Every one of them has to be stored.
"""

import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import psycopg

from bench.ingest import cpu_seconds, peak_rss_mb
from bench.snmp_hub import Agents, start_hub
from bench.snmp_site import talker
from tests.unit.snmp.messages import trap_v2

TALKERS, STORM_PER_S, ALONE_PER_S = 8, 2000, 450
STORED = "select count(*) from device_event where kind = 'net.trap'"
IN_SPOOL = "select coalesce(sum(n), 0) from batch where target = 'device_event'"
MANY, LONGEST_S = 1000, 60.0


def storm(dsn: str, folder: Path, seconds: float) -> dict[str, float | str]:
    """Return what became of notifications and of the polls beside them."""
    farm, port = Agents(), _free_port()
    hub = start_hub(folder, farm.ports, dsn, "1s", traps=port, talkers=TALKERS)
    try:
        time.sleep(4.0)
        alone = _send(port, 1, ALONE_PER_S, seconds / 3)
        alone_kept = _kept(dsn, folder, alone)
        farm.tell("reset")
        cpu, began = cpu_seconds(hub.pid), time.perf_counter()
        sent = _send(port, TALKERS, STORM_PER_S, seconds)
        report, cpu, took = farm.report(), cpu_seconds(hub.pid) - cpu, time.perf_counter() - began
        kept = _kept(dsn, folder, alone + sent)
    finally:
        hub.send_signal(signal.SIGTERM)
        hub.wait(30)
        farm.close()
    return {
        "bench": "snmp",
        "case": "storm",
        "notifications_per_s": round(sent / took),
        "lost_below_500_per_s": alone - alone_kept,
        "lost": alone + sent - kept,
        "poll_latest_ms": round(1e3 * report["off_max_s"], 1),
        "cpu_percent_of_a_core": round(100 * cpu / took, 1),
    }


def memory(dsn: str, folder: Path, seconds: float) -> dict[str, float | str]:
    """Return what a hub needs that has read each of a thousand agents; opening 50 lines a second takes it a while."""
    farm = Agents(MANY)
    hub = start_hub(folder, farm.ports, dsn, "5s")
    try:
        until = time.perf_counter() + LONGEST_S
        while farm.report()["requests"] < 2 * MANY and time.perf_counter() < until:
            time.sleep(0.5)
        time.sleep(seconds)
        rss, asked = peak_rss_mb(hub.pid), farm.report()["requests"]
    finally:
        hub.send_signal(signal.SIGTERM)
        hub.wait(30)
        farm.close()
    if asked < 2 * MANY:
        raise SystemExit(f"only {asked} requests reached {MANY} agents in {LONGEST_S:g} s")
    return {"bench": "snmp", "case": "memory", "agents": MANY, "rss_mb": round(rss, 1)}


def _send(port: int, talkers: int, rate: int, seconds: float) -> int:
    command = [sys.executable, "-m", "bench.snmp_storm", str(port), str(talkers), str(rate), str(seconds)]
    return int(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


def _kept(dsn: str, folder: Path, expected: int, patience: float = 4.0) -> int:
    """Return how many events are stored, or still wait durably, once all are or after some patience."""
    until = time.perf_counter() + patience
    while True:
        with psycopg.connect(dsn) as connection:
            row = connection.execute(STORED).fetchone()
        with sqlite3.connect(folder / "state" / "spool.db") as waiting:
            kept = (int(row[0]) if row else 0) + int(waiting.execute(IN_SPOOL).fetchone()[0])
        if kept >= expected or time.perf_counter() > until:
            return kept
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def send(port: int, talkers: int, rate: int, seconds: float) -> int:
    """Send notifications in turn from some addresses, evenly; return how many."""
    message = trap_v2(community="bench")
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(talkers)]
    for number, one in enumerate(sockets):
        one.bind((talker(number), 0))
    began, sent = time.perf_counter(), 0
    while (passed := time.perf_counter() - began) < seconds:
        while sent < passed * rate:
            sockets[sent % talkers].sendto(message, ("127.0.0.1", port))
            sent += 1
        time.sleep(0.001)
    return sent


if __name__ == "__main__":
    print(send(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
