"""Messages of SNMP in words, for people who look at what passes; pure. What cannot be read is said to be so.

Versions 1 and 2c are read whole (RFC 1157 4, RFC 3416 3); of version 3 the header and, where it is in clear text, the
question or answer (RFC 3412 6, RFC 3414 2.4). The community is never part of the words, and is blotted in the bytes.
"""

from collections.abc import Iterator

from drivers.snmp import ber
from drivers.snmp.ber import Malformed

VERSIONS = {0: "version 1", 1: "version 2c", 3: "version 3"}
PDUS = {
    0xA0: "get", 0xA1: "get next", 0xA2: "answer", 0xA3: "set", 0xA4: "trap of version 1", 0xA5: "get bulk",
    0xA6: "inform", 0xA7: "trap", 0xA8: "report",
}  # fmt: skip
GET_BULK, SIGNED, ENCRYPTED = 0xA5, 1, 2
NOTHING = {0x80: "no such object", 0x81: "no such instance", 0x82: "end of the tree"}
STATUSES = {
    1: "tooBig", 2: "noSuchName", 3: "badValue", 4: "readOnly", 5: "genErr", 6: "noAccess", 7: "wrongType",
    8: "wrongLength", 9: "wrongEncoding", 10: "wrongValue", 11: "noCreation", 12: "inconsistentValue",
    13: "resourceUnavailable", 14: "commitFailed", 15: "undoFailed", 16: "authorizationError", 17: "notWritable",
    18: "inconsistentName",
}  # fmt: skip
"""error-status of an answer (RFC 3416 3)."""
MOST = 40
"""Variables that are written out; those beyond are counted."""


def spoken(message: bytes) -> tuple[str, bytes]:
    """Return a message in words, and its bytes with the community blotted out."""
    try:
        return _spoken(message)
    except Malformed as why:
        return f"{len(message)} bytes that are no SNMP: {why}", b""


def _spoken(message: bytes) -> tuple[str, bytes]:
    at, end = ber.expect(message, 0, len(message), ber.SEQUENCE)
    version, at = ber.integer(message, at, end)
    if version not in VERSIONS:
        raise Malformed(f"version {version}")
    if version == 3:
        return f"version 3: {_v3(message, at, end)}", message
    start, at = ber.expect(message, at, end, ber.OCTETS)
    blotted = message[:start] + b"*" * (at - start) + message[at:]
    return f"{VERSIONS[version]}: {_pdu(message, at, end)}", blotted


def _v3(message: bytes, at: int, end: int) -> str:
    head, at = ber.expect(message, at, end, ber.SEQUENCE)
    _, head = ber.integer(message, head, at)
    _, head = ber.integer(message, head, at)
    flags, _ = ber.octets(message, head, at)
    security, at = ber.octets(message, at, end)
    level = flags[0] if flags else 0
    how = "signed and encrypted" if level & ENCRYPTED else "signed" if level & SIGNED else "unsigned"
    who = f"{_who(security)}, {how}"
    if level & ENCRYPTED:
        return f"{who}, {len(message)} bytes"
    scoped, end = ber.expect(message, at, end, ber.SEQUENCE)
    _, scoped = ber.octets(message, scoped, end)
    _, scoped = ber.octets(message, scoped, end)
    return f"{who}, {_pdu(message, scoped, end)}"


def _who(security: bytes) -> str:
    at, end = ber.expect(security, 0, len(security), ber.SEQUENCE)
    engine, at = ber.octets(security, at, end)
    boots, at = ber.integer(security, at, end)
    time, at = ber.integer(security, at, end)
    user, _ = ber.octets(security, at, end)
    named = f"engine {engine.hex()}, boot {boots}, {time} s" if engine else "which engine are you"
    return f"{named}, user {ber.text(user)}" if user else named


def _pdu(message: bytes, at: int, end: int) -> str:
    tag, at, end = ber.element(message, at, end)
    if tag not in PDUS:
        raise Malformed(f"tag 0x{tag:02x} where a question or answer belongs")
    if tag == ber.TRAP_V1:
        return PDUS[tag]
    number, at = ber.integer(message, at, end)
    status, at = ber.integer(message, at, end)
    index, at = ber.integer(message, at, end)
    said = f"{PDUS[tag]} {number}"
    if tag == GET_BULK:
        said += f", {index} rows"
    elif status:
        said += f", {STATUSES.get(status, f'error {status}')} at variable {index}"
    return f"{said}: {', '.join(_listed(message, at, end, tag))}"


def _listed(message: bytes, at: int, end: int, tag: int) -> Iterator[str]:
    """Give each variable: its name, and its value where the message is one that has values."""
    at, end = ber.expect(message, at, end, ber.SEQUENCE)
    count, asks = 0, tag in (0xA0, 0xA1, GET_BULK)
    while at < end:
        start, stop = ber.expect(message, at, end, ber.SEQUENCE)
        first, last = ber.expect(message, start, stop, ber.OID)
        kind, body, closes = ber.element(message, last, stop)
        at, count = stop, count + 1
        if count <= MOST:
            name = ber.dotted(message[first:last])
            value = NOTHING.get(kind) or repr(ber.value(kind, message[body:closes]))
            yield name if asks else f"{name} = {value}"
    if count > MOST:
        yield f"… {count - MOST} more"
