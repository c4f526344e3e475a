"""What an agent sent → the raw value a sample carries, or the reason why there is none. Pure.

Types from RFC 2578 (SMIv2) and RFC 2579 (DisplayString, MacAddress, DateAndTime); floats in an Opaque as net-snmp sends
them (tags 9F78 and 9F79 of the expired draft-perkins-opaque).
"""

import math
import struct
from collections.abc import Callable, Mapping

from drivers.snmp import oid as oids
from drivers.snmp import rates
from drivers.snmp.address import COUNTERS, Address
from hub.model import Reason, Value

Raw = int | float | str | bytes
"""A number of any sort, an OID or IP address as text, octets; `None` in its place: the agent has nothing there."""

EXACT = 2**53
"""Whole numbers beyond it have no exact place in a column of float64 and in JSON."""
LONGEST_TEXT = 1024
WORD = 2**32
LOWEST = {"gauge": 0, "counter32": 0, "counter64": 0, "ticks": 0}
HIGHEST = {"integer": 2**31 - 1, "enum": 2**31 - 1, "gauge": WORD - 1, "counter32": WORD - 1, "ticks": WORD - 1}


def decode(address: Address, raw: Raw | None) -> Value | Reason:
    """Return the value of one cell, or why there is none."""
    if raw is None:
        return Reason.NOT_PROGRAMMED
    value = DECODERS[address.type](raw)
    if value is None:
        return Reason.UNDECODABLE
    if type(value) is int and address.type in HIGHEST:
        value = _bounded(address.type, value)
    return Reason.NOT_PROGRAMMED if value in address.missing and address.missing else value


def whole(address: Address) -> tuple[int, int] | None:
    """Return between which bounds (both good) an integer of the wire is the value itself; None: it never is.

    What lies outside is not wrong yet: `decode` says what it is.
    """
    number = DECODERS[address.type] in (_number, _unsigned, _auto)
    if not number or address.rate or address.percent_of is not None or address.missing or address.whole_column:
        return None
    low = LOWEST.get(address.type, -EXACT if address.type == "auto" else -(2**31))
    return low, HIGHEST.get(address.type, EXACT)


def percentage(part: Value | Reason, whole: Raw | None) -> Value | Reason:
    """Return `part` in percent of `whole`; of nothing, nothing."""
    if type(part) is Reason:
        return part
    if whole is None or whole == 0:
        return Reason.NOT_PROGRAMMED
    if isinstance(part, bool | str) or not isinstance(whole, int | float):
        return Reason.UNDECODABLE
    whole = whole + WORD if whole < 0 else whole
    return 100.0 * part / whole


def column(address: Address, rows: Mapping[str, Raw]) -> Value | Reason:
    """Return what a whole column says: whether a row holds a value, or what the rows make together."""
    if address.holds is not None:
        wanted = str(address.holds)
        return any(text_of(raw) == wanted for raw in rows.values())
    if address.fold == "count":
        return len(rows)
    numbers = [decode(address, raw) for raw in rows.values()]
    if any(isinstance(n, bool | str | Reason) for n in numbers):
        return Reason.UNDECODABLE
    if not numbers:
        return Reason.NOT_PROGRAMMED
    return _folded(address.fold or "", [n for n in numbers if isinstance(n, int | float)])


def _folded(fold: str, numbers: list[int | float]) -> int | float:
    if fold == "max":
        return max(numbers)
    return sum(numbers) / len(numbers) if fold == "mean" else sum(numbers)


def text_of(raw: Raw) -> str:
    """Return a value as it is compared with what configuration says: text as text, anything else as it prints."""
    found = _string(raw) if isinstance(raw, bytes) else raw
    return str(found)


def _bounded(type_: str, value: int) -> int | Reason:
    """Return the number; some agents send large gauges as negative ones (hrStorageUsed is an INTEGER)."""
    if type_ == "gauge" and -(2**31) <= value < 0:
        value += WORD
    fits = LOWEST.get(type_, -(2**31)) <= value <= HIGHEST[type_]
    return value if fits else Reason.UNDECODABLE


def _auto(raw: Raw) -> Value | None:
    if not isinstance(raw, bytes):
        return None if isinstance(raw, float) and not math.isfinite(raw) else raw
    real = _float(raw)
    if real is not None and raw[:1] == b"\x9f":
        return real
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return raw[:LONGEST_TEXT].hex()
    return _printed(text) if text.rstrip("\0").replace("\r", "").replace("\n", "").isprintable() else raw.hex()


def _number(raw: Raw) -> Value | None:
    return raw if type(raw) is int else None


def _unsigned(raw: Raw) -> Value | None:
    return raw if type(raw) is int and 0 <= raw < 2**64 else None


