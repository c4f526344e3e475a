"""The SNMP driver: asks an agent for objects and columns, hands out raw values or the reason why there is none.

Errors of agents from RFC 3416, 4.2: tooBig and genErr void a whole answer, noSuchName (version 1) too.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from pydantic import ValidationError

from drivers.base import BoundDevice, BoundPoint, Kept, Sink
from drivers.snmp import rates
from drivers.snmp.bridge import bridges
from drivers.snmp.client import SnmpClient
from drivers.snmp.connection import Limits
from drivers.snmp.exchange import BadAnswer
from drivers.snmp.reads import UPTIME, Ask, Counts, Reads, row_columns
from drivers.snmp.rowfinder import RowFinder
from drivers.snmp.tables import Tables, guards_of
from drivers.snmp.value import Raw
from hub.metrics import Figure
from hub.model import (
    Block,
    Clock,
    DeviceId,
    FoundGroup,
    FoundRow,
    Misconfigured,
    Reason,
    Refused,
    Sample,
    Value,
)
from hub.model.clock import SystemClock

MOST_SETS = 1000


class SnmpDriver:
    """One agent, with every device that stands for a part of it."""

    def __init__(self, devices: Sequence[BoundDevice], clock: Clock | None = None) -> None:
        self._devices: dict[DeviceId, BoundDevice] = {d.id: d for d in devices}
        self._clock = clock or SystemClock()
        self._connection = devices[0].connection
        self._client = SnmpClient(self._connection, self._clock)
        self._patience = max(d.timeout for d in devices)
        self._limits = {d.id: _limits(d) for d in devices}
        self._reads: dict[int, tuple[Sequence[BoundPoint] | None, int, Reads | None]] = {}
        """How sets of points are read, by the very set: scans ask for the same object again and again."""
        self._tables = Tables()
        self._rows = RowFinder(self._client, self._tables, self._clock)
        self._bridges = bridges(devices, self._limits, self._client, self._clock)
        self._counts: Counts = {}
        self._traffic = {d.id: [0, 0] for d in devices}
        self._walks = 0
        self.tap: Callable[[str], None] | None = None
        """Told in words what the agent is asked, for who cannot read encrypted messages."""

    async def open(self) -> None:
        """Find the agent and sign in. Raises Unreachable, Misconfigured."""
        await self._client.open(self._patience)

    async def read(self, points: Sequence[BoundPoint]) -> Sequence[Sample | Block]:
        """Return what is known of each point, all of one device. Raises NoAnswer, Unreachable, Misconfigured."""
        if not points:
            return []
        device = self._devices[points[0].device]
        self._client.exchange.account = self._traffic[device.id]
        for _ in range(2):
            reads = self._known(points) or await self._find_out(device, points)
            seen = await self._collect(device, reads)
            if seen is not None:
                return seen
        return reads.none_of(range(len(points)), Reason.WAITING)

    async def found(self, device: DeviceId, group: FoundGroup) -> Sequence[FoundRow] | None:
        """Return the rows of a table, or None when they are as before. Raises Refused, NoAnswer, Unreachable."""
        self._client.exchange.account = self._traffic[device]
        return await self._rows.found(self._devices[device], self._limits[device], group)

    def keeps(self, device: DeviceId) -> bool:
        """Tell whether strangers among the addresses of a device are events."""
        return device in self._bridges

    async def kept(self, device: DeviceId) -> Kept | None:
        """Return the strangers, when there is a look due and it finds any. Raises Refused, NoAnswer, Unreachable."""
        self._client.exchange.account = self._traffic[device]
        return await self._bridges[device].kept()

    async def subscribe(self, sink: Sink) -> None:
        """Refuse: agents are asked; what they tell goes to the receiver of traps. Raises Misconfigured."""
        raise Misconfigured("SNMP agents are asked; their traps go to a device with driver snmp-trap")

    async def write(self, point: BoundPoint, value: Value) -> None:
        """Set the object of a point. Raises Refused, NoAnswer, Unreachable, Misconfigured."""
        from drivers.snmp.setting import set_object  # pysnmp takes a third of a second, and most hubs set nothing

        device, address = self._devices[point.device], point.address
        if address.rate or address.whole_column or address.percent_of is not None:
            raise Refused("not_writable", f"{point.id} is worked out from what the agent has; nothing was sent")
        if address.row is not None:
            self._tables.forget()  # rows may have moved since they were read, and this one is going to be changed
        reads = await self._find_out(device, [point])
        if not reads.asks:
            raise Refused("not_writable", f"the agent has no row {address.row and address.row.equals!r} now")
        oid = reads.asks[0].request.oids[0]
        await set_object(self._connection, oid, address.type, value, device.timeout)

    async def close(self) -> None:
        """Disconnect; safe to call twice and after a failed `open`."""
        self._client.close()

    def traffic(self, device: DeviceId) -> tuple[int, int]:
        """Return the bytes sent for a device (reckoned, see `Exchange.weigh`) and received."""
        sent, received = self._traffic[device]
        return sent, received

    def figures(self) -> Iterable[Figure]:
        """Return what the agent was asked and what came of it."""
        exchange = self._client.exchange
        of = {"line": exchange.where}
        yield Figure(
            "citywatch_snmp_requests", "Requests sent, repetitions included", exchange.requests, of, total=True
        )
        yield Figure(
            "citywatch_snmp_unanswered", "Requests that stayed unanswered", exchange.unanswered, of, total=True
        )
        yield Figure(
            "citywatch_snmp_undecodable", "Answers that could not be decoded", exchange.damaged, of, total=True
        )
        for way, total in zip(("sent", "received"), map(sum, zip(*self._traffic.values(), strict=True)), strict=True):
            yield Figure("citywatch_snmp_bytes", "Bytes on the wire", total, {**of, "way": way}, total=True)
        walks = self._walks + self._rows.walks
        yield Figure("citywatch_snmp_walks", "Columns read to find rows", walks, of, total=True)

    async def _collect(self, device: BoundDevice, reads: Reads) -> Sequence[Sample | Block] | None:
        """Return what is seen of all points; None when rows may have moved under the question."""
        if reads.whole:
            return await self._fetch(device, reads, reads.asks[0])
        seen: list[Sample | Block] = [*reads.lost]
        for ask in tuple(reads.asks):
            found = await self._fetch(device, reads, ask)
            if found is None:
                return None
            seen += found
        for column, members in reads.columns.items():
            rows = await self._column(device, column)
            seen += reads.none_of(members, Reason.UNDECODABLE) if rows is None else reads.of_column(column, rows)
        return seen

    async def _fetch(self, device: BoundDevice, reads: Reads, ask: Ask) -> Sequence[Sample | Block] | None:
        """Ask one request; one that is answered with an error, or not understood, is halved and asked again."""
        if self.tap is not None:
            self.tap(", ".join(ask.names))
        reason = Reason.NOT_PROGRAMMED if self._connection.version == 1 else Reason.REFUSED
        try:
            answer = await self._client.get(ask.names, device.timeout, ask.weight)
        except BadAnswer:
            answer, reason = {}, Reason.UNDECODABLE
        if not answer:
            return await self._halve(device, reads, ask, reason)
        uptime = answer.get(UPTIME)
        moment = rates.Moment(uptime if isinstance(uptime, int) else None, self._clock.monotonic())
        if self._tables.moved(answer, moment, reads.guards):
            return None
        if reads.gone(ask, answer):
            self._tables.doubt(moment.at)
        return reads.of_answer(ask, answer, moment, self._counts)

    async def _halve(
        self, device: BoundDevice, reads: Reads, ask: Ask, reason: Reason
    ) -> Sequence[Sample | Block] | None:
        if len(ask.request.members) == 1:
            return reads.none_of(ask.request.members, reason)
        seen: list[Sample | Block] = []
        for part in reads.split(ask):
            found = await self._fetch(device, reads, part)
            if found is None:
                return None
            seen += found
        return seen

    def _known(self, points: Sequence[BoundPoint]) -> Reads | None:
        """Return how the points are read, if that is known and no name of a row has to be looked up again."""
        asked, version, reads = self._reads.get(id(points), _UNKNOWN)
        if asked is not points or reads is None or version != self._tables.version:
            return None
        columns = reads.row_columns
        return None if columns and self._tables.unknown(columns, self._clock.monotonic()) else reads

    async def _find_out(self, device: BoundDevice, points: Sequence[BoundPoint]) -> Reads:
        """Return how the points are read, after reading the names of rows where that is due."""
        await self._learn(device, row_columns(points))
        known = self._known(points)
        if known is None:
            limits = self._limits[device.id]
            room = min(limits.largest, self._connection.largest) - 1
            repetitions = 0 if self._connection.version == 1 else limits.repetitions
            known = Reads(tuple(points), self._tables, room, repetitions)
            if len(self._reads) >= MOST_SETS:
                self._reads.clear()  # points that are asked for once (between scans) must not fill the memory
            self._reads[id(points)] = points, self._tables.version, known
        return known

    async def _learn(self, device: BoundDevice, columns: Sequence[str]) -> None:
        unknown = self._tables.unknown(columns, self._clock.monotonic()) if columns else []
        guards = guards_of(unknown)
        if guards:
            try:
                self._tables.guard(await self._client.get([UPTIME, *guards], device.timeout), guards)
            except BadAnswer:
                self._tables.guard({}, guards)
        for column in unknown:
            rows = await self._column(device, column)
            self._walks += 1
            self._tables.learn(column, rows or {}, self._clock.monotonic())

    async def _column(self, device: BoundDevice, column: str) -> Mapping[str, Raw] | None:
        """Return the rows of a column, or None when nothing can be made of it."""
        if self.tap is not None:
            self.tap(f"the column {column}")
        limits = self._limits[device.id]
        try:
            return await self._client.column(column, limits.repetitions, limits.largest_table, device.timeout)
        except BadAnswer:
            return None


_UNKNOWN: tuple[Sequence[BoundPoint] | None, int, Reads | None] = None, -1, None


def _limits(device: BoundDevice) -> Limits:
    try:
        return Limits.model_validate(device.limits)
    except ValidationError as fault:
        first = fault.errors()[0]
        place = ".".join(str(p) for p in first["loc"])
        raise Misconfigured(f"limits of {device.id}: {place}: {first['msg']}") from fault
