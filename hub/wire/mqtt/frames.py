"""The outermost layer of MQTT packets, for those that the codec will not or must not take.

Fixed header, remaining length and the beginning of PUBLISH: OASIS MQTT 5.0, 2.1 and 3.3 (the same in 3.1.1).
"""

from msgspec import Struct

CONNACK, PUBLISH = 2, 3


class Frame(Struct, frozen=True):
    """The fixed header of a packet: its type, the QoS bits, bytes of the header, bytes in all."""

    kind: int
    qos: int
    header: int
    total: int


class Head(Struct, frozen=True):
    """The beginning of a PUBLISH: topic (damage replaced), packet id (None with QoS 0), where the rest begins."""

    topic: str
    packet_id: int | None
    rest: int


def frame(view: memoryview) -> Frame | None:
    """Read a fixed header; None when too little is there. Raises ValueError when the length is not one."""
    length = 0
    for n in range(1, 5):
        if n >= len(view):
            return None
        length |= (view[n] & 0x7F) << (7 * (n - 1))
        if not view[n] & 0x80:
            return Frame(view[0] >> 4, (view[0] >> 1) & 3, n + 1, n + 1 + length)
    raise ValueError("remaining length has more than four bytes")


def publish_head(view: memoryview, outer: Frame) -> Head | None:
    """Read the beginning of a PUBLISH; None when too little is there. Raises ValueError when it cannot be one."""
    at = outer.header
    if len(view) < at + 2:
        return None
    end = at + 2 + int.from_bytes(view[at : at + 2], "big")
    rest = end + (2 if outer.qos else 0)
    if rest > outer.total:
        raise ValueError("topic longer than its packet")
    if len(view) < rest:
        return None
    packet_id = int.from_bytes(view[end:rest], "big") if outer.qos else None
    return Head(bytes(view[at + 2 : end]).decode(errors="replace"), packet_id, rest)
