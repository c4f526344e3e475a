"""An SNMP agent of versions 1 and 2c that answers as a test tells it: rightly, wrongly, late, with garbage, or not.

It makes its bytes itself (X.690, RFC 3416), so that no mistake of the driver's library is met by the same one here.
"""

import asyncio
from collections.abc import Callable, Sequence

GET, GET_NEXT, RESPONSE, GET_BULK = 0xA0, 0xA1, 0xA2, 0xA5
TOO_BIG, NO_SUCH_NAME, GENERAL_ERROR = 1, 2, 5
NULL, NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_VIEW = b"\x05\x00", b"\x80\x00", b"\x81\x00", b"\x82\x00"
COMMUNITY = b"made-for-tests"


def tlv(tag: int, body: bytes) -> bytes:
    """Return one element: tag, length, content."""
    size = len(body)
    length = bytes([size]) if size < 0x80 else bytes([0x82, size >> 8, size & 0xFF])
    return bytes([tag]) + length + body


def integer(value: int, tag: int = 2) -> bytes:
    """Return an INTEGER, or with another tag a Counter32, Gauge32, TimeTicks or Counter64."""
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def counter32(value: int) -> bytes:
    return integer(value, 0x41)


def counter64(value: int) -> bytes:
    return integer(value, 0x46)


def ticks(value: int) -> bytes:
    return integer(value, 0x43)


def octets(value: bytes) -> bytes:
    return tlv(4, value)


def oid(dotted: str) -> bytes:
    """Return an OBJECT IDENTIFIER."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    body = b""
    for arc in (40 * first + second, *rest):
        part = [arc & 0x7F]
        while arc := arc >> 7:
            part.insert(0, arc & 0x7F | 0x80)
        body += bytes(part)
    return tlv(6, body)


class Asked:
    """One request as it came."""

    def __init__(self, datagram: bytes) -> None:
        version, community, pdu = _children(_body(datagram))
        self.version = version[1][0]
        self.community = community[1]
        self.kind = pdu[0]
        number, first, second, variables = _children(pdu[1])
        self.number = int.from_bytes(number[1], "big", signed=True)
        self.repetitions = int.from_bytes(second[1], "big")
        self.non_repeaters = int.from_bytes(first[1], "big")
        self.oids = [_dotted(_children(v[1])[0][1]) for v in _children(variables[1])]

    def answer(self, variables: Sequence[tuple[str, bytes]], *, error: int = 0, number: int | None = None) -> bytes:
        """Return a Response with these variables (OID and encoded value)."""
        listed = b"".join(tlv(0x30, oid(name) + value) for name, value in variables)
        pdu = integer(self.number if number is None else number) + integer(error) + integer(0) + tlv(0x30, listed)
        return tlv(0x30, integer(self.version) + octets(self.community) + tlv(RESPONSE, pdu))


Script = Callable[[Asked], bytes | Sequence[bytes]]


def shelf(objects: dict[str, bytes]) -> Script:
    """Return a script that answers rightly from some objects."""

    def answer(asked: Asked) -> bytes:
        if asked.kind == GET:
            return asked.answer([(name, objects.get(name, NO_SUCH_INSTANCE)) for name in asked.oids])
        many = asked.repetitions if asked.kind == GET_BULK else 1
        later = sorted((o for o in objects if _arcs(o) > _arcs(asked.oids[0])), key=_arcs)[:many]
        ended = [(later[-1] if later else asked.oids[0], END_OF_VIEW)] * (many - len(later))
        return asked.answer([*((o, objects[o]) for o in later), *ended])

    return answer


class BrokenSnmp(asyncio.DatagramProtocol):
    """The agent; `script` may be changed at any time, `asked` is what came."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[Asked] = []
        self.port = 0
        self._transport: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> "BrokenSnmp":
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, ("127.0.0.1", 0))
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._transport is not None:
            self._transport.close()
        await asyncio.sleep(0)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        asked = Asked(data)
        self.asked.append(asked)
        answers = self.script(asked)
        for answer in [answers] if isinstance(answers, bytes) else answers:
            if self._transport is not None:
                self._transport.sendto(answer, addr)


def _body(data: bytes) -> bytes:
    return _children(data)[0][1]


def _children(data: bytes) -> list[tuple[int, bytes]]:
    """Return tag and content of each element in `data`."""
    found, at = [], 0
    while at < len(data):
        tag, size, at = data[at], data[at + 1], at + 2
        if size & 0x80:
            many = size & 0x7F
            size, at = int.from_bytes(data[at : at + many], "big"), at + many
        found.append((tag, data[at : at + size]))
        at += size
    return found


def _dotted(body: bytes) -> str:
    arcs, arc = [], 0
    for byte in body:
        arc = arc << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(arc)
            arc = 0
    return ".".join(map(str, (arcs[0] // 40, arcs[0] % 40, *arcs[1:])))


def _arcs(dotted: str) -> tuple[int, ...]:
    return tuple(map(int, dotted.split(".")))
