"""A site of real devices for tests: MQTT detectors at a real broker, and a fire panel at a foreign Modbus server."""

from pathlib import Path
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

NOWHERE = "postgresql://127.0.0.1:1/none"
"""A database that nobody serves."""

SITE = """
version: 1
site: {{id: real, name: {{vi: Thật, en: Real}}, timezone: Asia/Ho_Chi_Minh, language: en}}
web: {{host: 127.0.0.1, port: 0}}
store: {{url: "{dsn}"}}
include: [zones.yaml, devices.yaml, rules.yaml]
"""
ZONES = "zones: [{id: town, name: {vi: Phố, en: Town}}]\n"
DETECTOR = """
profile: test/detector
title: {vi: Đầu báo, en: Detector}
driver: mqtt
source: this test
points:
  value: {kind: device.value, name: {vi: Giá trị, en: Value}, address: {path: value, time: time, time_format: ms}}
  alarm: {kind: fire.alarm, address: {path: alarm}}
  flag: {kind: device.flag, name: {vi: Cờ, en: Flag}, address: {path: flag}}
  level: {kind: device.count, name: {vi: Mức, en: Level}, address: {path: level}}
  $available:
    kind: $available
    map: {online: true, offline: false}
    address: {topic: "{topic}/availability", retained: use}
examples:
  - {point: value, raw: '{"value": 1.5}', value: 1.5}
  - {point: value, raw: '{"value": "x"}', reason: undecodable}
  - {point: alarm, raw: '{"alarm": true}', value: true}
  - {point: level, raw: '{"level": 7}', value: 7}
  - {point: $available, raw: 'offline', value: false}
"""
PANEL = """
profile: test/panel
title: {vi: Tủ báo cháy, en: Fire panel}
driver: modbus
source: this test
interval: 200ms
timeout: 1s
points:
  z01.alarm: {kind: fire.alarm, address: {table: coil, register: 1}}
  z02.alarm: {kind: fire.alarm, address: {table: coil, register: 2}}
  temperature:
    kind: device.value
    name: {vi: Nhiệt độ, en: Temperature}
    address: {table: holding, register: 10, type: float32}
examples:
  - {point: z01.alarm, raw: true, value: true}
  - {point: z01.alarm, raw: false, value: false}
  - {point: temperature, raw: [0x41AC, 0x0000], value: 21.5}
  - {point: temperature, raw: [0xC1AC, 0x0000], value: -21.5}
  - {point: temperature, raw: [0x7FC0, 0x0000], reason: undecodable}
"""
RULES = """
rules:
  - id: fire
    category: fire
    priority: critical
    for_each: {kind: fire.alarm}
    when: {is: true}
    latch: true
    text: {vi: "CHÁY {device.name}", en: "FIRE {device.name}"}
  - id: flagged
    category: process
    priority: low
    for_each: {kind: device.flag}
    when: {is: true}
    text: {vi: "CỜ {device.name}", en: "FLAG {device.name}"}
  - id: slow
    category: process
    priority: medium
    for_each: {kind: device.count}
    when: {above: 5}
    on_delay: SLOW
    text: {vi: "CAO {device.name}", en: "HIGH {device.name}"}
  - id: lost
    category: fault
    priority: medium
    for_each: {kind: $health}
    when: {is: offline}
    text: {vi: "MẤT {device.name}", en: "LOST {device.name}"}
"""


def url_of(dsn: str) -> str:
    """Return a DSN of the form `host=… user=…` as a URL, as a site writes it."""
    said = conninfo_to_dict(dsn)
    host, user, name = (quote(str(said[key]), safe="") for key in ("host", "user", "dbname"))
    return f"postgresql://{user}@/{name}?host={host}"


def write_site(
    folder: Path, *, dsn: str, mqtt: int, modbus: int | None = None, detectors: int = 3, slow: str = "10s"
) -> Path:
    """Write the site's files (detectors d0, d1, … on `real/d0` …, panel `panel`) and return the folder."""
    (folder / "profiles" / "test").mkdir(parents=True)
    (folder / "profiles" / "test" / "detector.yaml").write_text(DETECTOR)
    (folder / "profiles" / "test" / "panel.yaml").write_text(PANEL)
    (folder / "site.yaml").write_text(SITE.format(dsn=dsn))
    (folder / "zones.yaml").write_text(ZONES)
    (folder / "rules.yaml").write_text(RULES.replace("SLOW", slow))
    connection = f'{{host: 127.0.0.1, port: {mqtt}, topic: "real/{{device}}"}}'
    devices = [
        f"  - {{id: d{n}, name: Detector {n}, profile: test/detector, zone: town, connection: {connection}}}"
        for n in range(detectors)
    ]
    if modbus is not None:
        reached = f"{{host: 127.0.0.1, port: {modbus}, unit: 1}}"
        devices.append(f"  - {{id: panel, name: Panel, profile: test/panel, zone: town, connection: {reached}}}")
    (folder / "devices.yaml").write_text("devices:\n" + "\n".join(devices) + "\n")
    return folder