def _float(raw: Raw) -> Value | None:
    if isinstance(raw, bytes):
        layout = {b"\x9fx\x04": ">f", b"\x9fy\x08": ">d"}.get(raw[:3])
        if layout is None or len(raw) != 3 + struct.calcsize(layout):
            return None
        raw = float(struct.unpack(layout, raw[3:])[0])
    number = raw if isinstance(raw, int | float) else math.nan
    return float(number) if math.isfinite(number) else None


def _string(raw: Raw) -> Value | None:
    return _printed(raw.decode(errors="replace")) if isinstance(raw, bytes) else None


def _printed(text: str) -> str:
    """Return a text without the controls that would disturb a console or a log line."""
    text = text.rstrip("\0 ")[:LONGEST_TEXT].replace("\r\n", "\n")
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)


def _mac(raw: Raw) -> Value | None:
    return raw.hex(":") if isinstance(raw, bytes) and len(raw) in (0, 6, 8) else None


def _oid(raw: Raw) -> Value | None:
    if not isinstance(raw, str):
        return None
    try:
        return oids.checked(raw)
    except ValueError:
        return None


def _ip(raw: Raw) -> Value | None:
    if isinstance(raw, bytes) and len(raw) == 4:
        return ".".join(map(str, raw))
    if not isinstance(raw, str):
        return None
    parts = raw.split(".")
    return raw if len(parts) == 4 and all(p.isdecimal() and int(p) < 256 for p in parts) else None


def _date(raw: Raw) -> Value | None:
    """Return a DateAndTime (RFC 2579) as ISO 8601, with its offset where it has one."""
    if not isinstance(raw, bytes) or len(raw) not in (8, 11):
        return None
    year, month, day, hour, minute, second, tenth = struct.unpack(">H6B", raw[:8])
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second <= 60 and tenth < 10):
        return None
    text = f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{tenth}"
    if len(raw) == 8:
        return text
    sign, hours, minutes = struct.unpack(">c2B", raw[8:])
    return f"{text}{sign.decode()}{hours:02}:{minutes:02}" if sign in (b"+", b"-") and minutes < 60 else None


def _opaque(raw: Raw) -> Value | None:
    return raw[:LONGEST_TEXT].hex() if isinstance(raw, bytes) else None


DECODERS: dict[str, Callable[[Raw], Value | None]] = {
    "auto": _auto, "integer": _number, "gauge": _number, "enum": _number, "ticks": _number, "counter32": _unsigned,
    "counter64": _unsigned, "float": _float, "string": _string, "mac": _mac, "oid": _oid, "ip": _ip, "date": _date,
    "opaque": _opaque,
}  # fmt: skip


def example(address: Address, raw: object) -> Value | Reason:
    """Return what a sample would carry for `raw` as an example of a profile writes it. Raises ValueError.

    A number or text stands for itself; `{type: octets, value: 00 1b 21}`, `{type: oid|ip|…, value: …}` say the type;
    `{type: none}` is an object the agent has not; a list is a whole column; `{before:, after:, seconds:}` is a counter.
    """
    if isinstance(raw, list):
        return column(address, {str(n): written(r) for n, r in enumerate(raw)})
    if isinstance(raw, Mapping) and "before" in raw:
        return _rate_example(address, raw)
    if isinstance(raw, Mapping) and raw.get("type") == "none":
        return decode(address, None)
    if address.percent_of is not None and isinstance(raw, Mapping) and "of" in raw:
        return percentage(decode(address, written(raw.get("value"))), written(raw["of"]))
    return decode(address, written(raw))


def written(raw: object) -> Raw:
    """Return a value as the wire would bring it, from how configuration writes it. Raises ValueError."""
    if isinstance(raw, str):
        return raw.encode()
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return raw
    if not isinstance(raw, Mapping) or set(raw) != {"type", "value"}:
        raise ValueError("write a number, a text, or {type: …, value: …}")
    kind, value = str(raw["type"]), raw["value"]
    if kind in ("octets", "opaque", "mac", "date"):
        return bytes.fromhex(str(value).replace(":", " "))
    if kind in ("oid", "ip"):
        return str(value)
    if kind == "string":
        return str(value).encode()
    return float(value) if kind == "float" else int(value)


def _rate_example(address: Address, raw: Mapping[str, object]) -> Value | Reason:
    if not address.rate or set(raw) - {"before", "after", "seconds"}:
        raise ValueError("{before:, after:, seconds:} is for a point with rate: true, and has nothing else")
    seconds = raw.get("seconds")
    before, after = written(raw["before"]), written(raw.get("after"))
    if not isinstance(seconds, int | float) or type(before) is not int or type(after) is not int:
        raise ValueError("before and after are whole numbers, seconds is a number")
    first = rates.Count(before, None, rates.Moment(0, 0))
    then = rates.Count(after, None, rates.Moment(round(seconds * 100), round(seconds * rates.SECOND)))
    grown = rates.rate(first, then, COUNTERS[address.type], address.most)
    return Reason.WAITING if grown is None else grown
