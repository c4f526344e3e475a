"""SNMP as nobody meant it: notifications of every version, proof of version 3, values of agents."""

import struct
from random import Random
from typing import Any

from bench.fuzz_input import Case, sound, spoilt
from drivers.snmp import SPEC as SNMP
from drivers.snmp import ber, trap, value
from drivers.snmp.connection import Authentication, Privacy
from drivers.snmp.spoken import spoken
from drivers.snmp.traps_address import User
from drivers.snmp.usm import Unproven, Usm
from hub.model import Reason


def _tlv(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return (
        bytes([tag, len(body)]) + body if len(body) < 128 else bytes([tag, 0x82]) + struct.pack(">H", len(body)) + body
    )


def _pair(name: str, tag: int, body: bytes) -> bytes:
    return _tlv(ber.SEQUENCE, _tlv(ber.OID, ber.from_dotted(name)), _tlv(tag, body))


_HEAD = (
    _pair("1.3.6.1.2.1.1.3.0", ber.TIMETICKS, b"\x2a"),
    _pair("1.3.6.1.6.3.1.1.4.1.0", ber.OID, ber.from_dotted("1.3.6.1.6.3.1.1.5.3")),
)
_PAIRS = (
    _pair("1.3.6.1.2.1.2.2.1.1.7", ber.INTEGER, b"\x07"),
    _pair("1.3.6.1.2.1.31.1.1.1.6.7", ber.COUNTER64, b"\0" + b"\xff" * 8),
    _pair("1.3.6.1.2.1.1.5.0", ber.OCTETS, b"switch"), _pair("1.3.6.1.2.1.4.20.1.1", ber.IP_ADDRESS, b"\x0a\1\2\3"),
)  # fmt: skip
_COUNTS = _tlv(ber.INTEGER, b"\x07") + _tlv(ber.INTEGER, b"\0") * 2


def _v2(tag: int) -> bytes:
    pdu = _tlv(tag, _COUNTS, _tlv(ber.SEQUENCE, *_HEAD, *_PAIRS))
    return _tlv(ber.SEQUENCE, _tlv(ber.INTEGER, b"\1"), _tlv(ber.OCTETS, b"public"), pdu)


_V1 = _tlv(
    ber.SEQUENCE, _tlv(ber.INTEGER, b"\0"), _tlv(ber.OCTETS, b"public"),
    _tlv(
        ber.TRAP_V1, _tlv(ber.OID, ber.from_dotted("1.3.6.1.4.1.9")), _tlv(ber.IP_ADDRESS, b"\x0a\1\2\3"),
        _tlv(ber.INTEGER, b"\6"), _tlv(ber.INTEGER, b"\3"), _tlv(ber.TIMETICKS, b"\x2a"), _tlv(ber.SEQUENCE, *_PAIRS),
    ),
)  # fmt: skip
_ENGINE = bytes.fromhex("8000000001020304")
_PDU = _tlv(ber.TRAP_V2, _COUNTS, _tlv(ber.SEQUENCE, *_HEAD, *_PAIRS))
_SCOPED = _tlv(ber.SEQUENCE, _tlv(ber.OCTETS, _ENGINE), _tlv(ber.OCTETS, b""), _PDU)


def _v3(user: bytes, flags: int, data: bytes) -> bytes:
    """Return a message of version 3; the digest of one that is signed is as long as it should be, and wrong."""
    digest, salt = b"\x55" * (24 * (flags & 1)), b"\xaa" * (4 * (flags & 2))
    claim = _tlv(
        ber.SEQUENCE, _tlv(ber.OCTETS, _ENGINE), _tlv(ber.INTEGER, b"\1"), _tlv(ber.INTEGER, b"\1"),
        _tlv(ber.OCTETS, user), _tlv(ber.OCTETS, digest), _tlv(ber.OCTETS, salt),
    )  # fmt: skip
    head = _tlv(
        ber.SEQUENCE, _tlv(ber.INTEGER, b"\1"), _tlv(ber.INTEGER, b"\0\xff\xe3"), _tlv(ber.OCTETS, bytes([flags])),
        _tlv(ber.INTEGER, b"\3"),
    )  # fmt: skip
    return _tlv(ber.SEQUENCE, _tlv(ber.INTEGER, b"\3"), head, _tlv(ber.OCTETS, claim), data)


_V3 = _v3(b"watch", 0, _SCOPED)
_SIGNED, _HIDDEN = _v3(b"guard", 1, _SCOPED), _v3(b"guard", 3, _tlv(ber.OCTETS, b"\x77" * 64))


def traps() -> Case:
    """Traps and informs of every version. May raise Malformed."""
    good = (_V1, _v2(ber.TRAP_V2), _v2(ber.INFORM), _V3)

    def case(dice: Random) -> None:
        message = spoilt(dice, dice.choice(good))
        try:
            version = trap.version_of(message)
            if version == trap.V3:
                trap.claim_of(message)
                return
            for variable in trap.read(message).variables:
                sound(variable.value)
        except ber.Malformed:
            pass

    return case


def words() -> Case:
    """Messages as `citywatch trace` tells them. May raise nothing."""
    good = (_V1, _v2(ber.TRAP_V2), _v2(0xA0), _v2(0xA2), _v2(0xA5), _V3, _SIGNED, _HIDDEN)

    def case(dice: Random) -> None:
        said, _ = spoken(spoilt(dice, dice.choice(good)))
        assert said

    return case


def usm() -> Case:
    """Messages of version 3 through proof, unsigned, signed and encrypted. May raise Malformed, Unproven."""
    auth, privacy = Authentication(password="words-of-a-fuzzer"), Privacy(password="words-of-a-fuzzer")
    users = [
        User(name="watch", auth=None, privacy=None, security="none"),
        User(name="guard", auth=auth, privacy=privacy, engines=(_ENGINE.hex(),)),
    ]
    engine = Usm(users, b"\x80\0\0\0\x01own", 1, lambda *_: None)
    good = (_V3, _SIGNED, _HIDDEN)

    def case(dice: Random) -> None:
        try:
            engine.receive(spoilt(dice, dice.choice(good)), ("127.0.0.1", 162), dice.randrange(10**9))
        except (ber.Malformed, Unproven):
            pass

    return case


def snmp_values() -> Case:
    """Whatever an agent sends, into every type of address. May raise nothing."""
    addresses = [
        SNMP.address.model_validate({"oid": "1.3.6.1.2.1.1.1.0", "type": kind, "missing": [-1, 999]})
        for kind in value.DECODERS
    ]

    def case(dice: Random) -> None:
        for address in addresses:
            given = _agent_says(dice)
            sound(value.decode(address, given))
            if given is not None:
                value.text_of(given)
        sound(value.percentage(dice.choice((5, 2.5, Reason.UNDECODABLE)), _agent_says(dice)))

    return case


def _agent_says(dice: Random) -> Any:
    date = struct.pack(">H6B", 2026, *(dice.randrange(70) for _ in range(6)))
    return dice.choice((
        None, dice.randrange(-(2**33), 2**33), 2**64 - 1, -(2**63), float("nan"), float("inf"), dice.random() * 1e300,
        dice.randbytes(dice.randrange(14)), b"\x9fx\x04" + dice.randbytes(4), b"\x9fy\x08" + dice.randbytes(8),
        date + dice.choice((b"", b"+\7\0", dice.randbytes(3))),
        "1.3.6." + str(dice.randrange(2**40)), "10.1.2." + str(dice.randrange(400)), "",
    ))  # fmt: skip
