"""A list of Modbus registers → a profile."""

import re
import struct
from collections.abc import Callable, Sequence
from typing import TypeVar

from msgspec import Struct

from hub.config.problems import Report
from hub.config.profile import FEWEST_EXAMPLES
from hub.importing import notation
from hub.importing.known import Fields
from hub.importing.naming import unbraced, unique, word
from hub.importing.proposal import Proposal
from hub.importing.sheet import Cell, Row
from hub.model import Text
from hub.model.kinds import POINT_KINDS

T = TypeVar("T")
MOST_EXAMPLES = 60
_KIND_OF_UNIT = {"V": "power.voltage", "A": "power.current"}
_LAYOUT = dict(
    zip(["int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"], "hHiIqQfd", strict=True)
)
"""Type → letter of the `struct` module."""
_FIRE = re.compile(r"(?i)\bfire\b|báo cháy|smoke|khói|\balarm\b|báo động")


class Defaults(Struct, frozen=True):
    """What holds where a row says nothing."""

    table: str | None = None
    base: int = 0
    """What the list calls the first register, in numbers without a leading table digit."""


class Register(Struct, frozen=True):
    """One row of the list, told: a point's keys and what was only guessed."""

    name: str
    fields: Fields
    example: Fields
    guessed: str = ""


def read(rows: Sequence[Row], defaults: Defaults, report: Report) -> list[Register]:
    """Return the registers of a list; each mistake is reported at its cell."""
    found: list[Register] = []
    names: list[str] = []
    places: dict[str, Cell] = {}
    for row in rows:
        made = _register(row, defaults, names, report)
        if made is not None:
            found.append(made)
            names.append(made.name)
            _twice(made, row["register"], places, report)
    return found


def _twice(made: Register, cell: Cell, places: dict[str, Cell], report: Report) -> None:
    a = made.fields["address"]
    key = f"{a['table']} {a['register']} {a.get('bit', '')}"
    if key in places:
        report.warn(cell.mark, f"{cell.header}: '{cell.text}' is the same place as in line {places[key].mark.line}")
    places.setdefault(key, cell)


def _register(row: Row, defaults: Defaults, taken: Sequence[str], report: Report) -> Register | None:
    missing = [ours for ours in ("name", "register") if ours not in row]
    if missing:
        if row:
            mark = next(iter(row.values())).mark
            report.error(mark, f"this row has no {' and no '.join(missing)}", "fill the cell, or delete the row")
        return None
    before = len(report)
    address = _address(row, defaults, report)
    meaning, guessed = _meaning(row, address, report)
    if len(report) > before and report.failed:
        return None
    name = unique(word(row["name"].text, "point"), taken)
    title = {"name": unbraced(row["name"].text)}
    fields = {**meaning, **title, "address": address}
    return Register(name, fields, {"point": name, **_example(fields)}, guessed)


def _address(row: Row, defaults: Defaults, report: Report) -> Fields:
    place = _told(row, "register", lambda text: notation.where(text, defaults.base), report) or notation.Where(
        "holding", 0
    )
    table = _told(row, "table", notation.table, report) or place.table or defaults.table
    if table is None:
        cell = row["register"]
        hint = "write 40013 or 3x0013, add a column 'table', or give --table holding"
        report.error(cell.mark, f"{cell.header}: '{cell.text}' does not say of which table it is", hint)
        table = "holding"
    address: Fields = {"table": table, "register": place.number}
    if table in ("coil", "discrete"):
        return address
    type_, order, length = _told(row, "type", notation.type_of, report) or ("", None, None)
    bit = _told(row, "bit", notation.whole(0, 15), report) if "bit" in row else place.bit
    if bit is not None or type_ == "bool":
        if bit is None:
            report.error(
                row["type"].mark, f"{row['type'].header}: a bit of a register needs its number", "add a column 'bit'"
            )
        return address | {"bit": bit or 0}
    many = _told(row, "length", notation.whole(1, 125), report) or place.many
    type_ = type_ or {2: "uint32", 4: "uint64"}.get(many or 1, "uint16")
    order = _told(row, "order", notation.order, report) or order
    address["type"] = type_
    if type_ == "string":
        address["length"] = many or length or 8
    elif order and order != "abcd":
        address["order"] = order
    missing = _told(row, "missing", notation.bit_patterns, report)
    return address | ({"missing": missing} if missing else {})


def _meaning(row: Row, address: Fields, report: Report) -> tuple[Fields, str]:
    """Return what the value means, and what of that was only guessed."""
    type_, name = address.get("type", "bool"), row["name"].text
    unit, strange = _unit(row)
    fields: Fields = {"kind": _told(row, "kind", notation.kind, report) or _kind_of(type_, unit)}
    guessed = f"{name}: the unit '{strange}' is not one of ours and was left out." if strange else ""
    if type_ == "bool":
        fire = "kind" not in row and _FIRE.search(name)
        return fields, f"{name}: is it a fire alarm? Then its kind is fire.alarm, not device.flag." if fire else guessed
    if values := _told(row, "values", notation.codes, report):
        return fields | ({"kind": "device.state"} if "kind" not in row else {}) | {"map": values}, guessed
    if type_ == "string":
        return {**fields, "interval": "10m"}, guessed
    for key in ("scale", "offset"):
        number = _told(row, key, notation.factor if key == "scale" else notation.decimal, report)
        if number is not None and number != (1.0 if key == "scale" else 0.0):
            fields[key] = number
    low, high = _told(row, "min", notation.decimal, report), _told(row, "max", notation.decimal, report)
    if low is not None and high is not None and low < high:
        fields["range"] = [low, high]
    known = POINT_KINDS.get(fields["kind"])
    if known is None:
        fields["type"] = "float"
    if unit and (known is None or known.unit in (None, unit)) and (known is None or known.type in ("int", "float")):
        fields["unit"] = unit
    return fields, guessed


