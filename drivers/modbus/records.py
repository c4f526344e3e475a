"""Records of event buffers: read the oldest, turn it into a device event, and let the device forget it afterwards."""

import struct
from collections.abc import Awaitable, Callable

from msgspec import Struct

from drivers.base import BoundDevice, BoundPoint, Kept
from drivers.modbus.address import Limits
from drivers.modbus.buffer import WIDTH, Advance, Buffer, Part
from drivers.modbus.codec import encode
from drivers.modbus.reads import Reads
from hub.model import (
    SECOND,
    Clock,
    DeviceEvent,
    EventMap,
    Intake,
    Misconfigured,
    NoAnswer,
    Reason,
    Refused,
    Stray,
    Value,
    one_by_one,
)

WRITE_REGISTER, WRITE_REGISTERS = 6, 16
Ask = Callable[[BoundDevice, bytes], Awaitable[bytes]]


class Record(Struct, frozen=True):
    """What a device showed: the oldest record, and how many wait with it."""

    waiting: int
    number: int
    at: int | None
    """Seconds since 1970, as the device says."""
    parts: dict[str, Value | None]
    sound: bool
    """Whether every part could be understood."""
    body: bytes


class Records:
    """One buffer of one device."""

    def __init__(self, device: BoundDevice, event: EventMap, limits: Limits, ask: Ask, clock: Clock) -> None:
        self.device = device
        self.stored = 0
        """Records that were handed over and made durable."""
        self.missed = 0
        """Records whose numbers were passed over: the device dropped them before they were read."""
        self._event = event
        self._buffer: Buffer = event.address
        self._names = _chosen(device, event)
        self._reads = _one_read(device, event, limits)
        self._ask = ask
        self._clock = clock
        self._last: int | None = None
        """Number of the record that was made durable last."""
        self._ended: int | None = None
        """Number of the record that the device was told to forget, and agreed."""

    async def next(self) -> Kept | None:
        """Return the oldest record, or None when none waits. Raises Refused, NoAnswer, Unreachable."""
        record = await self._read()
        if record.waiting == 0:
            return None
        known = record.number == self._last
        intake = None if known else self._intake(record)

        async def settle() -> None:
            self._note(record.number, known)
            await self._advance(record.number)
            self._ended = record.number

        return Kept(intake, settle, record.waiting - 1, record.number == self._ended)

    def _note(self, number: int, known: bool) -> None:
        self._last = number
        self.stored += not known

    async def _read(self) -> Record:
        read = self._reads.reads[0]
        pdu = await self._ask(self.device, read.request)
        if pdu[:2] != read.head or len(pdu) != read.size:
            raise _no_record(self.device, self._event, pdu, read.request[0])
        values: dict[str, Value | None] = {}
        for sample in one_by_one(read.decode(pdu)):
            name = sample.point.partition("/")[2]
            values[name] = sample.value
        sound = all(values[name] is not None for name in self._buffer.parts)
        waiting, number, at = (values.get(name) for name in ("#waiting", "#number", "#time"))
        if not isinstance(waiting, int) or not isinstance(number, int):
            raise NoAnswer(f"the event buffer of {self.device.id} has no number", "protocol_error")
        return Record(waiting, number, at if isinstance(at, int) and at else None, values, sound, pdu[2:])

    def _intake(self, record: Record) -> Intake:
        now = self._clock.now()
        e = self._event
        key = f"{e.name}/{record.number}" + (f"/{record.at}" if record.at else "")
        at = None if record.at is None else record.at * SECOND
        event = DeviceEvent(self.device.id, e.kind, self._attributes(record), at, now, key, e.lane)
        strays = []
        if not record.sound:
            source = f"{self._buffer.number.table} {self._buffer.number.number}"
            strays.append(Stray(self.device.id, source, f"record {record.number} is not understood", record.body, now))
        return Intake(events=[event], strays=strays)

    def _attributes(self, record: Record) -> dict[str, Value | None]:
        told: dict[str, Value | None] = {"number": record.number}
        for attribute, name in self._names.items():
            value = record.parts[name]
            part: Part = self._buffer.parts[name]
            told[attribute] = part.map.get(str(value), value) if part.map else value
        gap = 0 if self._last is None else record.number - self._last - 1
        if gap > 0:
            self.missed += gap
            told["missed"] = gap
        return told

    async def _advance(self, number: int) -> None:
        request, answer = advance_request(self._buffer.advance, number)
        pdu = await self._ask(self.device, request)
        if pdu[0] == request[0] | 0x80:
            raise Refused("device", f"{self.device.id} refuses to forget record {number} of '{self._event.name}'")
        if pdu != answer:
            raise NoAnswer(f"{self.device.id} answered the write that ends record {number} with something else")


def advance_request(advance: Advance, number: int) -> tuple[bytes, bytes]:
    """Return the request that lets the next record come up, and the answer that says it is done."""
    value = advance.value if isinstance(advance.value, int) else number + (advance.value == "next")
    value %= 1 << WIDTH[advance.type]
    place = Part.model_validate({
        "table": "holding", "register": advance.number, "type": advance.type, "order": advance.order,
    })  # fmt: skip
    data = encode(place, value)
    if place.count == 1:
        request = struct.pack(">BH", WRITE_REGISTER, place.number) + data
        return request, request
    answer = struct.pack(">BHH", WRITE_REGISTERS, place.number, place.count)
    return answer + bytes([len(data)]) + data, answer


def _chosen(device: BoundDevice, event: EventMap) -> dict[str, str]:
    """Return attribute: part. Raises Misconfigured naming a part that is not there."""
    parts = event.address.parts
    names = event.attributes or {name: name for name in parts}
    for attribute, name in names.items():
        if name not in parts:
            known = ", ".join(parts)
            raise Misconfigured(f"event '{event.name}' of {device.id}: {attribute}: no part '{name}'; known: {known}")
    return names


def _one_read(device: BoundDevice, event: EventMap, limits: Limits) -> Reads:
    points = [BoundPoint(f"{device.id}/{name}", device.id, place) for name, place in event.address.places.items()]
    reads = Reads(points, limits.model_copy(update={"largest_gap": limits.largest_read, "one_field": False}))
    if len(reads.reads) != 1 or reads.impossible:
        raise Misconfigured(
            f"event '{event.name}' of {device.id}: its record cannot be read at once; largest_read or a forbidden "
            "range is in the way"
        )
    return reads


def _no_record(device: BoundDevice, event: EventMap, pdu: bytes, function: int) -> NoAnswer | Refused:
    if len(pdu) == 2 and pdu[0] == function | 0x80:
        return Refused("device", f"{device.id} refuses to show its event buffer '{event.name}' (exception {pdu[1]})")
    return NoAnswer(f"{device.id} answered the read of '{event.name}' with something else", Reason.UNDECODABLE.word)
