"""A NodeSet2 file (OPC 10000-6, annex F) → the variables of its instances. XML without a DTD, so nothing expands."""

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from hub.config.marks import Mark, Source
from hub.config.problems import Report
from hub.importing.variables import Condition, Found, Variable

NAMESPACE = "{http://opcfoundation.org/UA/2011/03/UANodeSet.xsd}"
VALUES = "{http://opcfoundation.org/UA/2008/02/Types.xsd}"
MOST_NODES = 200_000
_FACTS = ("EngineeringUnits", "EURange", "EnumStrings")
_PROPERTY = ("HasProperty", "i=46")
_TYPES = ("UAObjectType", "UAVariableType", "UADataType", "UAReferenceType")
_CONDITION = re.compile(r"(?:i=)?(?:2782|2881|2915|2955|9341|9482|9906|10060|10214|10368|10523|10637|10751|11753)\Z")


def read(source: Source, report: Report) -> Found:
    """Return the variables of a node set; what is wrong with the file is reported at its line."""
    text = "\n".join(source.lines)
    if re.search(r"<!(?:DOCTYPE|ENTITY)", text):
        line = next(n for n, found in enumerate(source.lines, 1) if re.search(r"<!(?:DOCTYPE|ENTITY)", found))
        report.error(Mark(source, line, 1), "a document type declaration is not read", "delete it")
        return Found()
    try:
        root = ET.fromstring(text)
    except ET.ParseError as error:
        line, column = error.position
        report.error(Mark(source, line, column + 1), f"no XML: {str(error).partition(':')[0]}", "export the file again")
        return Found()
    if root.tag != f"{NAMESPACE}UANodeSet":
        report.error(Mark(source, 1, 1), "this is no NodeSet2 file: its root is not UANodeSet")
        return Found()
    return _Nodes(root).found()


class _Nodes:
    """The nodes of one file, by their ids."""

    def __init__(self, root: ET.Element) -> None:
        self._uris = [u.text or "" for u in root.iterfind(f"{NAMESPACE}NamespaceUris/{NAMESPACE}Uri")]
        aliases = root.iterfind(f"{NAMESPACE}Aliases/{NAMESPACE}Alias")
        self._aliases = {(a.text or "").strip(): a.get("Alias", "") for a in aliases}
        nodes = (node for node in root if node.tag.startswith(f"{NAMESPACE}UA"))
        self._nodes = {node.get("NodeId", ""): node for node, _ in zip(nodes, range(MOST_NODES), strict=False)}
        self._parents = {id_: parent for id_, node in self._nodes.items() if (parent := self._parent(node))}
        self._facts: dict[str, dict[str, ET.Element]] = {}
        for id_, node in self._nodes.items():
            name = _name(node)
            if name in _FACTS and id_ in self._parents:
                self._facts.setdefault(self._parents[id_], {})[name] = node

    def found(self) -> Found:
        """Return every variable of an instance, and the conditions that are there."""
        found = Found()
        for id_, node in self._nodes.items():
            path = self._path(id_)
            if path is None:
                continue
            if node.tag == f"{NAMESPACE}UAVariable" and not self._is_property(node) and not self._in_condition(id_):
                found.variables.append(self._variable(id_, node, path))
            elif self._is_condition(node):
                found.conditions.append(Condition(path[-2] if len(path) > 1 else "Server", path[-1]))
        return found

    def _variable(self, id_: str, node: ET.Element, path: tuple[str, ...]) -> Variable:
        facts = self._facts.get(id_, {})
        made = Variable(self._global(id_), path, self._type(node.get("DataType", "")), _text(node, "DisplayName"))
        made.array = node.get("ValueRank", "-1") not in ("-1", "-2", "-3")
        if "EngineeringUnits" in facts:
            made.unit = next((_text_of(e) for e in facts["EngineeringUnits"].iter(f"{VALUES}DisplayName")), "")
        if "EURange" in facts:
            made.range = _range(facts["EURange"])
        if "EnumStrings" in facts:
            texts = [_text_of(e) for e in facts["EnumStrings"].iter(f"{VALUES}LocalizedText")]
            made.codes = dict(enumerate(texts))
        return made

    def _parent(self, node: ET.Element) -> str | None:
        if node.get("ParentNodeId"):
            return node.get("ParentNodeId")
        back = (r for r in _references(node) if r.get("IsForward") == "false" and not self._is_type(r))
        return next(((r.text or "").strip() for r in back), None)

    def _is_type(self, reference: ET.Element) -> bool:
        return reference.get("ReferenceType") in ("HasTypeDefinition", "i=40", "HasSubtype", "i=45")

    def _path(self, id_: str) -> tuple[str, ...] | None:
        """Return the names from the top of the file down, or None for what belongs to a type."""
        names: list[str] = []
        seen: set[str] = set()
        here: str | None = id_
        while here in self._nodes and here not in seen:
            seen.add(here)
            node = self._nodes[here]
            if node.tag in {f"{NAMESPACE}{type_}" for type_ in _TYPES}:
                return None
            names.append(_name(node))
            here = self._parents.get(here)
        return tuple(reversed(names))

    def _in_condition(self, id_: str) -> bool:
        seen: set[str] = set()
        here = self._parents.get(id_)
        while here in self._nodes and here not in seen:
            seen.add(here)
            if self._is_condition(self._nodes[here]):
                return True
            here = self._parents.get(here)
        return False

    def _is_property(self, node: ET.Element) -> bool:
        links = [r for r in _references(node) if r.get("IsForward") == "false"]
        of_type = any((r.text or "").strip() == "i=68" for r in _references(node))
        return of_type or any(r.get("ReferenceType") in _PROPERTY for r in links)

    def _is_condition(self, node: ET.Element) -> bool:
        types = (r for r in _references(node) if r.get("ReferenceType") in ("HasTypeDefinition", "i=40"))
        return node.tag == f"{NAMESPACE}UAObject" and any(_CONDITION.match((r.text or "").strip()) for r in types)

    def _type(self, given: str) -> str:
        return self._aliases.get(given, _BUILT_IN.get(given, given))

    def _global(self, id_: str) -> str:
        match = re.fullmatch(r"ns=(\d+);(.+)", id_, re.DOTALL)
        if match is None or not 0 < int(match[1]) <= len(self._uris):
            return id_
        return f"nsu={self._uris[int(match[1]) - 1]};{match[2]}"


_BUILT_IN = {f"i={number}": name for number, name in enumerate((
    "Boolean", "SByte", "Byte", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64", "Float", "Double", "String",
    "DateTime", "Guid", "ByteString",
), 1)} | {"i=21": "LocalizedText", "i=26": "Number", "i=290": "Duration", "i=294": "UtcTime"}  # fmt: skip


def _references(node: ET.Element) -> Iterator[ET.Element]:
    return node.iterfind(f"{NAMESPACE}References/{NAMESPACE}Reference")


def _name(node: ET.Element) -> str:
    """Return a browse name without its namespace."""
    return re.sub(r"\A\d+:", "", node.get("BrowseName", "")) or "x"


def _text(node: ET.Element, tag: str) -> str:
    found = node.find(f"{NAMESPACE}{tag}")
    return "" if found is None or not found.text else found.text.strip()


def _text_of(element: ET.Element) -> str:
    found = element.find(f"{VALUES}Text")
    return "" if found is None or not found.text else found.text.strip()


def _range(node: ET.Element) -> tuple[float, float] | None:
    try:
        low, high = (float(next(node.iter(f"{VALUES}{word}")).text or "") for word in ("Low", "High"))
    except (StopIteration, ValueError):
        return None
    return low, high
