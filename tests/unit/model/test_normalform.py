"""Cameras' and vendors' words of a vehicle come to one form, and what is not understood stays out of it."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model import DeviceEvent
from hub.model.normalform import ATTRIBUTES, CLASS_WORDS, VIOLATION_WORDS, read_of
from hub.model.passage import CLASSES, PASSAGE, VIOLATIONS, Read
from hub.wire.passages import encode_passages
from hub.wire.rows import split
from rules.passes import Passes

ANY = st.one_of(
    st.none(), st.booleans(), st.integers(), st.just(10**400), st.floats(), st.text(), st.just("\ud800"),
    st.just("20A\0"),
)  # fmt: skip


def read(key: str | None = "k", source: int | None = 5, **said: Any) -> Read:
    return read_of(DeviceEvent("cam", PASSAGE, said, source, 9, key))


def test_units_are_in_the_names() -> None:
    assert read(speed_ms=17).speed == 61.2
    assert read(speed="62.5").speed == 62.5
    assert read(confidence_percent=97).confidence == read(confidence=0.97).confidence == 0.97


@pytest.mark.parametrize(
    "said",
    [
        {"speed": 900}, {"speed": -1}, {"speed": "fast"}, {"speed": True}, {"speed_ms": "inf"}, {"confidence": 97},
        {"confidence_percent": 101}, {"occupancy": 130}, {"plate": "20A?2345"},
    ],
)  # fmt: skip
def test_what_cannot_be_is_left_out_and_never_completed(said: dict[str, Any]) -> None:
    made = read(**said)
    assert (made.speed, made.confidence, made.occupancy) == (None, None, None)
    assert made.plate is None


def test_a_plate_without_a_letter_is_still_what_was_read() -> None:
    assert read(plate="12345678").plate == "12345678"


def test_words_for_classes_and_violations_are_listed_words() -> None:
    assert set(CLASS_WORDS.values()) < set(CLASSES)
    assert set(VIOLATION_WORDS.values()) < set(VIOLATIONS)
    assert read(**{"class": "Large Truck"}).vehicle == "truck"
    assert read(**{"class": "spaceship"}).vehicle == "unknown"


@pytest.mark.parametrize("none", [None, "", "0", 0, False, "None", "TrafficJunction"])
def test_no_violation_is_none_in_every_dialect(none: Any) -> None:
    assert read(violation=none).violation is None


def test_an_unlisted_violation_is_still_one() -> None:
    assert read(violation="TrafficBlinking").violation == "other"


def test_a_source_that_numbers_nothing_gives_reads_a_key_of_what_was_seen() -> None:
    one, same = (read(None, plate="20A12345", lane="1") for _ in range(2))
    assert one.key == same.key
    assert len({one.key, read(None, plate="20A12346", lane="1").key, read(None, 6, plate="20A12345").key}) == 3


def test_a_read_is_filed_by_the_hubs_clock_where_the_camera_says_no_time() -> None:
    assert (read(source=None).time, read().time) == (9, 5)


def test_every_attribute_comes_through() -> None:
    said = {
        "plate": "20A-123.45", "confidence": 0.9, "country": "VN", "plate_colour": "white", "plate_type": "Normal",
        "lane": 2, "direction": "in", "class": "car", "colour": "red", "make": "Kia", "speed": 40, "occupancy": 12,
        "violation": "speeding", "limit": 50, "listed": "stolen", "picture": "p.jpg", "track": 7,
    }  # fmt: skip
    assert set(said) == set(ATTRIBUTES) - {"confidence_percent", "speed_ms"}
    made = read(**said)
    assert None not in [getattr(made, name) for name in made.__struct_fields__]
    assert (made.lane, made.track, made.plate, made.plate_read) == ("2", "7", "20A12345", "20A-123.45")


@given(
    st.dictionaries(st.sampled_from(sorted(ATTRIBUTES)), ANY),
    st.one_of(st.none(), ANY.filter(lambda v: type(v) is str)),
)
def test_whatever_a_source_says_becomes_a_read_that_can_be_kept_and_stored(said: dict[str, Any], key: Any) -> None:
    made = read(key, **said)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(made), type=Read) == made
    assert made.vehicle in CLASSES
    assert made.violation is None or made.violation in VIOLATIONS
    [(_, passage)] = Passes().take(made)
    assert len(split(encode_passages([passage], "test"))) == 1
