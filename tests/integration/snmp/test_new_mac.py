"""A stranger on a switch becomes an event and an alarm: Debian's snmpd and the simulated switch as judges."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from drivers import REGISTRY
from drivers.base import BoundDevice
from drivers.bound import bind
from drivers.snmp.driver import SnmpDriver
from hub.config import load
from hub.model import SECOND, ManualClock
from tests.integration.snmp.whole import HEAD, whole
from tests.support import snmpd
from tests.support.snmpd import COMMUNITY, MADE_UP, Snmpd
from tests.unit.simulators.snmp import SECRET, running

FDB, IF_INDEX, IF_NAME = (f"{MADE_UP}.{n}" for n in (11, 12, 13))
PROFILE = (
    f"""
profile: test/switch
title: Switch
driver: snmp
source: this test
interval: 200ms
timeout: 2s
points: {{name: {{kind: device.info, address: {{oid: 1.3.6.1.2.1.1.5.0, type: string}}}}}}
events:
  new_mac:
    kind: net.new_mac
    address: {{tables: [{FDB}], interfaces: {IF_INDEX}, names: {IF_NAME}, learn: 0.0005, every: 1}}
    attributes: {{mac: mac, port: port}}
examples:
"""
    + 5 * "  - {point: name, raw: a, value: a}\n"
)
SITE = (
    HEAD
    + """
include: [shipped/rules/network-security.yaml]
devices:
  - id: sw
    profile: test/switch
    zone: z
    connection: {host: 127.0.0.1, port: %s, version: 2c, community: {secret: s}}
"""
)


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Snmpd]:
    if reason := snmpd.available():
        pytest.skip(reason)
    with snmpd.running(tmp_path / "agent") as made:
        yield made


def plugged_in(agent: Snmpd, *macs: int) -> None:
    made = {f"{FDB}.0.27.33.0.0.{mac}": ("integer", 7) for mac in macs}
    agent.make_up({**made, f"{IF_INDEX}.7": ("integer", 70), f"{IF_NAME}.70": ("string", "Gi1/0/7")})


def files(agent: Snmpd) -> dict[str, str]:
    return {
        "site.yaml": SITE % agent.port, "secrets.yaml": f"s: {COMMUNITY}\n", "profiles/test/switch.yaml": PROFILE,
    }  # fmt: skip


async def test_a_stranger_raises_the_shipped_rule_with_its_port_and_a_restart_tells_nobody_twice(agent, tmp_path):
    plugged_in(agent, 1, 2)
    memory = tmp_path / "site" / "state" / "snmp-addresses" / "sw.json"
    async with whole(tmp_path / "site", files(agent)) as hub:
        await hub.until(memory.exists)
        learnt = msgspec.json.decode(memory.read_bytes())
        await hub.until(lambda: hub.hub._clock.now() - learnt["since"] > 2 * SECOND)
        assert "new-mac:sw" not in hub.alarms()
        plugged_in(agent, 1, 2, 3)
        await hub.until(lambda: "new-mac:sw" in hub.alarms())
        (alarm,) = (a.last for a in hub.hub._state.alarms() if a.last.alarm == "new-mac:sw")
        assert "00:1b:21:00:00:03" in alarm.text.en
        assert "port Gi1/0/7" in alarm.text.en
        await hub.until(lambda: b"00:1b:21:00:00:03" in memory.read_bytes())
    found = await strangers(bind(load(tmp_path / "site", REGISTRY).devices["sw"], state=str(memory.parents[1])))
    assert found == []


async def strangers(device: BoundDevice, driver: SnmpDriver | None = None) -> list[object]:
    """Return the addresses that one look tells, and let them be known."""
    asked = driver or SnmpDriver([device])
    if driver is None:
        await asked.open()
    kept = await asked.kept(device.id)
    if driver is None:
        await asked.close()
    if kept is None or kept.intake is None:
        return []
    await kept.settle()
    return [event.attributes["mac"] for event in kept.intake.events]


SIMULATED = """\
version: 1
site: {id: one, name: One, timezone: Asia/Ho_Chi_Minh}
zones: [{id: z, name: Z}]
devices:
  - id: sw
    profile: net/switch-ifmib
    zone: z
    with: {macs: 1, macs_every: 10}
    connection: {host: h, version: 2c, community: {secret: s}}
"""


async def test_a_simulated_switch_learns_an_address(tmp_path):
    (tmp_path / "site.yaml").write_text(SIMULATED, encoding="utf-8")
    (tmp_path / "secrets.yaml").write_text(f"s: {SECRET}\n")
    (tmp_path / "secrets.yaml").chmod(0o600)
    site, clock = load(tmp_path, REGISTRY), ManualClock()
    async with running(site) as fleet:
        device = bind(fleet.redirected(site).devices["sw"])
        driver = SnmpDriver([device], clock)
        await driver.open()
        fleet.set("sw/addresses", 3)
        assert await strangers(device, driver) == []
        clock.advance(3601 * SECOND)
        assert await strangers(device, driver) == []
        fleet.set("sw/addresses", 4)
        assert await strangers(device, driver) == []
        clock.advance(10 * SECOND)
        assert await strangers(device, driver) == ["02:00:00:00:00:04"]
        clock.advance(10 * SECOND)
        assert await strangers(device, driver) == []
        await driver.close()
