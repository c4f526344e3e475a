"""A set of points as requests to an agent and back as samples; pure. What can be decided once is decided once."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from drivers.base import BoundPoint
from drivers.snmp import rates
from drivers.snmp.address import COUNTERS, Address
from drivers.snmp.plan import Request, Wish, halves, pack, worth_walking
from drivers.snmp.tables import Tables, guards_of
from drivers.snmp.value import EXACT, Raw, column, decode, percentage
from hub.model import PointId, Reason, Sample, Value

Counts = dict[PointId, rates.Count]
"""What each rated point counted when it was last seen."""


def row_columns(points: Iterable[BoundPoint]) -> tuple[str, ...]:
    """Return the columns by which the rows of these points are found."""
    return tuple(dict.fromkeys(p.address.row.column_oid for p in points if p.address.row is not None))


class Reads:
    """How one set of points is read while the index maps stay as they are."""

    def __init__(self, points: Sequence[BoundPoint], tables: Tables, room: int, repetitions: int) -> None:
        self.points = points
        self.guards = guards_of(row_columns(points))
        self.lost: list[Sample] = []
        """Points of rows that the agent has not."""
        self.columns: dict[str, list[int]] = {}
        """Columns that are read whole → the points they serve."""
        self._wishes: list[Wish] = [()] * len(points)
        self._indexes: dict[int, str] = {}
        single = [i for i, p in enumerate(points) if self._placed(i, p.address, tables)]
        room = max(1, room - len(self.guards))
        single = self._walk_instead(single, tables, room, repetitions)
        self.requests = pack(single, self._wishes, room)

    def split(self, request: Request) -> list[Request]:
        """Ask for the two halves of a request by themselves from now on."""
        at = self.requests.index(request)
        self.requests[at : at + 1] = parts = halves(request, self._wishes)
        return parts

    def of_answer(
        self, request: Request, answer: Mapping[str, Raw], moment: rates.Moment, counts: Counts
    ) -> list[Sample]:
        """Return a sample for each point of a request."""
        made = []
        for i in request.members:
            point, wish = self.points[i], self._wishes[i]
            value = _value(point, wish, answer, moment, counts)
            made.append(Sample(point.id, None, None, value) if type(value) is Reason else _sample(point.id, value))
        return made

    def of_column(self, name: str, rows: Mapping[str, Raw]) -> list[Sample]:
        """Return a sample for each point that a column serves."""
        return [self._from_column(i, rows) for i in self.columns[name]]

    def _from_column(self, i: int, rows: Mapping[str, Raw]) -> Sample:
        point, index = self.points[i], self._indexes.get(i)
        value = column(point.address, rows) if index is None else decode(point.address, rows.get(index))
        return Sample(point.id, None, None, value) if isinstance(value, Reason) else _sample(point.id, value)

    def none_of(self, members: Iterable[int], reason: Reason) -> list[Sample]:
        """Return, for some of the points, the reason why there is no value."""
        return [Sample(self.points[i].id, None, None, reason) for i in members]

    def gone(self, request: Request, answer: Mapping[str, Raw]) -> bool:
        """Tell whether a cell of a row that was found by name is not there any more."""
        return any(i in self._indexes and self._wishes[i][0] not in answer for i in request.members)

    def _placed(self, i: int, address: Address, tables: Tables) -> bool:
        """Say where a point lives now; False when it is not asked for by itself."""
        if address.whole_column:
            self.columns.setdefault(address.column_oid, []).append(i)
            return False
        if address.oid is not None:
            others = filter(None, (address.discontinuity, address.percent_of))
            self._wishes[i] = (address.oid, *others)
            return True
        index = address.index if address.row is None else tables.index(address.row)
        if index is None:
            self.lost.append(Sample(self.points[i].id, None, None, Reason.MISCONFIGURED))
            return False
        if address.row is not None:
            self._indexes[i] = index
        others = filter(None, (address.discontinuity, address.percent_of))
        self._wishes[i] = (f"{address.column_oid}.{index}", *(f"{other}.{index}" for other in others))
        return True

    def _walk_instead(self, single: list[int], tables: Tables, room: int, repetitions: int) -> list[int]:
        """Read whole columns where that takes fewer requests; return the points that are still asked for singly."""
        found_by = {i: self.points[i].address for i in single if i in self._indexes and len(self._wishes[i]) == 1}
        plain = {i: a for i, a in found_by.items() if not a.rate}
        walked: set[str] = set()
        for by in row_columns(self.points):
            wanted = Counter(a.column_oid for a in plain.values() if a.row is not None and a.row.column_oid == by)
            walked |= worth_walking(wanted, tables.size(by), room, repetitions)
        for i, a in plain.items():
            if a.column_oid in walked:
                self.columns.setdefault(a.column_oid, []).append(i)
        return [i for i in single if i not in plain or plain[i].column_oid not in walked]


def _value(
    point: BoundPoint, wish: Wish, answer: Mapping[str, Raw], moment: rates.Moment, counts: Counts
) -> Value | Reason:
    address: Address = point.address
    value = decode(address, answer.get(wish[0]))
    if address.percent_of is not None:
        return percentage(value, answer.get(wish[-1]))
    if not address.rate:
        return value
    if type(value) is not int:
        counts.pop(point.id, None)
        return value if isinstance(value, Reason) else Reason.UNDECODABLE
    return _rate(point.id, address, rates.Count(value, _since(wish, answer), moment), counts)


def _since(wish: Wish, answer: Mapping[str, Raw]) -> int | str | None:
    since = answer.get(wish[1]) if len(wish) > 1 else None
    return since if isinstance(since, int | str) else None


def _rate(point: PointId, address: Address, now: rates.Count, counts: Counts) -> Value | Reason:
    """Return the rate since the point was last seen; what it counts now is remembered."""
    before = counts.get(point)
    if before is not None and rates.too_soon(before.moment, now.moment):
        return Reason.WAITING
    counts[point] = now
    rate = None if before is None else rates.rate(before, now, COUNTERS[address.type], address.most)
    return Reason.WAITING if rate is None else rate


def _sample(point: PointId, value: Value) -> Sample:
    """Return the sample of a value; a whole number too large to be kept exactly says so."""
    if type(value) is int and not -EXACT <= value <= EXACT:
        return Sample(point, value, None, Reason.OUT_OF_RANGE)
    return Sample(point, value)
