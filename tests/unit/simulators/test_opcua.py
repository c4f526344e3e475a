"""A simulated OPC UA server as the library's own client sees it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from asyncua import Client, ua
from cryptography import x509

from drivers.opcua.address import Address, Connection
from hub.model import SECOND, Device, ManualClock, Point, Text
from simulators.fleet import Fleet
from tests.unit.simulators.site import START, point, site_of

URI = "http://vendor.example/panel"
FLAGS: dict[str, dict[str, Any]] = {
    "fire": {"0": False, "2": True, "3": False, "5": True, "19": False},
    "fault": {"0": False, "2": False, "3": True, "5": True, "19": False},
    "disabled": {"0": False, "2": False, "3": False, "5": False, "19": True},
}


def there(device: str, name: str, kind: str, type_: str, more: dict[str, Any] | None = None, **address: Any) -> Point:
    return point(device, name, kind, type_, Address.model_validate({"namespace": URI, **address}), **(more or {}))


def opc_panel(device: str = "opc", **connection: Any) -> Device:
    state = {"path": "0:Objects/Panel/Zone1/PresentValue"}
    points = (
        *(there(device, n, "device.flag", "bool", {"mapping": m}, **state) for n, m in FLAGS.items()),
        there(device, "count", "fire.count", "int", path="0:Objects/Panel/Counters/Fire"),
        there(device, "mains", "power.mains", "bool", node="s=MainsOk"),
        there(device, "voltage", "power.voltage", "float", {"scale": 0.1}, node=f"nsu={URI};i=77"),
        there(device, "label", "device.info", "text", {"writable": True}, node="ns=4;s=Label"),
        there(device, "level", "device.count", "int", node="ns=0;i=2267"),
        there(device, "alarm", "fire.alarm", "bool", condition="Zone1.Fire"),
        there(device, "alarm_acked", "device.flag", "bool", condition="Zone1.Fire", state="acked"),
        there(device, "reset", "device.flag", "bool", {"writable": True}, method="s=Reset", owner="s=Desk"),
        there(device, "server_days", "device.count", "int", certificate="server"),
    )  # fmt: skip
    given = {"url": "opc.tcp://10.1.2.3/panel", **connection}
    return Device(device, Text.same(device), "test/opc", "opcua", "city", Connection.model_validate(given), points)


FIELDS = "EventId EventType SourceName ConditionName Severity Time Retain BranchId ActiveState/Id AckedState/Id"


class Ear:
    """What a subscription hears: events, in order."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[Any] = asyncio.Queue()
        self.changes: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()

    def event_notification(self, event: Any) -> None:
        self.heard.put_nowait(event)

    def datachange_notification(self, node: Any, value: Any, _data: Any) -> None:
        self.changes.put_nowait((node.nodeid.to_string(), value))

    def status_change_notification(self, status: Any) -> None:
        self.heard.put_nowait(status)

    async def next(self) -> Any:
        async with asyncio.timeout(10):
            return await self.heard.get()

    async def next_value(self, wanted: Callable[[Any], bool]) -> Any:
        async with asyncio.timeout(10):
            while not wanted(value := (await self.changes.get())[1]):
                pass
            return value


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


def connected(fleet: Fleet) -> Client:
    where = fleet.where["opc"]
    return Client(f"opc.tcp://{where.host}:{where.port}/panel", timeout=2)


def line(fleet: Fleet) -> Any:
    return fleet._line_of["opc"]


async def data(client: Client, place: str) -> ua.DataValue:
    if "/" in place:
        index = await client.get_namespace_index(URI)
        steps = [ua.QualifiedName(step, index) for step in place.split("/")]
        node = await client.nodes.objects.get_child(steps)
    else:
        node = client.get_node(place)
    return await node.read_data_value(raise_on_bad_status=False)


async def value(client: Client, place: str) -> Any:
    found = await data(client, place)
    assert found.StatusCode is not None
    assert found.StatusCode.is_good(), found
    assert found.Value is not None
    return found.Value.Value


