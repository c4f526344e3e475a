"""A whole hub on a secured simulated panel: what is told when the panel's certificate or its session ends."""

import asyncio
from pathlib import Path
from typing import Any

from drivers import REGISTRY
from hub.app import Hub
from hub.config import load
from hub.model import SystemClock
from hub.wire.certificates import FOLDER, Certificates
from simulators.fleet import Fleet
from tests.unit.simulators.opcua_site import opc_panel
from tests.unit.simulators.site import site_of

SITE = """
version: 1
site: {id: works, name: {vi: Trạm, en: Works}, timezone: Asia/Ho_Chi_Minh, language: en}
web: {host: 127.0.0.1, port: 0}
store: {url: "postgresql://127.0.0.1:1/none"}
zones: [{id: town, name: {vi: Phố, en: Town}}]
devices:
  - {id: panel, zone: town, profile: test/panel, timeout: 1s, connection: {url: 'URL', trust: 'TRUST'}}
"""
PROFILE = (
    """
profile: test/panel
title: {vi: Tủ, en: Panel}
driver: opcua
source: this test
points:
  label: {kind: device.info, address: {node: "ns=4;s=Label"}}
  alarm: {kind: fire.alarm, address: {condition: "Zone1.Fire"}}
examples:
"""
    + 5 * "  - {point: label, raw: x, value: x}\n"
)


async def until(look: Any) -> None:
    async with asyncio.timeout(30):
        while not look():
            await asyncio.sleep(0.02)


async def test_an_expired_certificate_and_a_new_session_are_named_and_survived(tmp_path: Path) -> None:
    fleet = Fleet(site_of(opc_panel()))
    await fleet.start()
    line: Any = fleet._line_of["opc"]
    where, state, trusted = fleet.where["opc"], tmp_path / "state", tmp_path / "trusted"
    Certificates(state / FOLDER).make("Test", SystemClock().now())
    trusted.mkdir()
    (trusted / "first.der").write_bytes(line.certificate)
    (tmp_path / "profiles" / "test").mkdir(parents=True)
    (tmp_path / "profiles" / "test" / "panel.yaml").write_text(PROFILE, encoding="utf-8")
    text = SITE.replace("URL", f"opc.tcp://{where.host}:{where.port}/panel").replace("TRUST", str(trusted))
    (tmp_path / "site.yaml").write_text(text, encoding="utf-8")
    hub = Hub(load(tmp_path, REGISTRY), state, port=0)
    try:
        await hub.start()
        device, reading = hub._state.device, hub._state.reading
        await until(lambda: device("panel").state == "online")
        before = line.starts
        fleet.fault("opc", "expired_certificate")
        await until(lambda: device("panel").reason == "cert_expired")
        assert "renew it at the server" in device("panel").detail
        fleet.heal("opc")
        await line.settled()
        (trusted / "second.der").write_bytes(line.certificate)
        fleet.set("opc/alarm", True)
        await until(lambda: device("panel").state == "online" and reading("panel/alarm").value is True)
        assert line.starts > before
    finally:
        await hub.stop()
        await fleet.stop()
