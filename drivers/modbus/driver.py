"""The Modbus driver: reads blocks of registers, hands out raw values or the reason why there is none.

Function and exception codes from "MODBUS Application Protocol Specification V1.1b3", sections 6 and 7.
"""

import asyncio
import struct
from collections.abc import Iterable, Sequence

from pydantic import ValidationError

from drivers.base import BoundDevice, BoundPoint, Kept, Sink
from drivers.modbus.address import Address, Limits
from drivers.modbus.client import ModbusClient
from drivers.modbus.codec import encode
from drivers.modbus.connection import Connection
from drivers.modbus.reads import Read, Reads
from drivers.modbus.records import Records
from hub.metrics import Figure
from hub.model import (
    SECOND,
    Block,
    Clock,
    DeviceId,
    Misconfigured,
    NoAnswer,
    PointId,
    Reason,
    Refused,
    Sample,
    SystemClock,
    Value,
)

WRITE_COIL, WRITE_REGISTER, WRITE_REGISTERS, MASK_WRITE = 5, 6, 16, 22
ILLEGAL_ADDRESS, ILLEGAL_VALUE = 2, 3
GATEWAY = {10: "the gateway has no path to the unit", 11: "the unit behind the gateway does not respond"}
EXCEPTIONS = {
    1: "illegal function", 2: "illegal data address", 3: "illegal data value", 4: "device failure",
    5: "acknowledged, still working", 6: "device busy", 8: "memory parity error", **GATEWAY,
}  # fmt: skip

LONGEST_SCAN = 50.0
"""Seconds that the pauses of one scan may take; the runner gives a read up after 60."""


class ModbusDriver:
    """One connection with every unit behind it."""

    def __init__(self, devices: Sequence[BoundDevice], clock: Clock | None = None) -> None:
        self._devices: dict[DeviceId, BoundDevice] = {d.id: d for d in devices}
        self._reads: dict[tuple[PointId, ...], Reads] = {}
        self._limits: dict[DeviceId, Limits] = {}
        self._rested: dict[DeviceId, float] = {}
        """Event loop's time before which a device that needs pauses is not asked."""
        self.client = ModbusClient(_of_all(devices))
        self._patience = max(d.timeout for d in devices)
        clock = clock or SystemClock()
        self._buffers = {
            d.id: [Records(d, e, self._limits_of(d), self._ask, clock) for e in d.events if e.address.present]
            for d in devices
            if d.events
        }

    async def open(self) -> None:
        """Connect. Raises Unreachable."""
        await self.client.open(self._patience)

    async def read(self, points: Sequence[BoundPoint]) -> list[Sample | Block]:
        """Return each point, all of one device, once. Raises NoAnswer, Unreachable, Misconfigured."""
        if not points:
            return []
        device = self._devices[points[0].device]
        reads = self._reads_of(device, points)
        seen: list[Sample | Block] = list(reads.impossible)
        for read in tuple(reads.reads):
            seen += await self._fetch(device, reads, read)
        return seen

    async def subscribe(self, sink: Sink) -> None:
        """Refuse: Modbus devices are asked, they never report by themselves. Raises Misconfigured."""
        raise Misconfigured("Modbus devices do not report by themselves")

    async def write(self, point: BoundPoint, value: Value) -> None:
        """Set a coil, a holding register or a bit of one. Raises Refused, NoAnswer, Unreachable."""
        device = self._devices[point.device]
        request, answer = write_request(point.address, value)
        pdu = await self._ask(device, request)
        if pdu[0] == request[0] | 0x80:
            raise Refused("device", f"the device refused to write {point.id}: {_exception(pdu)}")
        if pdu != answer:
            raise NoAnswer(f"the device answered the write of {point.id} with something else")

    def keeps(self, device: DeviceId) -> bool:
        """Tell whether a device has an event buffer."""
        return bool(self._buffers.get(device))

    async def kept(self, device: DeviceId) -> Kept | None:
        """Return the oldest record of a device's event buffers, or None. Raises Refused, NoAnswer, Unreachable."""
        for buffer in self._buffers[device]:
            if (kept := await buffer.next()) is not None:
                return kept
        return None

    async def close(self) -> None:
        """Disconnect; safe to call twice and after a failed `open`."""
        self.client.close()

    def traffic(self, device: DeviceId) -> tuple[int, int]:
        """Return bytes sent to a device's unit and received from it."""
        sent, received = self.client.traffic.get(self._devices[device].connection.unit, (0, 0))
        return sent, received

    def figures(self) -> Iterable[Figure]:
        """Return bytes on the wire, records of event buffers, and what devices dropped before it could be read."""
        for way, sums in zip(("sent", "received"), zip(*self.client.traffic.values(), strict=True), strict=False):
            labels = {"line": self.client.connection.where, "way": way}
            yield Figure("citywatch_modbus_bytes", "Bytes on the wire", sum(sums), labels, total=True)
        for buffer in (b for buffers in self._buffers.values() for b in buffers):
            of = {"device": buffer.device.id}
            yield Figure("citywatch_modbus_records", "Records of event buffers stored", buffer.stored, of, total=True)
            words = "Records that the device dropped unread"
            yield Figure("citywatch_modbus_records_missed", words, buffer.missed, of, total=True)

    def _reads_of(self, device: BoundDevice, points: Sequence[BoundPoint]) -> Reads:
        key = tuple([p.id for p in points])
        if key not in self._reads:
            reads = Reads(tuple(points), self._limits_of(device))
            _bearable(device, len(reads.reads), reads.limits)
            self._reads[key] = reads
        return self._reads[key]

    def _limits_of(self, device: BoundDevice) -> Limits:
        if device.id not in self._limits:
            self._limits[device.id] = _limits(device)
        return self._limits[device.id]

    async def _ask(self, device: BoundDevice, request: bytes) -> bytes:
        pause = self._limits_of(device).pause / SECOND
        if not pause:
            return await self.client.ask(device.connection.unit, request, device.timeout)
        loop = asyncio.get_running_loop()
        wait = self._rested.get(device.id, 0.0) - loop.time()
        if wait > 0:
            await asyncio.sleep(wait)
        try:
            return await self.client.ask(device.connection.unit, request, device.timeout)
        finally:
            self._rested[device.id] = loop.time() + pause

    async def _fetch(self, device: BoundDevice, reads: Reads, read: Read) -> Sequence[Sample | Block]:
        pdu = await self._ask(device, read.request)
        if pdu[:2] == read.head and len(pdu) == read.size:
            return read.decode(pdu)
        if pdu[0] != read.request[0] | 0x80 or len(pdu) != 2:
            return reads.none_of(read, Reason.UNDECODABLE)
        code = pdu[1]
        if code in GATEWAY:
            raise NoAnswer(f"{GATEWAY[code]} (unit {device.connection.unit}, exception {code})")
        if code in (ILLEGAL_ADDRESS, ILLEGAL_VALUE):
            reads.split(read)
        return reads.none_of(read, Reason.REFUSED)