async def test_points_are_found_by_path_by_id_and_by_namespace(fleet: Fleet, client: Client) -> None:
    fleet.set("opc/count", 3)
    fleet.set("opc/voltage", 27.2)
    fleet.set("opc/label", "Chợ Thái")
    fleet.set("opc/level", 199)
    index = await client.get_namespace_index(URI)
    assert await value(client, "Panel/Counters/Fire") == 3
    assert await value(client, f"ns={index};s=MainsOk") is True
    assert await value(client, f"ns={index};i=77") == 272.0
    assert await value(client, "ns=4;s=Label") == "Chợ Thái"
    assert await value(client, "i=2267") == 199


async def test_several_flags_are_one_state_that_says_them_all(fleet: Fleet, client: Client) -> None:
    place = "Panel/Zone1/PresentValue"
    assert await value(client, place) == 0
    fleet.set("opc/fire", True)
    assert await value(client, place) == 2
    fleet.set("opc/fault", True)
    assert await value(client, place) == 5
    fleet.set("opc/fire", False)
    assert await value(client, place) == 3
    fleet.set("opc/fault", None)
    fleet.set("opc/fire", None)
    fleet.set("opc/disabled", True)
    assert await value(client, place) == 19
    assert (await data(client, place)).Value.VariantType is ua.VariantType.Byte


async def test_a_state_that_cannot_say_two_things_says_the_first(fleet: Fleet, client: Client) -> None:
    fleet.set("opc/disabled", True)
    fleet.set("opc/fire", True)
    assert await value(client, "Panel/Zone1/PresentValue") == 2


async def test_a_change_is_told_to_who_subscribes(fleet: Fleet, client: Client) -> None:
    ear = Ear()
    subscription = await client.create_subscription(20, ear)
    await subscription.subscribe_data_change(client.get_node("ns=4;s=Label"))
    fleet.set("opc/label", "a")
    assert await ear.next_value(lambda v: v == "a") == "a"


async def test_what_a_client_writes_stays_until_somebody_sets_the_point(fleet: Fleet, client: Client) -> None:
    await client.get_node("ns=4;s=Label").write_value("written")
    fleet.step()
    assert await value(client, "ns=4;s=Label") == "written"
    fleet.set("opc/label", "set")
    assert await value(client, "ns=4;s=Label") == "set"
    with pytest.raises(ua.UaStatusCodeError):
        await client.get_node("i=2267").write_value(ua.Variant(7, ua.VariantType.Byte))


async def test_a_method_called_is_the_point_set(fleet: Fleet, client: Client) -> None:
    index = await client.get_namespace_index(URI)
    assert fleet.get("opc/reset") is False
    await client.get_node(f"ns={index};s=Desk").call_method(ua.NodeId("Reset", index))
    assert fleet.get("opc/reset") is True


async def heard(client: Client) -> tuple[Ear, Any]:
    """Subscribe to everything that a condition tells."""
    ear = Ear()
    subscription = await client.create_subscription(20, ear)
    event_filter = ua.EventFilter()
    for path in FIELDS.split():
        steps = [ua.QualifiedName(step, 0) for step in path.split("/")]
        event_filter.SelectClauses.append(
            ua.SimpleAttributeOperand(ua.NodeId(2041), steps, ua.AttributeIds.Value, None)
        )
    event_filter.SelectClauses.append(ua.SimpleAttributeOperand(ua.NodeId(2782), [], ua.AttributeIds.NodeId, None))
    await subscription.subscribe_events(ua.NodeId(2253), evfilter=event_filter, queuesize=100)
    return ear, subscription


def states(event: Any) -> dict[str, Any]:
    names = ("ActiveState/Id", "AckedState/Id", "Retain")
    return {name.partition("State")[0].lower(): getattr(event, name) for name in names}


