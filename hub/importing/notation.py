"""How manuals and spreadsheets write a register: its number, table, type, word order, codes.

40001 or 400001 is the first holding register, 3xxxx input, 1xxxx discrete, 0xxxx coil ("MODBUS Application Protocol
Specification V1.1b3", 4.4: the data model counts from 1, the wire from 0).
"""

import math
import re
from collections.abc import Callable

from msgspec import Struct

from hub.config.problems import one_of
from hub.config.scalars import scalar
from hub.importing.naming import word
from hub.model.kinds import POINT_KINDS, UNITS, is_own

TABLES = ("input", "holding", "coil", "discrete")
_TABLE_WORDS = {
    "input": "input ir 4 04 fc4 fc04 input_register input_registers read_input_registers 3x",
    "holding": "holding hr 3 03 fc3 fc03 holding_register holding_registers read_holding_registers 4x",
    "coil": "coil coils 1 01 fc1 fc01 do read_coils 0x",
    "discrete": "discrete di 2 02 fc2 fc02 discrete_input discrete_inputs read_discrete_inputs 1x",
}
_LEADING = {"0": "coil", "1": "discrete", "3": "input", "4": "holding"}
_TYPE_WORDS = {
    "int16": "int16 int s16 sint16 short signed sint i16 so_nguyen integer",
    "uint16": "uint16 uint u16 word unsigned ushort unsigned_int unsigned_integer",
    "int32": "int32 dint s32 long sint32 i32 signed_long",
    "uint32": "uint32 udint u32 dword ulong unsigned_long",
    "int64": "int64 lint s64 i64",
    "uint64": "uint64 ulint u64 qword",
    "float32": "float32 float real f32 single so_thuc ieee754 float_32",
    "float64": "float64 double lreal f64",
    "string": "string ascii text char chuoi",
    "bool": "bool boolean bit binary digital",
}
_UNIT_WORDS = {
    "°c": "degC", "℃": "degC", "c": "degC", "degc": "degC", "oc": "degC", "%": "percent", "% rh": "percent",
    "%rh": "percent", "m³/h": "m3/h", "µg/m³": "ug/m3", "μg/m³": "ug/m3", "ug/m³": "ug/m3", "kw": "kW", "kwh": "kWh",
    "v": "V", "a": "A", "ma": "mA", "mv": "mV", "w": "W", "hz": "Hz", "sec": "s", "giây": "s", "phút": "min",
    "giờ": "h", "mω": "mohm", "hpa": "hPa", "bps": "bit/s", "db": "dB", "lux": "lx",
}  # fmt: skip
_ORDERS = {"abcd": "abcd", "cdab": "cdab", "badc": "badc", "dcba": "dcba", "swap": "cdab", "swapped": "cdab",
          "big": "abcd", "little": "dcba", "big_endian": "abcd", "little_endian": "dcba", "word_swap": "cdab",
          "low_word_first": "cdab", "high_word_first": "abcd", "byte_swap": "badc"}  # fmt: skip


class Where(Struct, frozen=True):
    """A register as the list writes it, told."""

    table: str | None
    number: int
    bit: int | None = None
    many: int | None = None


def where(text: str, base: int = 0) -> Where:
    """Return what a register's number means. Raises ValueError."""
    plain = text.strip().replace(" ", "").lstrip("%")
    match = re.fullmatch(r"(?P<first>.+?)(?:-|–|…|\.\.)(?P<last>[0-9]+)", plain)
    first, last = (match["first"], int(match["last"])) if match else (plain, None)
    first, bit = _bit(first)
    table, number, counted = _number(first, base)
    many = None
    if last is not None:
        many = last - counted + 1
        if not 1 <= many <= 125:
            raise ValueError(f"'{text}' is no range of registers")
    if not 0 <= number <= 65535:
        raise ValueError(f"'{text}' is no register: it would be number {number} on the wire, and there are 0 to 65535")
    return Where(table, number, bit, many)


def _bit(text: str) -> tuple[str, int | None]:
    match = re.fullmatch(r"(.+)[.:/]([0-9]{1,2})", text)
    if match is None:
        return text, None
    if int(match[2]) > 15:
        raise ValueError(f"'{text}' names bit {match[2]}, and a register has bits 0 to 15")
    return match[1], int(match[2])


