"""Bytes from documents, and what becomes of sentinels, bits, strings and things that do not fit."""

import struct

import pytest
from pydantic import ValidationError

from drivers.modbus import codec
from drivers.modbus.address import Address
from hub.model import Reason


def address(**given):
    return Address.model_validate({"table": "holding", "register": 0, **given})


@pytest.mark.parametrize(
    ("type_", "order", "wire", "value"),
    [
        # V1.1b3, 6.3: the example reply to function 03 carries register 108 = 0x022B (555)
        ("uint16", "abcd", "022B", 555),
        ("int16", "abcd", "022B", 555),
        # Two's complement and swapped bytes
        ("int16", "abcd", "FFFE", -2),
        ("int16", "badc", "FEFF", -2),
        ("uint16", "dcba", "2B02", 555),
        ("uint16", "cdab", "022B", 555),
        # IEEE 754-2008: pi in binary32 is 40490FDB, in binary64 400921FB54442D18
        ("float32", "abcd", "40490FDB", 3.1415927410125732),
        ("float32", "badc", "4940DB0F", 3.1415927410125732),
        ("float32", "cdab", "0FDB4049", 3.1415927410125732),
        ("float32", "dcba", "DB0F4940", 3.1415927410125732),
        ("float64", "abcd", "400921FB54442D18", 3.141592653589793),
        ("float64", "dcba", "182D4454FB210940", 3.141592653589793),
        ("float64", "cdab", "2D18544421FB4009", 3.141592653589793),
        ("float64", "badc", "0940FB214454182D", 3.141592653589793),
        ("uint32", "abcd", "00010002", 0x00010002),
        ("uint32", "cdab", "00020001", 0x00010002),
        ("int32", "abcd", "FFFE1DC0", -123456),
        ("int64", "abcd", "0123456789ABCDEF", 81985529216486895),
        ("int64", "cdab", "FFFEFFFFFFFFFFFF", -2),
        ("uint64", "abcd", "FFFFFFFFFFFFFFFF", 2**64 - 1),
    ],
)
def test_bytes_from_documents_become_the_numbers_they_stand_for(type_, order, wire, value):
    a = address(type=type_, order=order)
    assert codec.decode(a, bytes.fromhex(wire)) == value
    assert codec.encode(a, value) == bytes.fromhex(wire)


def test_coils_are_packed_lowest_bit_first():
    # V1.1b3, 6.1: the example reply for coils 20 to 38 is CD 6B 05
    data = bytes.fromhex("CD6B05")
    read = [codec.extractor(Address(table="coil", register=n, type="bool"), 19)(data) for n in range(19, 38)]
    assert read == [c == "1" for c in "1011001111010110101"]


@pytest.mark.parametrize(("given", "word", "value"), [
    ({"bit": 0}, 0x0001, True),
    ({"bit": 15}, 0x8000, True),
    ({"bit": 7}, 0x8000, False),
    ({"bit": 0, "order": "badc"}, 0x0100, True),
    ({"bit": 8, "order": "badc"}, 0x0001, True),
    ({"bit": 3, "missing": ["0xFFFF"]}, 0xFFFF, Reason.NOT_PROGRAMMED),
    ({"bit": 3, "missing": ["0xFFFF"]}, 0x0008, True),
    ({"bits": [8, 4]}, 0xA5C3, 5),
    ({"bits": [0, 8], "missing": ["0xFF"]}, 0x00FF, Reason.NOT_PROGRAMMED),
    ({"bits": [0, 8], "missing": ["0xFF"]}, 0xFF10, 0x10),
    ({"missing": [65535]}, 0xFFFF, Reason.NOT_PROGRAMMED),
    ({"type": "int16", "missing": [-32768]}, 0x8000, Reason.NOT_PROGRAMMED),
    ({"type": "int16", "missing": ["0x8000"]}, 0x8000, Reason.NOT_PROGRAMMED),
    ({"type": "int16", "missing": ["0x8000"]}, 0x8001, -32767),
])  # fmt: skip
def test_fields_and_sentinels_of_a_register(given, word, value):
    assert codec.example(address(**given), [word]) == value


@pytest.mark.parametrize("words", [[0x7FC0, 0], [0x7F80, 0], [0xFF80, 0]])
def test_a_float_that_is_no_number_is_undecodable(words):
    assert codec.example(address(type="float32"), words) is Reason.UNDECODABLE


def test_a_float_that_means_not_programmed_says_so_even_when_it_is_no_number():
    assert codec.example(address(type="float32", missing=["0x7FC00000"]), [0x7FC0, 0]) is Reason.NOT_PROGRAMMED


def test_a_string_ends_at_its_first_nul_and_loses_trailing_blanks():
    words = list(struct.unpack(">4H", b"Zone 7 \0"))
    assert codec.example(address(type="string", length=4), words) == "Zone 7"
    assert codec.example(address(type="string", length=2), [0x5400, 0x4141]) == "T"
    assert codec.example(address(type="string", length=1, order="badc"), [0x4254]) == "TB"


def test_a_string_that_is_not_text_is_undecodable():
    assert codec.example(address(type="string", length=1), [0xC3C3]) is Reason.UNDECODABLE


def test_an_example_of_a_coil_is_a_bool():
    assert codec.example(Address(table="coil", register=3, type="bool"), True) is True
    with pytest.raises(ValueError, match="true or false"):
        codec.example(Address(table="coil", register=3, type="bool"), 1)


@pytest.mark.parametrize("raw", [[1], [1, 2, 3], [1, -1], [1, 65536], "ab", [True, 1], None])
def test_an_example_with_the_wrong_words_says_how_many_it_wants(raw):
    with pytest.raises(ValueError, match="2 register words"):
        codec.example(address(type="uint32"), raw)


@pytest.mark.parametrize(
    ("type_", "value"), [("uint16", 65536), ("uint16", -1), ("int16", 1.5), ("string", "too long")]
)
def test_a_value_that_does_not_fit_is_refused_before_it_is_written(type_, value):
    with pytest.raises(ValueError, match=r"fit|whole|longer"):
        codec.encode(address(type=type_, **({"length": 2} if type_ == "string" else {})), value)


def test_a_64_bit_number_is_written_to_the_last_digit():
    assert codec.encode(address(type="uint64"), 2**64 - 1) == b"\xff" * 8


@pytest.mark.parametrize(("given", "says"), [
    ({"table": "coil", "type": "int16"}, "a coil holds one bit"),
    ({"table": "discrete", "bit": 3}, "belong to input and holding"),
    ({"type": "bool"}, "needs its bit"),
    ({"type": "int32", "bit": 3}, "bit makes a bool"),
    ({"type": "string"}, "needs its length"),
    ({"type": "uint16", "length": 3}, "length is for strings"),
    ({"type": "string", "length": 3, "order": "cdab"}, "order is abcd or badc"),
    ({"bits": [10, 8]}, "do not fit"),
    ({"bits": [0, 4], "type": "float32"}, "bits are taken from"),
    ({"register": 65535, "type": "uint32"}, "beyond register 65535"),
    ({"register": 65536}, "less than or equal to 65535"),
    ({"missing": ["sixteen"]}, "hexadecimal"),
    ({"registr": 3}, "Extra inputs"),
])  # fmt: skip
def test_an_address_that_cannot_be_is_explained(given, says):
    with pytest.raises(ValidationError, match=says):
        address(**given)


def test_the_type_follows_from_the_table_and_the_bit():
    assert address().type == "uint16"
    assert address(bit=3).type == "bool"
    assert Address.model_validate({"table": "coil", "register": 1}).type == "bool"
