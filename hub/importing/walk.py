"""What `snmpwalk` of net-snmp printed, numeric and with types (`-On`), read line by line.

Forms from net-snmp's snmpcmd(1), OUTPUT OPTIONS. Text over several lines is joined; `INTEGER: up(1)` keeps its number.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from hub.config.marks import Mark, Source
from hub.config.problems import Report

MOST_LINES = 500_000
MOST_MISTAKES = 20
Raw = int | float | str | bytes
"""Octets as bytes, OIDs and IP addresses as text."""

_START = re.compile(r"\.?(?:iso|\d+)(?:\.\d+|\[[^\]]*\])+ = ")
_LINE = re.compile(r"\.?(?P<oid>(?:iso|\d+)(?:\.\d+)*)(?P<index>(?:\[[^\]]*\])*) = (?P<rest>.*)\Z", re.DOTALL)
_TYPED = re.compile(
    r"(?:Wrong Type \(should be [^)]*\): )?(?P<type>[A-Za-z][A-Za-z0-9 -]*?): ?(?P<value>.*)\Z", re.DOTALL
)
_NAMED = re.compile(r"[A-Za-z][\w-]*::\S+ = ")
_NOTHING = ("No Such Object", "No Such Instance", "No more variables", "NULL")


class Cell(Struct, frozen=True):
    """One object of the agent."""

    oid: str
    type: str
    """As the driver names it: integer, gauge, counter32, counter64, ticks, string, opaque, oid, ip, float."""
    raw: Raw
    line: int
    column: str | None = None
    """The OID without its index, where the walk says where the index begins (`-OX`)."""


def read(source: Source, report: Report) -> list[Cell]:
    """Return the objects of a walk; each line that is none is reported."""
    found: dict[str, Cell] = {}
    for number, text in _joined(source.lines):
        if len(report) >= MOST_MISTAKES or number > MOST_LINES:
            break
        cell = _cell(source, number, text, report)
        if cell is not None:
            found.setdefault(cell.oid, cell)
    if not found and not len(report):
        report.error(Mark(source, 1, 1), "there is no object in this file", _ADVICE)
    return list(found.values())


_ADVICE = "write it with: snmpwalk -v3 … -On HOST .1 > walk.txt"


def _joined(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield each object with the number of its first line; values may go on over several lines."""
    began, parts = 0, list[str]()
    for number, line in enumerate(lines, 1):
        if parts and not _START.match(line) and _open("\n".join(parts)):
            parts.append(line)
            continue
        if parts:
            yield began, "\n".join(parts)
        began, parts = number, [line]
    if parts:
        yield began, "\n".join(parts)


def _open(text: str) -> bool:
    """Tell whether a value may go on in the next line: a quote that is not closed, or octets in hex."""
    _, _, value = text.partition(" = ")
    if value.startswith("STRING: "):
        body = value.removeprefix("STRING: ")
        return not body.startswith('"') or len(body) < 2 or not re.search(r'(?<!\\)(?:\\\\)*"\s*\Z', body[1:])
    return value.startswith(("Hex-STRING:", "BITS:", "Opaque:", "OPAQUE:"))


def _cell(source: Source, number: int, text: str, report: Report) -> Cell | None:
    stripped = text.strip()
    if not stripped or stripped.startswith("#"):
        return None
    where = Mark(source, number, 1)
    match = _LINE.match(stripped)
    if match is None:
        named = _NAMED.match(stripped)
        message = "the object has a MIB's name instead of its OID" if named else "this is no object of a walk"
        report.error(where, message, _ADVICE)
        return None
    oid = re.sub(r"\Aiso", "1", match["oid"])
    if match["rest"].startswith(_NOTHING) or match["rest"] in ('""', ""):
        return None
    try:
        index = _index(match["index"])
        type_, raw = _value(match["rest"])
    except ValueError as error:
        report.error(
            Mark(source, number, stripped.index(" = ") + 4), str(error), "the line may have been cut; walk again"
        )
        return None
    return Cell(f"{oid}{index}", type_, raw, number, oid if index else None)


