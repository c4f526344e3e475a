"""Promise 8: rows as bytes of binary COPY."""

import json
import math
import struct

import pytest

from hub.model import DeviceEvent, Quality, Reading, Reason, Stray, row_id
from hub.wire.copy import encode_events, encode_readings, encode_strays, reading_row
from tests.support.copyrows import split_rows

AT = 1_780_000_000_123_456_000
MICROSECONDS_SINCE_2000 = 1_780_000_000_123_456 - 946_684_800_000_000
IDS = {"d/a": 7, "d/b": 2**62}


def reading(value, *, point="d/a", quality=Quality.GOOD, reason=Reason.NONE, source=None):
    return Reading(point, value, quality, reason, source, AT, 1)


def fields(*readings):
    return split_rows(encode_readings(readings, [IDS[r.point] for r in readings]))


def double(raw):
    return struct.unpack(">d", raw)[0]


def number(raw):
    return int.from_bytes(raw, "big", signed=True)


def test_a_number_goes_into_the_value_column_with_null_text_and_null_lag():
    [[time, value, point, lag, quality, text]] = fields(reading(71.5))
    assert number(time) == MICROSECONDS_SINCE_2000
    assert double(value) == 71.5
    assert number(point) == 7
    assert (lag, number(quality), text) == (None, 0, None)


@pytest.mark.parametrize(("value", "stored"), [(True, 1.0), (False, 0.0), (12, 12.0), (-(2**40), float(-(2**40)))])
def test_bools_and_integers_become_numbers(value, stored):
    assert double(fields(reading(value))[0][1]) == stored


def test_an_integer_beyond_float64_becomes_infinite_instead_of_stopping_the_batch():
    rows = fields(reading(10**400), reading(-(10**400)), reading(1))
    assert [double(row[1]) for row in rows] == [math.inf, -math.inf, 1.0]


def test_text_goes_into_the_text_column():
    [[_, value, _, _, _, text]] = fields(reading("cửa mở"))
    assert value is None
    assert text.decode() == "cửa mở"


def test_text_that_the_database_would_refuse_is_made_storable_and_visibly_so():
    rows = fields(reading("a\0b"), reading("x\ud800y"))
    assert [row[5].decode() for row in rows] == ["a\ufffdb", "x?y"]


def test_a_value_that_never_was_is_null_with_its_quality_and_reason():
    [row] = fields(reading(None, quality=Quality.BAD, reason=Reason.WAITING))
    assert (row[1], row[5]) == (None, None)
    assert number(row[4]) == 2 * 256 + 1


def test_a_source_time_files_the_reading_and_the_delay_is_kept_as_lag():
    [row] = fields(reading(1.0, source=AT - 2_500_000_000))
    assert number(row[0]) == MICROSECONDS_SINCE_2000 - 2_500_000
    assert number(row[3]) == 2500


def test_a_lag_beyond_its_column_is_held_at_the_largest():
    rows = fields(reading(1.0, source=AT - 30 * 86_400 * 10**9), reading("t", source=AT + 30 * 86_400 * 10**9))
    assert [number(row[3]) for row in rows] == [2**31 - 1, 1 - 2**31]


def test_the_careful_way_and_the_quick_way_write_the_same_bytes():
    for source, lag in ((None, None), (AT - 5_000_000, 5)):
        quick = encode_readings([reading(3.25, source=source, quality=Quality.UNCERTAIN, reason=Reason.STALE)], [7])
        assert quick == reading_row(AT if source is None else source, 3.25, None, 7, lag, 256 + 3)


def test_readings_without_a_number_for_each_point_are_an_error_and_no_rows():
    with pytest.raises(ValueError, match="shorter"):
        encode_readings([reading(1.0), reading(2.0)], [7])


def test_a_device_event_keeps_its_attributes_as_jsonb():
    event = DeviceEvent(
        "d", "traffic.passage", {"plate": "20A-123.45", "speed": 61.5, "lane": None}, AT, AT + 10**6, "k"
    )
    [[time, lag, device, kind, attributes, key]] = split_rows(encode_events([event], "tn"))
    assert number(time) == MICROSECONDS_SINCE_2000
    assert number(lag) == 1
    assert number(device) == row_id("tn", "d")
    assert (kind, key) == (b"traffic.passage", b"k")
    assert attributes[:1] == b"\x01"
    assert json.loads(attributes[1:]) == {"plate": "20A-123.45", "speed": 61.5, "lane": None}


def test_attributes_that_jsonb_would_refuse_are_made_storable():
    event = DeviceEvent("d", "net.trap", {"a\0": "b\0", "c": "\ud800", "n": 2**70}, None, AT)
    [[_, lag, _, _, attributes, key]] = split_rows(encode_events([event], "tn"))
    assert (lag, key) == (None, None)
    assert json.loads(attributes[1:])["a\ufffd"] == "b\ufffd"
    assert json.loads(attributes[1:])["c"] == "?"


def test_a_stray_keeps_its_bytes():
    [[time, device, source, reason, body]] = split_rows(
        encode_strays([Stray("d", "t/x", "not UTF-8", b"\xff\0", AT)], "tn")
    )
    assert number(time) == MICROSECONDS_SINCE_2000
    assert number(device) == row_id("tn", "d")
    assert (source, reason, body) == (b"t/x", b"not UTF-8", b"\xff\0")