def _of_all(devices: Sequence[BoundDevice]) -> Connection:
    """Return the connection that all share. Raises Misconfigured when they see their serial port differently."""
    first: Connection = devices[0].connection
    for device in devices:
        c: Connection = device.connection
        if (c.baud, c.parity, c.stop) != (first.baud, first.parity, first.stop):
            raise Misconfigured(
                f"{devices[0].id} and {device.id} share {first.serial} and differ in baud, parity or stop; "
                "a serial line has one speed"
            )
    return first


def _bearable(device: BoundDevice, requests: int, limits: Limits) -> None:
    """Raise Misconfigured when one scan of a device would hold its line for too long."""
    seconds = requests * limits.pause / SECOND
    if seconds > LONGEST_SCAN:
        raise Misconfigured(
            f"a scan of {device.id} makes {requests} requests, {limits.pause / SECOND:g} s apart: {seconds:g} s, "
            f"more than the {LONGEST_SCAN:g} s a line can be held; give points different intervals, or leave some out"
        )


def write_request(address: Address, value: Value) -> tuple[bytes, bytes]:
    """Return the request that writes a value, and the answer that says it is done. Raises Refused."""
    if address.table not in ("coil", "holding"):
        raise Refused("read_only", f"the table {address.table} cannot be written")
    if address.table == "coil":
        request = struct.pack(">BHH", WRITE_COIL, address.number, 0xFF00 if value else 0)
        return request, request
    if address.bit is not None:
        mask = 1 << (address.bit ^ 8 if address.order in ("badc", "dcba") else address.bit)
        request = struct.pack(">BHHH", MASK_WRITE, address.number, 0xFFFF ^ mask, mask if value else 0)
        return request, request
    return _register_request(address, value)


def _register_request(address: Address, value: Value) -> tuple[bytes, bytes]:
    if address.bits:
        raise Refused("read_only", "a number inside a register cannot be written; write the whole register")
    try:
        data = encode(address, value)
    except ValueError as fault:
        raise Refused("value", str(fault)) from fault
    if address.count == 1:
        request = struct.pack(">BH", WRITE_REGISTER, address.number) + data
        return request, request
    answer = struct.pack(">BHH", WRITE_REGISTERS, address.number, address.count)
    return answer + bytes([len(data)]) + data, answer


def _limits(device: BoundDevice) -> Limits:
    try:
        return Limits.model_validate(device.limits)
    except ValidationError as fault:
        first = fault.errors()[0]
        place = ".".join(str(p) for p in first["loc"])
        raise Misconfigured(f"limits of {device.id}: {place}: {first['msg']}") from fault


def _exception(pdu: bytes) -> str:
    code = pdu[1] if len(pdu) > 1 else 0
    return f"{EXCEPTIONS.get(code, 'unknown reason')} (exception {code})"
