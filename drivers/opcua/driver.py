"""One OPC UA server and every device behind it: subscriptions, alarms and conditions, writes, method calls."""

from collections.abc import Iterable, Sequence

from asyncua import ua

from drivers.base import BoundDevice, BoundPoint, Sink
from drivers.opcua.address import Address
from drivers.opcua.alarms import Alarms, watched_by
from drivers.opcua.items import Items, variable
from drivers.opcua.listening import Listening
from drivers.opcua.methods import argument_type
from drivers.opcua.places import Place, place_of, resolve
from drivers.opcua.publishing import Publisher
from drivers.opcua.refusals import name_of
from drivers.opcua.security import trust_of
from drivers.opcua.session import Session
from drivers.opcua.transport import Tap
from drivers.opcua.values import encoded
from drivers.statistics import Statistics
from hub.metrics import Figure
from hub.model import (
    Clock,
    DeviceId,
    Misconfigured,
    PointId,
    Reason,
    Refused,
    Sample,
    SystemClock,
    Timestamp,
    Unreachable,
    Value,
)

_Codes = ua.StatusCodes
_CODE = 0xFFFF_0000
_QUICKER = _Codes.BadConditionBranchAlreadyAcked
"""Somebody acknowledged before us (OPC 10000-9, 5.7.3)."""


