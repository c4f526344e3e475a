"""Pictures made of cells of eight by eight dots, each of two shades and one tint, written as baseline JPEG.

ITU-T T.81: segments from annex B, the zigzag from figure A.6, codes by annex C, differences and runs by annex F. The
tables are the simplest that the standard allows: every step of quantization is 8, the end of a block is one bit and
every other code is nine. A cell's coefficients are computed once and remembered; a picture then is but their bits.
"""

import math
import struct
from collections.abc import Sequence
from functools import lru_cache

from msgspec import Struct


def _along(row: int, column: int) -> tuple[int, int]:
    diagonal = row + column
    return diagonal, row if diagonal % 2 else column


STEP = 8
_WAVES = [[math.cos((2 * x + 1) * u * math.pi / 16) for x in range(8)] for u in range(8)]
_ZIGZAG = sorted(((u, v) for u in range(8) for v in range(8)), key=lambda at: _along(*at))
_SYMBOLS = bytes([0x00, 0xF0, *(run << 4 | size for run in range(16) for size in range(1, 11))])
"""End of block, sixteen zeros, and every run of zeros with every size."""
_CODES = {symbol: "0" if n == 0 else f"1{n - 1:08b}" for n, symbol in enumerate(_SYMBOLS)}


class Cell(Struct, frozen=True):
    """Eight by eight dots: `dots` (64 bits, the first row in the highest) are of shade `light`, all others `dark`."""

    dark: int
    light: int = 0
    dots: int = 0
    blue: int = 128
    red: int = 128


def picture(rows: Sequence[Sequence[Cell]]) -> bytes:
    """Return a picture of cells, row by row, as a JPEG file."""
    head = b"\xff\xd8" + _segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0") + _segment(0xDB, b"\0" + bytes([STEP]) * 64)
    high, wide = 8 * len(rows), 8 * len(rows[0])
    parts = b"".join(bytes([n, 0x11, 0]) for n in (1, 2, 3))
    frame = _segment(0xC0, struct.pack(">BHHB", 8, high, wide, 3) + parts)
    levels = _segment(0xC4, b"\x00" + bytes([0, 0, 0, 12, *[0] * 12]) + bytes(range(12)))
    waves = _segment(0xC4, b"\x10" + bytes([1, *[0] * 7, len(_SYMBOLS) - 1, *[0] * 7]) + _SYMBOLS)
    scan = _segment(0xDA, b"\3" + b"".join(bytes([n, 0]) for n in (1, 2, 3)) + b"\0\x3f\0")
    return head + frame + levels + waves + scan + _scan(rows) + b"\xff\xd9"


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _scan(rows: Sequence[Sequence[Cell]]) -> bytes:
    bits, before = [], [0, 0, 0]
    for cell in (cell for row in rows for cell in row):
        shade, waves = _coefficients(cell.dark, cell.light, cell.dots)
        for part, (level, rest) in enumerate(((shade, waves), (cell.blue - 128, "0"), (cell.red - 128, "0"))):
            bits.append(_difference(level - before[part]))
            bits.append(rest)
            before[part] = level
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    # a byte of ones would be taken for a marker (T.81, F.1.2.3)
    return int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\0")


@lru_cache(512)
def _difference(number: int) -> str:
    size = abs(number).bit_length()
    return f"{size:04b}" + _bits(number, size)


def _bits(number: int, size: int) -> str:
    """Return a number in `size` bits; negative ones are one less than their complement (T.81, F.1.2.1)."""
    return f"{number if number > 0 else number + (1 << size) - 1:0{size}b}" if size else ""


@lru_cache(8192)
def _coefficients(dark: int, light: int, dots: int) -> tuple[int, str]:
    """Return the level of a cell (its mean), and the bits of everything else."""
    if not dots:
        return dark - 128, _CODES[0]
    shades = [[(light if dots >> 63 - 8 * y - x & 1 else dark) - 128 for x in range(8)] for y in range(8)]
    # the cosines along each row, then down the columns: sums of sixteen instead of sixty-four
    across = [[sum(s * w for s, w in zip(row, wave, strict=True)) for wave in _WAVES] for row in shades]
    found = [_weight(v, u) * sum(across[y][u] * _WAVES[v][y] for y in range(8)) for v, u in _ZIGZAG]
    level, *rest = (round(f / 4 / STEP) for f in found)
    return level, _runs(rest)


def _weight(row: int, column: int) -> float:
    return (1.0 if row else math.sqrt(0.5)) * (1.0 if column else math.sqrt(0.5))


def _runs(numbers: Sequence[int]) -> str:
    bits, zeros = [], 0
    last = max((n for n, number in enumerate(numbers) if number), default=-1)
    for number in numbers[: last + 1]:
        if number == 0:
            zeros += 1
            continue
        bits.append(_CODES[0xF0] * (zeros // 16))
        size = abs(number).bit_length()
        bits.append(_CODES[(zeros % 16) << 4 | size] + _bits(number, size))
        zeros = 0
    return "".join(bits) + (_CODES[0] if last < len(numbers) - 1 else "")
