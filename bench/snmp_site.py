"""The site of `bench.snmp`: agents of twenty gauges each, and where wanted a receiver of their notifications."""

from collections.abc import Sequence
from pathlib import Path

from bench.scan_site import SITE

OBJECTS = 20
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
RECEIVER = """
  - id: receiver
    profile: net/snmp-traps
    zone: here
    connection: {{port: {port}, communities: [{{env: BENCH_COMMUNITY}}], sources: {{{sources}}}}}
"""


def write_site(folder: Path, ports: Sequence[int], dsn: str, interval: str, traps: int = 0, talkers: int = 0) -> Path:
    """Write the site's files and return the folder; with `traps`, a receiver on that port hears some of the agents."""
    (folder / "profiles" / "bench").mkdir(parents=True)
    (folder / "profiles" / "bench" / "agent.yaml").write_text(PROFILE)
    (folder / "site.yaml").write_text(SITE.format(dsn=dsn).replace(", rules.yaml", ""))
    (folder / "zones.yaml").write_text("zones: [{id: here, name: Here}]\n")
    sources = {"d000": "127.0.0.1", **{f"d{n + 1:03}": talker(n) for n in range(talkers)}}
    told = ", ".join(f"{device}: {host}" for device, host in sources.items())
    receiver = RECEIVER.format(port=traps, sources=told) if traps else ""
    (folder / "devices.yaml").write_text(DEVICES.format(interval=interval) + receiver)
    rows = "".join(f"d{n:03},here,{port}\n" for n, port in enumerate(ports))
    (folder / "agents.csv").write_text("id,zone,port\n" + rows)
    return folder


def talker(number: int) -> str:
    """Return the address that an agent's notifications come from."""
    return f"127.0.0.{11 + number}"
