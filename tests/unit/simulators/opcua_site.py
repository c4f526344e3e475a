"""A simulated OPC UA panel, and a client of the library that looks at it."""

import asyncio
from collections.abc import Callable
from typing import Any

from asyncua import Client, ua

from drivers.opcua.address import Address, Connection
from hub.model import Device, Point, Text
from simulators.fleet import Fleet
from tests.unit.simulators.site import point

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
