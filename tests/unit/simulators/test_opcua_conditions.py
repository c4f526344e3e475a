"""Alarms and conditions of a simulated OPC UA server: events, refresh, acknowledgement, branches."""

from collections.abc import AsyncIterator

import pytest
from asyncua import Client, ua

from hub.model import ManualClock
from simulators.fleet import Fleet
from tests.unit.simulators.opcua_site import acknowledge, connected, heard, opc_panel, refresh, states
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
