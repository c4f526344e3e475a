"""What a simulated camera sees: a street of its own, by day or night, with its name and its clock written over it."""

from zlib import crc32

from hub.model import HOUR, SECOND, Timestamp
from hub.model.clock import iso
from simulators.jpeg import Cell, picture
from simulators.letters import WIDE, dots, plain

COLUMNS, ROWS = 60, 34
"""Cells of eight dots: 480 by 272."""
LOCAL = 7 * HOUR
"""Indochina time, which the camera shows."""
_SKYLINE, _KERB = 20, 24
_SIZE = 2
_LETTERS = COLUMNS * 8 // (WIDE * _SIZE)
_EMPTY = Cell(16)
_CARS = ((90, 220), (110, 130), (150, 90), (170, 170))
"""Tints of cars: blue and red."""


def snapshot(name: str, at: Timestamp, *, covered: bool = False) -> bytes:
    """Return what a camera sees at a time by its own clock (ns), as a JPEG file; black when it is covered."""
    seed = crc32(name.encode())
    hour = (at + LOCAL) // HOUR % 24
    light = 0.0 if covered else 1.0 if 6 <= hour < 18 else 0.35
    rows = [[_seen(seed, row, column, at // SECOND, light) for column in range(COLUMNS)] for row in range(ROWS)]
    shown = iso(at // SECOND * SECOND + LOCAL).removesuffix(".000Z").replace("T", " ")
    _write(rows, 0, plain(name))
    _write(rows, ROWS - 2, f"{shown} +07")
    return picture(rows)


def _seen(seed: int, row: int, column: int, second: int, light: float) -> Cell:
    if light == 0.0:
        return _EMPTY
    if row >= _KERB:
        return _street(seed, row, column, second, light)
    house, storeys = seed >> column // 5 & 0xFF, 6 + (seed >> column // 5 & 7)
    if row >= _SKYLINE - storeys:
        window = row % 3 == 1 and column % 3 == 1
        return Cell(round((200 if window == (light < 1) else 90 + house % 50) * max(light, 0.5)), red=134)
    return Cell(round((210 - 3 * row) * light), blue=150, red=116)


def _street(seed: int, row: int, column: int, second: int, light: float) -> Cell:
    lane = (row - _KERB) // 4
    blue, red = _CARS[(seed >> lane) % len(_CARS)]
    here = (column + (second * 3 if lane % 2 else -second * 3) + seed % 60) % 30
    if (row - _KERB) % 4 in (1, 2) and here < 6:
        return Cell(round(150 * max(light, 0.6)), blue=blue, red=red)
    marked = (row - _KERB) % 4 == 3 and column % 4 < 2
    return Cell(round((220 if marked else 95) * light))


def _write(rows: list[list[Cell]], top: int, text: str) -> None:
    lines = dots(text[:_LETTERS].ljust(_LETTERS), _SIZE)
    width = COLUMNS * 8
    for row in range(2):
        part = lines[8 * row : 8 * row + 8]
        for column in range(COLUMNS):
            shift = width - 8 - 8 * column
            mask = 0
            for line in part:
                mask = mask << 8 | line >> shift & 0xFF
            rows[top + row][column] = Cell(16, 235, mask)
