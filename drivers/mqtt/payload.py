"""What a payload says that is itself the value, and what the examples of profiles give."""

import json
import re
from math import isfinite

from msgspec.json import Decoder

from drivers.mqtt.address import Address
from hub.model import Reason
from hub.wire.document import Raw, document, raw, text_of
from hub.wire.path import MISSING, compiled

_decode = Decoder().decode
_ODD_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\Z")
_LEADING_ZERO = re.compile(r"[+-]?0\d")
_NOT_FINITE = re.compile(r"[+-]?(nan|inf(inity)?)\Z", re.IGNORECASE)


def plain(payload: bytes) -> Raw:
    """Return a payload that is itself the value: a number, true or false, text in quotes or without."""
    try:
        return raw(_decode(payload))
    except (ValueError, RecursionError):
        return _bare(payload)


def _bare(payload: bytes) -> Raw:
    try:
        text = payload.decode().strip()
    except UnicodeDecodeError:
        return Reason.UNDECODABLE
    if not text or text[0] in "{[" or _NOT_FINITE.match(text):
        return Reason.UNDECODABLE
    if _ODD_NUMBER.match(text) and not _LEADING_ZERO.match(text):
        number = float(text)
        return number if isfinite(number) else Reason.UNDECODABLE
    return text_of(text)


def example(address: Address, given: object) -> Raw:
    """Return what a sample would carry for the payload text of a profile's example; waiting: nothing is said."""
    payload = (given if isinstance(given, str) else json.dumps(given)).encode()
    if address.path is None:
        return plain(payload)
    try:
        found = compiled(address.path)(document(payload))
    except ValueError:
        return Reason.UNDECODABLE
    return Reason.WAITING if found is MISSING else raw(found)
