"""The driver against Debian's own snmpd: sign-in in every strength, restarts, and the shipped profile of a host."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers import REGISTRY
from drivers.base import BoundDevice, BoundPoint
from drivers.runner import bind
from drivers.snmp.address import Address
from drivers.snmp.connection import Connection
from drivers.snmp.driver import SnmpDriver
from hub.config import load
from hub.model import Misconfigured, NoAnswer, Reason, Unreachable, one_by_one
from tests.support import snmpd
from tests.support.snmpd import MADE_UP, Snmpd

UPTIME, NAME = "1.3.6.1.2.1.1.3.0", "1.3.6.1.2.1.1.5.0"


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Snmpd]:
    if reason := snmpd.available():
        pytest.skip(reason)
    with snmpd.running(tmp_path / "agent") as running:
        yield running


def device(agent: Snmpd, *points: dict[str, object], **sign_in: object) -> BoundDevice:
    given = {"host": "127.0.0.1", "port": agent.port, **(sign_in or snmpd.sign_in(3))}
    bound = tuple(BoundPoint(f"d/{i}", "d", Address.model_validate(p)) for i, p in enumerate(points or [{"oid": NAME}]))
    return BoundDevice("d", Connection.model_validate(given), bound, timeout=0.9)


async def values(driver: SnmpDriver, device: BoundDevice) -> list[object]:
    seen = {s.point: s.reason if s.value is None else s.value for s in one_by_one(await driver.read(device.points))}
    return [seen[p.id] for p in device.points]


@pytest.mark.parametrize("user", snmpd.USERS)
async def test_every_strength_of_signature_and_cipher_signs_in(agent, user):
    asked = device(agent, {"oid": NAME, "type": "string"}, **snmpd.sign_in(3, user))
    driver = SnmpDriver([asked])
    await driver.open()
    assert await values(driver, asked) == ["exam"]
    await driver.close()


AUTH, PRIVACY = (
    {"protocol": "SHA256", "password": "signing-words"},
    {"protocol": "AES256", "password": "hiding-words"},
)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"user": "nobody-here"}, "does not know the user 'nobody-here'"),
        ({"auth": {**AUTH, "password": "other-words"}}, r"does not accept the signature .*auth\.password"),
        ({"auth": {**AUTH, "protocol": "SHA512"}}, r"does not accept the signature .*auth\.protocol"),
        ({"privacy": {**PRIVACY, "password": "other-words"}}, r"cannot decrypt .*privacy\.password"),
        ({"privacy": {**PRIVACY, "protocol": "AES128"}}, r"cannot decrypt .*privacy\.protocol"),
        ({"privacy": None, "security": "auth"}, "read nothing in messages that are signed only"),
        ({"auth": None, "privacy": None, "security": "none"}, "read nothing in messages that are unsigned"),
    ],
)
async def test_a_sign_in_that_fails_says_what_is_wrong_and_stops(agent, wrong, says):
    given = {"user": "sha256-aes256", "auth": AUTH, "privacy": PRIVACY, **wrong}
    driver = SnmpDriver([device(agent, **given)])
    with pytest.raises(Misconfigured, match=says) as told:
        await driver.open()
    assert told.value.reason == "auth_failed"
    assert "words" not in str(told.value).replace("passwords", "")
    await driver.close()


async def test_a_name_that_nobody_knows_is_said_so(agent):
    driver = SnmpDriver([device(agent, **{**snmpd.sign_in(3), "host": "no-such-host.invalid"})])
    with pytest.raises(Unreachable, match=r"no-such-host\.invalid is not known"):
        await driver.open()


@pytest.mark.parametrize("forgets", [False, True], ids=["same engine", "another engine"])
async def test_an_agent_that_was_restarted_is_read_again_without_a_new_line(agent, forgets):
    asked = device(agent, {"oid": NAME, "type": "string"}, {"oid": UPTIME, "type": "ticks"})
    driver = SnmpDriver([asked])
    await driver.open()
    assert (await values(driver, asked))[0] == "exam"
    agent.stop(signal.SIGTERM)
    if forgets:
        agent.forget()
    await asyncio.to_thread(agent.start)
    for _ in range(3):
        try:
            found = await values(driver, asked)
            break
        except (NoAnswer, Unreachable):
            continue
    assert found[0] == "exam"
    await driver.close()


async def test_a_password_that_worked_before_is_tried_on_when_the_agent_forgets_it(agent):
    driver = SnmpDriver([device(agent)])
    await driver.open()
    await driver.close()
    agent.stop()
    agent.forget()
    agent.users.clear()
    await asyncio.to_thread(agent.start)
    with pytest.raises(Unreachable, match="does not know the user") as told:
        await driver.open()
    assert told.value.reason == "auth_failed"
    await driver.close()


async def test_silence_is_no_answer_and_a_closed_port_is_a_lost_line(agent):
    asked = device(agent)
    driver = SnmpDriver([asked])
    await driver.open()
    os.kill(agent.pid, signal.SIGSTOP)
    with pytest.raises(NoAnswer):
        await driver.read(asked.points)
    os.kill(agent.pid, signal.SIGCONT)
    agent.stop()
    with pytest.raises(Unreachable, match="nobody listens"):
        await driver.read(asked.points)
    await driver.close()


async def test_values_of_every_type_come_through_a_foreign_agent(agent):
    agent.make_up(
        {
            f"{MADE_UP}.1.0": ("counter64", 2**64 - 1),
            f"{MADE_UP}.2.0": ("integer", -5),
            f"{MADE_UP}.3.0": ("gauge", 2**32 - 1),
            f"{MADE_UP}.4.0": ("string", "Thái Nguyên"),
            f"{MADE_UP}.5.0": ("objectid", ".1.3.6.1.2.1.33.1.6.3.2"),
            f"{MADE_UP}.6.0": ("ipaddress", "10.1.2.3"),
            f"{MADE_UP}.7.0": ("timeticks", 8640000),
        }
    )
    types = ["counter64", "integer", "gauge", "string", "oid", "ip", "ticks", "integer"]
    asked = device(agent, *({"oid": f"{MADE_UP}.{i}.0", "type": t} for i, t in enumerate(types, 1)))
    driver = SnmpDriver([asked])
    await driver.open()
    assert await values(driver, asked) == [
        2**64 - 1, -5, 2**32 - 1, "Thái Nguyên", "1.3.6.1.2.1.33.1.6.3.2", "10.1.2.3", 8640000, Reason.NOT_PROGRAMMED,
    ]  # fmt: skip
    await driver.close()


async def test_tables_of_a_foreign_agent_are_walked_folded_and_found_by_name(agent):
    entry = f"{MADE_UP}.9.1"
    agent.make_up(
        {f"{entry}.1.{i}": ("string", f"sensor {i}") for i in range(1, 61)}
        | {f"{entry}.2.{i}": ("gauge", i) for i in range(1, 61)}
    )
    cell = {"table": entry, "column": 2, "type": "gauge"}
    asked = device(
        agent,
        {**cell, "fold": "sum"},
        {**cell, "fold": "count"},
        {**cell, "holds": 61},
        {**cell, "row": {"column_oid": f"{entry}.1", "equals": "sensor 42"}},
        {**cell, "row": {"column_oid": f"{entry}.1", "equals": "sensor 99"}},
        {**cell, "index": 17},
    )
    for version in (3, "2c", 1):
        this = BoundDevice("d", device(agent, **snmpd.sign_in(version)).connection, asked.points, timeout=3.0)
        driver = SnmpDriver([this])
        await driver.open()
        assert sorted(map(str, await values(driver, this))) == sorted(
            map(str, [1830, 60, False, 42, Reason.MISCONFIGURED, 17])
        )
        await driver.close()


SITE = """
version: 1
site: {{id: sample, name: Sample, timezone: Asia/Ho_Chi_Minh, language: en}}
zones: [{{id: here}}]
devices:
  - id: host
    profile: net/linux-host
    zone: here
    with: {{interface: lo}}
    connection: {{host: 127.0.0.1, port: {port}, version: 2c, community: {{env: EXAM_COMMUNITY}}}}
