"""What a trap or inform says, read from its bytes: versions 1 and 2c whole, of version 3 who claims to have sent it.

A version 1 trap becomes one of version 2 as RFC 3584 3.1 describes.
"""

from msgspec import Struct

from drivers.snmp import ber
from drivers.snmp.ber import Malformed

V1, V2C, V3 = 0, 1, 3
"""What the version field of a message holds (RFC 1157, RFC 3584, RFC 3412)."""
MOST_VARIABLES = 256
"""Variables of a notification; one with more is not believed."""

SYS_UPTIME = ber.from_dotted("1.3.6.1.2.1.1.3.0")
TRAP_OID = ber.from_dotted("1.3.6.1.6.3.1.1.4.1.0")
TRAP_ENTERPRISE = ber.from_dotted("1.3.6.1.6.3.1.1.4.3.0")
TRAP_ADDRESS = ber.from_dotted("1.3.6.1.6.3.18.1.3.0")
STANDARD_TRAPS = ber.from_dotted("1.3.6.1.6.3.1.1.5")
"""snmpTraps (RFC 3418): version 1's generic traps 0 to 5 are its arcs 1 to 6 (RFC 3584 3.1)."""
ENTERPRISE_SPECIFIC = 6


class Variable(Struct, frozen=True, gc=False):
    """One variable of a notification, as it came."""

    name: bytes
    tag: int
    body: bytes

    @property
    def value(self) -> int | str | None:
        """Its value. Raises Malformed."""
        return ber.value(self.tag, self.body)


class Notification(Struct, frozen=True):
    """One trap or inform, in version 2's form."""

    version: int
    oid: bytes
    """snmpTrapOID: what happened."""
    uptime: int
    """sysUpTime of the sender in hundredths of a second."""
    request: int
    confirmed: bool
    """Whether it is an inform, which wants an answer."""
    variables: tuple[Variable, ...]
    community: bytes = b""
    answer: bytes | None = None
    """The message to send back for an inform of version 2c."""


class Claim(Struct, frozen=True):
    """Who a version 3 message says that it is from, before anything is proven (RFC 3414 2.4)."""

    engine: bytes
    boots: int
    time: int
    """Seconds since the engine booted, as it says."""
    user: bytes


def version_of(message: bytes) -> int:
    """Return what the version field says. Raises Malformed."""
    start, end = ber.expect(message, 0, len(message), ber.SEQUENCE)
    return ber.integer(message, start, end)[0]


def read(message: bytes) -> Notification:
    """Read a message of version 1 or 2c. Raises Malformed."""
    start, end = ber.expect(message, 0, len(message), ber.SEQUENCE)
    version, at = ber.integer(message, start, end)
    community, at = ber.octets(message, at, end)
    tag, start, stop = ber.element(message, at, end)
    if version == V1 and tag == ber.TRAP_V1:
        return _read_v1(message, start, stop, community)
    if version == V2C and tag in (ber.TRAP_V2, ber.INFORM):
        answer = None if tag == ber.TRAP_V2 else message[:at] + bytes([ber.RESPONSE]) + message[at + 1 :]
        return _read_v2(message, start, stop, (V2C, community, answer))
    raise Malformed(f"version field {version} with PDU 0x{tag:02x} is no notification")


def read_pdu(pdu: bytes) -> Notification:
    """Read the PDU of a version 3 message that was proven already. Raises Malformed."""
    tag, start, stop = ber.element(pdu, 0, len(pdu))
    if tag not in (ber.TRAP_V2, ber.INFORM):
        raise Malformed(f"PDU 0x{tag:02x} is no notification")
    return _read_v2(pdu, start, stop, (V3, b"", pdu if tag == ber.INFORM else None))


def claim_of(message: bytes) -> Claim:
    """Return who a version 3 message says that it is from. Raises Malformed."""
    start, end = ber.expect(message, 0, len(message), ber.SEQUENCE)
    _, at = ber.integer(message, start, end)
    _, at = ber.expect(message, at, end, ber.SEQUENCE)
    parameters, _ = ber.octets(message, at, end)
    start, end = ber.expect(parameters, 0, len(parameters), ber.SEQUENCE)
    engine, at = ber.octets(parameters, start, end)
    boots, at = ber.integer(parameters, at, end)
    time, at = ber.integer(parameters, at, end)
    user, _ = ber.octets(parameters, at, end)
    return Claim(engine, boots, time, user)


def _read_v2(message: bytes, start: int, end: int, given: tuple[int, bytes, bytes | None]) -> Notification:
    version, community, answer = given
    request, at = ber.integer(message, start, end)
    for _ in ("error-status", "error-index"):
        _, at = ber.integer(message, at, end)
    variables = _variables(message, at, end)
    if len(variables) < 2 or variables[0].name != SYS_UPTIME or variables[1].name != TRAP_OID:
        raise Malformed("it does not begin with sysUpTime.0 and snmpTrapOID.0")
    uptime, what = variables[0].value, variables[1]
    if not isinstance(uptime, int) or what.tag != ber.OID:
        raise Malformed("sysUpTime.0 is no number or snmpTrapOID.0 no object identifier")
    ber.dotted(what.body)
    return Notification(version, what.body, uptime, request, answer is not None, variables[2:], community, answer)


def _read_v1(message: bytes, start: int, end: int, community: bytes) -> Notification:
    first, stop = ber.expect(message, start, end, ber.OID)
    enterprise = message[first:stop]
    ber.dotted(enterprise)
    first, stop = ber.expect(message, stop, end, ber.IP_ADDRESS)
    address = message[first:stop]
    generic, at = ber.integer(message, stop, end)
    specific, at = ber.integer(message, at, end)
    first, stop = ber.expect(message, at, end, ber.TIMETICKS)
    uptime = int.from_bytes(message[first:stop][:9], "big")
    variables = (
        *_variables(message, stop, end),
        Variable(TRAP_ADDRESS, ber.IP_ADDRESS, address),
        Variable(TRAP_ENTERPRISE, ber.OID, enterprise),
    )
    return Notification(V1, _v1_oid(enterprise, generic, specific), uptime, 0, False, variables, community)


def _v1_oid(enterprise: bytes, generic: int, specific: int) -> bytes:
    if 0 <= generic < ENTERPRISE_SPECIFIC:
        return STANDARD_TRAPS + bytes([generic + 1])
    if generic != ENTERPRISE_SPECIFIC or not 0 <= specific <= ber.LARGEST_ARC:
        raise Malformed(f"generic-trap {generic} with specific-trap {specific} is no trap of version 1")
    return enterprise + b"\x00" + ber.arc(specific)


def _variables(message: bytes, at: int, end: int) -> tuple[Variable, ...]:
    at, end = ber.expect(message, at, end, ber.SEQUENCE)
    found: list[Variable] = []
    while at < end:
        if len(found) == MOST_VARIABLES:
            raise Malformed(f"it has more than {MOST_VARIABLES} variables")
        start, stop = ber.expect(message, at, end, ber.SEQUENCE)
        first, last = ber.expect(message, start, stop, ber.OID)
        tag, begin, finish = ber.element(message, last, stop)
        found.append(Variable(message[first:last], tag, message[begin:finish]))
        at = stop
    return tuple(found)
