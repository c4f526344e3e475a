"""A module of Prometheus' snmp_exporter → a profile.

Format of `snmp.yml` as github.com/prometheus/snmp_exporter (generator/FORMAT.md) documents it: metrics with oid, type,
help, indexes, lookups and enum_values. A `generator.yml` only names what a MIB knows; of it the OIDs and the few groups
whose numbers an RFC gives can be told, as far as shipped profiles know points below them.
"""

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from hub.config.marks import Map, Mark, Seq, Source
from hub.config.problems import Report, did_you_mean, known_are
from hub.config.tree import parse
from hub.importing import objects
from hub.importing.known import Fields, Known, Library, plain
from hub.importing.naming import unbraced, unique, word
from hub.importing.objects import Place
from hub.importing.proposal import Group, Proposal
from hub.importing.words import oid_word
from hub.model import Text

_TYPES = {
    "gauge": "auto", "Integer32": "auto", "Float": "float", "Double": "float", "DisplayString": "string",
    "PhysAddress48": "mac", "DateAndTime": "date", "IpAddr": "ip", "InetAddressIPv4": "opaque", "OctetString": "opaque",
    "Bits": "opaque", "EnumAsInfo": "enum", "EnumAsStateSet": "enum",
}  # fmt: skip
"""Type of a metric → type the driver expects; `counter` and what is not here are decided apart."""
_TEXTS = {"string", "mac", "date", "ip", "opaque"}
_GROUPS = {
    "system": "1.3.6.1.2.1.1", "sysUpTime": "1.3.6.1.2.1.1.3", "sysName": "1.3.6.1.2.1.1.5",
    "sysDescr": "1.3.6.1.2.1.1.1", "interfaces": "1.3.6.1.2.1.2", "ifTable": "1.3.6.1.2.1.2.2",
    "ifXTable": "1.3.6.1.2.1.31.1.1", "ifMIB": "1.3.6.1.2.1.31", "upsMIB": "1.3.6.1.2.1.33",
    "hrSystem": "1.3.6.1.2.1.25.1", "hrStorage": "1.3.6.1.2.1.25.2", "hrDevice": "1.3.6.1.2.1.25.3",
    "memory": "1.3.6.1.4.1.2021.4", "laTable": "1.3.6.1.4.1.2021.10", "dot1dBridge": "1.3.6.1.2.1.17",
}  # fmt: skip
"""Names a generator.yml likes → OID (RFC 3418, 2863, 1628, 2790, 4188, UCD-SNMP-MIB)."""


class Metric(Struct, frozen=True):
    """One metric of a module."""

    name: str
    oid: str
    type: str
    help: str = ""
    indexes: tuple[Fields, ...] = ()
    lookups: tuple[Fields, ...] = ()
    enum_values: Fields = {}
    scale: float = 1.0
    offset: float = 0.0


def module(source: Source, name: str, report: Report) -> Map | None:
    """Return a module of an exporter's file, or None after reporting why there is none."""
    tree = parse(source, "\n".join(source.lines), report)
    if not isinstance(tree, Map):
        if not report.problems:
            report.error(Mark(source, 1, 1), "this is no snmp.yml: it holds no map of modules")
        return None
    modules = tree.get("modules", tree)
    found = modules.get(name) if isinstance(modules, Map) else None
    if isinstance(found, Map):
        return found
    names = [key for key, value in modules.items() if isinstance(value, Map)] if isinstance(modules, Map) else []
    hint = did_you_mean(name, names, otherwise=known_are("modules", names))
    report.error(tree.key_marks.get("modules", tree.mark), f"there is no module '{name}'", hint)
    return None


def metrics(tree: Map, report: Report) -> list[Metric]:
    """Return the metrics of a module; each that cannot be read is reported at its line."""
    found: list[Metric] = []
    listed = tree.get("metrics")
    for item in listed if isinstance(listed, Seq) else ():
        if not isinstance(item, Map):
            report.error(tree.value_marks["metrics"], "a metric is a map with name, oid and type")
            continue
        metric = _metric(item, report)
        if metric is not None:
            found.append(metric)
    return found


def _metric(item: Map, report: Report) -> Metric | None:
    given = plain(item)
    for key in ("name", "oid", "type"):
        if not isinstance(given.get(key), str):
            report.error(item.mark, f"this metric has no {key}, or it is no text")
            return None
    if not re.fullmatch(r"\.?\d+(\.\d+){2,127}", given["oid"]):
        report.error(item.value_marks["oid"], f"'{given['oid']}' is no OID")
        return None
    numbers = {key: float(given[key]) for key in ("scale", "offset") if isinstance(given.get(key), int | float)}
    scale, offset = numbers.get("scale") or 1.0, numbers.get("offset", 0.0)
    values = given.get("enum_values") if isinstance(given.get("enum_values"), dict) else {}
    oid, help_ = given["oid"].removeprefix("."), str(given.get("help", ""))
    indexes, lookups = _maps(given.get("indexes")), _maps(given.get("lookups"))
    return Metric(given["name"], oid, given["type"], help_, indexes, lookups, values, scale, offset)