async def acknowledge(client: Client, event: Any) -> None:
    comment = ua.LocalizedText("seen", "en")
    event_id = ua.Variant(event.EventId, ua.VariantType.ByteString)
    await client.get_node(event.NodeId).call_method(ua.NodeId(9111), event_id, ua.Variant(comment))


async def refresh(client: Client, subscription: Any) -> None:
    await client.get_node(ua.NodeId(2782)).call_method(
        ua.NodeId(3875), ua.Variant(subscription.subscription_id, ua.VariantType.UInt32)
    )


async def test_a_condition_tells_of_fire_of_quiet_and_of_who_acknowledged(fleet: Fleet, client: Client) -> None:
    ear, _ = await heard(client)
    fleet.set("opc/alarm", True)
    raised = await ear.next()
    assert states(raised) == {"active": True, "acked": False, "retain": True}
    assert (raised.SourceName, raised.ConditionName, raised.Severity) == ("Zone1", "Fire", 1000)
    assert raised.EventType == ua.NodeId(10637)
    await acknowledge(client, raised)
    acked = await ear.next()
    assert states(acked) == {"active": True, "acked": True, "retain": True}
    assert acked.EventId != raised.EventId
    assert acked.NodeId == raised.NodeId
    fleet.set("opc/alarm", False)
    assert states(await ear.next()) == {"active": False, "acked": True, "retain": False}


async def test_an_acknowledgement_at_the_panel_is_told(fleet: Fleet, client: Client) -> None:
    ear, _ = await heard(client)
    fleet.set("opc/alarm", True)
    await ear.next()
    fleet.set("opc/alarm_acked", True)
    assert states(await ear.next()) == {"active": True, "acked": True, "retain": True}


async def test_an_event_that_is_over_or_acknowledged_cannot_be_acknowledged(fleet: Fleet, client: Client) -> None:
    ear, _ = await heard(client)
    fleet.set("opc/alarm", True)
    raised = await ear.next()
    await acknowledge(client, raised)
    acked = await ear.next()
    with pytest.raises(ua.uaerrors.BadEventIdUnknown):
        await acknowledge(client, raised)
    with pytest.raises(ua.uaerrors.BadConditionBranchAlreadyAcked):
        await acknowledge(client, acked)


async def test_a_refresh_tells_what_is_retained_between_two_marks(fleet: Fleet, client: Client) -> None:
    fleet.set("opc/alarm", True)
    ear, subscription = await heard(client)
    await refresh(client, subscription)
    start, raised, end = [await ear.next() for _ in range(3)]
    assert (start.EventType, end.EventType) == (ua.NodeId(2787), ua.NodeId(2788))
    assert states(raised) == {"active": True, "acked": False, "retain": True}
    await acknowledge(client, raised)
    await ear.next()
    fleet.set("opc/alarm", False)
    await ear.next()
    await refresh(client, subscription)
    assert [(await ear.next()).EventType for _ in range(2)] == [ua.NodeId(2787), ua.NodeId(2788)]
    wrong = ua.Variant(424242, ua.VariantType.UInt32)
    with pytest.raises(ua.uaerrors.BadSubscriptionIdInvalid):
        await client.get_node(ua.NodeId(2782)).call_method(ua.NodeId(3875), wrong)


async def test_an_alarm_that_nobody_acknowledged_before_the_next_lives_on_as_a_branch(
    fleet: Fleet, client: Client
) -> None:
    ear, subscription = await heard(client)
    for active in (True, False):
        fleet.set("opc/alarm", active)
        await ear.next()
    fleet.set("opc/alarm", True)
    branch, again = await ear.next(), await ear.next()
    assert branch.BranchId != ua.NodeId()
    assert states(branch) == {"active": False, "acked": False, "retain": True}
    assert again.BranchId == ua.NodeId()
    await refresh(client, subscription)
    assert len([await ear.next() for _ in range(4)]) == 4
    await acknowledge(client, branch)
    closed = await ear.next()
    assert (closed.BranchId, states(closed)["retain"]) == (branch.BranchId, False)


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
