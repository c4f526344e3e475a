"""Drawn pictures: files with all that a decoder needs, the same for the same name and time."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from simulators.jpeg import _SYMBOLS, Cell, picture
from simulators.letters import dots, plain
from simulators.onvif.scene import COLUMNS, ROWS, snapshot


def markers(file: bytes) -> Iterator[int]:
    """Give the markers of a file up to its scan."""
    at = 2
    while file[at + 1] != 0xDA:
        yield file[at + 1]
        at += 2 + int.from_bytes(file[at + 2 : at + 4], "big")
    yield 0xDA


def test_a_picture_has_the_segments_that_a_decoder_needs() -> None:
    file = snapshot("Cổng Đông", 0)
    assert file[:2] == b"\xff\xd8"
    assert list(markers(file)) == [0xE0, 0xDB, 0xC0, 0xC4, 0xC4, 0xDA]
    assert file[-2:] == b"\xff\xd9"
    frame = file.index(b"\xff\xc0")
    size = int.from_bytes(file[frame + 5 : frame + 7], "big"), int.from_bytes(file[frame + 7 : frame + 9], "big")
    assert size == (ROWS * 8, COLUMNS * 8)


def test_no_byte_of_the_scan_can_be_taken_for_a_marker() -> None:
    checked = Cell(0, 255, 0xAA55AA55AA55AA55)
    scan = picture([[checked, Cell(255)] * 20] * 20)
    scan = scan[scan.index(b"\xff\xda") + 14 : -2]
    assert all(after == 0 for byte, after in pairwise(scan) if byte == 0xFF)


def test_codes_of_a_table_are_no_more_than_their_length_allows() -> None:
    assert len(set(_SYMBOLS)) == len(_SYMBOLS) == 162


def test_the_same_name_and_time_draw_the_same_picture_and_others_do_not() -> None:
    assert snapshot("a", 0) == snapshot("a", 0)
    assert len({snapshot("a", 0), snapshot("b", 0), snapshot("a", 10**9), snapshot("a", 0, covered=True)}) == 4


@pytest.mark.parametrize(("given", "drawn"), [("Cổng Đông – 3", "CONG DONG - 3"), ("ngã tư", "NGA TU"), ("口", "?")])
def test_names_are_drawn_as_cameras_draw_them(given: str, drawn: str) -> None:
    assert plain(given) == drawn
    assert len(dots(plain(given))) == 8
