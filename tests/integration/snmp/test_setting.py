"""Objects set over SNMP: Debian's snmpd and the simulated agents as judges, every refusal by its name."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers import REGISTRY
from drivers.base import BoundDevice, BoundPoint
from drivers.runner import bind
from drivers.snmp.address import Address
from drivers.snmp.connection import Connection
from drivers.snmp.driver import SnmpDriver
from hub.commands.permits import raw_steps
from hub.config import load
from hub.model import NoAnswer, Refused, one_by_one
from tests.support import snmpd
from tests.support.broken_snmp import BrokenSnmp, integer, shelf, ticks
from tests.support.snmpd import AUTH_PASSWORD, PRIVACY_PASSWORD, Snmpd
from tests.unit.simulators.snmp import running, site_in

NAME, PLACE, SERVICES, UPTIME = (f"1.3.6.1.2.1.1.{n}.0" for n in (5, 6, 7, 3))
WRITER = "writes-for-tests"
RW = (
    f"rwcommunity {WRITER} 127.0.0.1",
    f'createUser writer SHA-256 "{AUTH_PASSWORD}" AES "{PRIVACY_PASSWORD}"',
    "rwuser writer priv",
)
V3 = {
    "user": "writer",
    "auth": {"protocol": "SHA256", "password": AUTH_PASSWORD},
    "privacy": {"protocol": "AES128", "password": PRIVACY_PASSWORD},
}
WRITERS = {
    "1": {**snmpd.sign_in(1), "write": {"community": WRITER}},
    "2c": {**snmpd.sign_in("2c"), "write": {"community": WRITER}},
    "v3": {**snmpd.sign_in(3), "write": V3},
    "v3 itself": V3,
}


@pytest.fixture(scope="module")
def agent(tmp_path_factory) -> Iterator[Snmpd]:
    if reason := snmpd.available():
        pytest.skip(reason)
    with snmpd.running(tmp_path_factory.mktemp("agent"), lines=RW) as running:
        yield running


def device(port: int, address: dict[str, object], timeout: float = 2.0, **sign_in: object) -> BoundDevice:
    point = BoundPoint("d/it", "d", Address.model_validate(address), writable=True)
    given = {"host": "127.0.0.1", "port": port, **sign_in}
    return BoundDevice("d", Connection.model_validate(given), (point,), timeout=timeout)


async def set_it(asked: BoundDevice, value: object) -> object:
    """Set the device's only point, and return what a read finds afterwards."""
    driver = SnmpDriver([asked])
    await driver.open()
    try:
        await driver.write(asked.points[0], value)
        (sample,) = one_by_one(await driver.read(asked.points))
        return sample.value
    finally:
        await driver.close()


@pytest.mark.parametrize("who", WRITERS)
@pytest.mark.parametrize("type_", ["string", "auto"])
async def test_snmpd_takes_what_is_set_and_says_it_when_read(agent, who, type_):
    text = f"{who} {type_} room"
    assert await set_it(device(agent.port, {"oid": PLACE, "type": type_}, **WRITERS[who]), text) == text


@pytest.mark.parametrize(
    ("address", "value", "who", "says"),
    [
        ({"oid": NAME, "type": "string"}, "x", "1", "noSuchName: it has no such object, or the community may not"),
        ({"oid": PLACE, "type": "integer"}, 1, "1", "badValue"),
        ({"oid": NAME, "type": "string"}, "x", "2c", "notWritable"),
        ({"oid": PLACE, "type": "integer"}, 1, "2c", "wrongType.*correct `type`"),
        ({"oid": PLACE, "type": "string"}, "x" * 300, "2c", "wrongLength"),
        ({"oid": "1.3.6.1.2.1.1.6.1", "type": "string"}, "x", "2c", "no(Creation|tWritable|Access)"),
        ({"oid": PLACE, "type": "string"}, "x", "reader 2c", "noAccess.*view"),
        ({"oid": PLACE, "type": "string"}, "x", "reader v3", "(noAccess|authorizationError)"),
    ],
)
async def test_a_refusal_of_snmpd_is_told_by_its_name(agent, address, value, who, says):
    sign_in = {"reader 2c": snmpd.sign_in("2c"), "reader v3": snmpd.sign_in(3)}.get(who) or WRITERS[who]
    with pytest.raises(Refused, match=says) as told:
        await set_it(device(agent.port, address, **sign_in), value)
    assert told.value.reason == "device"
    assert "words" not in str(told.value)


async def test_a_writer_with_a_wrong_password_changes_nothing_and_is_told_why(agent):
    wrong = {**V3, "auth": {"protocol": "SHA256", "password": "other-words"}}
    asked = device(agent.port, {"oid": PLACE, "type": "string"}, **{**snmpd.sign_in(3), "write": wrong})
    with pytest.raises(Refused, match="does not accept who wants to set") as told:
        await set_it(asked, "x")
    assert told.value.reason == "auth_failed"


