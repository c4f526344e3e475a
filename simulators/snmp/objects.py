"""From points to objects: scalars, rows of tables found by index or by name, counters that grow, whole columns."""

from collections.abc import Iterator, Sequence
from zlib import crc32

from drivers.snmp.address import COUNTERS, Address
from drivers.snmp.table import Table
from hub.model import MILLISECOND, SECOND, Device, Point, PointId, Timestamp, Value
from simulators.process import Process
from simulators.raw import raw_of
from simulators.snmp.tree import Cell, Name, Read, Tree, name_of

UPTIME = "1.3.6.1.2.1.1.3.0"
TICK = 10 * MILLISECOND
"""sysUpTime counts hundredths of a second (RFC 3418)."""
WHOLE = 100_000
"""What a percentage is taken of where no point says it."""
MOST_ROWS = 1000
"""Rows that a counted column may have."""


class Counter:
    """A counter that grows by a rate; it keeps its own reckoning, because the rate changes with time."""

    def __init__(self, start: int, bits: int) -> None:
        self.value = float(start)
        self.since: Timestamp | None = None
        self._modulus = 2**bits

    def at(self, rate: float, now: Timestamp) -> int:
        """Return the count at `now`, having grown by `rate` a second since it was last asked."""
        if self.since is not None and now > self.since:
            self.value = (self.value + max(rate, 0.0) * (now - self.since) / SECOND) % self._modulus
        self.since = now if self.since is None else max(self.since, now)
        return int(self.value)


