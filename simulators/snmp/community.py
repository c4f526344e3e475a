"""Messages of versions 1 and 2c, which need no engine: a community and a PDU (RFC 1157 4, RFC 3584)."""

from collections.abc import Callable
from typing import Any

from pyasn1.codec.ber import decoder, encoder
from pyasn1.error import PyAsn1Error
from pysnmp.proto.api import v1, v2c, verdec
from pysnmp.proto.error import ProtocolError
from pysnmp.proto.proxy import rfc2576

VERSIONS = {0: v1, 1: v2c}
V3 = 3
REQUESTS = {pdu.tagSet for pdu in (v2c.GetRequestPDU, v2c.GetNextRequestPDU, v2c.GetBulkRequestPDU, v2c.SetRequestPDU)}
"""Tags of the requests; those that version 1 has are the same."""


def version_of(message: bytes) -> int | None:
    """Return what the version field says, or None when there is none."""
    try:
        return int(verdec.decode_message_version(message))
    except (ProtocolError, PyAsn1Error):
        return None


def answered(message: bytes, version: int, community: str, respond: Callable[[Any], Any]) -> bytes | int | None:
    """Return the answer to a request, or the request id of an inform that is confirmed; None for anything else."""
    api = VERSIONS[version]
    try:
        asked, _ = decoder.decode(message, asn1Spec=api.Message())
    except PyAsn1Error:
        return None
    if str(api.apiMessage.get_community(asked)) != community:
        return None
    pdu = api.apiMessage.get_pdu(asked)
    if pdu.tagSet == v2c.ResponsePDU.tagSet:
        return int(v2c.apiPDU.get_request_id(pdu))
    if pdu.tagSet not in REQUESTS:
        return None
    answer = api.apiMessage.get_response(asked)
    api.apiMessage.set_pdu(answer, _of_v1(pdu, respond) if version == 0 else respond(pdu))
    written: bytes = encoder.encode(answer)
    return written


def notification(community: str, pdu: Any) -> bytes:
    """Return a message of version 2c that carries a trap or an inform."""
    message = v2c.Message()
    v2c.apiMessage.set_defaults(message)
    v2c.apiMessage.set_community(message, community)
    v2c.apiMessage.set_pdu(message, pdu)
    written: bytes = encoder.encode(message)
    return written


def _of_v1(pdu: Any, respond: Callable[[Any], Any]) -> Any:
    """Answer a request of version 1 as one of version 2, translated there and back (RFC 3584 4)."""
    return rfc2576.v2_to_v1(respond(rfc2576.v1_to_v2(pdu)), pdu)
