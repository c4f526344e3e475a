"""MQTT QoS 1 JSON messages through real Mosquitto into committed rows: the hub beside a bare receiver, nothing lost.

`python -m bench.ingest [--messages N] [--only bare|hub]`: one JSON line a case. Each starts its own broker and
processes, sends N messages on 1,000 topics as fast as the broker takes them, and waits until the last is committed.
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict

from adapters.timescale.embedded import EmbeddedPostgres
from bench.ingest_site import write_site
from bench.mqtt_load import LAST_VALUE, TOPICS
from hub.model import row_id
from tests.support.mosquitto import Mosquitto

LONGEST_S = 60.0
TICKS = os.sysconf("SC_CLK_TCK")
BARE_TABLE = """
drop table if exists bare_reading;
create table bare_reading (time timestamptz not null, value float8, point_id int8 not null, lag_ms int4,
  quality int2 not null, text text);
create index on bare_reading (point_id, time desc) include (value, quality);
create index on bare_reading using brin (time);
"""

HUB = [sys.executable, "-m", "hub"]

Start = Callable[[int, str, Path], "subprocess.Popen[str]"]


def start_bare(port: int, dsn: str, _folder: Path) -> "subprocess.Popen[str]":
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(BARE_TABLE)
    command = [sys.executable, "-m", "bench.bare_receiver", str(port), dsn, "bare_reading"]
    receiver = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert receiver.stdout is not None
    assert receiver.stdout.readline().strip() == "ready"
    return receiver


def as_url(dsn: str) -> str:
    parts = conninfo_to_dict(dsn)
    query = urlencode({k: v for k, v in parts.items() if k not in ("user", "dbname")})
    return f"postgresql://{parts['user']}@/{parts['dbname']}?{query}"


def start_hub(port: int, dsn: str, folder: Path) -> "subprocess.Popen[str]":
    site = write_site(folder / "site", port, as_url(dsn))
    command = [*HUB, "run", str(site), "--state", str(folder / "state"), "--port", "0", "--json"]
    with (folder / "hub.log").open("w") as errors:
        hub = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    assert hub.stdout is not None
    line = hub.stdout.readline()
    if not line or not json.loads(line).get("ready"):
        raise SystemExit(f"the hub did not start:\n{(folder / 'hub.log').read_text()}")
    return hub


def subscribed(broker: Mosquitto) -> None:
    """Wait until the receiver is at the broker, and one second more for its subscriptions."""
    deadline = time.time() + LONGEST_S
    while time.time() < deadline:
        if established(broker.port):
            time.sleep(1.0)
            return
        time.sleep(0.05)
    raise SystemExit("the receiver did not connect to the broker")


def established(port: int) -> list[str]:
    """Return the connections to a loopback port (proc(5), net/tcp: state 01 is established)."""
    wanted = f"0100007F:{port:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [row[2] for row in rows if row[1] == wanted and row[3] == "01"]


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_rss_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def wait_for_last(connection: "psycopg.Connection[tuple[int, ...]]", table: str, deadline: float) -> float | None:
    point = row_id("bench", TOPICS[0].split("/")[1], "value")
    query = f"select 1 from {table} where point_id = {point} and value = {LAST_VALUE} limit 1"
    while time.time() < deadline:
        if connection.execute(query).fetchone():
            return time.time()
        time.sleep(0.05)
    return None


def count(connection: "psycopg.Connection[tuple[int, ...]]", table: str) -> tuple[int, int]:
    rows = connection.execute(f"select count(*) from {table} where value is not null").fetchone()
    query = f"select count(*) from (select distinct point_id, value from {table} where value is not null) d"
    distinct = connection.execute(query).fetchone()
    assert rows is not None
    assert distinct is not None
    return rows[0], distinct[0]


def case(name: str, table: str, start: Start, dsn: str, messages: int, folder: Path) -> dict[str, float | str]:
    broker = Mosquitto(folder / "broker").start()
    receiver = start(broker.port, dsn, folder)
    try:
        subscribed(broker)
        cpu, broker_cpu = cpu_seconds(receiver.pid), cpu_seconds(broker.pid)
        load = [sys.executable, "-m", "bench.mqtt_load", str(broker.port), str(messages)]
        sent = json.loads(subprocess.run(load, capture_output=True, text=True, check=True, timeout=LONGEST_S).stdout)
        with psycopg.connect(dsn, autocommit=True) as connection:
            last = wait_for_last(connection, table, sent["first"] + LONGEST_S)
            cpu, broker_cpu = cpu_seconds(receiver.pid) - cpu, cpu_seconds(broker.pid) - broker_cpu
            rss = peak_rss_mb(receiver.pid)
            rows, distinct = count(connection, table)
    finally:
        receiver.send_signal(signal.SIGTERM)
        receiver.wait(25)
        broker.stop()
    return {
        "bench": "ingest",
        "case": name,
        "messages": sent["acked"],
        "rate_per_s": round(sent["acked"] / (last - sent["first"])) if last else 0,
        "offered_per_s": round(sent["acked"] / (sent["last"] - sent["first"])),
        "cpu_s_per_million": round(cpu / sent["acked"] * 1e6, 1),
        "broker_cpu_s_per_million": round(broker_cpu / sent["acked"] * 1e6, 1),
        "rss_mb": round(rss, 1),
        "rows": rows,
        "lost": sent["acked"] - distinct,
        "twice": rows - distinct,
    }


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=500_000)
    parser.add_argument("--only", choices=["bare", "hub"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        os.chmod(place, 0o755)
        postgres = EmbeddedPostgres(place / "state")
        dsn = await postgres.start()
        try:
            results = {}
            for name, table, start in CASES:
                if options.only in (None, name):
                    home = place / name
                    results[name] = await asyncio.to_thread(case, name, table, start, dsn, options.messages, home)
                    print(json.dumps(results[name]), flush=True)
            if len(results) == 2:
                ratio = float(results["hub"]["rate_per_s"]) / float(results["bare"]["rate_per_s"])
                print(json.dumps({"bench": "ingest", "case": "ratio", "hub_to_bare": round(ratio, 3)}))
        finally:
            await postgres.stop()


CASES: list[tuple[str, str, Start]] = [("bare", "bare_reading", start_bare), ("hub", "reading", start_hub)]

if __name__ == "__main__":
    asyncio.run(main())