"""


async def test_the_shipped_profile_reads_this_machine(agent, tmp_path, monkeypatch):
    monkeypatch.setenv("EXAM_COMMUNITY", snmpd.COMMUNITY)
    (tmp_path / "site.yaml").write_text(SITE.format(port=agent.port))
    host = bind(load(tmp_path, REGISTRY).devices["host"])
    driver = SnmpDriver([host])
    await driver.open()
    samples = {s.point: s for s in one_by_one(await driver.read(host.points))}
    assert samples["host/name"].value == "exam"
    assert samples["host/link"].value == 1
    assert 0 < samples["host/memory_free"].value <= 100
    assert samples["host/link_in"].reason is Reason.WAITING
    await driver.close()


async def test_net_snmps_own_tool_reads_the_same(agent):
    command = ["snmpget", "-v2c", "-c", snmpd.COMMUNITY, "-OQv", f"127.0.0.1:{agent.port}", "1.3.6.1.2.1.25.1.6.0"]
    told = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, check=True, env={**os.environ, "MIBS": ""}
    )
    asked = device(agent, {"oid": "1.3.6.1.2.1.25.1.6.0", "type": "gauge"})
    driver = SnmpDriver([asked])
    await driver.open()
    (found,) = await values(driver, asked)
    assert isinstance(found, int)
    assert abs(found - int(told.stdout)) < 50
    await driver.close()
