"""Variables: each node that points live at is watched once; what cannot be watched is read, what cannot be is said."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from asyncua import ua
from msgspec import Struct

from drivers.base import BoundDevice, BoundPoint
from drivers.opcua.address import Address
from drivers.opcua.notifications import Change
from drivers.opcua.places import Place, below, resolve
from drivers.opcua.session import VALUE_RANK, Session
from drivers.opcua.values import decoded
from hub.model import MILLISECOND, PointId, Reason, Sample
from hub.wire.opcua import overflowed, reason_of

_Codes = ua.StatusCodes
NO_FILTER = {
    _Codes.BadFilterNotAllowed, _Codes.BadMonitoredItemFilterInvalid, _Codes.BadMonitoredItemFilterUnsupported,
    _Codes.BadDeadbandFilterInvalid,
}  # fmt: skip
"""The server has no deadband here; the hub's own does as well."""
READ_INSTEAD = {
    _Codes.BadTooManyMonitoredItems, _Codes.BadNotSupported, _Codes.BadNotImplemented, _Codes.BadServiceUnsupported,
    _Codes.BadOutOfMemory,
}  # fmt: skip
"""The server cannot watch this variable, or not one more."""


URGENT = 50 * MILLISECOND
"""How often the server looks at what people may have to act on at once, and how often it reports it."""
SCALAR = -1
"""ValueRank of one thing; below it are those that may be arrays, above it those that are (OPC 10000-3, 5.6.2)."""
Subscriptions = Mapping[bool, int]
"""Whether for what is urgent → the number of its subscription; what has none is read."""


class Item(Struct):
    """One node as it is watched, and every point that lives there."""

    place: Place
    sampling: int
    queue: int
    deadband: float
    points: list[PointId]
    urgent: bool = False
    node: ua.NodeId | None = None
    reason: Reason = Reason.NONE
    """Why the node can be neither watched nor read."""
    read: bool = False
    """Whether it is read, because it cannot be watched."""