def _maps(given: Any) -> tuple[Fields, ...]:
    return tuple(item for item in given if isinstance(item, dict)) if isinstance(given, list) else ()


def named_groups(tree: Map, library: Library, report: Report) -> list[Metric]:
    """Return what shipped profiles know below what a generator.yml walks; what cannot be told is reported."""
    walk = tree.get("walk")
    roots: list[str] = []
    for item, mark in zip(walk, walk.marks, strict=True) if isinstance(walk, Seq) else ():
        oid = _GROUPS.get(str(item), str(item).removeprefix("."))
        if re.fullmatch(r"\d+(\.\d+)+", oid):
            roots.append(oid)
        else:
            hint = "run snmp_exporter's generator with the MIB, and import the snmp.yml that it writes"
            report.warn(mark, f"'{item}' is a MIB's name, and no MIB is read here; it is left out", hint)
    if not roots and not report.failed:
        report.error(tree.mark, "this module has neither metrics nor anything to walk that can be told without a MIB")
    return [_known_metric(known) for root in roots for known in library.below(root)]


def _known_metric(known: Known) -> Metric:
    if known.whole or "oid" in known.address:
        return Metric(known.name, known.oid, "")
    named_by = known.address.get("row", {}).get("column_oid")
    label = oid_word(named_by or str(known.address["table"]))
    lookups = ({"labels": [label], "oid": named_by},) if named_by else ()
    return Metric(known.name, known.oid, "gauge", "", ({"labelname": label, "type": "gauge"},), lookups)


class Module:
    """A module on its way to a profile."""

    def __init__(self, found: list[Metric], library: Library) -> None:
        self._metrics = found
        self._library = library
        self._rank = library.covered(_column(m) for m in found)
        self._present = {_column(m) for m in found}
        self._points: dict[str, Fields] = {}
        self._groups: dict[str, Group] = {}
        self._parameters: dict[str, Fields] = {}
        self._examples: list[Fields] = []
        self._left: list[str] = []

    def proposal(self, profile: str, title: Text, source: str) -> Proposal:
        """Return the profile. Raises ValueError when nothing of the module can become a point."""
        for metric in self._metrics:
            self._metric(metric)
        if not self._points and not self._groups:
            raise ValueError("no metric of this module can become a point")
        first = next(iter(self._points), "") or self._examples[0]["point"]
        while len(self._examples) < 5:
            self._examples.append({"point": first, "raw": {"type": "none"}, "reason": "not_programmed"})
        return Proposal(
            profile, title, "snmp", source, "30s", "5s", self._parameters, points=self._points,
            each=list(self._groups.values()), examples=self._examples, check=self._check(),
        )  # fmt: skip

    def _metric(self, metric: Metric) -> None:
        whole = [k for k in self._library.of(metric.oid, self._rank) if k.whole]
        for known in whole:
            self._points[unique(known.name, self._points)] = known.fields | {"address": known.address}
        if whole or (metric.indexes and str(metric.indexes[0].get("labelname")) == metric.name):
            return
        if not metric.indexes:
            place = Place(_column(metric), {"oid": _column(metric)})
            for name, fields in self._described(metric, place):
                self._put(self._points, unique(name, self._points), fields, "")
            return
        self._cell(metric)

    def _cell(self, metric: Metric) -> None:
        entry, _, column = metric.oid.rpartition(".")
        finds = self._finds(metric)
        if finds is None:
            self._left.append(metric.name)
            return
        group = self._group(metric)
        place = Place(metric.oid, {"table": entry, "column": int(column), **finds}, "{n}")
        for name, fields in self._described(metric, place):
            self._put(group.points, unique(name, group.points), fields, f"{self._first(group)}.")

    def _finds(self, metric: Metric) -> Fields | None:
        """Return how a row is found, with the parameters that this takes; None where several numbers make its index."""
        label = str(metric.indexes[0].get("labelname", "row"))
        lookup = next((at for at in metric.lookups if at.get("labels") == [label] and "oid" in at), None)
        if len(metric.indexes) > 1 or (lookup is None and metric.indexes[0].get("type") not in ("gauge", "Integer32")):
            return None
        prefix = _identifier(label)
        self._parameters.setdefault(f"{prefix}_rows", {
            "type": "int", "min": 1, "max": 1000,
            "title": {"vi": f"Số hàng theo {label}", "en": f"Number of rows by {label}"},
        })  # fmt: skip
        self._parameters.setdefault(f"{prefix}_first", {
            "type": "int", "default": 1, "min": 0, "title": {"vi": "Số của hàng đầu", "en": "Number of the first row"},
        })  # fmt: skip
        counted = f"{{{prefix}_first + n - 1}}"
        if lookup is None:
            return {"index": counted}
        self._parameters.setdefault(f"{prefix}_names", {
            "type": "text", "default": "",
            "title": {"vi": "Phần tên trước số", "en": "Name of a row before its number"},
        })  # fmt: skip
        return {"row": {"column_oid": str(lookup["oid"]), "equals": f"{{{prefix}_names}}{counted}"}}

    def _group(self, metric: Metric) -> Group:
        prefix = _identifier(str(metric.indexes[0].get("labelname", "row")))
        return self._groups.setdefault(prefix, Group(f"{prefix}_rows", f"{prefix}_{{n:02}}"))

    def _first(self, group: Group) -> str:
        return group.name.replace("{n:02}", "01")

    def _described(self, metric: Metric, place: Place) -> Iterator[tuple[str, Fields]]:
        known = [k for k in self._library.of(_column(metric), self._rank) if not k.whole]
        for one in known:
            yield one.name, objects.known_point(one, place, self._present)
        if not known:
            yield word(metric.name), _unknown(metric, place)

    def _put(self, points: dict[str, Fields], name: str, fields: Fields, before: str) -> None:
        points[name] = fields
        self._examples += [{"point": before + name, **e} for e in _examples(fields)]

    def _check(self) -> list[str]:
        said = [
            "The examples are arithmetic of the module's own words: replace them with values of a device.",
            "The hub looks for rows by name and number: say `with:` how many there are and how their names begin.",
            "Counters count as 64 bits where their name says so (HC, 64), else as 32.",
        ]
        if self._left:
            said.append(f"Left out, because several numbers make their index: {', '.join(self._left)}.")
        return said if self._groups else [said[0], said[2]]


