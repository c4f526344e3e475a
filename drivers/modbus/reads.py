"""A set of points as reads on the wire and back as samples; pure. What can be decided once is decided once.

Requests and answers from "MODBUS Application Protocol Specification V1.1b3", sections 6.1 to 6.4.
"""

import struct
from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from drivers.base import BoundPoint
from drivers.modbus.address import BIT_TABLES, Address, Limits
from drivers.modbus.codec import extractor, plain_format
from drivers.modbus.plan import Block, plan, split
from hub.model import Block as Numbers
from hub.model import PointId, Reason, Sample, Value

FUNCTIONS = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}

Decode = Callable[[bytes], Sequence[Sample | Numbers]]


class Read(Struct, frozen=True):
    """One read, ready to send and to decode."""

    block: Block
    request: bytes
    head: bytes
    """How a right answer begins: function code and byte count."""
    size: int
    decode: Decode


class Reads:
    """How one set of points is read: the reads, and samples of the points that no read can fetch."""

    def __init__(self, points: Sequence[BoundPoint], limits: Limits) -> None:
        self.points = points
        self.limits = limits
        self._addresses: list[Address] = [p.address for p in points]
        blocks, impossible = plan(self._addresses, limits)
        self.reads = [self._compile(b) for b in blocks]
        self.impossible = none([points[i].id for i in impossible], Reason.MISCONFIGURED)

    def _compile(self, block: Block) -> Read:
        request = struct.pack(">BHH", FUNCTIONS[block.table], block.first, block.count)
        size = (block.count + 7) // 8 if block.table in BIT_TABLES else 2 * block.count
        head = bytes((FUNCTIONS[block.table], size))
        return Read(block, request, head, size + 2, compile_block(block, self.points))

    def split(self, read: Read) -> None:
        """Read the two halves of a refused read by themselves from now on, until the bad point stands alone."""
        at = self.reads.index(read)
        self.reads[at : at + 1] = [self._compile(b) for b in split(read.block, self._addresses, self.limits)]

    def none_of(self, read: Read, reason: Reason) -> list[Sample]:
        """Return, for every point of a read, the reason why there is no value."""
        return none((self.points[i].id for i in read.block.members), reason)


def compile_block(block: Block, points: Sequence[BoundPoint]) -> Decode:
    """Return what decodes a right answer: one `struct` call for all whole numbers, one closure for each of the rest."""
    layout, ids, others, at = ">2x", [], [], block.first
    for point in (points[i] for i in block.members):
        letter = plain_format(point.address) if block.table not in BIT_TABLES and point.address.number >= at else None
        if letter:
            layout += f"{2 * (point.address.number - at)}x{letter}"
            at = point.address.end
            ids.append(point.id)
        else:
            others.append((point.id, extractor(point.address, block.first)))
    unpack, together = struct.Struct(layout).unpack_from, tuple(ids)

    def plain(pdu: bytes) -> Sequence[Sample | Numbers]:
        return (Numbers(together, unpack(pdu)),)

    def mixed(pdu: bytes) -> Sequence[Sample | Numbers]:
        data = pdu[2:]
        rest = [_sample(p, take(data)) for p, take in others]
        return [Numbers(together, unpack(pdu)), *rest] if together else rest

    return mixed if others else plain


def _sample(point: PointId, value: Value | Reason) -> Sample:
    return Sample(point, None, None, value) if type(value) is Reason else Sample(point, value)


def none(points: Iterable[PointId], reason: Reason) -> list[Sample]:
    """Return a sample without value for each point."""
    return [Sample(p, None, None, reason) for p in points]