class Objects:
    """What one agent knows of its devices. A restart gives the rows other indexes and lets counters begin at 0."""

    def __init__(self, devices: Sequence[Device], process: Process, began: Timestamp) -> None:
        self.began = began
        """When the agent started, for sysUpTime."""
        self._devices = devices
        self._points = [p for d in devices for p in d.points if p.address is not None]
        self._process = process
        self._counters: dict[PointId, Counter] = {}
        self._rows: dict[tuple[str, str, int], int] = {}
        self._restarts = 0
        self._shape: tuple[object, ...] = ()
        self.tree = Tree(())

    def restart(self, now: Timestamp) -> None:
        """Begin anew at `now`."""
        self.began = now
        self._restarts += 1
        self._rows.clear()
        self._counters = {p: Counter(0, c) for p, c in self._bits()}
        self._shape = ()
        self.refresh(now)

    def refresh(self, now: Timestamp) -> None:
        """Let time pass: counters grow, and tables whose rows come and go are laid anew."""
        for point in self._points:
            if point.address.rate:
                self._count(point, now)
        shape = tuple(
            self._raw(p, now) for p in self._points if p.address.holds is not None or p.address.fold == "count"
        )
        if shape != self._shape or not len(self.tree):
            self._shape = shape
            self.tree = Tree(self._cells(now))

    def row_of(self, point: PointId | None) -> Name | None:
        """Return the index of the table's row that a point lives in; None when it lives in none."""
        found = next((p for p in self._points if p.id == point), None)
        if found is None or found.address.table is None or found.address.whole_column:
            return None
        return name_of(self._index(found.address))

    def _cells(self, now: Timestamp) -> Iterator[Cell]:
        yield Cell(name_of(UPTIME), "ticks", self.uptime)
        plain = [p for p in self._points if not p.address.whole_column]
        for point in plain:
            yield from self._place(point)
        columns = {p.address.column_oid for p in plain if p.address.table}
        for number, point in enumerate(p for p in self._points if p.address.whole_column):
            if point.address.column_oid not in columns:
                yield from self._column(point, number + 1, now)
        for number, device in enumerate(self._devices):
            yield from self._walked(device)
            yield from _system(device, number)

    def _walked(self, device: Device) -> Iterator[Cell]:
        """Give the column that says what rows a table has, where no point lives in it."""
        for group in device.found:
            table: Table = group.address
            value = table.where if table.where is not None else 1
            type_ = "oid" if isinstance(value, str) else "integer"
            for point in device.points:
                if point.name.startswith(f"{group.name}."):
                    yield Cell(name_of(f"{table.walk}.{self._index(point.address)}"), type_, _always(value))

    def _place(self, point: Point) -> Iterator[Cell]:
        address: Address = point.address
        index = self._index(address)
        oid = address.oid or f"{address.column_oid}.{index}"
        if address.row is not None:
            name = address.row.equals
            type_ = "string" if isinstance(name, str) else "integer"
            yield Cell(name_of(f"{address.row.column_oid}.{index}"), type_, _always(name))
        for other in (address.discontinuity, address.percent_of):
            if other is not None:
                place = other if address.oid is not None else f"{other}.{index}"
                whole = other is address.percent_of
                yield Cell(name_of(place), "gauge" if whole else "ticks", _always(WHOLE if whole else 0))
        if oid == UPTIME:
            return
        yield Cell(name_of(oid), address.type, lambda now: self._said(point, now), self._writable(oid, address))

    def _writable(self, oid: str, address: Address) -> bool:
        """Tell whether any point that lives in an object may be written: of several cells the first one stays."""
        if address.rate or address.percent_of is not None:
            return False
        return any(p.writable and (p.address == address or p.address.oid == oid) for p in self._points)

    def _column(self, point: Point, number: int, now: Timestamp) -> Iterator[Cell]:
        """Give the rows of a column that a point is about as a whole."""
        address: Address = point.address
        raw = self._raw(point, now)
        if address.holds is not None and not raw:
            return
        if address.holds is not None:
            holds = address.holds
            type_ = "integer" if isinstance(holds, int) else "oid" if holds.replace(".", "").isdigit() else "string"
            yield Cell((*name_of(address.column_oid), number), type_, _always(holds))
        elif address.fold == "count":
            rows = min(int(raw), MOST_ROWS) if not isinstance(raw, str) else 0
            index = _addressed if self._learns(address.column_oid) else _numbered
            for row in range(1, rows + 1):
                yield Cell((*name_of(address.column_oid), *index(row)), "integer", _always(row))
        else:
            yield Cell((*name_of(address.column_oid), number), address.type, lambda now: self._raw(point, now))

    def _learns(self, column: str) -> bool:
        """Tell whether the rows of a column are addresses that a switch has learnt."""
        return any(column in event.address.tables for device in self._devices for event in device.events)

    def _index(self, address: Address) -> str:
        if address.row is None:
            return address.index or ""
        key = address.row.column_oid, str(address.row.equals), address.row.nth
        if key not in self._rows:
            taken = sum(column == key[0] for column, _, _ in self._rows)
            self._rows[key] = taken + 1 + self._restarts
        return str(self._rows[key])

    def _said(self, point: Point, now: Timestamp) -> Value:
        """Return what an object says at `now`, as the agent counts. Raises ValueError."""
        address: Address = point.address
        if address.rate:
            return self._count(point, now)
        raw = self._raw(point, now)
        if address.percent_of is not None and not isinstance(raw, str):
            return raw / 100 * WHOLE
        return raw

    def _raw(self, point: Point, now: Timestamp) -> Value:
        return raw_of(point, self._process.value(point, now))

    def _count(self, point: Point, now: Timestamp) -> int:
        if not self._counters:
            self._counters = {p: Counter(crc32(p.encode()), bits) for p, bits in self._bits()}
        rate = self._raw(point, now)
        return self._counters[point.id].at(0.0 if isinstance(rate, str) else float(rate), now)

    def _bits(self) -> list[tuple[PointId, int]]:
        return [(p.id, COUNTERS[p.address.type]) for p in self._points if p.address.rate]

    def uptime(self, now: Timestamp) -> int:
        """Return sysUpTime."""
        return max(0, now - self.began) // TICK % 2**32


def _numbered(row: int) -> Name:
    return (row,)


def _addressed(row: int) -> Name:
    """Return the index of a row that goes by a MAC address, a locally administered one."""
    return (2, 0, 0, 0, *divmod(row, 256))


def _always(value: Value) -> Read:
    return lambda _: value


def _system(device: Device, number: int) -> Iterator[Cell]:
    """Give what every agent says of itself (RFC 3418) where no point says it."""
    if number == 0:
        title = device.title.en
        yield Cell(name_of("1.3.6.1.2.1.1.1.0"), "string", _always(f"simulated {title}"))
        yield Cell(name_of("1.3.6.1.2.1.1.2.0"), "oid", _always("0.0"))
        yield Cell(name_of("1.3.6.1.2.1.1.5.0"), "string", _always(device.id))
