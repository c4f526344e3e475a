"""The site of `bench.onvif`: cameras of the shipped profile from a table, and the rules that hear them."""

from collections.abc import Sequence
from pathlib import Path

from bench.onvif_farm import PASSWORD, USER
from bench.scan_site import SITE

DEVICES = """
devices:
  - table: cameras.csv
    profile: onvif/camera
    columns: {{id: id, zone: zone, connection.port: port}}
    set: {{timeout: 5s, connection: {{host: 127.0.0.1, pull: {pull}, user: {user}, password: {{env: BENCH_CAMERAS}}}}}}
"""
RULES = """
rules:
  - id: tamper
    category: security
    priority: high
    for_each: {kind: camera.tamper}
    when: {is: true}
    text: {vi: "CHE PHÁ {device.name}", en: "TAMPERING {device.name}"}
  - id: lost
    category: fault
    priority: medium
    for_each: {kind: $health}
    when: {is: offline}
    text: {vi: "MẤT {device.name}", en: "LOST {device.name}"}
"""
ENVIRONMENT = {"BENCH_CAMERAS": PASSWORD}


def write_site(folder: Path, ports: Sequence[int], dsn: str, pull: str) -> Path:
    """Write the site's files and return the folder."""
    folder.mkdir(parents=True)
    (folder / "site.yaml").write_text(SITE.format(dsn=dsn))
    (folder / "zones.yaml").write_text("zones: [{id: here, name: Here}]\n")
    (folder / "devices.yaml").write_text(DEVICES.format(pull=pull, user=USER))
    (folder / "rules.yaml").write_text(RULES)
    rows = "".join(f"c{n:03},here,{port}\n" for n, port in enumerate(ports))
    (folder / "cameras.csv").write_text("id,zone,port\n" + rows)
    return folder
