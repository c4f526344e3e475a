"""The alarms of a line: event items at each notifier, refreshes, and what both tell the hub."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from asyncua import ua

from drivers.base import BoundDevice
from drivers.opcua import events
from drivers.opcua.address import Address
from drivers.opcua.conditions import Table, Told, Watch, names
from drivers.opcua.places import Place, node_id
from drivers.opcua.publishing import Publisher
from drivers.opcua.refusals import name_of
from drivers.opcua.session import Session
from hub.model import (
    MILLISECOND,
    SECOND,
    Clock,
    DeviceEvent,
    DeviceId,
    Intake,
    Lane,
    PointId,
    Reason,
    Refused,
    Release,
    Sample,
    Timestamp,
    split_point,
)
from hub.model.kinds import ACKNOWLEDGED
from hub.wire.opcua import reason_of

INTERVAL = 50 * MILLISECOND
"""How often alarms are reported at most; they do not wait for the slower variables."""
PRIORITY = 200
"""Alarms go before variables (OPC 10000-4, 5.14.2)."""
QUEUE = 1000
"""Events the server keeps between reports."""
CONDITION_TYPE, CONDITION_REFRESH, ACKNOWLEDGE = (ua.NodeId(ua.Int32(n)) for n in (2782, 3875, 9111))
GRACE = 5 * SECOND
"""How much later than its value a condition's event may come and still be the one that a person acknowledged."""
_IN_PROGRESS = 0x8097_0000
"""BadRefreshInProgress."""


class Notifier:
    """One node that tells of events: its table, whose device events they are, whose alarms are acknowledged there."""

    def __init__(
        self, node: str, watches: Iterable[Watch], maps: Iterable[events.Mapped], raised: Mapping[str, list[PointId]]
    ) -> None:
        self.node = node
        self.table = Table(watches)
        self.maps = list(maps)
        self.extra = events.extra_fields(self.maps)
        self.raised = raised
        """Name of a condition → the points whose alarms it stands behind."""


class Alarms:
    """Every notifier of a line; its number in the list is the handle by which the server speaks of it."""

    def __init__(self, devices: Sequence[BoundDevice], clock: Clock) -> None:
        self.notifiers = _notifiers(devices)
        self.refreshes = 0
        self.events = 0
        self.overflows = 0
        self.wanted = False
        """Whether a refresh is needed: something was lost, or the server asks for it."""
        self.map_changed = False
        """Whether the server says that it has other nodes than it had."""
        self.refusal = ""
        """Why the server does not refresh, in its own word."""
        self._clock = clock
        self._number: int | None = None

    async def subscribe(self, publisher: Publisher, hand_over: Callable[[Intake], None]) -> None:
        """Have a subscription made for events, first of all. Raises Unreachable and the library's status errors."""
        self._number = None
        for notifier in self.notifiers:
            notifier.table.restart()
        if self.notifiers:
            made = await publisher.subscribe(INTERVAL, PRIORITY, self._taker(hand_over), self.want)
            self._number = made.number

    async def begin(self, session: Session) -> list[Sample]:
        """Have events reported and refreshed; return samples of what cannot be known. Raises Unreachable."""
        if self._number is None:
            return [sample for n in self.notifiers for sample in n.table.unknown(Reason.REFUSED)]
        refused = await self._watch(session, self._number)
        return refused + await self.refresh(session)

    def want(self) -> None:
        """Ask for a refresh soon."""
        self.wanted = True

    async def refresh(self, session: Session) -> list[Sample]:
        """Have the server tell every retained condition; return what is unknown if it refuses. Raises Unreachable."""
        if self._number is None:
            return []
        self.wanted = False
        argument = ua.Variant(self._number, ua.VariantType.UInt32)
        code = await session.call(CONDITION_TYPE, CONDITION_REFRESH, [argument])
        if code == _IN_PROGRESS:
            self.wanted = True
        elif code >> 30:
            self.refusal = name_of(code)
            tables = [n.table for n in self.notifiers if not n.table.complete]
            return [sample for table in tables for sample in table.unknown(Reason.REFUSED)]
        else:
            self.refreshes += 1
            self.refusal = ""
        return []

    async def acknowledge(self, session: Session, notifier: str, name: str, comment: str, seen: Timestamp) -> list[int]:
        """Acknowledge what of this name waited for it when a person saw it; return the server's status of each.

        Raises Unreachable; Refused when everything that waits began after that.
        """
        found = next((n for n in self.notifiers if n.node == notifier), None)
        waiting = found.table.unacknowledged(name) if found is not None else []
        known = [told for told in waiting if told.heard <= seen + GRACE]
        if waiting and not known:
            raise Refused("newer", f"{name} has begun anew at the panel since; what was not seen is not acknowledged")
        codes = []
        for told in known:
            text = ua.Variant(ua.LocalizedText(comment), ua.VariantType.LocalizedText)
            event = ua.Variant(told.event, ua.VariantType.ByteString)
            codes.append(await session.call(told.node, ACKNOWLEDGE, [event, text]))
        return codes

    async def _watch(self, session: Session, subscription: int) -> list[Sample]:
        requests, asked, refused = [], [], []
        for handle, notifier in enumerate(self.notifiers):
            node = node_id(Place(node=notifier.node), session.namespaces)
            if isinstance(node, Reason):
                refused += notifier.table.unknown(node)
            else:
                requests.append(_request(handle, node, notifier))
                asked.append(notifier)
        for notifier, result in zip(asked, await session.create_items(subscription, requests), strict=False):
            if code := int(result.StatusCode.value) >> 30:
                refused += notifier.table.unknown(reason_of(int(result.StatusCode.value)) if code else Reason.NONE)
        return refused

    def _taker(self, hand_over: Callable[[Intake], None]) -> Callable[[Sequence[Any], Release], None]:
        def take(notifications: Sequence[Any], release: Release) -> None:
            intake = Intake(release=release)
            for one in notifications:
                for told in getattr(one, "Events", None) or ():
                    if 0 <= told.ClientHandle < len(self.notifiers):
                        self._take(self.notifiers[told.ClientHandle], told.EventFields, intake)
            if intake.samples or intake.events:
                hand_over(intake)
            else:
                release()

        return take

    def _take(self, notifier: Notifier, fields: Sequence[ua.Variant], intake: Intake) -> None:
        told = events.read(fields, notifier.extra, self._clock.now())
        if told.type == events.REFRESH_STARTED:
            notifier.table.refresh_started()
        elif told.type == events.REFRESH_ENDED:
            closed, samples = notifier.table.refresh_ended()
            intake.samples += samples
            for one in closed:
                self._tell(notifier, ended(one), intake)
        elif told.type in (events.REFRESH_REQUIRED, events.OVERFLOWED):
            self.overflows += told.type == events.OVERFLOWED
            self.wanted = True
        elif told.type in events.MAP_CHANGED:
            self.map_changed = True
        else:
            acknowledges = notifier.table.acknowledges(told)
            news, samples = notifier.table.apply(told)
            intake.samples += samples
            if news:
                self._tell(notifier, told, intake)
            if news and acknowledges:
                intake.events += acknowledged(notifier, told)

    def _tell(self, notifier: Notifier, told: Told, intake: Intake) -> None:
        self.events += 1
        now = self._clock.now()
        intake.events += [one.event(told, now) for one in notifier.maps if one.takes(told)]


