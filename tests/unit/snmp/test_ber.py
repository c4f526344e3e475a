"""The reader of notifications against another codec, and against bytes that nobody meant."""

import os
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.ber import encoder
from pysnmp.proto import rfc1902

from drivers.snmp import ber, trap
from drivers.snmp.ber import Malformed
from tests.unit.snmp.messages import IF_INDEX, LINK_DOWN, inform, parsed, trap_v1, trap_v2

CASES = int(os.environ.get("CITYWATCH_FUZZ", "50000"))
ARCS = st.integers(0, 2**32 - 1)


def body(encoded: bytes) -> bytes:
    _, start, end = ber.element(encoded, 0, len(encoded))
    return encoded[start:end]


@given(st.integers(0, 1), st.integers(0, 39), st.lists(ARCS, max_size=40))
def test_an_object_identifier_is_what_another_codec_writes(first: int, second: int, rest: list[int]) -> None:
    written = ".".join(map(str, [first, second, *rest]))
    theirs = body(encoder.encode(rfc1902.ObjectIdentifier(written)))
    assert ber.from_dotted(written) == theirs
    assert ber.dotted(theirs) == written


@pytest.mark.parametrize(
    ("given", "value"),
    [
        (rfc1902.Integer32(-5), -5),
        (rfc1902.Counter32(2**32 - 1), 2**32 - 1),
        (rfc1902.Gauge32(70_000), 70_000),
        (rfc1902.TimeTicks(42), 42),
        (rfc1902.Counter64(2**64 - 1), 2**64 - 1),
        (rfc1902.OctetString("Gi1/0/7"), "Gi1/0/7"),
        (rfc1902.OctetString("Tầng 2".encode()), "Tầng 2"),
        (rfc1902.OctetString(hexValue="001b54aabb01"), "00:1b:54:aa:bb:01"),
        (rfc1902.ObjectIdentifier("1.3.6.1.2.1.33.1.6.3.2"), "1.3.6.1.2.1.33.1.6.3.2"),
        (rfc1902.IpAddress("10.1.2.3"), "10.1.2.3"),
        (rfc1902.OctetString(""), ""),
    ],
)
def test_a_value_means_what_another_codec_wrote(given: object, value: object) -> None:
    encoded = encoder.encode(given)
    tag, start, end = ber.element(encoded, 0, len(encoded))
    assert ber.value(tag, encoded[start:end]) == value


def test_an_unsigned_number_without_its_leading_zero_is_not_negative() -> None:
    assert ber.value(ber.COUNTER32, b"\xff\xff\xff\xff") == 2**32 - 1


@pytest.mark.parametrize(
    "given", ["1.3.x", "", "1", "3.1", "1.40", "1.3.4294967296", "1..3", "1.3." + "1." * 130 + "1"]
)
def test_what_is_no_object_identifier_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="object identifier"):
        ber.from_dotted(given)


def test_a_trap_of_version_2c_is_read_whole() -> None:
    said = trap.read(trap_v2(pairs=[(f"{IF_INDEX}.7", rfc1902.Integer32(7))]))
    assert (said.version, ber.dotted(said.oid), said.uptime, said.confirmed) == (trap.V2C, LINK_DOWN, 42, False)
    assert [(ber.dotted(v.name), v.value) for v in said.variables] == [(f"{IF_INDEX}.7", 7)]
    assert said.answer is None


def test_the_answer_to_an_inform_is_the_response_that_another_codec_reads() -> None:
    said = trap.read(inform(pairs=[(f"{IF_INDEX}.7", rfc1902.Integer32(7))], request=1234))
    assert said.confirmed
    response = parsed(said.answer or b"")
    assert response.__class__.__name__ == "ResponsePDU"
    assert int(response["request-id"]) == 1234
    assert int(response["error-status"]) == 0
    assert len(response["variable-bindings"]) == 3


