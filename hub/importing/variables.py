"""Variables of an OPC UA server, however they were found (by browsing, in a NodeSet2 file) → a profile. Pure."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from hub.config.profile import FEWEST_EXAMPLES
from hub.importing import notation
from hub.importing.known import Fields
from hub.importing.naming import unbraced, unique, word
from hub.importing.proposal import Proposal
from hub.model import Text, Value

MOST_EXAMPLES = 60
NO_COMMUNICATION = 0x8031_0000
"""BadNoCommunication (OPC 10000-4, 7.39.2): the server itself does not reach the device."""
WHOLE = frozenset({"SByte", "Byte", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64", "Integer", "UInteger"})
NUMBERS = WHOLE | {"Float", "Double", "Number", "Duration"}
TEXTS = frozenset({"String", "LocalizedText", "DateTime", "UtcTime", "Guid", "NodeId", "QualifiedName", "StatusCode"})
_KIND_OF_UNIT = {"V": "power.voltage", "A": "power.current"}


class Variable(Struct):
    """One variable."""

    node: str
    """`nsu=uri;s=name`, or `i=…` of namespace 0."""
    path: tuple[str, ...]
    """Names from below the place where the search began."""
    type: str
    title: str = ""
    unit: str = ""
    range: tuple[float, float] | None = None
    codes: dict[int, str] = {}
    value: Value | None = None
    array: bool = False


class Condition(Struct, frozen=True):
    """An alarm or condition that the server shows among its nodes."""

    source: str
    name: str


class Found(Struct):
    """Everything that a search gave."""

    variables: list[Variable] = []
    conditions: list[Condition] = []
    short: str = ""
    """Why the search ended early, if it did."""


def propose(found: Found, profile: str, title: Text, source: str) -> Proposal:
    """Return a profile. Raises ValueError when nothing can become a point."""
    points: dict[str, Fields] = {}
    examples: list[Fields] = []
    left: list[str] = []
    strange: set[str] = set()
    for variable in found.variables:
        fields = None if variable.array else _point(variable, strange)
        if fields is None:
            left.append("/".join(variable.path))
            continue
        name = unique(".".join(word(part) for part in variable.path)[:90], points)
        points[name] = fields
        examples += [{"point": name, **e} for e in _examples(variable, fields)]
    for condition in found.conditions:
        name = unique(word(f"{condition.source}_{condition.name}")[:90], points)
        points[name] = {
            "kind": "device.flag", "name": unbraced(f"{condition.source}: {condition.name}"),
            "address": {"condition": unbraced(f"{condition.source}.{condition.name}")},
        }  # fmt: skip
        examples.append({"point": name, "raw": True, "value": True})
    return Proposal(
        profile, title, "opcua", source, points=points,
        examples=_enough(points, examples), check=list(_check(found, left, strange)),
    )  # fmt: skip


def _point(variable: Variable, strange: set[str]) -> Fields | None:
    """Return a point's keys, or None for a type that no point can carry."""
    title = {"name": unbraced(variable.title or variable.path[-1])[:120]}
    address = {"address": {"node": unbraced(variable.node)}}
    if "{" in variable.node or "}" in variable.node:
        return None
    if variable.type == "Boolean":
        return {"kind": "device.flag", **title, **address}
    if variable.codes:
        codes = {str(code): unbraced(name) for code, name in sorted(variable.codes.items())}
        return {"kind": "device.state", **title, "map": codes, **address}
    if variable.type in TEXTS:
        return {"kind": "device.info", **title, **address}
    return _number(variable, title, address, strange) if variable.type in NUMBERS else None


def _number(variable: Variable, title: Fields, address: Fields, strange: set[str]) -> Fields:
    unit = notation.unit(variable.unit) if variable.unit else None
    if variable.unit and unit is None:
        strange.add(variable.unit)
    kind = _KIND_OF_UNIT.get(unit or "", "device.value")
    fields: Fields = {"kind": kind} | ({"unit": unit} if unit and kind == "device.value" else {}) | title
    if variable.range is not None and variable.range[0] < variable.range[1]:
        fields["range"] = list(variable.range)
    return fields | address


def _examples(variable: Variable, fields: Fields) -> Iterator[Fields]:
    """Yield what the server itself showed, else what the variable's description alone proves."""
    if "map" in fields:
        raw, value = next(iter(fields["map"].items()))
        yield {"raw": int(raw), "value": value}
    elif variable.type == "Boolean":
        yield {"raw": variable.value is True, "value": variable.value is True}
    elif variable.type in NUMBERS:
        yield from _number_examples(variable, fields)
    elif isinstance(variable.value, str) and variable.value.isprintable() and 0 < len(variable.value) <= 80:
        yield {"raw": variable.value, "value": variable.value}


def _number_examples(variable: Variable, fields: Fields) -> Iterator[Fields]:
    low, high = fields.get("range", (None, None))
    value = variable.value
    if not isinstance(value, int | float) or isinstance(value, bool):
        value = 1 if low is None else (low + high) / 2
    if low is not None and not low <= value <= high:
        yield {"raw": value, "reason": "out_of_range"}
    elif abs(value) < 1e12:
        yield {"raw": value, "value": float(value)}


def _enough(points: Fields, examples: list[Fields]) -> list[Fields]:
    chosen = examples[:MOST_EXAMPLES]
    if not points:
        raise ValueError("no variable here can become a point; begin elsewhere (--under), or higher up")
    bad = [{"point": n, "raw": {"status": NO_COMMUNICATION}, "reason": "no_communication"} for n in points]
    chosen += bad[: max(1, FEWEST_EXAMPLES - len(chosen))]
    if len(chosen) < FEWEST_EXAMPLES:
        raise ValueError(f"{len(points)} points give {len(chosen)} examples, and a profile needs {FEWEST_EXAMPLES}")
    return chosen


def _check(found: Found, left: Sequence[str], strange: set[str]) -> Iterator[str]:
    yield "Give each point its kind: device.value, device.flag and device.state say little."
    yield "Node ids that are numbers (i=…) may change with the server's project; paths and texts do not."
    if found.short:
        yield f"The search ended early: {found.short}. What is missing was not looked at."
    if strange:
        yield f"Units that are none of ours were left out: {', '.join(sorted(strange))}."
    if left:
        more = f" and {len(left) - 20} more" if len(left) > 20 else ""
        yield f"Left out, because no point carries arrays or structures: {', '.join(left[:20])}{more}."
    if found.conditions:
        yield "Conditions are found by source and name: look at a real event whether the server spells them so."
    else:
        yield "The server shows no condition among its nodes; it may still send alarms as events."
