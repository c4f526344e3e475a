"""Traps and informs from Debian's snmptrap and snmpinform, versions 1, 2c and 3."""

import asyncio
import random
import socket
import time

import pytest

from drivers.snmp.ber import Malformed
from drivers.snmp.notifications import TrapDriver
from drivers.snmp.traps_address import User
from drivers.snmp.usm import Unproven, Usm
from tests.integration.snmp.netsnmp import run, signs_in
from tests.support.broken_snmp import integer, octets, tlv
from tests.unit.snmp.messages import IF_INDEX, LINK_DOWN
from tests.unit.snmp.receiver import Ear, listening, receiver
from tests.unit.snmp.test_ber import spoilt

SECRET = "a-secret-of-the-test"
ENGINE = "0x800000000102030405"


def user(**said: object) -> dict[str, object]:
    auth = {"protocol": "SHA256", "password": SECRET}
    return {"name": "city", "auth": auth, "privacy": {"protocol": "AES128", "password": SECRET}, **said}


def to(device: object) -> str:
    return f"127.0.0.1:{device.connection.port}"  # type: ignore[attr-defined]


async def test_a_trap_of_version_1_arrives_as_one_of_version_2() -> None:
    device = receiver()
    async with listening(device, ear := Ear()):
        words = ("1.3.6.1.4.1.5528", "10.9.8.7", "2", "0", "55", f"{IF_INDEX}.7", "i", "7")
        assert await run("snmptrap", "-v1", "-c", "public", to(device), *words) == (0, "")
        await ear.until(lambda: bool(ear.events))
    assert ear.events[0].attributes == {"trap": "link_down", "oid": LINK_DOWN, "port": 7, "uptime": 55}


async def test_an_inform_of_version_2c_is_confirmed() -> None:
    device = receiver()
    async with listening(device, ear := Ear()) as driver:
        words = (to(device), "55", LINK_DOWN, f"{IF_INDEX}.7", "i", "7")
        assert await run("snmpinform", "-v2c", "-c", "public", *words) == (0, "")
        assert driver.count("answers") == 1
    assert len(ear.events) == 1


async def test_an_inform_whose_event_is_never_durable_is_never_confirmed() -> None:
    device = receiver()
    async with listening(device, ear := Ear(hold=True)) as driver:
        words = ("-r", "1", "-t", "0.3", to(device), "55", LINK_DOWN)
        code, said = await run("snmpinform", "-v2c", "-c", "public", *words)
        assert (code, "Timeout" in said) == (1, True)
        assert driver.count("repeated") == 1
    assert len(ear.events) == 1


@pytest.mark.parametrize(
    ("auth", "privacy", "their_auth", "their_privacy"),
    [
        ("SHA", "AES128", "SHA", "AES"),
        ("SHA256", "AES128", "SHA-256", "AES"),
        ("SHA512", "AES256", "SHA-512", "AES-256"),
    ],
)
async def test_a_trap_of_version_3_teaches_its_engine_and_an_inform_is_confirmed(
    auth: str, privacy: str, their_auth: str, their_privacy: str
) -> None:
    given = user(auth={"protocol": auth, "password": SECRET}, privacy={"protocol": privacy, "password": SECRET})
    device = receiver(communities=[], users=[given])
    async with listening(device, ear := Ear()) as driver:
        v3 = signs_in("city", their_auth, their_privacy, SECRET)
        assert await run("snmptrap", *v3, "-e", ENGINE, to(device), "55", LINK_DOWN) == (0, "")
        await ear.until(lambda: len(ear.events) == 1)
        assert await run("snmpinform", *v3, to(device), "55", LINK_DOWN) == (0, "")
        await ear.until(lambda: len(ear.events) == 2)
        assert (driver.count("refused"), driver.count("traps"), driver.count("informs")) == (0, 1, 1)


async def test_only_listed_engines_are_believed_where_engines_are_listed() -> None:
    device = receiver(communities=[], users=[user(engines=[ENGINE[2:]])])
    v3 = signs_in("city", "SHA-256", "AES", SECRET)
    async with listening(device, ear := Ear()) as driver:
        await run("snmptrap", *v3, "-e", "0x80000000ffffffffff", to(device), "55", LINK_DOWN)
        await ear.until(lambda: driver.count("refused") == 1)
        await run("snmptrap", *v3, "-e", ENGINE, to(device), "55", LINK_DOWN)
        await ear.until(lambda: driver.count("traps") == 1)


@pytest.mark.parametrize(
    "wrong",
    [
        ("-A", "another-secret"),
        ("-X", "another-secret"),
        ("-u", "nobody"),
        ("-l", "authNoPriv"),
        ("-l", "noAuthNoPriv"),
    ],
)
async def test_what_is_not_proven_at_its_level_is_refused_and_told(wrong: tuple[str, str]) -> None:
    device = receiver(communities=[], users=[user()])
    v3 = signs_in("city", "SHA-256", "AES", SECRET)
    async with listening(device, ear := Ear()) as driver:
        await run("snmptrap", *v3, *wrong, "-e", ENGINE, to(device), "55", LINK_DOWN)
        await ear.until(lambda: driver.count("refused") == 1)
        assert [e.kind for e in ear.events] == ["security.auth_failure"]
        await run("snmptrap", *v3, "-e", ENGINE, to(device), "55", LINK_DOWN)
        await ear.until(lambda: driver.count("traps") == 1)


