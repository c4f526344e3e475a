"""Notifications as another codec writes them: pysnmp's, of which the reader under test knows nothing."""

from collections.abc import Sequence
from typing import Any

from pyasn1.codec.ber import encoder
from pysnmp.proto import rfc1902
from pysnmp.proto.api import v1, v2c

LINK_DOWN = "1.3.6.1.6.3.1.1.5.3"
IF_INDEX = "1.3.6.1.2.1.2.2.1.1"
Pair = tuple[str, Any]


def trap_v2(oid: str = LINK_DOWN, pairs: Sequence[Pair] = (), *, community: str = "public", uptime: int = 42) -> bytes:
    return _v2(v2c.SNMPv2TrapPDU(), oid, pairs, community, uptime)


def inform(oid: str = LINK_DOWN, pairs: Sequence[Pair] = (), *, community: str = "public", request: int = 7) -> bytes:
    return _v2(v2c.InformRequestPDU(), oid, pairs, community, 42, request)


def trap_v1(
    enterprise: str, generic: int, specific: int = 0, pairs: Sequence[Pair] = (), *, community: str = "public"
) -> bytes:
    pdu = v1.TrapPDU()
    v1.apiTrapPDU.set_defaults(pdu)
    v1.apiTrapPDU.set_enterprise(pdu, rfc1902.ObjectIdentifier(enterprise))
    v1.apiTrapPDU.set_agent_address(pdu, "10.1.2.3")
    v1.apiTrapPDU.set_generic_trap(pdu, generic)
    v1.apiTrapPDU.set_specific_trap(pdu, specific)
    v1.apiTrapPDU.set_timestamp(pdu, 42)
    v1.apiTrapPDU.set_varbinds(pdu, [(v1.ObjectIdentifier(name), value) for name, value in pairs])
    return _message(v1, pdu, community)


def parsed(message: bytes) -> Any:
    """Return the PDU of a version 2c message as pysnmp reads it."""
    from pyasn1.codec.ber import decoder

    return v2c.apiMessage.get_pdu(decoder.decode(message, asn1Spec=v2c.Message())[0])


def _v2(pdu: Any, oid: str, pairs: Sequence[Pair], community: str, uptime: int, request: int = 7) -> bytes:
    v2c.apiPDU.set_defaults(pdu)
    v2c.apiPDU.set_request_id(pdu, request)
    first = [
        (v2c.ObjectIdentifier("1.3.6.1.2.1.1.3.0"), v2c.TimeTicks(uptime)),
        (v2c.ObjectIdentifier("1.3.6.1.6.3.1.1.4.1.0"), v2c.ObjectIdentifier(oid)),
    ]
    v2c.apiPDU.set_varbinds(pdu, first + [(v2c.ObjectIdentifier(name), value) for name, value in pairs])
    return _message(v2c, pdu, community)


def _message(api: Any, pdu: Any, community: str) -> bytes:
    message = api.Message()
    api.apiMessage.set_defaults(message)
    api.apiMessage.set_community(message, community)
    api.apiMessage.set_pdu(message, pdu)
    found: bytes = encoder.encode(message)
    return found
