"""The short way of reading a publish response says what the library says, and anything at all hurts nobody."""

from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import struct_from_binary, struct_to_binary
from hypothesis import given
from hypothesis import strategies as st

from drivers.opcua.notifications import Message, plain, read

KINDS: dict[str, st.SearchStrategy[Any]] = {
    "Boolean": st.booleans(), "SByte": st.integers(-(2**7), 2**7 - 1), "Byte": st.integers(0, 2**8 - 1),
    "Int16": st.integers(-(2**15), 2**15 - 1), "UInt16": st.integers(0, 2**16 - 1),
    "Int32": st.integers(-(2**31), 2**31 - 1), "UInt32": st.integers(0, 2**32 - 1),
    "Int64": st.integers(-(2**63), 2**63 - 1), "UInt64": st.integers(0, 2**64 - 1),
    "Float": st.floats(width=32), "Double": st.floats(), "String": st.none() | st.text(),
}  # fmt: skip
RARE: dict[str, st.SearchStrategy[Any]] = {
    "LocalizedText": st.just(ua.LocalizedText("cửa")), "ByteString": st.binary(max_size=9),
    "Guid": st.just(UUID(int=7)), "DateTime": st.just(datetime(2026, 3, 1, tzinfo=UTC)),
}  # fmt: skip
TIMES = st.none() | st.datetimes(datetime(1601, 1, 1), datetime(2500, 1, 1)).map(lambda t: t.replace(tzinfo=UTC))
STATUS = st.sampled_from([None, 0, 0x0000_0480, 0x4090_0000, 0x8031_0000, 0xFFFF_FFFF])


@st.composite
def values(draw: st.DrawFn, kinds: dict[str, st.SearchStrategy[Any]]) -> ua.DataValue:
    name = draw(st.sampled_from(sorted(kinds)))
    variant = draw(st.none() | kinds[name].map(lambda v: ua.Variant(v, ua.VariantType[name])))
    status = draw(STATUS)
    code = None if status is None else ua.StatusCode(cast(ua.UInt32, status))
    at, server = draw(TIMES), draw(TIMES)
    fine: Any = draw(st.none() | st.just(5)) if at else None
    return ua.DataValue(variant, code, cast(ua.DateTime, at), cast(ua.DateTime, server), fine, None)


def response(*parts: list[ua.DataValue]) -> bytes:
    data = []
    for items in parts:
        told = ua.DataChangeNotification()
        for handle, value in enumerate(items):
            told.MonitoredItems.append(ua.MonitoredItemNotification(ClientHandle=handle, Value=value))
        data.append(told)
    answer = ua.PublishResponse()
    answer.Parameters.SubscriptionId, answer.Parameters.AvailableSequenceNumbers = 7, [1, 2]
    answer.Parameters.NotificationMessage.SequenceNumber = 9
    answer.Parameters.NotificationMessage.NotificationData = data
    return bytes(struct_to_binary(answer))


def by_library(data: bytes) -> list[Any]:
    answer = struct_from_binary(ua.PublishResponse, Buffer(data))
    return plain(answer.Parameters.NotificationMessage.NotificationData)


def same(one: list[Any], other: list[Any]) -> bool:
    """Compare changes; the library knows microseconds, we the ticks of 100 ns."""
    coarse = [[(h, v, r, None if t is None else t // 1000, s) for h, v, r, t, s in part] for part in one]
    return coarse == [[(h, v, r, None if t is None else t // 1000, s) for h, v, r, t, s in part] for part in other]


@given(st.lists(st.lists(values(KINDS), max_size=6), max_size=3))
def test_what_is_read_the_short_way_is_what_the_library_reads(parts: list[list[ua.DataValue]]) -> None:
    data = response(*parts)
    found = read(data)
    assert found is not None
    assert (found.subscription, found.sequence) == (7, 9)
    assert same(found.data, by_library(data))


@given(st.lists(values(KINDS | RARE), min_size=1, max_size=4))
def test_what_is_not_plain_is_left_to_the_library(items: list[ua.DataValue]) -> None:
    data = response(items)
    found = read(data)
    if any(v.Value is not None and v.Value.VariantType.name in RARE for v in items):
        assert found is None
    else:
        assert found is not None
        assert same(found.data, by_library(data))


def test_arrays_and_events_are_left_to_the_library() -> None:
    array = ua.DataValue(ua.Variant([1.0, 2.0], ua.VariantType.Double))
    assert read(response([array])) is None
    answer = ua.PublishResponse()
    answer.Parameters.NotificationMessage.NotificationData = [ua.EventNotificationList()]
    assert read(bytes(struct_to_binary(answer))) is None


def test_a_notification_that_ends_before_its_items_do_is_left_to_the_library() -> None:
    data = bytearray(response([ua.DataValue(ua.Variant(1.5, ua.VariantType.Double))] * 2))
    at = data.index(b"\x01\x00\x2b\x03\x01") + 5
    data[at : at + 4] = b"\x04\0\0\0"
    assert read(bytes(data)) is None


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda tail: response([])[:-10] + tail), st.data())
def test_anything_at_all_is_a_message_or_nothing(noise: bytes, data: st.DataObject) -> None:
    whole = bytearray(response([ua.DataValue(ua.Variant(1.5, ua.VariantType.Double), ua.StatusCode())] * 3))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    for spoilt in (noise, bytes(whole), bytes(whole[: data.draw(st.integers(0, len(whole)))])):
        assert isinstance(read(spoilt), Message | None)
