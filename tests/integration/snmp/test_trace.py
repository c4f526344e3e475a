"""`citywatch trace` of an agent: every message in words, both ways, and no secret among them."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import BoundDevice, BoundPoint
from drivers.snmp import SPEC
from drivers.snmp.address import Address
from drivers.snmp.connection import Connection
from drivers.snmp.driver import SnmpDriver
from drivers.snmp.spoken import spoken
from drivers.snmp.trace import between
from hub.cli.trace import follow
from tests.support import snmpd
from tests.unit.snmp.messages import inform, trap_v2

NAME, COLUMN = "1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.1.9.1"


def device(port: int, **sign_in: object) -> BoundDevice:
    addresses = {"name": {"oid": NAME, "type": "string"}, "rows": {"table": COLUMN, "column": 3, "fold": "count"}}
    points = tuple(BoundPoint(f"d/{n}", "d", Address.model_validate(a)) for n, a in addresses.items())
    given = Connection.model_validate({"host": "127.0.0.1", "port": port, **sign_in})
    return BoundDevice("d", given, points, timeout=1.0)


async def traced(port: int, **sign_in: object) -> list[tuple[str, str, bytes]]:
    """Trace until both points were told."""
    told, done = [], asyncio.Event()

    def show(seen):
        told.append((seen.way, seen.says, seen.raw))
        if seen.says.startswith("d/rows"):
            done.set()

    following = asyncio.create_task(follow(device(port, **sign_in), SPEC, 60, show))
    await asyncio.wait_for(done.wait(), 20)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    return told


@pytest.fixture(scope="module")
def agent(tmp_path_factory):
    if reason := snmpd.available():
        pytest.skip(reason)
    with snmpd.running(tmp_path_factory.mktemp("agent")) as running:
        yield running


async def test_questions_and_answers_of_version_2c_are_told_without_the_community(agent):
    told = await traced(agent.port, **snmpd.sign_in("2c"))
    assert any(way == "sent" and "version 2c: get " in says and NAME in says for way, says, _ in told)
    assert any(way == "received" and f"{NAME} = 'exam'" in says for way, says, _ in told)
    assert any(way == "sent" and "get bulk" in says and f"{COLUMN}.3" in says for way, says, _ in told)
    assert ("value", "d/name 'exam'", b"") in told
    assert all(raw for way, says, raw in told if way != "value"), "what passed is shown in bytes too"
    assert not any(snmpd.COMMUNITY in says or snmpd.COMMUNITY.encode() in raw for _, says, raw in told)


async def test_of_version_3_the_header_is_told_and_what_was_asked_in_secret(agent):
    told = await traced(agent.port, **snmpd.sign_in(3))
    assert told[0][1].startswith("version 3: which engine are you, unsigned, get ")
    assert any(way == "received" and "report" in says for way, says, _ in told)
    assert any(way == "sent" and "user sha256-aes256, signed and encrypted" in says for way, says, _ in told)
    assert any(way == "sent" and says.startswith("asks for ") and NAME in says for way, says, _ in told)
    assert ("value", "d/name 'exam'", b"") in told
    assert not any("words" in says or b"words" in raw for _, says, raw in told)


async def test_a_port_where_nobody_listens_ends_the_trace_with_the_agents_own_address():
    told, port = [], snmpd.free_port()
    assert not await follow(device(port, **snmpd.sign_in("2c")), SPEC, 20, told.append)
    assert any(s.way == "fault" and f"nobody listens for SNMP at 127.0.0.1:{port}" in s.says for s in told)
    assert f"no SNMP answer from 127.0.0.1:{port}" in told[-1].says


@pytest.mark.parametrize(("version", "close"), [("2c", 2), (1, 2), (3, 12)])
async def test_bytes_are_counted_received_exactly_and_sent_nearly(agent, version, close):
    seen = []
    async with between("127.0.0.1", agent.port, lambda one: seen.append((one.way, len(one.raw)))) as port:
        asked = device(port, **snmpd.sign_in(version))
        driver = SnmpDriver([asked])
        await driver.open()
        seen.clear()
        await driver.read(asked.points)
        sent, received = driver.traffic("d")
        await driver.close()
    truly = {way: [n for w, n in seen if w == way] for way in ("sent", "received")}
    assert received == sum(truly["received"])
    assert abs(sent - sum(truly["sent"])) <= close * len(truly["sent"])


@given(st.one_of(st.binary(max_size=80), st.sampled_from([trap_v2(), inform()])), st.data())
def test_any_bytes_come_to_words_and_keep_their_community(message, data):
    if message:
        at = data.draw(st.integers(0, len(message) - 1))
        message = message[:at] + bytes([data.draw(st.integers(0, 255))]) + message[at + 1 :]
    words, raw = spoken(message)
    assert words
    assert len(raw) in (0, len(message))
