"""Letters for drawn pictures: capitals, figures and a few signs, five dots wide and seven high."""

import unicodedata

WIDE, HIGH = 6, 8
"""Dots of a letter with the gap to the next."""
_ROWS = {
    " ": "00000000000000", "-": "0000001F000000", ".": "00000000000C0C", ",": "000000000C0408", ":": "000C0C000C0C00",
    "/": "01020204080810", "+": "0004041F040400", "(": "02040808080402", ")": "08040202020408", "_": "0000000000001F",
    "0": "0E11131519110E", "1": "040C040404040E", "2": "0E11010204081F", "3": "1F02040201110E", "4": "02060A121F0202",
    "5": "1F101E0101110E", "6": "0608101E11110E", "7": "1F010204080808", "8": "0E11110E11110E", "9": "0E11110F01020C",
    "A": "0E11111F111111", "B": "1E11111E11111E", "C": "0E11101010110E", "D": "1C12111111121C", "E": "1F10101E10101F",
    "F": "1F10101E101010", "G": "0E11101711110F", "H": "1111111F111111", "I": "0E04040404040E", "J": "0702020202120C",
    "K": "11121418141211", "L": "1010101010101F", "M": "111B1515111111", "N": "11191915131311", "O": "0E11111111110E",
    "P": "1E11111E101010", "Q": "0E11111115120D", "R": "1E11111E141211", "S": "0F10100E01011E", "T": "1F040404040404",
    "U": "1111111111110E", "V": "11111111110A04", "W": "11111115151B11", "X": "11110A040A1111", "Y": "11110A04040404",
    "Z": "1F01020408101F", "?": "0E110102040004",
}  # fmt: skip


def plain(text: str) -> str:
    """Return a text as cameras write it into their pictures: capitals without marks, `?` for what cannot be drawn."""
    bare = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D").replace("–", "-")).upper()
    return "".join(c if c in _ROWS else "?" for c in bare if not unicodedata.combining(c))


def dots(text: str, size: int = 1) -> list[int]:
    """Return a line of text as rows of dots, the leftmost in the highest of `len(text) * WIDE * size` bits."""
    rows = []
    for row in range(HIGH):
        bits = "".join(f"{_row(c, row):06b}" for c in text)
        wide = int("".join(bit * size for bit in bits) or "0", 2)
        rows += [wide] * size
    return rows


def _row(letter: str, row: int) -> int:
    shape = _ROWS[letter]
    return int(shape[2 * row : 2 * row + 2] or "0", 16)
