"""Plates: what of them everybody may see, wherever they stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.masking import carries_plate, mask, masked, masked_bytes, masked_text

DIGITS = st.text("0123456789", min_size=4, max_size=5)
SERIES = st.sampled_from(["A", "B", "H1", "AB", "LD", "MD", "NG"])


@st.composite
def plates(draw: st.DrawFn) -> str:
    province, series, digits = draw(st.integers(11, 99)), draw(SERIES), draw(DIGITS)
    dash = draw(st.sampled_from(["", "-", " "]))
    cut = digits if len(digits) == 4 or draw(st.booleans()) else f"{digits[:3]}.{digits[3:]}"
    return f"{province}{series}{dash}{cut}"


@pytest.mark.parametrize(
    ("plate", "shown"),
    [
        ("20A-123.45", "20A-***.45"),
        ("20a12345", "20A-***.45"),
        ("20A-1234", "20A-***.4"),
        ("20-B1 123.45", "20B1-***.45"),
        ("20B112345", "20B1-***.45"),
        ("29LD-123.45", "29LD-***.45"),
        ("20MĐ1-123.45", "20MD1-***.45"),
        ("80-NG-123-45", "80NG-***.45"),
        ("２０Ａ１２３４５", "20A-***.45"),
        ("TM-12-34", "T***"),
        ("BERLIN B-XY 123", "B***"),
        ("AB1", "***"),
        ("", ""),
    ],
)
def test_a_plate_keeps_its_province_and_its_end(plate: str, shown: str) -> None:
    assert mask(plate) == shown


@given(plates())
def test_a_mask_hides_at_least_three_places_and_can_be_masked_again(plate: str) -> None:
    shown = mask(plate)
    assert "***" in shown
    digits = "".join(c for c in plate if c.isalnum())
    assert digits not in "".join(c for c in shown if c.isalnum())
    assert mask(shown) == shown


@given(st.text(max_size=20))
def test_whatever_a_camera_reads_as_a_plate_is_never_shown_whole(text: str) -> None:
    shown = mask(text)
    assert mask(shown) == shown
    if shown == text:
        return  # it was masked before
    seen = [c for c in text if c.isalnum()]
    assert sum(c.isalnum() for c in shown) <= max(0, len(seen) - 3) or not seen


@pytest.mark.parametrize(
    "key",
    ["plate", "plate_raw", "plate_norm", "PlateNumber", "licensePlate", "vehiclePlateNumber", "PLATE_STRING", "bien_so",
     "registration_plate", "plateCharBelieve", "plateUTF8"],
)  # fmt: skip
def test_fields_that_hold_a_plate_are_known_by_their_name(key: str) -> None:
    assert carries_plate(key)


@pytest.mark.parametrize(
    "key", ["plate_kind", "plateType", "plate_color", "plateConfidence", "template", "speed", "lane"]
)
def test_fields_that_describe_a_plate_are_not(key: str) -> None:
    assert not carries_plate(key)


def test_attributes_are_masked_where_they_hold_a_plate_and_nowhere_else() -> None:
    given_ = {"plate": "20A-123.45", "plate_kind": "car", "speed": 51, "lane": None, "text": "xe 20A-123.45 qua"}
    assert masked(given_) == {
        "plate": "20A-***.45", "plate_kind": "car", "speed": 51, "lane": None, "text": "xe 20A-***.45 qua",
    }  # fmt: skip
    plain = {"oid": "1.3.6.1", "speed": 51}
    assert masked(plain) is plain


def test_a_plate_that_came_as_a_number_is_not_shown() -> None:
    assert masked({"plate": 12345}) == {"plate": "1***"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"plate": "20A-123.45", "speed": 51}', '{"plate": "20A-***.45", "speed": 51}'),
        ('{"licensePlate":"XYZ 9876"}', '{"licensePlate":"X***"}'),
        ("<tt:PlateNumber>XYZ9876</tt:PlateNumber>", "<tt:PlateNumber>X***</tt:PlateNumber>"),
        ('<tt:SimpleItem Name="Plate" Value="XYZ9876"/>', '<tt:SimpleItem Name="Plate" Value="X***"/>'),
        ("<licensePlate>20A12345</licensePlate>", "<licensePlate>20A-***.45</licensePlate>"),
        ("TrafficCar.PlateNumber=20A12345&Speed=51", "TrafficCar.PlateNumber=20A-***.45&Speed=51"),
        ("cannot read 20A-123.45 of lane 2", "cannot read 20A-***.45 of lane 2"),
        ("xe 20-b1 123.45, 29LD-123.45", "xe 20B1-***.45, 29LD-***.45"),
        ("grant it (`plates:` of site.yaml)", "grant it (`plates:` of site.yaml)"),
        ("plates: 20A-123.45, 20A-678.90", "plates: 20A-***.45, 20A-***.90"),
        ("plate_kind=car template: fire.html", "plate_kind=car template: fire.html"),
        ("2026-11-24T22:13:20Z 10.1.2.3:502 1.3.6.1.2.1", "2026-11-24T22:13:20Z 10.1.2.3:502 1.3.6.1.2.1"),
    ],
)  # fmt: skip
def test_plates_in_texts_are_masked(text: str, shown: str) -> None:
    assert masked_text(text) == shown
    assert masked_text(shown) == shown


@given(plates(), st.text(max_size=8), st.text(max_size=8))
def test_no_text_with_a_vietnamese_plate_in_it_keeps_it(plate: str, before: str, after: str) -> None:
    assert plate not in masked_text(f"{before} {plate} {after}")


@pytest.mark.parametrize("cut", ['{"plate": "20A-12', "<PlateNumber>20A-12", "plate='20A-12"])
def test_a_message_that_was_cut_off_within_a_plate_does_not_show_what_is_left(cut: str) -> None:
    assert "20A-12" not in masked_text(cut)


def test_bytes_of_a_device_are_masked_and_otherwise_left_alone() -> None:
    assert masked_bytes(b'\xff\x00{"plate":"XYZ9876"}\xfe') == b'\xff\x00{"plate":"X***"}\xfe'
    raw = bytes(range(256))
    assert masked_bytes(raw) is raw


def test_a_text_without_a_plate_is_given_back_as_it_is() -> None:
    text = "the line to panel-market is lost"
    assert masked_text(text) is text
