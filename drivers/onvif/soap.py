"""Envelopes that the hub sends, and faults that cameras answer with: SOAP 1.2, WS-Addressing, WS-UsernameToken.

Sources: ONVIF Core 5.9 (faults), 5.12 (authentication); OASIS Web Services Security UsernameToken Profile 1.0.
"""

import base64
import hashlib
import secrets
from xml.sax.saxutils import escape

from drivers.onvif.markup import Element
from hub.model import Timestamp, Unreachable
from hub.model.clock import iso

ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://www.w3.org/2005/08/addressing"
SCHEMA = "http://www.onvif.org/ver10/schema"
DEVICE = "http://www.onvif.org/ver10/device/wsdl"
MEDIA = "http://www.onvif.org/ver10/media/wsdl"
MEDIA2 = "http://www.onvif.org/ver20/media/wsdl"
PTZ = "http://www.onvif.org/ver20/ptz/wsdl"
EVENTS = "http://www.onvif.org/ver10/events/wsdl"
NOTIFY = "http://docs.oasis-open.org/wsn/b-2"
_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_DIGEST = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
_NOT_ALLOWED = frozenset({"NotAuthorized", "FailedAuthentication", "InvalidSecurity", "InvalidSecurityToken"})


class Fault(Unreachable):
    """A camera's own word that it will not, so the caller may try another way before it gives the line up."""

    def __init__(self, message: str, codes: frozenset[str], body: Element) -> None:
        super().__init__(message, "auth_failed" if codes & _NOT_ALLOWED else "refused")
        self.codes = codes
        """Local names of its codes and subcodes."""
        self.body = body

    @property
    def about_password(self) -> bool:
        """Whether it is about who asks."""
        return self.reason == "auth_failed"


def envelope(body: str, *, headers: str = "") -> bytes:
    """Return a whole message."""
    text = f'<s:Envelope xmlns:s="{ENVELOPE}"><s:Header>{headers}</s:Header><s:Body>{body}</s:Body></s:Envelope>'
    return f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode()


def addressed(action: str, to: str) -> str:
    """Return the headers of WS-Addressing, without which some cameras do not find a subscription."""
    space = f'xmlns:a="{ADDRESSING}"'
    return f'<a:Action {space} s:mustUnderstand="1">{action}</a:Action><a:To {space}>{escape(to)}</a:To>'


def token(user: str, password: str, created: Timestamp, nonce: bytes | None = None) -> str:
    """Return a WS-UsernameToken made at `created` by the camera's clock: Base64(SHA-1(nonce + created + password))."""
    salt = secrets.token_bytes(16) if nonce is None else nonce
    at = iso(created // 1_000_000_000 * 1_000_000_000).replace(".000Z", "Z")
    digest = hashlib.sha1(salt + at.encode() + password.encode(), usedforsecurity=False).digest()
    return (
        f'<w:Security xmlns:w="{_WSSE}" s:mustUnderstand="1"><w:UsernameToken><w:Username>{escape(user)}</w:Username>'
        f'<w:Password Type="{_DIGEST}">{base64.b64encode(digest).decode()}</w:Password>'
        f"<w:Nonce>{base64.b64encode(salt).decode()}</w:Nonce>"
        f'<u:Created xmlns:u="{_WSU}">{at}</u:Created></w:UsernameToken></w:Security>'
    )


def content(top: Element, where: str) -> Element:
    """Return the first element of a message's body. Raises Fault, ValueError."""
    body = top.child("Body")
    if top.name != "Envelope" or body is None or not body.children:
        raise ValueError("XML, but no SOAP message")
    first = body.children[0]
    if first.name == "Fault":
        raise fault(first, where)
    return first


def fault(element: Element, where: str) -> Fault:
    """Return a fault, whichever version of SOAP the camera writes it in."""
    codes = frozenset(e.text.strip().rpartition(":")[2] for e in element.every("Value"))
    codes |= {element.said("faultcode").rpartition(":")[2]}
    detail = element.child("Detail") or element.child("detail")
    if detail is not None:
        codes |= {child.name for child in detail.children}
    words = element.said("Reason", "Text") or element.said("faultstring") or "without a reason"
    named = ", ".join(sorted(codes - {"", "Sender", "Receiver"}))
    return Fault(f"{where} refuses: {words[:200]}" + (f" ({named[:200]})" if named else ""), codes, element)
