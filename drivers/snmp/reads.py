"""A set of points as requests to an agent and back as samples; pure. What can be decided once is decided once."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from operator import le
from typing import cast

from msgspec import Struct

from drivers.base import BoundPoint
from drivers.snmp import rates
from drivers.snmp.address import COUNTERS, Address
from drivers.snmp.plan import Request, Wish, halves, pack, weight, worth_walking
from drivers.snmp.tables import Tables, guards_of
from drivers.snmp.value import EXACT, Raw, column, decode, percentage, whole
from hub.model import Block, PointId, Reason, Sample, Value

UPTIME = "1.3.6.1.2.1.1.3.0"
"""sysUpTime (RFC 3418): every agent has it, so it is asked along with everything."""
_INTEGERS = {int}

Counts = dict[PointId, rates.Count]
"""What each rated point counted when it was last seen."""


class Whole(Struct, frozen=True):
    """The points of a request that are plain whole numbers: looked at together as long as all of them are good."""

    points: tuple[PointId, ...]
    oids: tuple[str, ...]
    lows: tuple[int, ...]
    highs: tuple[int, ...]
    alike: bool
    """Whether all of them have the same bounds."""

    def of_answer(self, answer: Mapping[str, Raw]) -> Block | None:
        """Return the numbers, or None when any of them needs a closer look."""
        found = list(map(answer.get, self.oids))
        if set(map(type, found)) != _INTEGERS:
            return None
        numbers = cast("list[int]", found)
        if self.alike:
            good = self.lows[0] <= min(numbers) and max(numbers) <= self.highs[0]
        else:
            good = all(map(le, self.lows, numbers)) and all(map(le, numbers, self.highs))
        return Block(self.points, numbers) if good else None


class Ask(Struct, frozen=True, eq=False):
    """One request, ready to send, and how its answer is read."""

    request: Request
    names: list[str]
    """Everything that is asked for."""
    weight: int
    """What that takes on the wire."""
    whole: Whole | None
    rated: tuple[int, ...]
    rated_points: tuple[PointId, ...]
    others: tuple[int, ...]


def row_columns(points: Iterable[BoundPoint]) -> tuple[str, ...]:
    """Return the columns by which the rows of these points are found."""
    return tuple(dict.fromkeys(p.address.row.column_oid for p in points if p.address.row is not None))


class Reads:
    """How one set of points is read while the index maps stay as they are."""

    def __init__(self, points: Sequence[BoundPoint], tables: Tables, room: int, repetitions: int) -> None:
        self.points = points
        self.row_columns = row_columns(points)
        self.guards = guards_of(self.row_columns)
        self.lost: list[Sample] = []
        """Points of rows that the agent has not."""
        self.columns: dict[str, list[int]] = {}
        """Columns that are read whole → the points they serve."""
        self._wishes: list[Wish] = [()] * len(points)
        self._indexes: dict[int, str] = {}
        single = [i for i, p in enumerate(points) if self._placed(i, p.address, tables)]
        room = max(1, room - len(self.guards))
        single = self._walk_instead(single, tables, room, repetitions)
        self.asks = [self._compile(request) for request in pack(single, self._wishes, room)]

    @property
    def whole(self) -> bool:
        """Whether one request fetches everything."""
        return len(self.asks) == 1 and not self.columns and not self.lost

    def split(self, ask: Ask) -> list[Ask]:
        """Ask for the two halves of a request by themselves from now on."""
        at = self.asks.index(ask)
        self.asks[at : at + 1] = parts = [self._compile(half) for half in halves(ask.request, self._wishes)]
        return parts

    def of_answer(
        self, ask: Ask, answer: Mapping[str, Raw], moment: rates.Moment, counts: Counts
    ) -> list[Sample | Block]:
        """Return what a request was answered: numbers that are good together, a sample for each other point."""
        made: list[Sample | Block] = []
        if ask.whole is not None:
            block = ask.whole.of_answer(answer)
            if block is None:
                return [*self._singly(ask.request.members, answer, moment, counts)]
            made.append(block)
        if ask.rated:
            made += self._rates(ask, answer, moment, counts)
        if ask.others:
            made += self._singly(ask.others, answer, moment, counts)
        return made

    def _rates(
        self, ask: Ask, answer: Mapping[str, Raw], moment: rates.Moment, counts: Counts
    ) -> Sequence[Sample | Block]:
        points, wishes = self.points, self._wishes
        found = [_rated(points[i], wishes[i], answer, moment, counts) for i in ask.rated]
        numbers = [n for n in found if type(n) is float]
        if len(numbers) == len(found):
            return (Block(ask.rated_points, numbers),)
        return [_seen(point, value) for point, value in zip(ask.rated_points, found, strict=True)]

    def _singly(
        self, members: Iterable[int], answer: Mapping[str, Raw], moment: rates.Moment, counts: Counts
    ) -> list[Sample]:
        points, wishes = self.points, self._wishes
        return [_seen(points[i].id, _value(points[i], wishes[i], answer, moment, counts)) for i in members]

    def _compile(self, request: Request) -> Ask:
        addresses: dict[int, Address] = {i: self.points[i].address for i in request.members}
        bounds = {i: whole(a) for i, a in addresses.items()}
        plain = {i: b for i, b in bounds.items() if b is not None}
        rated = tuple(i for i, a in addresses.items() if a.rate)
        names = [UPTIME, *self.guards, *request.oids]
        return Ask(
            request,
            names,
            weight(names),
            self._whole(plain) if plain else None,
            rated,
            tuple(self.points[i].id for i in rated),
            tuple(i for i in request.members if i not in plain and i not in rated),
        )

    def _whole(self, plain: Mapping[int, tuple[int, int]]) -> Whole:
        lows, highs = zip(*plain.values(), strict=True)
        points = tuple(self.points[i].id for i in plain)
        alike = len(set(plain.values())) == 1
        return Whole(points, tuple(self._wishes[i][0] for i in plain), lows, highs, alike)

    def of_column(self, name: str, rows: Mapping[str, Raw]) -> list[Sample]:
        """Return a sample for each point that a column serves."""
        return [self._from_column(i, rows) for i in self.columns[name]]

    def _from_column(self, i: int, rows: Mapping[str, Raw]) -> Sample:
        point, index = self.points[i], self._indexes.get(i)
        return _seen(point.id, column(point.address, rows) if index is None else decode(point.address, rows.get(index)))

    def none_of(self, members: Iterable[int], reason: Reason) -> list[Sample]:
        """Return, for some of the points, the reason why there is no value."""
        return [Sample(self.points[i].id, None, None, reason) for i in members]

    def gone(self, ask: Ask, answer: Mapping[str, Raw]) -> bool:
        """Tell whether a cell of a row that was found by name is not there any more."""
        if not self._indexes:
            return False
        return any(i in self._indexes and self._wishes[i][0] not in answer for i in ask.request.members)

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
            left = address.row is not None and address.row.found
            reason = Reason.NOT_PROGRAMMED if left else Reason.MISCONFIGURED
            self.lost.append(Sample(self.points[i].id, None, None, reason))
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
        for by in self.row_columns:
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
    if address.rate:
        return _rated(point, wish, answer, moment, counts)
    value = decode(address, answer.get(wish[0]))
    return value if address.percent_of is None else percentage(value, answer.get(wish[-1]))


def _rated(
    point: BoundPoint, wish: Wish, answer: Mapping[str, Raw], moment: rates.Moment, counts: Counts
) -> Value | Reason:
    address: Address = point.address
    value = decode(address, answer.get(wish[0]))
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


def _seen(point: PointId, value: Value | Reason) -> Sample:
    """Return a value, or the reason why there is none, as a sample; a whole number too large to be exact says so."""
    if type(value) is Reason:
        return Sample(point, None, None, value)
    if type(value) is int and not -EXACT <= value <= EXACT:
        return Sample(point, value, None, Reason.OUT_OF_RANGE)
    return Sample(point, value)
