"""The site of `bench.scan`: Modbus devices of 50 scaled registers each, one of them watched by a rule."""

from collections.abc import Sequence
from pathlib import Path

REGISTERS = 50
SITE = """
version: 1
site: {{id: bench, name: Bench, timezone: UTC, language: en}}
web: {{host: 127.0.0.1, port: 0}}
store: {{url: "{dsn}"}}
include: [zones.yaml, devices.yaml, rules.yaml]
"""
PROFILE = """
profile: bench/meter
title: {vi: Đồng hồ, en: Meter}
driver: modbus
source: bench
points:
  heat: {kind: device.temperature, scale: 0.1, address: {table: holding, register: 0}}
each:
  - count: 49
    name: "r{n:02}"
    points:
      value: {kind: device.value, scale: 0.1, address: {table: holding, register: "{n}"}}
examples:
""" + "".join(f"  - {{point: heat, raw: [{n}], value: {n / 10}}}\n" for n in range(1, 6))
DEVICES = """
devices:
  - table: meters.csv
    profile: bench/meter
    columns: {{id: id, zone: zone, connection.port: port}}
    set: {{interval: {interval}, timeout: 1s, connection: {{host: 127.0.0.1}}}}
"""
RULES = """
rules:
  - id: too-hot
    category: process
    priority: low
    for_each: {kind: device.temperature}
    when: {above: 1000, deadband: 5}
    text: {vi: "{device.name} nóng", en: "{device.name} hot"}
"""


def write_site(folder: Path, ports: Sequence[int], dsn: str, interval: str) -> Path:
    """Write the site's files and return the folder."""
    (folder / "profiles" / "bench").mkdir(parents=True)
    (folder / "profiles" / "bench" / "meter.yaml").write_text(PROFILE)
    (folder / "site.yaml").write_text(SITE.format(dsn=dsn))
    (folder / "zones.yaml").write_text("zones: [{id: here, name: Here}]\n")
    (folder / "devices.yaml").write_text(DEVICES.format(interval=interval))
    (folder / "rules.yaml").write_text(RULES)
    rows = "".join(f"d{n:03},here,{port}\n" for n, port in enumerate(ports))
    (folder / "meters.csv").write_text("id,zone,port\n" + rows)
    return folder