def _number(text: str, base: int) -> tuple[str | None, int, int]:
    """Return table, number on the wire, and the number as it is written. Raises ValueError."""
    lettered = re.fullmatch(r"(?i)(hr|ir|di|do|co)[_#]?(\d{1,5})", text)
    if lettered:
        table = {"hr": "holding", "ir": "input", "di": "discrete"}.get(lettered[1].lower(), "coil")
        return table, int(lettered[2]) - base, int(lettered[2])
    crossed = re.fullmatch(r"(?i)([134])x(\d{1,6})", text) or re.fullmatch(r"(?i)(0)x(\d{5})", text)
    if crossed:
        return _LEADING[crossed[1]], int(crossed[2]) - 1, int(crossed[2])
    if re.fullmatch(r"(?i)0x[0-9a-f]{1,4}|[0-9a-f]{1,4}h", text):
        number = int(text.lower().removesuffix("h"), 16)
        return None, number - base, number
    if re.fullmatch(r"[0134]\d{4}|[0134]\d{5}", text) and int(text[1:]) > 0:
        return _LEADING[text[0]], int(text[1:]) - 1, int(text)
    if not re.fullmatch(r"\d{1,5}", text):
        raise ValueError(f"'{text}' is no register: write 12, 0x0C, 40013 or 3x0013")
    return None, int(text) - base, int(text)


def table(text: str) -> str:
    """Return which of the four tables a word or function code means. Raises ValueError."""
    plain = word(text, "").lower()
    for name, words in _TABLE_WORDS.items():
        if plain in words.split():
            return name
    raise ValueError(f"'{text}' is no table; write {one_of(TABLES)}, or the function code 1 to 4")


def type_of(text: str) -> tuple[str, str | None, int | None]:
    """Return type, word order and length in registers that a type's name says. Raises ValueError."""
    parts = re.findall(r"[A-Za-z0-9À-ỹ_]+", text.lower())
    orders = [_ORDERS[part] for part in parts if part in _ORDERS]
    plain = word(" ".join(part for part in parts if part not in _ORDERS), "").lower()
    sized = re.fullmatch(r"([a-z]+)_?(\d+)", plain)
    for name, words in _TYPE_WORDS.items():
        if plain in words.split():
            return name, orders[0] if orders else None, None
        if name == "string" and sized and sized[1] in words.split():
            return name, None, max(1, math.ceil(int(sized[2]) / 2))
    known = one_of([*_TYPE_WORDS])
    raise ValueError(f"'{text}' is no type; write {known}")


def order(text: str) -> str:
    """Return the order of bytes on the wire. Raises ValueError."""
    plain = word(text, "").lower()
    if plain not in _ORDERS:
        raise ValueError(f"'{text}' is no order of bytes; write abcd (big-endian), cdab (low word first), badc or dcba")
    return _ORDERS[plain]


def unit(text: str) -> str | None:
    """Return our word for a unit, or None where we have none."""
    given = text.strip()
    found = _UNIT_WORDS.get(given.lower(), given)
    return found if found in UNITS else None


def kind(text: str) -> str:
    """Return a kind of the list, or one of the site's own. Raises ValueError."""
    if text in POINT_KINDS or (is_own(text) and not re.search(r"\s", text)):
        return text
    raise ValueError(f"'{text}' is no kind; the list is in the documentation, a site's own begin with 'x.'")


def decimal(text: str) -> float:
    """Return a number, with a comma or a point, or a fraction such as 1/10. Raises ValueError."""
    plain = text.strip().replace("×", "").replace("*", "").replace(",", ".")
    over = re.fullmatch(r"(?:x\s*)?([\d.]+)\s*/\s*([\d.]+)", plain)
    try:
        number = float(over[1]) / float(over[2]) if over else float(plain.removeprefix("x"))
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"'{text}' is no number") from None
    if not math.isfinite(number):
        raise ValueError(f"'{text}' is no number")
    return number


def factor(text: str) -> float:
    """Return a scale. Raises ValueError."""
    number = decimal(text)
    if number == 0:
        raise ValueError("a scale of 0 makes every value 0")
    return number


def whole(low: int, high: int) -> Callable[[str], int]:
    """Return what reads a whole number from `low` to `high`."""

    def read(text: str) -> int:
        if not re.fullmatch(r"\d{1,6}", text) or not low <= int(text) <= high:
            raise ValueError(f"'{text}' is no whole number from {low} to {high}")
        return int(text)

    return read


def codes(text: str) -> dict[str, str]:
    """Return a map of codes: `0=off; 1=on`. Raises ValueError."""
    found: dict[str, str] = {}
    for part in filter(None, re.split(r"[;,\n]\s*", text)):
        match = re.fullmatch(r"\s*(-?\d+|0x[0-9A-Fa-f]+)\s*[=:\-–]\s*(.+?)\s*", part)
        if match is None or "{" in match[2]:
            raise ValueError(f"'{part}' is no code with its meaning; write 0=off; 1=on")
        found[str(int(match[1], 0))] = match[2]
    return found


def bit_patterns(text: str) -> list[int]:
    """Return raw values, decimal or hexadecimal. Raises ValueError."""
    return [_raw(part) for part in re.split(r"[;,\s]+", text) if part]


def _raw(text: str) -> int:
    try:
        number = scalar(text)
    except ValueError:
        number = None
    if not isinstance(number, int) or isinstance(number, bool):
        raise ValueError(f"'{text}' is neither a whole number nor hexadecimal such as 0xFFFF")
    return number
