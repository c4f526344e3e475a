"""The little of BER that an SNMP notification is made of, read with limits and without recursion (X.690, RFC 3417 8).

Names stay as they are on the wire: object identifiers are compared as bytes, and written out only where a person sees
them. The prefix of an identifier is a prefix of its bytes, because every arc says itself where it ends.
"""

from collections.abc import Iterator

INTEGER, OCTETS, NULL, OID, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30
IP_ADDRESS, COUNTER32, GAUGE32, TIMETICKS, OPAQUE, COUNTER64 = 0x40, 0x41, 0x42, 0x43, 0x44, 0x46
TRAP_V1, RESPONSE, INFORM, TRAP_V2 = 0xA4, 0xA2, 0xA6, 0xA7
"""Tags of RFC 2578 7.1, RFC 1157 4.1.6 and RFC 3416 3."""

LONGEST_OID = 128
"""Arcs of an object identifier (RFC 2578 3.5)."""
LARGEST_ARC = 0xFFFF_FFFF
"""An arc is at most 2^32-1 (RFC 2578 3.5)."""
_UNSIGNED = frozenset({COUNTER32, GAUGE32, TIMETICKS, COUNTER64})
_LENGTH_BYTES = 4
_LONGEST_NUMBER = 9


class Malformed(ValueError):
    """The bytes are not what SNMP says they are; the message names the first thing that is wrong."""


def element(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Return tag, start and end of the content of the element at `at`, all inside `end`. Raises Malformed."""
    if at + 2 > end:
        raise Malformed("it ends in the middle of an element")
    tag, length, start = data[at], data[at + 1], at + 2
    if length > 0x7F:
        many = length & 0x7F
        if not 1 <= many <= _LENGTH_BYTES or start + many > end:
            raise Malformed("a length is indefinite or cut off")
        length = int.from_bytes(data[start : start + many], "big")
        start += many
    if start + length > end:
        raise Malformed("an element is longer than what holds it")
    return tag, start, start + length


def expect(data: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Return start and end of the content of the element at `at`, which must have `tag`. Raises Malformed."""
    found, start, stop = element(data, at, end)
    if found != tag:
        raise Malformed(f"tag 0x{found:02x} where 0x{tag:02x} belongs")
    return start, stop


def number(body: bytes) -> int:
    """Return a signed whole number of at most 64 bits and a sign byte. Raises Malformed."""
    if not 1 <= len(body) <= _LONGEST_NUMBER:
        raise Malformed("a number has no bytes or too many")
    return int.from_bytes(body, "big", signed=True)


def integer(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Return the INTEGER at `at` and where it ends. Raises Malformed."""
    start, stop = expect(data, at, end, INTEGER)
    return number(data[start:stop]), stop


def octets(data: bytes, at: int, end: int) -> tuple[bytes, int]:
    """Return the OCTET STRING at `at` and where it ends. Raises Malformed."""
    start, stop = expect(data, at, end, OCTETS)
    return data[start:stop], stop


def arcs(body: bytes) -> Iterator[int]:
    """Give the arcs of an object identifier. Raises Malformed."""
    if not body or body[-1] & 0x80:
        raise Malformed("an object identifier is empty or cut off")
    here, first, fresh = 0, True, True
    for byte in body:
        if fresh and byte == 0x80:
            raise Malformed("an arc of an object identifier begins with nothing")
        here, fresh = here << 7 | byte & 0x7F, not byte & 0x80
        if here > LARGEST_ARC + 80:
            raise Malformed("an arc of an object identifier is too large")
        if fresh:
            if first:
                yield min(here // 40, 2)
                here -= 40 * min(here // 40, 2)
            first = False
            yield here
            here = 0


def dotted(body: bytes) -> str:
    """Write an object identifier for people: `1.3.6.1`. Raises Malformed."""
    found = list(arcs(body))
    if len(found) > LONGEST_OID:
        raise Malformed("an object identifier has too many arcs")
    return ".".join(map(str, found))


def from_dotted(written: str) -> bytes:
    """Return the bytes of `1.3.6.1`. Raises ValueError saying what is wrong with it."""
    parts = written.split(".")
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise ValueError("an object identifier is whole numbers with dots between: 1.3.6.1.2.1")
    given = [int(part) for part in parts]
    if (
        not 2 <= len(given) <= LONGEST_OID
        or max(given) > LARGEST_ARC
        or given[0] > 2
        or (given[0] < 2 and given[1] > 39)
    ):
        raise ValueError(f"an object identifier has 2 to {LONGEST_OID} arcs up to {LARGEST_ARC}, beginning 0, 1 or 2")
    return bytes(byte for number in [40 * given[0] + given[1], *given[2:]] for byte in arc(number))


def value(tag: int, body: bytes) -> int | str | None:
    """Return a variable's value: a number, a text, a dotted name or address; hex for bytes that are no text.

    Unsigned types are read unsigned even from agents that forget the leading zero. None: no value (RFC 3416 3).
    """
    if tag == INTEGER:
        return number(body)
    if tag in _UNSIGNED:
        if not 1 <= len(body) <= _LONGEST_NUMBER:
            raise Malformed("a number has no bytes or too many")
        return int.from_bytes(body, "big")
    if tag == OCTETS:
        return text(body)
    if tag == OID:
        return dotted(body)
    if tag == IP_ADDRESS and len(body) == 4:
        return ".".join(map(str, body))
    return body.hex(":") if body else None


def text(body: bytes) -> str:
    """Return bytes as text when that is what they are (UTF-8, one trailing NUL allowed), else as hex."""
    try:
        found = body.removesuffix(b"\x00").decode()
    except UnicodeDecodeError:
        return body.hex(":")
    plain = all(character.isprintable() or character in "\r\n\t" for character in found)
    return found if plain else body.hex(":")


def arc(value: int) -> bytes:
    """Return the bytes of one arc: seven bits each, the last without the high bit (X.690 8.19.2)."""
    found = [value & 0x7F]
    while value := value >> 7:
        found.append(value & 0x7F | 0x80)
    return bytes(found[::-1])
