"""Vietnamese number plates: the text that is compared, the kind, the province. Pure, and nothing is ever guessed.

Forms and letters after Circular 79/2024/TT-BCA and its forerunners: letters are A B C D E F G H K L M N P S T U V X Y Z
(no I, J, O, Q, R, W but in series of their own), `Đ` is written `D`. White, yellow and blue plates have the same forms;
which of them it is only the colour says. Motorcycle `20-B1 2345` and car `20B-123.45` have the same text, so what a
plate belongs to is said only where the text or the class of the vehicle tells.
"""

import re

from msgspec import Struct

from hub.model.text import Text

KINDS: dict[str, Text] = {
    "private": Text("Xe cá nhân, doanh nghiệp", "Private"),
    "commercial": Text("Xe kinh doanh vận tải", "Commercial transport"),
    "state": Text("Xe cơ quan nhà nước", "State body"),
    "civil": Text("Biển dân sự, không rõ màu", "Civil, colour not seen"),
    "army": Text("Xe quân đội", "Army"),
    "diplomatic": Text("Xe ngoại giao", "Diplomatic"),
    "international": Text("Tổ chức quốc tế", "International organisation"),
    "foreigner": Text("Xe của người nước ngoài", "Foreigner"),
    "temporary": Text("Biển tạm", "Temporary"),
    "special": Text("Xê-ri đặc biệt", "Special series"),
    "foreign": Text("Biển nước ngoài", "Of another country"),
    "unknown": Text("Không theo mẫu nào", "Of no known form"),
    "unreadable": Text("Không đọc được", "Not readable"),
}
"""Kinds of plates; `civil` is private, commercial or state, where nobody saw the colour."""

COLOURS = {
    "white": "white", "trắng": "white", "yellow": "yellow", "vàng": "yellow", "blue": "blue", "xanh": "blue",
    "red": "red", "đỏ": "red",
}  # fmt: skip
"""Words for the ground of a plate → ours."""

NO_PROVINCE = frozenset({"42", "44", "45", "46", "87", "91", "96"})
PROVINCES = frozenset(str(code) for code in range(11, 100)) - NO_PROVINCE
"""Province codes in use; 20 and 97 are Thái Nguyên since July 2025, 80 central bodies."""

FEWEST, MOST = 4, 12
"""Characters of a plate; shorter or longer ones of the world are not told from misreads."""
_NOT_READ = frozenset({"UNKNOWN", "UNREADABLE", "NOPLATE", "NONE", "NULL", "UNLICENSED", "NOTREAD", "NOREAD", "NA"})
_CROSSED = str.maketrans("Đđ", "DD")
_LETTER = "[A-HK-NPS-VXYZ]"
_SERIES = {"NG": "diplomatic", "QT": "international", "NN": "foreigner"}
_MISSION = re.compile(r"(\d\d)(?:\d{3})?(NG|QT|NN)\d{2,5}")
_ARMY = re.compile(r"[A-Z]{2}\d{4}")
_TEMPORARY = re.compile(r"T(\d\d)\d{3,6}")
_SPECIAL = re.compile(r"(\d\d)(?:LD|KT|DA|MD\d?|TD|HC|MK|R|RM)\d{3,5}")
_CAR = re.compile(rf"(\d\d){_LETTER}\d{{4,5}}")
_MOTORCYCLE = re.compile(rf"(\d\d){_LETTER}[1-9A-HK-NPS-VXYZ]\d{{4,5}}")
_OF_COLOUR = {None: "civil", "white": "private", "yellow": "commercial", "blue": "state"}


class Plate(Struct, frozen=True):
    """What the text of a plate says by itself."""

    text: str
    kind: str
    """A word of `KINDS`."""
    region: str | None = None
    """Province code, two digits."""
    vehicle: str | None = None
    """`car` or `motorcycle` where the form tells, else None."""


def canonical(given: object) -> str | None:
    """Return a plate's letters and digits, upper case; None for what was not read whole.

    A character that a camera could not read (`?`, `*`, `_`, anything that no plate has) makes the whole unreadable.
    """
    if not isinstance(given, str) or len(given) > 4 * MOST:
        return None
    text = "".join(c for c in given.translate(_CROSSED) if c not in " .-·\t\r\n")
    if not FEWEST <= len(text) <= MOST or not (text.isascii() and text.isalnum()):
        return None
    text = text.upper()
    return text if text not in _NOT_READ and any(c.isdigit() for c in text) else None


def colour_of(given: object) -> str | None:
    """Return the ground of a plate in our word, or None for a word that is none."""
    return COLOURS.get(given.strip().lower()) if isinstance(given, str) else None


def parse(text: str, colour: str | None = None, country: str | None = None, vehicle: str | None = None) -> Plate:
    """Return what a canonical text says, with the colour and the class of the vehicle where they were seen."""
    if country is not None and country.strip().upper() not in ("", "VN", "VNM", "VIETNAM", "VIE"):
        return Plate(text, "foreign")
    if _ARMY.fullmatch(text) and colour in (None, "red"):
        return Plate(text, "army")
    if (found := _of_series(text)) is not None:
        return found
    car, motorcycle = _CAR.fullmatch(text), _MOTORCYCLE.fullmatch(text)
    match = car or motorcycle
    if match is None or match[1] not in PROVINCES or colour not in _OF_COLOUR:
        return Plate(text, "unknown")
    return Plate(text, _OF_COLOUR[colour], match[1], _belongs(bool(car), bool(motorcycle), vehicle))


def _of_series(text: str) -> Plate | None:
    if (match := _MISSION.fullmatch(text)) and match[1] in PROVINCES:
        return Plate(text, _SERIES[match[2]], match[1])
    if (match := _TEMPORARY.fullmatch(text)) and match[1] in PROVINCES:
        return Plate(text, "temporary", match[1])
    if (match := _SPECIAL.fullmatch(text)) and match[1] in PROVINCES:
        return Plate(text, "special", match[1])
    return None


def _belongs(car: bool, motorcycle: bool, vehicle: str | None) -> str | None:
    if car and motorcycle:
        return vehicle if vehicle in ("car", "motorcycle") else None
    return "car" if car else "motorcycle"


def alike(one: str, other: str) -> bool:
    """Tell whether two canonical texts are the same but for one character: changed, missing or added.

    Texts of fewer than five characters are alike only when they are the same.
    """
    if one == other:
        return True
    short, long = (one, other) if len(one) <= len(other) else (other, one)
    if len(long) - len(short) > 1 or len(short) < 5:
        return False
    at = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    return short[at + (len(short) == len(long)) :] == long[at + 1 :]


def halves(text: str) -> tuple[str, ...]:
    """Return marks of which two alike texts share at least one: one edit leaves the first or the last half as it is.

    A text of odd length is compared with longer and with shorter ones, whose halves differ; it has the marks of both.
    """
    size = len(text)
    ends = f"<{text[: size // 2]}", f">{text[-(size // 2) :]}"
    return ends if size % 2 == 0 else (*ends, f"<{text[: size // 2 + 1]}", f">{text[-(size // 2) - 1 :]}")
