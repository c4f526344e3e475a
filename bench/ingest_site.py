"""The site of `bench.ingest`: 1,000 MQTT sensors of one point each, one rule that looks at every reading."""

from pathlib import Path

SITE = """
version: 1
site: {{id: bench, name: Bench, timezone: UTC, language: en}}
web: {{host: 127.0.0.1, port: 0}}
store: {{url: "{dsn}"}}
include: [zones.yaml, devices.yaml, rules.yaml]
"""
PROFILE = """
profile: bench/sensor
title: {vi: Cảm biến, en: Sensor}
driver: mqtt
source: bench
points:
  value:
    kind: device.value
    name: {vi: Giá trị, en: Value}
    address: {path: value, time: time, time_format: ms}
examples:
  - {point: value, raw: '{"value": 1.5}', value: 1.5}
  - {point: value, raw: '{"value": -1}', value: -1.0}
  - {point: value, raw: '{"value": 0.0}', value: 0.0}
  - {point: value, raw: '{"value": true}', reason: undecodable}
  - {point: value, raw: 'junk', reason: undecodable}
"""
DEVICES = """
devices:
  - table: sensors.csv
    profile: bench/sensor
    set: {{connection: {{host: 127.0.0.1, port: {port}, topic: "bench/{{device}}"}}}}
"""
RULES = """
rules:
  - id: too-high
    category: process
    priority: low
    for_each: {kind: device.value}
    when: {above: 1000000000, deadband: 5}
    text: {vi: "{point.name} cao", en: "{point.name} high"}
"""


def write_site(folder: Path, port: int, dsn: str, devices: int = 1000) -> Path:
    """Write the site's files and return the folder."""
    (folder / "profiles" / "bench").mkdir(parents=True)
    (folder / "profiles" / "bench" / "sensor.yaml").write_text(PROFILE)
    (folder / "site.yaml").write_text(SITE.format(dsn=dsn))
    (folder / "zones.yaml").write_text("zones: [{id: here, name: Here}]\n")
    (folder / "devices.yaml").write_text(DEVICES.format(port=port))
    (folder / "rules.yaml").write_text(RULES)
    rows = "".join(f"d{n:03},here\n" for n in range(devices))
    (folder / "sensors.csv").write_text("id,zone\n" + rows)
    return folder