def _index(text: str) -> str:
    """Return `[3]` or `["eth0"]` as the end of an OID (RFC 2578, 7.7). Raises ValueError."""
    parts = re.findall(r'\["([^"\]]*)"\]|\[([^\]]*)\]', text)
    made = ""
    for quoted, plain in parts:
        letters = quoted.encode()
        if plain and not re.fullmatch(r"\.?\d+(\.\d+)*", plain):
            raise ValueError(f"[{plain}] is no index that can be told without its MIB; walk with -On alone")
        made += f".{plain.removeprefix('.')}" if plain else "".join(f".{n}" for n in (len(letters), *letters))
    return made


def _value(text: str) -> tuple[str, Raw]:
    """Return type and raw value. Raises ValueError saying what is wrong."""
    if text.startswith('"'):
        return "string", _quoted(text)
    match = _TYPED.match(text)
    if match is None:
        raise ValueError("the value has no type, such as INTEGER: or STRING:")
    reader = _READERS.get(match["type"].upper())
    if reader is None:
        raise ValueError(f"the type '{match['type']}' is not known")
    return reader(match["value"].strip())


def _whole(type_: str, text: str) -> tuple[str, Raw]:
    match = re.match(r"(-?\d+)(?:\s.*)?\Z|[\w.-]+\((-?\d+)\)\Z|\((\d+)\).*\Z", text)
    if match is None:
        raise ValueError(f"'{text[:40]}' is no whole number")
    return ("enum" if match[2] is not None else type_), int(match[1] or match[2] or match[3])


def _octets(text: str) -> tuple[str, Raw]:
    try:
        return "opaque", bytes.fromhex(re.sub(r"\s*\[[^\]]*\]\s*\Z|[^0-9A-Fa-f\s].*\Z", "", text))
    except ValueError:
        raise ValueError(f"'{text[:40]}' is no hexadecimal text") from None


def _opaque(text: str) -> tuple[str, Raw]:
    match = re.match(r"(?:Float|Double): (\S+)", text)
    if match is None:
        return _octets(text)
    return "float", float(match[1])


def _oid(text: str) -> tuple[str, Raw]:
    made = re.sub(r"\Aiso", "1", text.removeprefix("."))
    if not re.fullmatch(r"\d+(\.\d+)*", made):
        raise ValueError(f"'{text[:40]}' is no numeric OID")
    return "oid", made


def _ip(text: str) -> tuple[str, Raw]:
    if not re.fullmatch(r"\d{1,3}(\.\d{1,3}){3}", text):
        raise ValueError(f"'{text[:40]}' is no IP address")
    return "ip", text


def _quoted(text: str) -> bytes:
    inner = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
    return re.sub(r'\\(["\\])', r"\1", inner).encode()


def _numbers(type_: str) -> Callable[[str], tuple[str, Raw]]:
    return lambda text: _whole(type_, text)


def _address(text: str) -> tuple[str, Raw]:
    return _octets(text.replace(":", " "))


_READERS: dict[str, Callable[[str], tuple[str, Raw]]] = {
    "INTEGER": _numbers("integer"),
    "INTEGER32": _numbers("integer"),
    "GAUGE32": _numbers("gauge"),
    "UNSIGNED32": _numbers("gauge"),
    "UINTEGER32": _numbers("gauge"),
    "COUNTER32": _numbers("counter32"),
    "COUNTER64": _numbers("counter64"),
    "TIMETICKS": _numbers("ticks"),
    "STRING": lambda t: ("string", _quoted(t)),
    "HEX-STRING": _octets,
    "BITS": _octets,
    "OPAQUE": _opaque,
    "OID": _oid,
    "IPADDRESS": _ip,
    "NETWORK ADDRESS": _address,
}
"""Name of a type as net-snmp prints it → how its value is read."""
