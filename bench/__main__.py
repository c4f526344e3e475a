"""All benchmarks in turn: `python -m bench [NAME…]`; their JSON lines, and the targets they are held to."""

import json
import subprocess
import sys
from collections.abc import Iterator

BENCHES = (
    "check", "road", "spool", "full", "ingest", "queries", "latency", "panels", "scan", "snmp", "opcua", "onvif",
    "passages", "rules", "demo",
)  # fmt: skip
LONGEST_S = 400

Line = dict[str, float | str]

TARGETS: dict[tuple[str, str], list[tuple[str, str, float]]] = {
    ("queries", "latest value of 50,000 points"): [("p95_ms", "<=", 50)],
    ("queries", "one point over 24 h in 1,000 slices"): [("p95_ms", "<=", 50)],
    ("queries", "a month of 1.6 M passages by hour and class"): [("p95_ms", "<=", 50)],
    ("queries", "a page of the journal"): [("p95_ms", "<=", 50)],
    ("queries", "writer"): [("writer_to_psql", ">=", 0.6)],
    ("road", ""): [("readings_per_s", ">=", 100_000)],
    ("spool", "through"): [("readings_per_s", ">=", 150_000), ("lost", "<=", 0)],
    ("spool", "start"): [("s_to_first_alarm", "<=", 10)],
    ("spool", "overload"): [("alarm_p99_ms", "<=", 1000), ("alarms_lost", "<=", 0), ("never_dropped", "<=", 0)],
    ("spool", "memory"): [("rss_mb", "<=", 400)],
    ("full", "everywhere"): [("rss_mb", "<=", 400)],
    ("spool", "replay"): [("rows_per_s", ">=", 20_000)],
    ("ingest", "ratio"): [("hub_to_bare", ">=", 0.6)],
    ("ingest", "hub"): [("cpu_s_per_million", "<=", 25), ("rss_mb", "<=", 150), ("lost", "<=", 0)],
    ("latency", "mqtt idle"): [("p50_ms", "<=", 2), ("p99_ms", "<=", 10)],
    ("latency", "mqtt at 10,000/s"): [("p99_ms", "<=", 15)],
    ("latency", "modbus 200 ms"): [("p99_ms", "<=", 210)],
    ("panels", "bit to alarm"): [("p99_ms", "<=", 2500), ("lost", "<=", 0)],
    ("scan", "steady"): [("cpu_percent_of_a_core", "<=", 8), ("period_off_p99_ms", "<=", 10), ("rss_mb", "<=", 100)],
    ("scan", "ceiling"): [("registers_per_s", ">=", 250_000)],
    ("snmp", "steady"): [("cpu_percent_of_a_core", "<=", 5), ("period_off_p99_ms", "<=", 10)],
    ("snmp", "silent"): [("others_change_percent", "<=", 2), ("period_off_p99_ms", "<=", 10)],
    ("snmp", "ceiling"): [("objects_per_s", ">=", 60_000)],
    ("snmp", "storm"): [("lost_below_500_per_s", "<=", 0), ("poll_latest_ms", "<=", 1000)],
    ("snmp", "memory"): [("rss_mb", "<=", 200)],
    ("opcua", "driver"): [("cpu_percent_at_5000_per_s", "<=", 25), ("lost", "<=", 0)],
    ("opcua", "stored"): [("cpu_percent_at_5000_per_s", "<=", 25), ("lost", "<=", 0), ("twice", "<=", 0)],
    ("opcua", "connections"): [("connections", ">=", 200), ("rss_mb", "<=", 400)],
    ("opcua", "latency"): [("p99_ms", "<=", 150)],
    ("opcua", "ratio"): [("driver_to_bare", "<=", 1.2), ("stored_to_bare", "<=", 1.2)],
    ("onvif", "subscribed"): [("seconds", "<=", 60), ("cameras", ">=", 409), ("online", ">=", 409)],
    ("onvif", "idle"): [("cpu_percent_of_a_core", "<=", 35), ("rss_mb", "<=", 300)],
    ("onvif", "event"): [("p99_ms", "<=", 300)],
    ("onvif", "cut"): [("right", ">=", 40), ("others_disturbed", "<=", 0)],
    ("passages", "steady"): [
        ("lost", "<=", 0),
        ("doubled", "<=", 0),
        ("reads_missed", "<=", 0),
        ("cpu_ms_per_passage", "<=", 0.5),
    ],
    ("passages", "ceiling"): [("passages_per_s", ">=", 1000), ("lost", "<=", 0), ("doubled", "<=", 0)],
    ("rules", "conditions"): [("evaluations_per_s", ">=", 300_000)],
    ("rules", "engine"): [("evaluations_per_s", ">=", 300_000)],
    ("rules", "windows"): [("instances", ">=", 10_000), ("rss_mb", "<=", 200)],
    ("rules", "step"): [("p99_ms", "<=", 1)],
    ("rules", "province"): [("p99_ms", "<=", 1)],
    ("demo", "ready"): [("seconds", "<=", 60)],
    ("demo", "memory"): [("rss_mb", "<=", 1500)],
}


def run(name: str) -> Iterator[Line]:
    """Run one benchmark; yield its lines."""
    command = [sys.executable, "-m", f"bench.{name}"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=LONGEST_S, check=False)
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            yield json.loads(line)


def judge(line: Line) -> Iterator[str]:
    """Yield a sentence for each target that a line is held to."""
    key = str(line.get("bench", "")), str(line.get("case", ""))
    if "limit" in line:
        met = float(line["value"]) <= float(line["limit"])
        yield f"  {'met   ' if met else 'MISSED'} {key[0]} {line['figure']} = {line['value']:g} (<= {line['limit']:g})"
    for figure, sign, limit in TARGETS.get(key, ()):
        got = float(line[figure])
        met = got >= limit if sign == ">=" else got <= limit
        yield f"  {'met   ' if met else 'MISSED'} {key[0]} {key[1]}: {figure} = {got:g} ({sign} {limit:g})"


def main() -> None:
    """Run the named benchmarks, or all; say at the end which targets were met."""
    verdicts: list[str] = []
    for name in sys.argv[1:] or BENCHES:
        for line in run(name):
            print(json.dumps(line), flush=True)
            verdicts += judge(line)
    print("\n".join(verdicts), file=sys.stderr)


if __name__ == "__main__":
    main()
