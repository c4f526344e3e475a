"""One simulated Modbus unit: its points in memory, its event buffers, and what it answers to each request."""

from collections.abc import Mapping, Sequence

import structlog
from pymodbus.constants import ExcCodes
from pymodbus.simulator import DataType, SimData, SimDevice

from drivers.modbus.address import BIT_TABLES, Address, Limits
from hub.model import Device, Point, PointId, Timestamp
from simulators.eventlog import EventLog
from simulators.faults import Faults
from simulators.image import TABLES, Image
from simulators.panel import PROFILE, Panel
from simulators.process import Process

log = structlog.get_logger(__name__)

TABLE_OF = {1: "coil", 2: "discrete", 3: "holding", 4: "input", 5: "coil", 6: "holding", 15: "coil", 16: "holding"}
"""Function code → table (MODBUS Application Protocol V1.1b3, 6)."""
_UNUSED = 65_520
"""Where a table that the device does not have is parked; the action refuses it."""


class Unit:
    """One unit id of the line: its devices, their points and its memory."""

    def __init__(self, number: int, devices: Sequence[Device], process: Process, faults: Faults) -> None:
        self.number = number
        self.devices = tuple(d.id for d in devices)
        first_last = [p for d in devices for p in d.points if p.address is not None][::-1]
        # of several points that read the same place the first is written last; bits go into registers already written
        self.points = tuple(sorted(first_last, key=_is_bits))
        self.logs = [EventLog(d, e) for d in devices for e in d.events if e.address.present]
        shown = (*self.points, *(point for log in self.logs for point in log.points))
        self.image = Image(shown, Limits.model_validate(devices[0].limits))
        self._panels = [Panel(d, process) for d in devices if d.profile == PROFILE]
        self._process, self._faults = process, faults
        self._now: Timestamp = 0
        self._taken: set[PointId] = set()
        self._warned: set[PointId] = set()

    def broken(self, *kinds: str) -> bool:
        """Tell whether one of these faults is in force at a device of this unit."""
        return any(self._faults.any_of(device, *kinds) for device in self.devices)

    def argument(self, kind: str, name: str) -> float | None:
        """Return an argument of a fault in force at this unit, or None."""
        found = (self._faults.of(device, kind) for device in self.devices)
        return next((fault.args[name] for fault in found if fault), None)

    def once(self, kind: str) -> Mapping[str, float] | None:
        """End a fault that happens once and return its arguments; None when it is not in force."""
        for device in self.devices:
            fault = self._faults.of(device, kind)
            if fault is not None:
                self._faults.end(device, kind)
                return fault.args
        return None

    def restart(self) -> None:
        """Start anew: what clients wrote is gone, and event buffers are empty."""
        self._taken.clear()
        for kept in self.logs:
            kept.restart()

    def lose(self, records: int) -> None:
        """Pass over some numbers of the event buffers."""
        for kept in self.logs:
            kept.lose(records)

    def refresh(self, now: Timestamp) -> None:
        """Write what the process says at `now` into the memory, except what a client has written."""
        self._now = now
        for panel in self._panels:
            panel.follow(now)
        for kept in self.logs:
            kept.watch(self._process, now)
            kept.show(self.image)
        for point in sorted(self.points, key=self._rank):
            if point.id not in self._taken and not self._faults.of(point.device, "frozen"):
                self._put(point, now)

    def _rank(self, point: Point) -> tuple[bool, bool]:
        return _is_bits(point), self._process.held(point.id)

    def set(self, point: PointId, now: Timestamp) -> None:
        """Take a point back from the client that wrote it, and show what the process says."""
        self._taken.discard(point)
        self.refresh(now)

    def _put(self, point: Point, now: Timestamp) -> None:
        swapped = self._faults.of(point.device, "word_order") is not None
        try:
            self.image.put(point, self._process.value(point, now), swapped=swapped)
        except ValueError as problem:
            if point.id not in self._warned:
                self._warned.add(point.id)
                log.warning("a simulated point cannot hold its value", point=point.id, problem=str(problem))

    def as_device(self) -> SimDevice:
        """Return what pymodbus serves: the span of each table, every access decided by `_access`."""
        coils, discretes, holding, inputs = (self._block(table) for table in TABLES)
        return SimDevice(self.number, (coils, discretes, holding, inputs), action=self._access)

    def _block(self, table: str) -> list[SimData]:
        first, count = self.image.span(table) or (_UNUSED, 16)
        if table in BIT_TABLES:
            return [SimData(first, count=count, values=False, datatype=DataType.BITS)]
        return [SimData(first, count=count, values=0, datatype=DataType.REGISTERS)]

    async def _access(
        self,
        function: int,
        start: int,
        address: int,
        count: int,
        registers: list[int],
        written: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        """Answer one request of a client from the memory; pymodbus calls it before it touches its own registers."""
        code = self.argument("exception", "code")
        if code is not None:
            return ExcCodes(int(code))
        table = TABLE_OF.get(function)
        if table is None:
            return ExcCodes.ILLEGAL_FUNCTION
        if written is not None:
            return self._write(table, address, written)
        if table in BIT_TABLES:
            return self._show_bits(table, start, registers)
        return self._show_words(table, address, count, registers, address - start)

    def _show_words(self, table: str, address: int, count: int, registers: list[int], at: int) -> ExcCodes | None:
        if count > self.image.limits.largest_read:
            return ExcCodes.ILLEGAL_VALUE
        words = self.image.read(table, address, count)
        if words is None:
            return ExcCodes.ILLEGAL_ADDRESS
        registers[at : at + count] = words
        return None

    def _show_bits(self, table: str, start: int, registers: list[int]) -> ExcCodes | None:
        # pymodbus counts in words of 16 bits here, whatever bits were asked for
        if not self.image.words[table]:
            return ExcCodes.ILLEGAL_ADDRESS
        known = self.image.words[table]
        for n in range(len(registers) - 1):
            base = (start + n) * 16
            registers[n] = sum(1 << bit for bit in range(16) if known.get(base + bit))
        return None

    def _write(self, table: str, address: int, written: Sequence[int] | Sequence[bool]) -> ExcCodes | None:
        if not self.image.write(table, address, [int(word) for word in written]):
            return ExcCodes.ILLEGAL_ADDRESS
        span = range(address, address + len(written))
        for point in self.points:
            place = point.address
            if place.table == table and place.number < span.stop and place.end > span.start:
                self._taken.add(point.id)
        if table == "holding":
            self._told(address, [int(word) for word in written])
        return None

    def _told(self, address: int, words: Sequence[int]) -> None:
        """Let event buffers and panels do what a client told them."""
        for kept in self.logs:
            if kept.written(address, words):
                kept.show(self.image)
        for panel in self._panels:
            panel.written(address, words, self._now)
        if self._panels:
            self.refresh(self._now)


def _is_bits(point: Point) -> bool:
    """Tell whether a point is only some bits of its registers."""
    place: Address = point.address
    return place.bit is not None or place.bits is not None