class OpcUaDriver:
    """A line of OPC UA devices; they share one session."""

    def __init__(self, devices: Sequence[BoundDevice], *, clock: Clock | None = None, tap: Tap | None = None) -> None:
        """`tap` overhears every request and its answer."""
        self._tap = tap
        self._counted = Statistics()
        self.items = Items(devices)
        self._devices = {device.id: device for device in devices}
        self._clock = clock or SystemClock()
        self.alarms = Alarms(devices, self._clock)
        self._conditions = watched_by(devices)
        self._connection = devices[0].connection
        self._trust = trust_of(self._connection, devices[0].state)
        self._timeout = max(device.timeout for device in devices)
        self._session: Session | None = None
        self._publisher: Publisher | None = None
        self._messages = 0
        self._unreadable = 0

    async def open(self) -> None:
        """Connect and sign in. Raises Unreachable, Misconfigured."""
        await self.close()
        self._session = Session(
            self._connection, self._trust, self._timeout, self._clock, counted=self._counted, tap=self._tap
        )
        self._publisher = Publisher(self._session)
        await self._session.open()

    async def read(self, points: Sequence[BoundPoint]) -> list[Sample]:
        """Refuse: servers report changes; what they cannot report is read while listening. Raises Misconfigured."""
        del points
        raise Misconfigured("OPC UA devices are not asked; they report by themselves")

    async def subscribe(self, sink: Sink) -> None:
        """Hand over until the session is lost. Raises Unreachable."""
        session = self._at_work()
        if self._publisher is None:
            raise Unreachable(f"{session.where} is not connected")
        devices = list(self._devices.values())
        listening = Listening(devices, session, self._publisher, self.items, self.alarms, self._clock, sink)
        try:
            await listening.run()
        except Unreachable as lost:
            self.items.wary |= lost.reason == "protocol_error"
            raise

    async def write(self, point: BoundPoint, value: Value) -> None:
        """Set a variable or call a method. Raises Refused, Unreachable."""
        address: Address = point.address
        session = self._at_work()
        if address.method is not None:
            code = await self._call(session, point, value)
        elif address.node is not None or address.path is not None:
            code = await self._set(session, point, value)
        else:
            raise Refused("read_only", f"{point.id} is neither a variable nor a method")
        if code >> 30:
            raise Refused("device", f"the server refuses to write {point.id}: {name_of(code)}")

    async def acknowledge(self, point: PointId, comment: str, seen: Timestamp) -> int:
        """Acknowledge at the panel what stood behind a point's alarm when a person saw it; return how much was.

        Raises Refused, Unreachable.
        """
        if point not in self._conditions:
            raise Refused("unknown", f"{point} shows no condition of a panel")
        _, notifier, name = self._conditions[point]
        codes = await self.alarms.acknowledge(self._at_work(), notifier, name, comment, seen)
        if any(code & _CODE == _Codes.BadEventIdUnknown for code in codes):
            raise Refused("busy", f"{name} changed while it was acknowledged")
        refused = [name_of(code) for code in codes if code >> 30 and code & _CODE != _QUICKER]
        if refused:
            raise Refused("device", f"the server refuses to acknowledge {name}: {', '.join(refused)}")
        return len(codes)

    async def close(self) -> None:
        """Disconnect; safe to call twice and after a failed `open`."""
        session, publisher, self._session, self._publisher = self._session, self._publisher, None, None
        if publisher is not None:
            self._messages += publisher.messages
            self._unreadable += publisher.unreadable
            await publisher.close()
        if session is not None:
            await session.close()

    def statistics(self, device: DeviceId) -> Statistics:
        """Return what became of the requests of this line, which its devices share; waiting for news is none."""
        del device
        return self._counted

    def figures(self) -> Iterable[Figure]:
        """Return what this line has counted."""
        of = {"line": self._connection.url}
        now = self._publisher
        messages = self._messages + (now.messages if now else 0)
        unreadable = self._unreadable + (now.unreadable if now else 0)
        alarms = self.alarms
        for way, count in (("sent", self._counted.sent), ("received", self._counted.received)):
            yield Figure("citywatch_opcua_bytes", "Bytes on the wire", count or 0, of | {"way": way}, total=True)
        yield Figure("citywatch_opcua_messages", "Notification messages received", messages, of, total=True)
        yield Figure("citywatch_opcua_unreadable", "Messages that make no sense", unreadable, of, total=True)
        yield Figure("citywatch_opcua_events", "Events received", alarms.events, of, total=True)
        yield Figure("citywatch_opcua_refreshes", "Refreshes of conditions", alarms.refreshes, of, total=True)
        overflows = alarms.overflows + self.items.overflows
        yield Figure("citywatch_opcua_overflows", "Queues of the server that ran over", overflows, of, total=True)

    def _at_work(self) -> Session:
        if self._session is None or self._session.lost.done():
            raise Unreachable("there is no session with the server")
        return self._session

    async def _set(self, session: Session, point: BoundPoint, value: Value) -> int:
        node = await _node(session, variable(self._devices[point.device], point.address), point)
        found = (await session.read([node]))[0]
        kind = found.Value.VariantType if found is not None and found.Value is not None else None
        if kind is None or found is None or found.Value is None or found.Value.is_array:
            raise Refused("device", f"the server does not say of what type {point.id} is")
        return await session.write(node, ua.Variant(_fitted(value, kind), kind))

    async def _call(self, session: Session, point: BoundPoint, value: Value) -> int:
        address: Address = point.address
        base = self._devices[point.device].connection.base
        method = place_of(address.method or "", base, address.namespace)
        owner = await _node(session, place_of(address.owner or "", base, address.namespace), point)
        node = await _node(session, method, point)
        arguments = [await self._argument(session, node, value)] if address.argument else []
        return await session.call(owner, node, arguments)

    async def _argument(self, session: Session, method: ua.NodeId, value: Value) -> ua.Variant:
        """Return the value as the method's one argument, in the type that the method says."""
        kind = await argument_type(session, method)
        return ua.Variant(_fitted(value, kind), kind)


def _fitted(value: Value, kind: ua.VariantType) -> object:
    fitted = encoded(value, int(kind.value))
    return ua.LocalizedText(str(fitted)) if kind is ua.VariantType.LocalizedText else fitted


async def _node(session: Session, place: Place, point: BoundPoint) -> ua.NodeId:
    found = (await resolve(session, [place]))[place]
    if isinstance(found, Reason):
        raise Refused("device", f"the server has no node for {point.id} ({place.node or place.path})")
    return found