async def test_a_recorded_message_of_version_3_is_not_believed_again_later() -> None:
    """RFC 3414 3.2 7b: a message of an engine must not be older than the window; here of a boot before."""
    device = receiver(communities=[], users=[user()])
    v3 = signs_in("city", "SHA-256", "AES", SECRET)
    async with listening(device, ear := Ear()) as driver:
        await run("snmptrap", *v3, "-e", ENGINE, "-Z", "5,100", to(device), "55", LINK_DOWN)
        await ear.until(lambda: driver.count("traps") == 1)
        await run("snmptrap", *v3, "-e", ENGINE, "-Z", "4,100", to(device), "56", LINK_DOWN)
        await run("snmptrap", *v3, "-e", ENGINE, "-Z", "5,200", to(device), "57", LINK_DOWN)
        await ear.until(lambda: driver.count("traps") == 2)
    assert [e.attributes["uptime"] for e in ear.events if e.kind == "net.trap"] == [55, 57]


async def test_versions_without_proof_are_refused_where_only_users_are_known() -> None:
    device = receiver(communities=[], users=[user()])
    async with listening(device, ear := Ear()) as driver:
        await run("snmptrap", "-v2c", "-c", "public", to(device), "55", LINK_DOWN)
        await ear.until(lambda: driver.count("refused") == 1)
    assert [e.kind for e in ear.events] == ["security.auth_failure"]


def test_the_engine_id_of_a_receiver_stays_the_same() -> None:
    """Devices that send informs may have to be told it."""
    assert TrapDriver([receiver()]).engine_id == TrapDriver([receiver()]).engine_id
    assert TrapDriver([receiver(engine="80 00 00 00 05 01")]).engine_id.hex() == "800000000501"


async def test_whatever_arrives_as_version_3_is_counted_and_nothing_else_comes_out() -> None:
    """Every message is a good one with some bytes changed, cut, doubled or moved."""
    given = User.model_validate(user())
    reports: list[bytes] = []
    usm = Usm([given], bytes.fromhex("8000000005aabbccdd"), 30_000_000, lambda message, _: reports.append(message))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.setblocking(False)
        where = f"127.0.0.1:{listener.getsockname()[1]}"
        await run("snmptrap", *signs_in("city", "SHA-256", "AES", SECRET), "-e", ENGINE, where, "55", LINK_DOWN)
        message = await asyncio.get_running_loop().sock_recv(listener, 4096)
    dice, believed, refused = random.Random(3), 0, 0
    for _ in range(2000):
        before = len(reports)
        try:
            proven = usm.receive(spoilt(dice, message), ("127.0.0.1", 9), time.monotonic_ns())
            assert proven is not None or len(reports) > before
            believed += proven is not None
        except (Malformed, Unproven):
            refused += 1
    assert refused > 1000
    assert believed < 200, "only what the spoiler put back together, or what is no part of the proof"


async def test_nobody_is_answered_with_much_more_than_he_asked_and_a_stranger_not_at_all() -> None:
    """A forged sender must gain nothing: one report for one question, of about its size (RFC 3414 3.2)."""
    own = bytes.fromhex("80004fb8050102030405060708")
    claim = tlv(0x30, octets(b"") + integer(0) + integer(0) + octets(b"") + octets(b"") + octets(b""))
    head = tlv(0x30, integer(7) + integer(65_507) + octets(b"\4") + integer(3))
    pdu = tlv(0xA6, integer(1) + integer(0) + integer(0) + tlv(0x30, b""))
    question = tlv(0x30, integer(3) + head + octets(claim) + tlv(0x30, octets(b"") + octets(b"") + pdu))
    device = receiver(users=[user()], engine=own.hex())
    async with listening(device, ear := Ear()) as driver:
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as known,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger,
        ):
            known.bind(("127.0.0.1", 0))
            stranger.bind(("127.0.0.77", 0))
            known.setblocking(False)
            stranger.setblocking(False)
            stranger.sendto(question, ("127.0.0.1", device.connection.port))
            known.sendto(question, ("127.0.0.1", device.connection.port))
            async with asyncio.timeout(10):
                report = await asyncio.get_running_loop().sock_recv(known, 4096)
            assert own in report
            assert len(report) <= 2 * len(question)
            assert driver.count("unknown") == 1
            for one in (known, stranger):
                with pytest.raises(BlockingIOError):
                    one.recv(4096)
    assert {e.kind for e in ear.events} == {"security.auth_failure"}