@pytest.mark.parametrize(
    ("address", "value"),
    [
        ({"oid": PLACE, "type": "integer"}, "text"),
        ({"oid": PLACE, "type": "integer"}, 1.5),
        ({"oid": PLACE, "type": "integer"}, True),
        ({"oid": PLACE, "type": "gauge"}, -1),
        ({"oid": PLACE, "type": "ip"}, "no address"),
        ({"oid": PLACE, "type": "string"}, 7),
        ({"oid": PLACE, "type": "counter64"}, 7),
        ({"oid": PLACE, "type": "counter64", "rate": True}, 7),
        ({"table": "1.3.6.1.4.1.32473", "column": 2, "fold": "sum"}, 7),
    ],
)
async def test_what_cannot_be_said_is_refused_before_anything_is_sent(address, value):
    async with BrokenSnmp(shelf({UPTIME: ticks(1)})) as broken:
        asked = device(broken.port, address, version="2c", community="public")
        driver = SnmpDriver([asked])
        await driver.open()
        broken.asked.clear()
        with pytest.raises(Refused):
            await driver.write(asked.points[0], value)
        assert not broken.asked
        await driver.close()


@pytest.mark.parametrize(("answers", "error"), [(0, Refused), (1, NoAnswer)], ids=["before", "after"])
async def test_silence_is_known_before_and_unknown_after_the_object_was_sent(answers, error):
    good = shelf({UPTIME: ticks(1), PLACE: integer(3)})
    async with BrokenSnmp(good) as broken:
        asked = device(broken.port, {"oid": PLACE, "type": "integer"}, 0.3, version="2c", community="public")
        driver = SnmpDriver([asked])
        await driver.open()
        broken.asked.clear()
        broken.script = lambda a: good(a) if len(broken.asked) <= answers else None
        with pytest.raises(error):
            await driver.write(asked.points[0], 4)
        assert len(broken.asked) == answers + 1, "a SET is sent once"
        await driver.close()


async def test_a_port_of_a_switch_is_switched_off_by_its_name_though_rows_have_moved(tmp_path: Path):
    site_in(tmp_path)
    text = (tmp_path / "site.yaml").read_text()
    ports = "with: {ports: 4, names: Gi1/0/, poe: 2}"
    assert ports in text
    (tmp_path / "site.yaml").write_text(text.replace(ports, f"{ports}\n    points: {{p02.admin: {{writable: true}}}}"))
    async with running(load(tmp_path, REGISTRY)) as fleet:
        site = fleet.redirected(fleet.site)
        switch = bind(site.devices["switch"], site.id, "")
        admin = [next(p for p in switch.points if p.id == f"switch/p0{n}.admin") for n in (1, 2, 3)]
        driver = SnmpDriver([switch])
        await driver.open()
        before = [s.value for s in one_by_one(await driver.read(admin))]
        fleet.fault("switch", "reboot")  # it numbers its rows anew
        fleet.heal("switch")
        await driver.write(admin[1], 2)
        assert [s.value for s in one_by_one(await driver.read(admin))] == [before[0], 2, before[2]]
        with pytest.raises(Refused, match="notWritable"):
            await driver.write(admin[2], 2)
        await driver.close()


async def test_commands_of_a_ups_are_off_until_the_site_allows_them_and_then_do_what_they_say(tmp_path: Path):
    site = site_in(tmp_path)
    assert {c.name: c.allowed for c in site.devices["ups"].commands} == {"test_battery": False, "mute": False}
    text, ups = (tmp_path / "site.yaml").read_text(), "  - id: ups\n"
    allowing = ups + "    commands: {allow: [test_battery, mute]}\n"
    allowing += "    points: {test: {writable: true}, beeper: {writable: true}}\n"
    (tmp_path / "site.yaml").write_text(text.replace(ups, allowing))
    async with running(load(tmp_path, REGISTRY)) as fleet:
        site = fleet.redirected(fleet.site)
        known = site.devices["ups"]
        bound = bind(known, site.id, "")
        driver = SnmpDriver([bound])
        await driver.open()
        for command, said in (("test_battery", "1.3.6.1.2.1.33.1.7.7.4"), ("mute", 3)):
            spec = next(c for c in known.commands if c.name == command)
            assert spec.allowed
            assert not spec.fire
            (step,) = raw_steps(spec, {p.id: p for p in known.points})
            point = next(p for p in bound.points if p.id == step.point)
            await driver.write(point, step.value)
            (sample,) = one_by_one(await driver.read([point]))
            assert sample.value == said
        await driver.close()
