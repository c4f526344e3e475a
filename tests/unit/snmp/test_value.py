"""What agents send becomes a value or a reason, by the type that the profile says."""

import pytest
from pydantic import ValidationError

from drivers.snmp.address import Address
from drivers.snmp.connection import Connection
from drivers.snmp.oid import checked, checked_index, index_under
from drivers.snmp.value import column, decode, example, percentage
from hub.model import Reason

BAD, NONE, WAITING = Reason.UNDECODABLE, Reason.NOT_PROGRAMMED, Reason.WAITING
O = "1.3.6.1.2.1.1.1.0"  # noqa: E741


def of(type_: str = "auto", **more: object) -> Address:
    return Address.model_validate({"oid": O, "type": type_, **more})


@pytest.mark.parametrize(
    ("type_", "raw", "value"),
    [
        ("auto", 5, 5),
        ("auto", b"eth0", "eth0"),
        ("auto", b"eth0\x00", "eth0"),
        ("auto", bytes.fromhex("001b213c4d5e"), "001b213c4d5e"),
        ("auto", bytes.fromhex("ff00"), "ff00"),
        ("auto", bytes.fromhex("9f78043f800000"), 1.0),
        ("integer", -5, -5),
        ("integer", 2**31, BAD),
        ("integer", b"5", BAD),
        ("enum", 7, 7),
        ("gauge", 2**32 - 1, 2**32 - 1),
        ("gauge", -1, 2**32 - 1),
        ("gauge", 2**32, BAD),
        ("counter32", 2**32 - 1, 2**32 - 1),
        ("counter32", 2**32, BAD),
        ("counter32", -1, BAD),
        ("counter64", 2**64 - 1, 2**64 - 1),
        ("counter64", 2**64, BAD),
        ("ticks", 123456, 123456),
        ("ticks", -1, BAD),
        ("float", bytes.fromhex("9f790840091eb851eb851f"), 3.14),
        ("float", bytes.fromhex("9f78047fc00000"), BAD),
        ("float", bytes.fromhex("9f7804"), BAD),
        ("float", 3, 3.0),
        ("float", b"3.0", BAD),
        ("string", "Thái Nguyên".encode(), "Thái Nguyên"),
        ("string", b"two\r\nlines", "two\nlines"),
        ("string", b"\x1b[31mred", "\N{REPLACEMENT CHARACTER}[31mred"),
        ("string", b"\xff\xfeA", "\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}A"),
        ("string", 5, BAD),
        ("mac", bytes.fromhex("001b213c4d5e"), "00:1b:21:3c:4d:5e"),
        ("mac", b"", ""),
        ("mac", b"12345", BAD),
        ("oid", "1.3.6.1.4.1.9", "1.3.6.1.4.1.9"),
        ("oid", b"1.3.6.1", BAD),
        ("ip", "10.1.2.3", "10.1.2.3"),
        ("ip", b"\x0a\x01\x02\x03", "10.1.2.3"),
        ("ip", "1.3.6.1.4", BAD),
        ("ip", "1.3.6.900", BAD),
        ("date", bytes.fromhex("07e8021d0e1e0500"), "2024-02-29T14:30:05.0"),
        ("date", bytes.fromhex("07e8021d0e1e05002b0700"), "2024-02-29T14:30:05.0+07:00"),
        ("date", bytes.fromhex("07e80d1d0e1e0500"), BAD),
        ("date", b"yesterday", BAD),
        ("opaque", b"\x80\x00", "8000"),
        ("opaque", 3, BAD),
    ],
)
def test_a_type_reads_what_it_says_and_nothing_else(type_, raw, value):
    found = decode(of(type_), raw)
    assert found == value
    assert type(found) is type(value)


def test_nothing_there_and_values_that_mean_nothing_are_not_programmed():
    assert decode(of(), None) is NONE
    assert decode(of("integer", missing=[-1, 999]), 999) is NONE
    assert decode(of("string", missing=["n/a"]), b"n/a") is NONE
    assert decode(of("integer", missing=[-1]), 1) == 1


def test_a_percentage_of_nothing_is_nothing():
    assert percentage(300, 400) == 75.0
    assert percentage(300, 0) is NONE
    assert percentage(300, None) is NONE
    assert percentage(BAD, 400) is BAD
    assert percentage("a", 400) is BAD
    assert percentage(3 * 2**30, -(2**31)) == 150.0


