"""The sites of `bench.opcua`: points of one server and an alarm bit, over one connection or two hundred."""

from pathlib import Path

from bench.scan_site import SITE

PROFILE = """
profile: bench/opcua
title: {vi: Máy chủ, en: Server}
driver: opcua
source: bench
parameters: {items: {type: int, min: 1, max: 5000, title: {vi: Số điểm, en: Points}}}
each:
  - count: items
    name: "v{n:04}"
    points:
      value: {kind: device.value, address: {node: "ns=2;s=v{n}"}}
points:
  bit: {kind: fire.alarm, address: {node: "ns=2;s=bit"}}
examples:
""" + "".join(f"  - {{point: v0001.value, raw: {n}.5, value: {n}.5}}\n" for n in range(5))
RULES = """
rules:
  - id: fire
    category: fire
    priority: critical
    for_each: {kind: fire.alarm}
    when: {is: true}
    text: {vi: "CHÁY {device.name}", en: "FIRE {device.name}"}
"""


def write_site(folder: Path, port: int, dsn: str, items: int, devices: int = 1) -> Path:
    """Write the site's files and return the folder; each device has a connection of its own."""
    (folder / "profiles" / "bench").mkdir(parents=True)
    (folder / "profiles" / "bench" / "opcua.yaml").write_text(PROFILE)
    (folder / "site.yaml").write_text(SITE.format(dsn=dsn))
    (folder / "zones.yaml").write_text("zones: [{id: here, name: Here}]\n")
    (folder / "rules.yaml").write_text(RULES)
    rows = [
        f"  - {{id: d{n:03}, profile: bench/opcua, zone: here, with: {{items: {items}}}, timeout: 30s,\n"
        f"     connection: {{url: 'opc.tcp://127.0.0.1:{port}/bench?{n}', security: None}}}}\n"
        for n in range(devices)
    ]
    (folder / "devices.yaml").write_text("devices:\n" + "".join(rows))
    return folder
