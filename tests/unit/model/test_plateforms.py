"""Vietnamese plates as they are painted, as cameras write them, and as they are misread."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.plateforms import KINDS, PROVINCES, alike, canonical, colour_of, halves, parse

LETTERS = "ABCDEFGHKLMNPSTUVXYZ"
TEXTS = st.text("ABCDEFGH0123456789", min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("20A-123.45", "20A12345"),
        ("20-B1 123.45", "20B112345"),
        ("29mđ1-123.45", "29MD112345"),
        ("  20A 1234\n", "20A1234"),
        ("80-001-NG-01", "80001NG01"),
        ("20A-1?3.45", None),
        ("20A*2345", None),
        ("", None),
        ("unknown", None),
        ("No plate", None),
        ("无牌车", None),
        ("ABCDEF", None),
        ("20A" * 30, None),
        (20112345, None),
        (None, None),
    ],
)
def test_a_text_is_canonical_or_was_not_read(written: object, text: str | None) -> None:
    assert canonical(written) == text


@pytest.mark.parametrize(
    ("text", "colour", "kind", "region", "vehicle"),
    [
        ("20A1234", "white", "private", "20", "car"),
        ("20A12345", None, "civil", "20", None),
        ("29B00345", "yellow", "commercial", "29", "car"),
        ("80A03456", "blue", "state", "80", "car"),
        ("20AA12345", "white", "private", "20", "motorcycle"),
        ("20B112345", "white", "private", "20", "motorcycle"),
        ("TM1234", "red", "army", None, None),
        ("TM1234", "white", "unknown", None, None),
        ("80001NG01", "white", "diplomatic", "80", None),
        ("41291QT05", None, "international", "41", None),
        ("50NN12345", None, "foreigner", "50", None),
        ("T2012345", None, "temporary", "20", None),
        ("20LD01234", None, "special", "20", None),
        ("20R01234", None, "special", "20", None),
        ("96A12345", None, "unknown", None, None),
        ("20J12345", None, "unknown", None, None),
        ("20A12345", "red", "unknown", None, None),
    ],
)
def test_form_and_colour_tell_the_kind(
    text: str, colour: str | None, kind: str, region: str | None, vehicle: str | None
) -> None:
    found = parse(text, colour)
    assert (found.kind, found.region, found.vehicle) == (kind, region, vehicle)


def test_a_text_that_fits_car_and_motorcycle_is_settled_by_the_vehicle_alone() -> None:
    assert parse("20B12345").vehicle is None
    assert parse("20B12345", vehicle="motorcycle").vehicle == "motorcycle"
    assert parse("20B12345", vehicle="truck").vehicle is None


def test_a_plate_of_another_country_is_not_read_as_ours() -> None:
    assert parse("20A12345", country="LAO").kind == "foreign"
    assert parse("20A12345", country="vnm").kind == "civil"


def test_colours_have_vietnamese_and_english_words() -> None:
    assert [colour_of(word) for word in ("Yellow", " vàng", "chartreuse", 1)] == ["yellow", "yellow", None, None]


@given(st.sampled_from(sorted(PROVINCES)), st.sampled_from(LETTERS), st.integers(0, 99_999))
def test_every_car_of_every_province_is_read_as_it_is_painted(province: str, letter: str, number: int) -> None:
    digits = f"{number:05}"
    written = f"{province}{letter}-{digits[:3]}.{digits[3:]}"
    text = canonical(written)
    assert text == f"{province}{letter}{digits}"
    assert (parse(text, "white").kind, parse(text).region) == ("private", province)


@given(st.text(max_size=60))
def test_any_text_is_read_or_not_but_never_changed_into_another(written: str) -> None:
    text = canonical(written)
    if text is not None:
        assert canonical(text) == text
        assert parse(text).text == text
        assert parse(text).kind in KINDS
        assert list(text) == [c for c in written.upper().replace("Đ", "D") if c.isalnum()]


@given(TEXTS, TEXTS)
def test_alike_is_at_most_one_edit_and_the_same_both_ways(one: str, other: str) -> None:
    assert alike(one, other) == alike(other, one)
    expected = one == other or (min(len(one), len(other)) >= 5 and _edits(one, other) <= 1)
    assert alike(one, other) == expected


@given(st.text("AB12", min_size=4, max_size=7), st.text("AB12", min_size=4, max_size=7))
def test_alike_texts_share_a_mark(one: str, other: str) -> None:
    if alike(one, other):
        assert set(halves(one)) & set(halves(other))


def _edits(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for n, a in enumerate(one, 1):
        before, row = row, [n]
        for m, b in enumerate(other, 1):
            row.append(min(before[m] + 1, row[-1] + 1, before[m - 1] + (a != b)))
    return row[-1]