def _told(row: Row, key: str, reader: Callable[[str], T], report: Report) -> T | None:
    """Return what a cell says, or None where it is empty or cannot be read (reported)."""
    cell = row.get(key)
    if cell is None:
        return None
    try:
        return reader(cell.text)
    except ValueError as error:
        report.error(cell.mark, f"{cell.header}: {error}")
        return None


def _unit(row: Row) -> tuple[str | None, str]:
    """Return our unit, and theirs where we have none."""
    if "unit" not in row:
        return None, ""
    found = notation.unit(row["unit"].text)
    return found, "" if found else row["unit"].text


def _kind_of(type_: str, unit: str | None) -> str:
    if type_ == "bool":
        return "device.flag"
    return "device.info" if type_ == "string" else _KIND_OF_UNIT.get(unit or "", "device.value")


def _example(fields: Fields) -> Fields:
    """Return raw words and their value, worked out from the list alone."""
    address = fields["address"]
    if address["table"] in ("coil", "discrete"):
        return {"raw": True, "value": True}
    if "bit" in address:
        return {"raw": [1 << address["bit"]], "value": True}
    if address["type"] == "string":
        return {"raw": [0x4142] + [0] * (address["length"] - 1), "value": "AB"}
    if "map" in fields:
        raw, value = next(iter(fields["map"].items()))
        return {"raw": _words(address, int(raw)), "value": value}
    return _number_example(fields)


def _number_example(fields: Fields) -> Fields:
    address, scale, offset = fields["address"], fields.get("scale", 1.0), fields.get("offset", 0.0)
    low, high = fields.get("range", (-1e300, 1e300))
    middle = round((low + high) / 2 / scale - offset / scale) if "range" in fields else 1234
    raw = middle if 0 <= middle < 32768 else 1
    value = float(f"{raw * scale + offset:.12g}")
    words = _words(address, raw)
    if raw in address.get("missing", ()):
        return {"raw": words, "reason": "not_programmed"}
    return {"raw": words, "value": value} if low <= value <= high else {"raw": words, "reason": "out_of_range"}


def _words(address: Fields, raw: int) -> list[int]:
    """Return a number as register words in the order in which they travel."""
    data = struct.pack(">" + _LAYOUT[address["type"]], raw)
    order = address.get("order", "abcd")
    if order in ("cdab", "dcba"):
        data = b"".join(data[n : n + 2] for n in range(len(data) - 2, -1, -2))
    if order in ("badc", "dcba"):
        data = b"".join(data[n : n + 2][::-1] for n in range(0, len(data), 2))
    return list(struct.unpack(f">{len(data) // 2}H", data))


def propose(found: Sequence[Register], profile: str, title: Text, source: str) -> Proposal:
    """Return a profile for the registers of a list. Raises ValueError when there are too few."""
    examples = [register.example for register in found][:MOST_EXAMPLES]
    examples += list(_more(found, FEWEST_EXAMPLES - len(examples)))
    if len(examples) < FEWEST_EXAMPLES:
        raise ValueError(f"{len(found)} registers give {len(examples)} examples, and a profile needs {FEWEST_EXAMPLES}")
    return Proposal(
        profile, title, "modbus", source, points={r.name: r.fields for r in found}, examples=examples,
        check=[*_CHECK, *(r.guessed for r in found if r.guessed)],
    )  # fmt: skip


_CHECK = (
    "Compare one point of each type with the device's own display: word order and first register are often wrong.",
    "The examples are arithmetic of the list: replace them with raw values and meanings from the device's document.",
    "Give each point its kind (device.value, device.flag and device.state say little), a range and a deadband.",
    "A code that means `not programmed` belongs under `missing`, one that means `failed` under `map`.",
)


def _more(found: Sequence[Register], many: int) -> list[Fields]:
    """Return further examples of the same points: the other side of bits, the number 0."""
    made: list[Fields] = []
    for register in found:
        a = register.fields["address"]
        if a["table"] in ("coil", "discrete"):
            made.append({"point": register.name, "raw": False, "value": False})
        elif "bit" in a:
            made.append({"point": register.name, "raw": [0], "value": False})
        elif a["type"] != "string" and not {"map", "range"} & register.fields.keys() and "missing" not in a:
            zero = float(register.fields.get("offset", 0.0))
            made.append({"point": register.name, "raw": _words(a, 0), "value": zero})
    return made[: max(many, 0)]
