"""Tells the clients of a simulated server of its alarms, and does what they ask: refresh and acknowledge.

The library's server knows the types of OPC 10000-9 but answers none of their methods; they are answered here. Node ids:
ConditionRefresh i=3875, ConditionRefresh2 i=12912, Acknowledge i=9111, OffNormalAlarmType i=10637, SafetyConditionClass
i=17218, RefreshStart i=2787, RefreshEnd i=2788.
"""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from asyncua import Server, ua
from asyncua.common.events import Event

from hub.model import Timestamp
from simulators.opcua.alarm import Alarm, Snapshot
from simulators.opcua.builtin import moment, named, node_id

_REFRESH, _REFRESH2, _ACKNOWLEDGE = (node_id(n) for n in (3875, 12912, 9111))
_OFF_NORMAL, _SAFETY, _START, _END = (node_id(n) for n in (10637, 17218, 2787, 2788))
_CONDITIONS = "urn:citywatch:simulated:conditions"
_Type = ua.VariantType


class Notifier:
    """The event side of one server."""

    def __init__(self, server: Server, alarms: Iterable[Alarm], clock: Callable[[Alarm | None], Timestamp]) -> None:
        self._server = server
        self._clock = clock
        self._alarms = tuple(alarms)
        self._of: dict[ua.NodeId, Alarm] = {}
        self._ids: dict[int, ua.NodeId] = {}

    async def build(self) -> None:
        """Make a node of each condition, and answer the methods of the standard."""
        index = await self._server.register_namespace(_CONDITIONS)
        for alarm in self._alarms:
            node = node_id(f"{alarm.source}.{alarm.name}", index)
            await self._server.nodes.server.add_object(node, ua.QualifiedName(alarm.name, index))
            self._of[node] = alarm
            self._ids[id(alarm)] = node
        await self._server.nodes.server.set_event_notifier([ua.EventNotifier.SubscribeToEvents])
        for method, answer in (
            (_REFRESH, self._refresh),
            (_REFRESH2, self._refresh),
            (_ACKNOWLEDGE, self._acknowledge),
        ):
            self._server.iserver.isession.add_method_callback(method, answer)

    async def tell(self, alarm: Alarm, snapshots: Iterable[Snapshot]) -> None:
        """Tell every subscription of a change."""
        for snapshot in snapshots:
            event = self._event(alarm, snapshot)
            for subscription in list(self._server.iserver.subscription_service.subscriptions.values()):
                await subscription.monitored_item_srv.trigger_event(event)

    async def _refresh(
        self, _type: ua.NodeId, subscription: ua.Variant, item: ua.Variant | None = None
    ) -> ua.StatusCode:
        """Tell one subscription again of everything that is retained, between two marks (OPC 10000-9, 5.5.7)."""
        known = self._server.iserver.subscription_service.subscriptions.get(subscription.Value)
        if known is None:
            return named("BadSubscriptionIdInvalid")
        told = [self._event(alarm, snapshot) for alarm in self._alarms for snapshot in alarm.retained()]
        for event in [self._mark(_START), *told, self._mark(_END)]:
            await known.monitored_item_srv.trigger_event(event, item.Value if item is not None else None)
        return ua.StatusCode()

    async def _acknowledge(self, condition: ua.NodeId, event_id: ua.Variant, comment: ua.Variant) -> ua.StatusCode:
        alarm = self._of.get(condition)
        if alarm is None:
            return named("BadNodeIdUnknown")
        words = comment.Value.Text if comment.Value is not None else None
        told = alarm.acknowledge(event_id.Value or b"", words or "", self._clock(alarm))
        if isinstance(told, str):
            return named(told)
        await self.tell(alarm, told)
        return ua.StatusCode()

    def _mark(self, kind: ua.NodeId) -> Event:
        event = _event()
        _put(event, EventType=(kind, _Type.NodeId), EventId=(kind.to_string().encode(), _Type.ByteString))
        at = moment(self._clock(None))
        _put(event, Time=(at, _Type.DateTime), ReceiveTime=(at, _Type.DateTime), Severity=(1, _Type.UInt16))
        _put(event, SourceName=("Server", _Type.String), SourceNode=(node_id(2253), _Type.NodeId))
        _put(event, Message=(ua.LocalizedText("Refresh"), _Type.LocalizedText))
        return event

    def _event(self, alarm: Alarm, s: Snapshot) -> Event:
        event, at = _event(), moment(s.at)
        node = self._ids[id(alarm)]
        branch = node_id(UUID(bytes=s.branch), node.NamespaceIndex) if s.branch else ua.NodeId()
        _put(event, EventId=(s.event_id, _Type.ByteString), EventType=(_OFF_NORMAL, _Type.NodeId))
        _put(event, SourceName=(alarm.source, _Type.String), SourceNode=(node, _Type.NodeId))
        _put(
            event, Time=(at, _Type.DateTime), ReceiveTime=(at, _Type.DateTime), Severity=(alarm.severity, _Type.UInt16)
        )
        _put(event, Message=(ua.LocalizedText(f"{alarm.source} {alarm.name}"), _Type.LocalizedText))
        _put(event, ConditionName=(alarm.name, _Type.String), ConditionClassId=(_SAFETY, _Type.NodeId))
        _put(event, BranchId=(branch, _Type.NodeId), NodeId=(node, _Type.NodeId), Retain=(s.retain, _Type.Boolean))
        _put(event, Comment=(ua.LocalizedText(s.comment), _Type.LocalizedText))
        _put(event, Quality=(ua.StatusCode(), _Type.StatusCode), SuppressedOrShelved=(s.suppressed, _Type.Boolean))
        _state(event, "EnabledState", True, "Enabled", "Disabled")
        _state(event, "ActiveState", s.active, "Active", "Inactive")
        _state(event, "AckedState", s.acked, "Acknowledged", "Unacknowledged")
        _state(event, "LatchedState", s.latched, "Latched", "Not latched")
        _state(event, "SuppressedState", s.suppressed, "Suppressed", "Not suppressed")
        return event


def _event() -> Event:
    return Event(node_id(2253))


def _put(event: Event, **fields: tuple[Any, ua.VariantType]) -> None:
    for name, (value, kind) in fields.items():
        event.add_property(name, value, kind)


def _state(event: Event, name: str, on: bool, yes: str, no: str) -> None:
    """Put a two-state variable into an event: its text and its Id (OPC 10000-9, 5.2)."""
    event.add_property(name, ua.LocalizedText(yes if on else no), _Type.LocalizedText)
    event.add_property(f"{name}/Id", on, _Type.Boolean)