def _column(metric: Metric) -> str:
    return metric.oid if metric.indexes or metric.oid.endswith(".0") or not metric.type else f"{metric.oid}.0"


def _identifier(text: str) -> str:
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text).lower()
    made = re.sub(r"\W", "_", snake, flags=re.ASCII)
    return made if made[:1].isalpha() else f"r_{made}"


def _unknown(metric: Metric, place: Place) -> Fields:
    """Return a point of which the module knows only type and help."""
    kind = f"x.{word(metric.name)}"
    help_ = unbraced(re.sub(r"\s+-\s+[\d.]+\s*\Z", "", " ".join(metric.help.split())))[:80] or metric.name
    title = f"{help_}: {{n}}" if place.row else help_
    head: Fields = {"kind": kind, "name": title}
    if metric.type == "counter":
        type_ = "counter64" if re.search(r"HC|64", metric.name) else "counter32"
        return head | {"type": "float"} | _scaled(metric) | {"address": place.address | {"type": type_, "rate": True}}
    if metric.enum_values or metric.type.startswith("Enum"):
        values = {str(k): str(v) for k, v in metric.enum_values.items()}
        return head | {"type": "text", "map": values, "address": place.address | {"type": "enum"}}
    type_ = _TYPES.get(metric.type, "auto")
    if type_ in _TEXTS or metric.type not in _TYPES:
        return head | {"type": "text", "interval": "10m", "address": place.address | {"type": type_}}
    return head | {"type": "float"} | _scaled(metric) | {"address": place.address | {"type": type_}}


def _scaled(metric: Metric) -> Fields:
    scale = {"scale": metric.scale} if metric.scale != 1.0 else {}
    return scale | ({"offset": metric.offset} if metric.offset else {})


def _examples(fields: Fields) -> Iterator[Fields]:
    """Yield what the module's own words say of raw values."""
    address = fields["address"]
    factor, offset = fields.get("scale", 1), fields.get("offset", 0)
    if address.get("rate"):
        yield {"raw": {"before": 1000, "after": 2000, "seconds": 10}, "value": 100 * factor + offset}
    elif "map" in fields:
        raw, value = next(iter(fields["map"].items()))
        yield {"raw": int(raw), "value": value}
    elif fields["kind"].startswith("x.") and fields["type"] == "float":
        yield {"raw": 10, "value": float(f"{10 * factor + offset:.12g}")}


def propose(found: list[Metric], library: Library, profile: str, title: Text, source: str) -> Proposal:
    """Return a profile for the metrics of a module. Raises ValueError when nothing can become a point."""
    return Module(found, library).proposal(profile, title, source)