class Items:
    """Every variable of a line; its number in the list is the handle by which the server speaks of it."""

    def __init__(self, devices: Iterable[BoundDevice]) -> None:
        self.overflows = 0
        self.wary = False
        """Whether the server has once sent more than is taken: what may be an array is then set aside like one."""
        self.vanished: list[PointId] = []
        """Points whose node the server has let go while it was watched, until somebody asks."""
        found: dict[object, Item] = {}
        for device, point in _variables(devices):
            address: Address = point.address
            place = variable(device, address)
            key = place, address.sampling, address.queue, address.deadband
            fresh = Item(place, address.sampling, address.queue, address.deadband, [])
            item = found.setdefault(key, fresh)
            item.points.append(point.id)
            item.urgent |= point.urgent
        self.items = list(found.values())
        self._points = [item.points for item in self.items]

    async def begin(self, session: Session, subscriptions: Subscriptions) -> list[Sample]:
        """Find every node and have it watched, where it can be. Return samples of what gives no value."""
        nodes = await resolve(session, (item.place for item in self.items))
        for item in self.items:
            node = nodes[item.place]
            item.node, item.reason = (None, node) if isinstance(node, Reason) else (node, Reason.NONE)
            item.read = item.urgent not in subscriptions and item.node is not None
        await self._set_arrays_aside(session)
        await self._watch(session, subscriptions, range(len(self.items)))
        return self.failures()

    async def retry(self, session: Session, subscriptions: Subscriptions, bad: Collection[PointId]) -> list[Sample]:
        """Try again what gives no value: a server may learn a node later. Return samples of what still gives none."""
        for item in self.items:
            if item.reason and not any(point in bad for point in item.points):
                item.reason = Reason.NONE  # its value came by itself
        failed = [n for n, item in enumerate(self.items) if item.reason and item.reason is not Reason.UNDECODABLE]
        nodes = await resolve(session, (self.items[n].place for n in failed))
        for n in failed:
            node = nodes[self.items[n].place]
            if not isinstance(node, Reason):
                self.items[n].node, self.items[n].reason = node, Reason.NONE
                self.items[n].read = self.items[n].urgent not in subscriptions
        await self._watch(session, subscriptions, failed)
        return [s for n in failed for s in _all(self.items[n])]

    async def read(self, session: Session, *, everything: bool = False) -> list[Sample]:
        """Return fresh samples of what is read, or of every variable. Raises Unreachable."""
        wanted = [(i, i.node) for i in self.items if i.node is not None and not i.reason and (everything or i.read)]
        values = await session.read([node for _, node in wanted])
        samples: list[Sample] = []
        for (item, _), value in zip(wanted, values, strict=False):
            given = (None, Reason.UNDECODABLE, None) if value is None else decoded(value)
            samples += [Sample(point, given[0], given[2], given[1]) for point in item.points]
        return samples

    def take(self, changes: Sequence[Change], samples: list[Sample]) -> list[PointId]:
        """Add what one notification says to `samples`; return points whose queue at the server ran over."""
        points_of, known, lost, add = self._points, len(self._points), [], samples.append
        for handle, value, reason, at, status in changes:
            if handle >= known:
                continue
            points = points_of[handle]
            for point in points:
                add(Sample(point, value, at, reason))
            if value is None and reason is Reason.MISCONFIGURED:
                self.items[handle].reason = reason
                self.vanished += points
            if status and overflowed(status):
                lost.append(points[0])
        self.overflows += len(lost)
        return lost

    def urgencies(self) -> list[bool]:
        """Return which subscriptions are needed: an urgent one, one for the rest; the more urgent first."""
        return sorted({item.urgent for item in self.items}, reverse=True)

    def failures(self) -> list[Sample]:
        """Return a sample for each point that gives no value, with the reason."""
        return [sample for item in self.items for sample in _all(item)]

    @property
    def some_are_read(self) -> bool:
        """Whether some variables must be read."""
        return any(item.read for item in self.items)

    async def _set_arrays_aside(self, session: Session) -> None:
        """Never let an array come: a value is one thing, and ten million are none (ValueRank of OPC 10000-3, 5.6.2)."""
        known = [(item, item.node) for item in self.items if item.node is not None]
        ranks = await session.read([node for _, node in known], VALUE_RANK)
        for (item, _), rank in zip(known, ranks, strict=False):
            found = rank.Value.Value if rank is not None and rank.Value is not None else None
            if isinstance(found, int) and (found >= 0 or (self.wary and found < SCALAR)):
                item.node, item.reason, item.read = None, Reason.UNDECODABLE, False

    async def _watch(self, session: Session, subscriptions: Subscriptions, numbers: Iterable[int]) -> None:
        wanted = [n for n in numbers if self.items[n].node is not None]
        for urgent, subscription in subscriptions.items():
            these = [n for n in wanted if self.items[n].urgent is urgent]
            plain = await self._create(session, subscription, these, filtered=True)
            await self._create(session, subscription, plain, filtered=False)

    async def _create(
        self, session: Session, subscription: int, numbers: Sequence[int], *, filtered: bool
    ) -> list[int]:
        """Have items watched; return those whose deadband was the only obstacle."""
        requests = [_request(n, self.items[n], filtered) for n in numbers]
        again = []
        for n, result in zip(numbers, await session.create_items(subscription, requests), strict=False):
            code = int(result.StatusCode.value)
            item = self.items[n]
            if filtered and item.deadband and code in NO_FILTER:
                again.append(n)
            elif code in READ_INSTEAD:
                item.read = True
            elif code >> 30:
                item.reason = reason_of(code)
        return again


def _variables(devices: Iterable[BoundDevice]) -> Iterator[tuple[BoundDevice, BoundPoint]]:
    for device in devices:
        for point in device.points:
            if point.address.node is not None or point.address.path is not None:
                yield device, point


def variable(device: BoundDevice, address: Address) -> Place:
    """Return the place of a variable's address."""
    if address.node is not None:
        return Place(node=address.node, namespace=address.namespace)
    return Place(path=below(device.connection.base, address.path or ""), namespace=address.namespace)


def _all(item: Item) -> list[Sample]:
    return [Sample(point, None, None, item.reason) for point in item.points] if item.reason else []


def _request(handle: int, item: Item, filtered: bool) -> ua.MonitoredItemCreateRequest:
    wanted = ua.MonitoredItemCreateRequest()
    wanted.ItemToMonitor = ua.ReadValueId(NodeId=item.node, AttributeId=ua.AttributeIds.Value)
    wanted.MonitoringMode = ua.MonitoringMode.Reporting
    parameters = wanted.RequestedParameters
    parameters.ClientHandle, parameters.QueueSize = ua.UInt32(handle), ua.UInt32(item.queue)
    sampling = min(item.sampling, URGENT) if item.urgent else item.sampling
    parameters.SamplingInterval = ua.Double(sampling / MILLISECOND)
    if item.deadband and filtered:
        chosen = ua.DataChangeFilter()
        chosen.Trigger = ua.DataChangeTrigger.StatusValue
        chosen.DeadbandType, chosen.DeadbandValue = ua.UInt32(int(ua.DeadbandType.Absolute)), ua.Double(item.deadband)
        parameters.Filter = chosen
    return wanted
