"""The variables and methods of a simulated OPC UA server, as the library's own client sees them."""

from collections.abc import AsyncIterator

import pytest
from asyncua import Client, ua

from hub.model import ManualClock
from simulators.fleet import Fleet
from tests.unit.simulators.opcua_site import URI, Ear, connected, data, opc_panel, value
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
