"""What payloads say: numbers, flags, text, JSON, times, and everything that is none of them."""

import pytest

from drivers.mqtt import SPEC
from drivers.mqtt.address import Address
from drivers.mqtt.payload import plain
from hub.model import SECOND, Reason
from hub.wire.document import document, moment, raw

AT = 1_700_000_000 * SECOND


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"21.5", 21.5),
        (b" 21 ", 21),
        (b"+2.5", 2.5),
        (b".5", 0.5),
        (b"true", True),
        (b"false", False),
        (b"ON", "ON"),
        (b'"ON"', "ON"),
        (b"007", "007"),
        ("đang mở".encode(), "đang mở"),
        (b"null", Reason.NOT_PROGRAMMED),
        (b"", Reason.UNDECODABLE),
        (b"nan", Reason.UNDECODABLE),
        (b"-Infinity", Reason.UNDECODABLE),
        (b"1e999", Reason.UNDECODABLE),
        (b"\xff\xfe", Reason.UNDECODABLE),
        (b'{"a": 1}', Reason.UNDECODABLE),
        (b'{"a": ', Reason.UNDECODABLE),
        (b"[1]", Reason.UNDECODABLE),
        (b"x" * 5000, Reason.UNDECODABLE),
        (b"a\x00b", Reason.UNDECODABLE),
        (b'"a\\u0000b"', Reason.UNDECODABLE),
        (b"9" * 30, Reason.UNDECODABLE),
    ],
)
def test_a_payload_without_path_is_the_value_itself_or_undecodable(payload, expected):
    value = plain(payload)
    assert value == expected
    assert type(value) is type(expected)


def test_nan_spoils_its_own_field_and_no_other():
    found = document(b'{"smoke": true, "temperature": NaN, "high": 1e999, "humidity": 40.5}')
    assert raw(found["smoke"]) is True
    assert raw(found["temperature"]) is Reason.UNDECODABLE
    assert raw(found["high"]) is Reason.UNDECODABLE
    assert raw(found["humidity"]) == 40.5


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", "empty"),
        (b"\xff", "not UTF-8"),
        (b'{"a": \xff}', "not UTF-8"),
        (b"junk", "not JSON"),
        (b'{"a": 1', "not JSON"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_not_json_says_why(payload, why):
    with pytest.raises(ValueError, match=why):
        document(payload)


def test_a_lone_surrogate_never_becomes_a_text():
    try:
        found = document(b'{"a": "\\ud800"}')
    except ValueError:
        return
    assert raw(found["a"]) is Reason.UNDECODABLE


@pytest.mark.parametrize(
    ("found", "time_format", "expected"),
    [
        ("2023-11-14T22:13:20Z", "iso", AT),
        ("2023-11-15T05:13:20+07:00", "iso", AT),
        ("2023-11-14T22:13:20", "iso", AT),
        (1_700_000_000, "s", AT),
        (1_700_000_000.5, "s", AT + SECOND // 2),
        ("1700000000", "s", AT),
        (1_700_000_000_000, "ms", AT),
        ("yesterday", "iso", None),
        (5, "iso", None),
        (None, "iso", None),
        (True, "s", None),
        (1e300, "s", None),
        ("nan", "ms", None),
        ([], "ms", None),
    ],
)
def test_the_payloads_own_time_is_read_in_three_ways_and_never_guessed(found, time_format, expected):
    assert moment(found, time_format) == expected


def test_examples_of_a_profile_are_read_as_messages_are():
    assert SPEC.example is not None
    assert SPEC.example(Address(path="a.b[0]"), '{"a": {"b": [21.5]}}') == 21.5
    assert SPEC.example(Address(), "ON") == "ON"
    assert SPEC.example(Address(), 21.5) == 21.5
    assert SPEC.example(Address(path="a"), "junk") is Reason.UNDECODABLE
    assert SPEC.example(Address(path="a"), '{"a": [1]}') is Reason.UNDECODABLE
    assert SPEC.example(Address(path="a"), '{"b": 1}') is Reason.WAITING