def acknowledged(notifier: Notifier, told: Told) -> list[DeviceEvent]:
    """Return the news, for each point whose alarm it concerns, that somebody acknowledged a condition."""
    points = [p for name in names(told) for p in notifier.raised.get(name, ())]
    said = {"user": told.user or None, "comment": told.comment or None, "source": told.source, "condition": told.name}
    key = told.event.hex()[:128]
    return [
        DeviceEvent(device, ACKNOWLEDGED, {"point": name, **said}, told.at, told.heard, f"ack:{key}:{name}", Lane.ALARM)
        for device, name in map(split_point, points)
    ]


def ended(told: Told) -> Told:
    """Return a condition that a refresh did not bring back, as it is now: over, with no event of the server's own."""
    return Told(
        event=b"", source=told.source, severity=told.severity, message=told.message, type=told.type, name=told.name,
        condition=told.condition, branch=told.branch, retain=False, active=False, acked=told.acked, more=told.more,
    )  # fmt: skip


def _notifiers(devices: Sequence[BoundDevice]) -> list[Notifier]:
    watches: dict[str, list[Watch]] = {}
    maps: dict[str, list[events.Mapped]] = {}
    raised: dict[str, dict[str, list[PointId]]] = {}
    for device in devices:
        for point in device.points:
            address: Address = point.address
            if address.condition is not None:
                watches.setdefault(address.notifier, []).append(Watch(point.id, address.condition, address.state))
            if address.acknowledged is not None:
                raised.setdefault(address.notifier, {}).setdefault(address.acknowledged, []).append(point.id)
        for event in device.events:
            maps.setdefault(event.address.notifier, []).append(events.mapped(device.id, event))
    return [
        Notifier(node, watches.get(node, ()), maps.get(node, ()), raised.get(node, {}))
        for node in dict.fromkeys((*watches, *maps, *raised))
    ]


def watched_by(devices: Iterable[BoundDevice]) -> dict[PointId, tuple[DeviceId, str, str]]:
    """Return for each point behind whose alarm a condition stands: its device, the notifier, the condition's name."""
    return {
        p.id: (d.id, p.address.notifier, p.address.acknowledged)
        for d in devices
        for p in d.points
        if p.address.acknowledged is not None
    }


def _request(handle: int, node: ua.NodeId, notifier: Notifier) -> ua.MonitoredItemCreateRequest:
    wanted = ua.MonitoredItemCreateRequest()
    wanted.ItemToMonitor = ua.ReadValueId(NodeId=node, AttributeId=ua.UInt32(events.NOTIFIER))
    wanted.MonitoringMode = ua.MonitoringMode.Reporting
    parameters = wanted.RequestedParameters
    parameters.ClientHandle, parameters.QueueSize = ua.UInt32(handle), ua.UInt32(QUEUE)
    parameters.Filter = events.event_filter(notifier.extra)
    return wanted