@pytest.mark.parametrize(
    ("generic", "oid"), [(0, "5.1"), (1, "5.2"), (2, "5.3"), (3, "5.4"), (4, "5.5"), (5, "5.6")]
)  # fmt: skip
def test_the_generic_traps_of_version_1_have_their_names_of_version_2(generic: int, oid: str) -> None:
    """RFC 3584 3.1."""
    assert ber.dotted(trap.read(trap_v1("1.3.6.1.4.1.9", generic)).oid) == f"1.3.6.1.6.3.1.1.{oid}"


def test_an_enterprise_trap_of_version_1_keeps_who_sent_it_first() -> None:
    said = trap.read(trap_v1("1.3.6.1.4.1.5528.1", 6, 17))
    assert ber.dotted(said.oid) == "1.3.6.1.4.1.5528.1.0.17"
    found = {ber.dotted(v.name): v.value for v in said.variables}
    assert found == {"1.3.6.1.6.3.18.1.3.0": "10.1.2.3", "1.3.6.1.6.3.1.1.4.3.0": "1.3.6.1.4.1.5528.1"}


def test_no_community_travels_on_with_a_trap() -> None:
    said = trap.read(trap_v1("1.3.6.1.4.1.9", 0, community="hush"))
    assert all(v.body != b"hush" for v in said.variables)


@pytest.mark.parametrize(
    "given",
    [
        b"",
        b"\x30",
        b"\x30\x80\x02\x01\x01",  # an indefinite length
        b"\x30\x84\xff\xff\xff\xff\x02\x01\x01",  # longer than the message
        b"\x30\x03\x02\x01\x07",  # a version nobody knows
        trap_v2()[:-1],
        trap_v2().replace(b"\xa7", b"\xa0"),  # a GET is no notification
    ],
)
def test_a_message_that_is_none_is_malformed(given: bytes) -> None:
    with pytest.raises(Malformed):
        trap.read(given)


def test_a_notification_of_a_thousand_variables_is_not_believed() -> None:
    with pytest.raises(Malformed, match="256 variables"):
        trap.read(trap_v2(pairs=[("1.3.6.1.2.1.1.1.0", rfc1902.Integer32(1))] * 1000))


def test_whatever_arrives_only_malformed_comes_out() -> None:
    """Every message is a good one with some bytes changed, cut, doubled or moved."""
    dice = random.Random(20_261_124)
    good = [
        trap_v2(
            pairs=[(f"{IF_INDEX}.7", rfc1902.Integer32(7)), ("1.3.6.1.2.1.2.2.1.2.7", rfc1902.OctetString("x" * 60))]
        ),
        inform(pairs=[("1.3.6.1.2.1.31.1.1.1.6.7", rfc1902.Counter64(2**63))]),
        trap_v1("1.3.6.1.4.1.9", 6, 3, [(f"{IF_INDEX}.7", rfc1902.Integer32(7))]),
        bytes.fromhex("3039020103300e020100020300ffe304010402010304106030e0405800000000102010004000400040030120400040"),
    ]
    read = 0
    for _ in range(CASES):
        message = spoilt(dice, good[dice.randrange(len(good))])
        try:
            said = trap.read(message)
            _ = [(ber.dotted(v.name), v.value) for v in said.variables]
            read += 1
        except Malformed:
            pass
        for reader in (trap.version_of, trap.claim_of, trap.read_pdu):
            try:
                reader(message)
            except Malformed:
                pass
    assert read


def spoilt(dice: random.Random, message: bytes) -> bytes:
    spoilt = bytearray(message)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(spoilt)) if spoilt else 0
        match dice.randrange(5):
            case 0 if spoilt:
                spoilt[at] = dice.randrange(256)
            case 1 if spoilt:
                spoilt[at] ^= 1 << dice.randrange(8)
            case 2:
                del spoilt[at:]
            case 3:
                spoilt[at:at] = dice.randbytes(dice.randint(1, 8))
            case 4:
                spoilt[at:at] = spoilt[at : at + dice.randint(1, 40)]
    return bytes(spoilt)