def test_a_column_with_a_row_of_another_type_gives_no_sum():
    mean = Address.model_validate({"table": "1.3.6.1", "column": 2, "fold": "mean", "type": "gauge"})
    assert column(mean, {"1": 10, "2": 20}) == 15.0
    assert column(mean, {"1": 10, "2": b"x"}) is BAD
    assert column(mean, {}) is NONE


@pytest.mark.parametrize(
    ("address", "raw", "value"),
    [
        ({"oid": O, "type": "string"}, "text", "text"),
        ({"oid": O}, {"type": "none"}, NONE),
        ({"oid": O, "type": "mac"}, {"type": "octets", "value": "00:1B:21:3C:4D:5E"}, "00:1b:21:3c:4d:5e"),
        ({"oid": O, "type": "counter32", "rate": True}, {"before": 0, "after": 50, "seconds": 5}, 10.0),
        ({"oid": O, "type": "counter64", "rate": True}, {"before": 50, "after": 0, "seconds": 5}, WAITING),
        ({"oid": O, "type": "gauge", "percent_of": "1.3.6.2"}, {"value": 1, "of": 4}, 25.0),
        ({"table": "1.3.6.1", "column": 1, "holds": 3}, [1, 2, 3], True),
    ],
)
def test_examples_are_written_as_the_readme_says(address, raw, value):
    assert example(Address.model_validate(address), raw) == value


@pytest.mark.parametrize("raw", [True, None, {"type": "octets"}, {"type": "octets", "value": "xyz"}, {"before": 1}])
def test_an_example_that_is_no_raw_value_is_refused(raw):
    with pytest.raises(ValueError, match=r"."):
        example(of("integer"), raw)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "give the oid, or the table"),
        ({"table": "1.3.6.1"}, "give the oid, or the table with its column"),
        ({"table": "1.3.6.1", "column": 1}, "one of index, row, holds and fold, this has none"),
        ({"table": "1.3.6.1", "column": 1, "index": 1, "fold": "sum"}, "this has index and fold"),
        ({"oid": O, "index": 1}, "an oid is complete"),
        ({"oid": "ifName.1"}, "not a MIB's name"),
        ({"oid": O, "rate": True}, "counter32 or counter64, not auto"),
        ({"oid": O, "most": 5}, "belong to a rate"),
        ({"oid": O, "rate": True, "type": "counter32", "percent_of": O}, "a rate is no percentage"),
        ({"oid": O, "colum": 1}, "Extra inputs"),
    ],
)
def test_an_address_that_cannot_be_meant_says_what_to_write(given, says):
    with pytest.raises(ValidationError, match=says):
        Address.model_validate(given)


AUTH, PRIVACY = {"password": "signing-words"}, {"password": "hiding-words"}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "version 3 needs a user"),
        ({"user": "u"}, "security: none"),
        ({"user": "u", "auth": AUTH}, "security: auth"),
        ({"user": "u", "privacy": PRIVACY}, "privacy needs auth"),
        ({"community": "c"}, "write version: 2c"),
        ({"version": "2c"}, "needs a community"),
        ({"version": 1, "community": "c", "user": "u"}, "version 1 has no users"),
        ({"user": "u", "auth": {"password": "short"}, "privacy": PRIVACY}, "at least 8"),
        ({"user": "u", "auth": {"password": "signing-words", "protocol": "MD5"}, "privacy": PRIVACY}, "SHA512"),
    ],
)
def test_what_is_less_than_signed_and_encrypted_has_to_be_written(given, says):
    with pytest.raises(ValidationError, match=says):
        Connection.model_validate({"host": "h", **given})


def test_weaker_sign_ins_are_taken_when_written():
    for given in (
        {"user": "u", "security": "none"},
        {"user": "u", "auth": AUTH, "security": "auth"},
        {"user": "u", "auth": AUTH, "privacy": PRIVACY},
        {"version": "2c", "community": "c"},
    ):
        made = Connection.model_validate({"host": "h", **given})
        assert "signing-words" not in repr(made)


def test_an_oid_is_numbers_and_dots():
    assert checked(".1.3.6.1") == "1.3.6.1"
    for wrong in ("1", "1.3.x", "3.1", "1.40", "1.3.4294967296", "", "1..3", "1.3.6.1.", "1.3." + ".".join("1" * 130)):
        with pytest.raises(ValueError, match="is no OID"):
            checked(wrong)
    assert checked_index(7) == "7"
    assert checked_index("1.07") == "1.7"
    assert index_under("1.3.6", "1.3.6.1.7") == "1.7"
    assert index_under("1.3.6", "1.3.61.7") is None
