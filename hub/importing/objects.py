"""What one SNMP object becomes: a point's keys and an example, from what shipped profiles know or from its type."""

from typing import Any

from msgspec import Struct

from hub.importing.known import Fields, Known
from hub.importing.naming import unbraced
from hub.importing.walk import Cell
from hub.model.kinds import POINT_KINDS

COUNTERS = {"counter32": 32, "counter64": 64}
DISCONTINUITY = "1.3.6.1.2.1.31.1.1.1.19"
"""ifCounterDiscontinuityTime (RFC 2863), for the counters of interfaces."""
_INTERFACES = ("1.3.6.1.2.1.2.2.1.", "1.3.6.1.2.1.31.1.1.1.")
_NUMBERS = {"integer", "enum", "gauge", "ticks", "counter32", "counter64"}
_BEHAVIOUR = ("type", "rate", "most", "discontinuity", "percent_of", "missing")
_LARGEST = {"integer": 2**31 - 1, "enum": 2**31 - 1, "gauge": 2**32 - 1, "ticks": 2**32 - 1, "counter32": 2**32 - 1}
LONGEST = 80
"""Characters of an example that is a text."""


class Place(Struct, frozen=True):
    """Where an object lives, as the driver's address writes it, and what people call its row."""

    oid: str
    """The object, or the column of a table."""
    address: Fields
    row: str = ""


def known_point(known: Known, place: Place, present: set[str]) -> Fields:
    """Return a point that a shipped profile knows, at another place; `present` are the objects and columns there."""
    kept = {k: known.address[k] for k in _BEHAVIOUR if k in known.address}
    if kept.get("discontinuity") not in present:
        kept.pop("discontinuity", None)
    fields = {k: v for k, v in known.fields.items() if k != "name"}
    return {**fields, "name": _titles(known.fields.get("name"), known.name, place.row), "address": place.address | kept}


def _titles(given: Any, name: str, row: str) -> Fields:
    titles = given if isinstance(given, dict) else {"vi": given or name, "en": given or name}
    row = unbraced(row)
    return {k: v.replace("{n}", row) if "{n}" in v else f"{v}: {row}" if row else v for k, v in titles.items()}


def fits(known: Known, type_: str) -> bool:
    """Tell whether an agent sends what the shipped profile expects of this object."""
    wanted = str(known.address.get("type", "auto"))
    if wanted == "auto" or known.whole:
        return True
    if wanted in _NUMBERS:
        return type_ in _NUMBERS and (wanted not in COUNTERS or type_ in COUNTERS)
    return type_ in ("string", "opaque") if wanted in ("string", "mac", "date", "opaque") else wanted == type_


def unknown_point(word: str, type_: str, place: Place, present: set[str]) -> Fields:
    """Return a point of which only the type is known: its kind is the site's own (`x.…`)."""
    title = " ".join(filter(None, (unbraced(place.row), word)))
    fields: Fields = {"kind": f"x.{word}"}
    address = place.address | {"type": type_}
    if type_ in COUNTERS:
        address["rate"] = True
        if place.oid.startswith(_INTERFACES) and DISCONTINUITY in present:
            address["discontinuity"] = DISCONTINUITY
        names = {"vi": f"{title} mỗi giây", "en": f"{title} per second"}
        return {**fields, "type": "float", "name": names, "address": address}
    if type_ == "ticks":
        return {"kind": "device.value", "unit": "s", "scale": 0.01, "name": title, "address": address}
    if type_ in ("integer", "gauge", "enum"):
        return {**fields, "type": "int", "name": title, "address": address}
    if type_ == "float":
        return {**fields, "type": "float", "name": title, "address": address}
    return {**fields, "type": "text", "name": title, "interval": "10m", "address": address}


def type_of(cells: list[Cell]) -> str:
    """Return the driver's word for what all these cells hold."""
    types = {cell.type for cell in cells}
    if types & {"string", "opaque"}:
        lengths = {len(cell.raw) for cell in cells if isinstance(cell.raw, bytes)}
        if types == {"string"}:
            return "string"
        return "mac" if lengths <= {0, 6} else "auto" if "string" in types else "opaque"
    return "integer" if types == {"integer", "enum"} else min(types)


def example(fields: Fields, cell: Cell, whole: Cell | None = None) -> Fields | None:
    """Return the walk's own value as an example (without its point), or None where it proves nothing."""
    address, raw = fields["address"], cell.raw
    if address.get("rate"):
        return _rate(fields, address, raw)
    if "percent_of" in address:
        return _percentage(raw, whole)
    if isinstance(raw, bytes | str):
        return _text(address, cell)
    if raw in address.get("missing", ()):
        return {"raw": raw, "reason": "not_programmed"}
    if (address["type"] == "gauge" and raw < 0) or raw > _LARGEST.get(address["type"], raw):
        return None
    return _mapped(fields["map"], raw) if "map" in fields else _scaled(fields, raw)


def _mapped(mapping: Fields, raw: int | float) -> Fields:
    known = {str(key): value for key, value in mapping.items()}
    return {"raw": raw, "value": known[str(raw)]} if str(raw) in known else {"raw": raw, "reason": "undecodable"}


def _scaled(fields: Fields, raw: int | float) -> Fields | None:
    type_ = POINT_KINDS[fields["kind"]].type if fields["kind"] in POINT_KINDS else fields["type"]
    if type_ not in ("int", "float"):
        return None
    value = float(f"{raw * fields.get('scale', 1) + fields.get('offset', 0):.12g}")
    low, high = fields.get("range", (value, value))
    if not low <= value <= high:
        return {"raw": raw, "reason": "out_of_range"}
    written = {"type": "float", "value": raw} if isinstance(raw, float) else raw
    return {"raw": written, "value": int(value) if type_ == "int" else value}


def _rate(fields: Fields, address: Fields, raw: Any) -> Fields | None:
    if not isinstance(raw, int) or fields.get("map"):
        return None
    before = raw if raw + 1000 < 2 ** COUNTERS[address["type"]] else 0
    value = 100 * fields.get("scale", 1) + fields.get("offset", 0)
    return {"raw": {"before": before, "after": before + 1000, "seconds": 10}, "value": value}


def _percentage(raw: Any, whole: Cell | None) -> Fields | None:
    if whole is None or not isinstance(raw, int) or not isinstance(whole.raw, int) or raw < 0 or whole.raw <= 0:
        return None
    value = float(f"{100.0 * raw / whole.raw:.12g}")
    return {"raw": {"value": raw, "of": whole.raw}, "value": value} if value <= 100 else None


def _text(address: Fields, cell: Cell) -> Fields | None:
    raw, type_ = cell.raw, address["type"]
    if isinstance(raw, str):
        return {"raw": {"type": cell.type, "value": raw}, "value": raw}
    assert isinstance(raw, bytes)
    if type_ in ("mac", "opaque") and raw:
        return {
            "raw": {"type": "octets", "value": raw.hex(" ")},
            "value": raw.hex(":") if type_ == "mac" else raw.hex(),
        }
    text = raw.decode(errors="replace")
    plain = type_ == "string" and text.isprintable() and text.strip() == text and "\ufffd" not in text
    if not plain or not text or len(text) > LONGEST or "{" in text:
        return None
    return {"raw": {"type": "string", "value": text}, "value": text}
