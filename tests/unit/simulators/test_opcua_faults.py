"""What can go wrong with a simulated OPC UA server, as a client sees it."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from asyncua import Client, ua
from cryptography import x509

from hub.model import SECOND, ManualClock
from simulators.fleet import Fleet
from tests.unit.simulators.opcua_site import Ear, connected, data, heard, line, opc_panel, refresh, value
from tests.unit.simulators.site import START, site_of


@pytest.fixture
async def fleet() -> AsyncIterator[Fleet]:
    fleet = Fleet(site_of(opc_panel()), clock=ManualClock(START))
    await fleet.start()
    yield fleet
    await fleet.stop()


@pytest.fixture
async def client(fleet: Fleet) -> AsyncIterator[Client]:
    async with connected(fleet) as client:
        yield client


async def test_a_wrong_clock_shows_in_source_times_and_events(fleet: Fleet, client: Client) -> None:
    ear, _ = await heard(client)
    fleet.fault("opc", "clock", seconds=3600)
    fleet.set("opc/alarm", True)
    fleet.set("opc/label", "late")
    assert (await ear.next()).Time.timestamp() == START // SECOND + 3600
    found = await data(client, "ns=4;s=Label")
    assert found.SourceTimestamp.timestamp() == START // SECOND + 3600


async def test_a_frozen_device_shows_old_values_and_tells_no_alarm(fleet: Fleet, client: Client) -> None:
    fleet.set("opc/label", "old")
    assert await value(client, "ns=4;s=Label") == "old"
    fleet.fault("opc", "frozen")
    fleet.set("opc/label", "new")
    fleet.set("opc/alarm", True)
    assert await value(client, "ns=4;s=Label") == "old"
    ear, subscription = await heard(client)
    await refresh(client, subscription)
    assert [(await ear.next()).EventType for _ in range(2)] == [ua.NodeId(2787), ua.NodeId(2788)]
    fleet.heal("opc")
    assert await value(client, "ns=4;s=Label") == "new"


async def test_a_bad_status_comes_without_a_value(fleet: Fleet, client: Client) -> None:
    fleet.fault("opc", "status", code=ua.StatusCodes.BadSensorFailure)
    found = await data(client, "ns=4;s=Label")
    assert found.StatusCode.name == "BadSensorFailure"
    assert found.Value.Value is None
    fleet.heal("opc", "status")
    assert await value(client, "ns=4;s=Label") == "simulated"


@pytest.mark.parametrize("kind", ["silence", "half_frames", "garbage", "cut", "delay"])
async def test_a_broken_line_gives_no_answer(fleet: Fleet, kind: str) -> None:
    fleet.fault("opc", kind)
    client = connected(fleet)
    with pytest.raises((TimeoutError, ConnectionError, OSError, ua.UaError)):
        async with asyncio.timeout(1):
            await client.connect()
    client.disconnect_socket()


async def test_a_line_that_is_late_by_little_still_answers(fleet: Fleet) -> None:
    fleet.fault("opc", "delay", seconds=0.02)
    async with connected(fleet) as client:
        assert await value(client, "i=2267") is not None


async def reading(client: Client) -> None:
    while True:
        await client.get_node("i=2267").read_value()


async def test_a_reboot_forgets_every_session_and_answers_again_at_the_same_address(fleet: Fleet) -> None:
    client = connected(fleet)
    await client.connect()
    before = fleet.where["opc"].port
    fleet.set("opc/label", "kept")
    fleet.fault("opc", "reboot")
    assert fleet.faults.all() == {}
    with pytest.raises((ConnectionError, TimeoutError, ua.UaError)):
        await asyncio.wait_for(reading(client), 10)
    client.disconnect_socket()
    await line(fleet).settled()
    assert fleet.where["opc"].port == before
    async with connected(fleet) as again:
        ear = Ear()
        subscription = await again.create_subscription(20, ear)
        await subscription.subscribe_data_change(again.get_node("ns=4;s=Label"))
        assert await ear.next_value(lambda v: v == "kept") == "kept"
    assert line(fleet).starts == 2


async def test_the_server_proves_itself_and_can_do_so_with_an_expired_certificate(fleet: Fleet) -> None:
    first = line(fleet).certificate
    fleet.fault("opc", "expired_certificate")
    await line(fleet).settled()
    second = line(fleet).certificate
    good, expired = x509.load_der_x509_certificate(first), x509.load_der_x509_certificate(second)
    assert expired.not_valid_after_utc < good.not_valid_before_utc
    endpoints = await connected(fleet).connect_and_get_server_endpoints()
    assert {e.ServerCertificate for e in endpoints} == {second}
    assert {e.SecurityPolicyUri.rpartition("#")[2] for e in endpoints} >= {
        "None",
        "Basic256Sha256",
        "Aes128_Sha256_RsaOaep",
        "Aes256_Sha256_RsaPss",
    }
