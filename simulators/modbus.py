"""A Modbus line on the wire: pymodbus' own server, every unit id behind one address, and what can go wrong with it."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any, cast

import structlog
from pymodbus.constants import ExcCodes
from pymodbus.framer import FramerType
from pymodbus.server import ModbusTcpServer
from pymodbus.server.requesthandler import ServerRequestHandler
from pymodbus.simulator import DataType, SimData, SimDevice

from drivers.modbus.address import BIT_TABLES, Address, Limits
from drivers.modbus.connection import Connection
from hub.model import Device, DeviceId, Point, PointId, Timestamp
from simulators.base import LOOPBACK, Line, Override
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


class _Handler(ServerRequestHandler):
    """One client's connection; what is sent may be late, spoilt or missing."""

    server: "_Server"

    def __init__(self, server: "_Server") -> None:
        super().__init__(server, None, None, None)  # type: ignore[no-untyped-call]

    def callback_connected(self) -> None:
        """Refuse whoever connects while the line is cut."""
        super().callback_connected()
        if self.server.cut():
            self.close()

    def send(self, data: bytes, addr: tuple[Any, ...] | None = None) -> None:
        """Send a reply as the unit's faults let it pass."""
        unit = self.server.unit_of(data)
        if unit is None or unit.broken("silence", "cut"):
            return
        spoilt = _spoil(unit, data)
        late = unit.argument("delay", "seconds")
        if late is None:
            super().send(spoilt, addr)
        else:
            self.loop.call_later(late, partial(self._send_late, spoilt))

    def _send_late(self, data: bytes) -> None:
        if self.transport:
            super().send(data)


def _spoil(unit: Unit, data: bytes) -> bytes:
    if unit.broken("half_frames"):
        return data[: len(data) // 2]
    if unit.broken("garbage"):
        return bytes(byte ^ 0xA5 for byte in data)
    return data


class _Server(ModbusTcpServer):
    """pymodbus' server with connections that can fail."""

    def __init__(self, units: Sequence[Unit], framing: str) -> None:
        self.units = {unit.number: unit for unit in units}
        self._unit_byte = 0 if framing == "rtu" else 6
        framer = FramerType.RTU if framing == "rtu" else FramerType.SOCKET
        devices = [unit.as_device() for unit in units]
        super().__init__(devices, framer=framer, address=(LOOPBACK, 0), ignore_missing_devices=True)

    def callback_new_connection(self) -> _Handler:
        """Return the handler of a new connection."""
        return _Handler(self)

    def unit_of(self, frame: bytes) -> Unit | None:
        """Return the unit that a frame speaks of."""
        return self.units.get(frame[self._unit_byte]) if len(frame) > self._unit_byte else None

    def cut(self) -> bool:
        """Tell whether the line is cut: the fault of one device breaks it for all."""
        return any(unit.broken("cut") for unit in self.units.values())

    def drop_connections(self) -> None:
        """Close every connection that stands."""
        for connection in list(self.active_connections.values()):
            connection.close()


class ModbusLine(Line):
    """One Modbus TCP or RTU-over-TCP line with every unit behind it."""

    faults_known = frozenset({"silence", "cut", "delay", "half_frames", "garbage", "exception", "frozen", "word_order"})

    def __init__(self, devices: Sequence[Device], process: Process, faults: Faults) -> None:
        super().__init__(devices, process, faults)
        groups: dict[int, list[Device]] = {}
        for device in devices:
            groups.setdefault(device.connection.unit, []).append(device)
        self._units = [Unit(number, group, process, faults) for number, group in groups.items()]
        self._unit_of = {device: unit for unit in self._units for device in unit.devices}
        self._server: _Server | None = None

    async def start(self) -> Override:
        """Listen on a free loopback port. Raises OSError."""
        connection: Connection = self.devices[0].connection
        self._server = _Server(self._units, connection.framing)
        if not await self._server.listen():
            raise OSError(f"no free port on {LOOPBACK} for the simulator of {self.devices[0].id}")
        listening = cast(asyncio.Server, self._server.transport)
        return Override(LOOPBACK, listening.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close the listener and every connection."""
        if self._server is not None:
            server, self._server = self._server, None
            server.drop_connections()
            server.close()

    def tick(self, now: Timestamp) -> None:
        """Fill the memory of every unit anew."""
        for unit in self._units:
            unit.refresh(now)

    def changed(self, point: PointId, now: Timestamp) -> None:
        """Fill the memory of the point's unit anew."""
        for unit in self._units:
            if any(p.id == point for p in unit.points):
                unit.set(point, now)

    def disturbed(self, device: DeviceId, now: Timestamp) -> None:
        """Refresh the unit; a cut drops every connection at once."""
        self._unit_of[device].refresh(now)
        if self._server is not None and self._server.cut():
            self._server.drop_connections()
