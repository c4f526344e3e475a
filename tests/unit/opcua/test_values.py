"""DataValue → raw value or reason, and back to what a variable takes."""

import math
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from asyncua import ua
from asyncua.ua.ua_binary import struct_from_binary, struct_to_binary
from hypothesis import given
from hypothesis import strategies as st

from drivers.opcua.address import Address
from drivers.opcua.values import decoded, encoded, example, moment, raw_of
from hub.model import Reason, Refused

BORN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ADDRESS = Address.model_validate({"node": "i=1"})


def on_the_wire(value: Any, kind: ua.VariantType | None = None, status: int = 0, **more: Any) -> ua.DataValue:
    given = ua.DataValue(ua.Variant(value, kind), ua.StatusCode(ua.UInt32(status)), **more)
    return struct_from_binary(ua.DataValue, ua.utils.Buffer(struct_to_binary(given)))


@pytest.mark.parametrize(
    ("value", "kind", "raw"),
    [
        (True, "Boolean", True), (-5, "SByte", -5), (255, "Byte", 255), (-300, "Int16", -300), (65535, "UInt16", 65535),
        (-70000, "Int32", -70000), (4_000_000_000, "UInt32", 4_000_000_000), (-(2**63), "Int64", -(2**63)),
        (2**63 - 1, "UInt64", 2**63 - 1), (2**63, "UInt64", Reason.UNDECODABLE), (0.5, "Float", 0.5),
        (21.5, "Double", 21.5), (math.nan, "Double", Reason.UNDECODABLE), (math.inf, "Float", Reason.UNDECODABLE),
        ("Chợ Thái", "String", "Chợ Thái"), ("a\0b", "String", Reason.UNDECODABLE),
        ("x" * 5000, "String", Reason.UNDECODABLE), (ua.LocalizedText("cửa"), "LocalizedText", "cửa"),
        (ua.QualifiedName("name", 2), "QualifiedName", "name"), (b"\x01", "ByteString", Reason.UNDECODABLE),
        (UUID(int=7), "Guid", str(UUID(int=7))), (BORN, "DateTime", "2026-01-02T03:04:05.000Z"),
        ([1, 2], "Int32", Reason.UNDECODABLE), ([], "Double", Reason.UNDECODABLE),
        (ua.NodeId(7), "NodeId", Reason.UNDECODABLE),
        (ua.Range(0, 1), "ExtensionObject", Reason.UNDECODABLE), (None, "Null", Reason.NOT_PROGRAMMED),
    ],
)  # fmt: skip
def test_each_type_of_the_wire_becomes_a_raw_value_or_a_reason(value: Any, kind: str, raw: Any) -> None:
    got = decoded(on_the_wire(value, ua.VariantType[kind]))
    if isinstance(raw, Reason):
        assert got == (None, raw, None)
    else:
        assert got == (raw, Reason.NONE, None)
        assert type(got[0]) is type(raw)


def test_a_text_of_bytes_that_are_no_text_is_undecodable() -> None:
    wire = struct_to_binary(ua.DataValue(ua.Variant("abc", ua.VariantType.String))).replace(b"abc", b"\xff\xfe\xfd")
    assert decoded(struct_from_binary(ua.DataValue, ua.utils.Buffer(wire)))[1] is Reason.UNDECODABLE


def test_a_bad_status_never_carries_a_value_and_an_uncertain_one_does() -> None:
    assert decoded(on_the_wire(1.5, status=0x8031_0000))[:2] == (None, Reason.NO_COMMUNICATION)
    assert decoded(on_the_wire(1.5, status=0x4090_0000))[:2] == (1.5, Reason.STALE)
    assert decoded(on_the_wire(1.5, status=0x0000_0480))[:2] == (1.5, Reason.NONE)


def test_the_source_time_is_kept_to_the_microsecond_and_1601_is_no_time() -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    assert decoded(on_the_wire(1, SourceTimestamp=at))[2] == 1_767_323_045_678_901_000
    assert moment(datetime(1601, 1, 1, tzinfo=UTC)) is None
    assert moment(None) is None


def test_the_end_of_time_that_servers_send_for_no_end_is_no_time_and_no_error() -> None:
    """OPC 10000-6, 5.2.2.5: the latest DateTime stands for none."""
    assert moment(datetime.max) is None
    assert decoded(on_the_wire(1, SourceTimestamp=datetime(9999, 12, 31, 23, 59, 59)))[2] is None
    assert raw_of(datetime.max) is Reason.NOT_PROGRAMMED


@given(st.one_of(st.floats(), st.integers(), st.text(), st.binary(), st.booleans(), st.none(), st.lists(st.integers())))
def test_whatever_is_found_is_a_value_or_a_reason(found: Any) -> None:
    raw = raw_of(found)
    assert isinstance(raw, Reason | bool | int | float | str)
    assert not (isinstance(raw, float) and not math.isfinite(raw))


@pytest.mark.parametrize(
    ("value", "kind", "fits"),
    [
        (True, "Boolean", True), (1, "Boolean", True), (200, "Byte", 200), (3.0, "Int16", 3), (7, "Double", 7.0),
        ("a", "String", "a"), (5, "String", "5"), ("a", "LocalizedText", "a"),
    ],
)  # fmt: skip
def test_a_value_gets_the_type_of_the_variable(value: Any, kind: str, fits: Any) -> None:
    got = encoded(value, ua.VariantType[kind].value)
    assert (got, type(got)) == (fits, type(fits))


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (2, "Boolean"),
        (256, "Byte"),
        (-1, "UInt32"),
        (1.5, "Int32"),
        ("a", "Double"),
        (1e300, "Float"),
        (1, "ByteString"),
        ("tomorrow", "DateTime"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_here(value: Any, kind: str) -> None:
    with pytest.raises(Refused):
        encoded(value, ua.VariantType[kind].value)


def test_an_example_is_a_value_or_a_status() -> None:
    assert example(ADDRESS, 21.5) == 21.5
    assert example(ADDRESS, [1, 2]) is Reason.UNDECODABLE
    assert example(ADDRESS, {"status": "0x808D0000"}) is Reason.OUT_OF_SERVICE
    assert example(ADDRESS, {"status": 0x4090_0000, "value": 3}) == 3
