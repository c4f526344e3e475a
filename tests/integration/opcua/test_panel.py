"""The driver on a simulated panel: variables, alarms and conditions, outages, a map that changes."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asyncua import ua
from msgspec.structs import replace

from drivers.opcua.driver import OpcUaDriver
from hub.model import DeviceState, Reason, Refused, SystemClock, Unreachable
from hub.model.kinds import ACKNOWLEDGED
from simulators.fleet import Fleet
from simulators.opcua.builtin import node_id
from tests.integration.opcua.ear import Ear, device, listening
from tests.unit.simulators.opcua_site import URI, opc_panel
from tests.unit.simulators.site import site_of

POINTS: dict[str, dict[str, Any]] = {
    "present": {"path": "0:Objects/Panel/Zone1/PresentValue", "namespace": URI},
    "voltage": {"node": f"nsu={URI};i=77", "deadband": 0.5},
    "label": {"node": "ns=4;s=Label"},
    "alarm": {"condition": "Zone1.Fire"},
    "acked": {"condition": "Zone1.Fire", "state": "acked"},
    "other": {"condition": "Zone9"},
    "reset": {"method": f"nsu={URI};s=Reset", "owner": f"nsu={URI};s=Desk"},
    "days": {"certificate": "server"},
    "missing": {"node": f"nsu={URI};s=Nothing"},
    "elsewhere": {"node": "nsu=http://nobody;s=Label"},
}


@pytest.fixture
async def fleet() -> AsyncIterator[Fleet]:
    fleet = Fleet(site_of(opc_panel()))
    await fleet.start()
    yield fleet
    await fleet.stop()


def url(fleet: Fleet) -> str:
    return f"opc.tcp://{fleet.where['opc'].host}:{fleet.where['opc'].port}/panel"


def plain(fleet: Fleet, **more: Any) -> OpcUaDriver:
    return OpcUaDriver([device({"url": url(fleet), "security": "None", **more}, POINTS)])


async def test_variables_tell_their_values_and_what_is_not_there_is_said(fleet: Fleet) -> None:
    ear = Ear()
    async with listening(plain(fleet), ear):
        await ear.sees(label="simulated", missing=Reason.MISCONFIGURED, elsewhere=Reason.MISCONFIGURED)
        assert ear.samples["label"].source_time is not None
        await ear.until(lambda: bool(ear.health))
        state, reason, detail = ear.health[-1]
        assert (state, reason) == (DeviceState.DEGRADED, "misconfigured")
        assert f"2 of 10 points give no value: missing (nsu={URI};s=Nothing), elsewhere (nsu=http://nobody" in detail
        fleet.set("opc/label", "Chợ")
        fleet.set("opc/fire", True)
        await ear.sees(label="Chợ", present=2)


async def test_what_is_urgent_is_reported_faster_than_the_rest_and_alarms_by_themselves(fleet: Fleet) -> None:
    wanted = {"url": url(fleet), "security": "None", "interval": "400ms"}
    ear, driver = Ear(), OpcUaDriver([device(wanted, POINTS, urgent=["present"])])
    async with listening(driver, ear):
        await ear.sees(label="simulated", alarm=False)
        server: Any = fleet._line_of["opc"]
        made = server._server.iserver.subscription_service.subscriptions.values()
        assert sorted(s.data.RevisedPublishingInterval for s in made) == [50, 50, 400]
        fleet.set("opc/fire", True)
        await ear.sees(present=2)


async def test_alarms_are_points_and_events_and_are_acknowledged_at_the_panel(fleet: Fleet) -> None:
    ear, driver = Ear(), plain(fleet)
    async with listening(driver, ear):
        await ear.sees(alarm=False, acked=True, other=False)
        fleet.set("opc/alarm", True)
        await ear.sees(alarm=True, acked=False, other=False)
        raised = ear.events[-1]
        assert raised.kind == "fire.event"
        assert raised.attributes == {
            "source": "Zone1", "severity": 1000, "active": True, "acked": False, "message": "Zone1 Fire",
            "condition": "Fire", "branch": None,
        }  # fmt: skip
        assert raised.dedupe_key
        assert await driver.acknowledge("opc/acked", "seen at the centre", SystemClock().now()) == 1
        await ear.sees(alarm=True, acked=True)
        assert await driver.acknowledge("opc/acked", "again", SystemClock().now()) == 0
        fleet.set("opc/alarm", False)
        await ear.sees(alarm=False)
        with pytest.raises(Refused):
            await driver.acknowledge("opc/label", "no condition", SystemClock().now())


async def test_what_the_panel_acknowledges_itself_is_seen_here(fleet: Fleet) -> None:
    ear = Ear()
    async with listening(plain(fleet), ear):
        fleet.set("opc/alarm", True)
        await ear.sees(alarm=True, acked=False)
        fleet.set("opc/alarm_acked", True)
        await ear.sees(acked=True)
        said = {e.attributes["point"]: e for e in ear.events if e.kind == ACKNOWLEDGED}
        assert said.keys() == {"alarm", "acked"}
        assert (said["alarm"].attributes["source"], said["alarm"].attributes["condition"]) == ("Zone1", "Fire")


async def test_what_began_after_a_person_saw_it_is_not_acknowledged(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.opcua.alarms.GRACE", 0)
    ear, driver, before = Ear(), plain(fleet), SystemClock().now()
    async with listening(driver, ear):
        fleet.set("opc/alarm", True)
        await ear.sees(alarm=True, acked=False)
        with pytest.raises(Refused) as told:
            await driver.acknowledge("opc/alarm", "too late", before)
        assert told.value.reason == "newer"


async def test_an_alarm_that_ended_while_the_line_was_away_is_closed_by_the_refresh(fleet: Fleet) -> None:
    ear, driver = Ear(), plain(fleet)
    async with listening(driver, ear) as task:
        fleet.set("opc/alarm", True)
        await ear.sees(alarm=True)
        fleet.fault("opc", "cut")
        with pytest.raises(Unreachable):
            await task
    await driver.close()
    with pytest.raises(Unreachable):
        await driver.acknowledge("opc/acked", "there is no session", SystemClock().now())
    fleet.set("opc/alarm_acked", True)
    fleet.set("opc/alarm", False)
    fleet.heal("opc")
    told = len(ear.events)
    async with listening(driver, ear):
        await ear.sees(alarm=False)
        await ear.until(lambda: len(ear.events) > told)
        assert (ear.events[-1].attributes["active"], ear.events[-1].dedupe_key) == (False, None)


async def test_a_server_that_forgot_the_session_is_connected_to_anew_and_everything_is_rebuilt(fleet: Fleet) -> None:
    ear, driver = Ear(), plain(fleet)
    async with listening(driver, ear) as task:
        await ear.sees(label="simulated")
        fleet.fault("opc", "reboot")
        with pytest.raises(Unreachable):
            await task
    line: Any = fleet._line_of["opc"]
    await line.settled()
    fleet.set("opc/label", "after")
    async with listening(driver, ear):
        await ear.sees(label="after", alarm=False)


async def test_a_server_that_lost_a_node_when_it_restarted_is_named_with_the_node_until_it_has_it_again(
    fleet: Fleet,
) -> None:
    line: Any = fleet._line_of["opc"]
    whole = line.devices
    line.devices = [replace(d, points=tuple(p for p in d.points if p.name != "label")) for d in whole]
    ear, driver = Ear(), plain(fleet)
    for there, value in ((line.devices, Reason.MISCONFIGURED), (whole, "simulated")):
        line.devices = there
        fleet.fault("opc", "reboot")
        await line.settled()
        async with listening(driver, ear):
            await ear.sees(alarm=False, label=value)
    told = [detail for _, reason, detail in ear.health if reason == "misconfigured"]
    assert "label (ns=4;s=Label)" in told[0]
    assert "label" not in told[-1]


async def test_a_server_that_says_its_map_has_changed_is_looked_through_anew(fleet: Fleet) -> None:
    line: Any = fleet._line_of["opc"]
    ear = Ear()
    async with listening(plain(fleet), ear):
        await ear.sees(missing=Reason.MISCONFIGURED, alarm=False)
        server = line._server
        index = await server.get_namespace_index(URI)
        await server.nodes.objects.add_variable(node_id("Nothing", index), "Nothing", 7.5)
        for one in list(server.iserver.subscription_service.subscriptions.values()):
            await one.monitored_item_srv.trigger_event(line._notifier._mark(node_id(2133)))
        await ear.sees(missing=7.5, elsewhere=Reason.MISCONFIGURED)
        fleet.set("opc/label", "still told")
        await ear.sees(label="still told")


async def test_a_number_that_becomes_ten_million_ends_one_session_and_is_then_set_aside_alone(fleet: Fleet) -> None:
    line: Any = fleet._line_of["opc"]
    index = await line._server.get_namespace_index(URI)
    place, number = node_id("Nothing", index), ua.VariantType.Double
    added = await line._server.nodes.objects.add_variable(place, "Nothing", 7.5)
    await added.write_attribute(ua.AttributeIds.ValueRank, ua.DataValue(ua.Variant(ua.ValueRank.Any)))
    ear, driver = Ear(), plain(fleet)
    async with listening(driver, ear) as task:
        await ear.sees(missing=7.5, label="simulated")
        many = ua.DataValue(ua.Variant([0.5] * 10_000_000, number))
        await line._server.write_attribute_value(place, many)
        with pytest.raises(Unreachable) as told:
            await task
    assert told.value.reason == "protocol_error"
    assert "look for an array among its variables" in str(told.value)
    async with listening(driver, ear):
        await ear.sees(missing=Reason.UNDECODABLE, label="simulated")
        await ear.until(lambda: ear.health[-1][1] == "undecodable")
        assert f"missing (nsu={URI};s=Nothing)" in ear.health[-1][2]


async def test_a_server_that_says_nothing_more_is_told_by_its_own_keep_alive(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.opcua.publishing.KEEP_ALIVE", 500_000_000)
    ear = Ear()
    driver = OpcUaDriver([device({"url": url(fleet), "security": "None"}, POINTS, timeout=1.0)])
    async with listening(driver, ear) as task:
        await ear.sees(label="simulated")
        fleet.fault("opc", "silence")
        with pytest.raises(Unreachable) as told:
            async with asyncio.timeout(20):
                await task
    assert told.value.reason == "timeout"


async def test_a_write_sets_the_variable_and_a_method_is_called(fleet: Fleet) -> None:
    ear, driver = Ear(), plain(fleet)
    points = {p.id: p for p in driver._devices["opc"].points}
    async with listening(driver, ear):
        await ear.sees(label="simulated")
        await driver.write(points["opc/label"], "set")
        await ear.sees(label="set")
        await driver.write(points["opc/reset"], True)
        with pytest.raises(Refused):
            await driver.write(points["opc/present"], "no number")
        with pytest.raises(Refused):
            await driver.write(points["opc/missing"], 1)
        with pytest.raises(Refused):
            await driver.write(points["opc/alarm"], True)


async def test_a_bad_status_is_a_reason_and_no_value(fleet: Fleet) -> None:
    ear = Ear()
    async with listening(plain(fleet), ear):
        await ear.sees(label="simulated")
        fleet.fault("opc", "status", code=0x808C_0000)
        await ear.sees(label=Reason.REFUSED)
        fleet.heal("opc")
        await ear.sees(label="simulated")
