"""What an OPC UA server has below a node: variables with units and ranges, conditions; bounded in every way.

Reference and node ids from OPC 10000-5 and 10000-8 (EngineeringUnits, EURange, EnumStrings, EnumValues).
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from asyncua import ua
from msgspec import Struct

from drivers.opcua import places
from drivers.opcua.places import Place
from drivers.opcua.session import Session, portions
from drivers.opcua.values import decoded
from hub.importing.variables import Condition, Found, Variable
from hub.model import SECOND, Clock, Misconfigured, Reason

OBJECTS = "i=85"
HAS_PROPERTY, HIERARCHICAL = 46, 33
SERVER, TYPES, VIEWS = 2253, 86, 87
PORTION = 100
CONDITION_TYPES = frozenset({
    2782, 2881, 2915, 2955, 9341, 9318, 9482, 9906, 10060, 10214, 10368, 9623, 9764, 10523, 10637, 10751, 11753, 13225,
    17080, 18347, 18496,
})  # fmt: skip
"""ConditionType and the standard types below it (OPC 10000-9, 5.5 and 5.8)."""
_FACTS = ("EngineeringUnits", "EURange", "EnumStrings", "EnumValues")
_BUILT_IN = dict(enumerate((
    "Boolean", "SByte", "Byte", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64", "Float", "Double", "String",
    "DateTime", "Guid", "ByteString", "XmlElement", "NodeId", "ExpandedNodeId", "StatusCode", "QualifiedName",
    "LocalizedText",
), 1)) | {26: "Number", 27: "Integer", 28: "UInteger", 290: "Duration", 294: "UtcTime"}  # fmt: skip
"""Number of a data type → its name (OPC 10000-6, annex A)."""
DATA_TYPE = 14


class Bounds(Struct, frozen=True):
    """How much is looked at."""

    nodes: int = 20_000
    depth: int = 12
    seconds: float = 60.0


class _Node(Struct):
    id: ua.NodeId
    path: tuple[str, ...]
    variable: bool
    title: str
    facts: dict[str, ua.NodeId] = {}


class Browser:
    """One search at one server."""

    def __init__(self, session: Session, bounds: Bounds, clock: Clock, tell: Callable[[int], None]) -> None:
        self._session = session
        self._bounds = bounds
        self._clock = clock
        self._tell = tell
        self._seen: set[str] = set()
        self._found = Found()
        self._variables: list[_Node] = []
        self._top = "Server"
        """What the node is called where the search begins."""

    async def search(self, start: str) -> Found:
        """Return what lies below a node id or browse path. Raises Unreachable; Misconfigured when there is no such."""
        until = self._clock.monotonic() + round(self._bounds.seconds * SECOND)
        self._top = start.rpartition("/")[2].rpartition(":")[2] if "=" not in start else self._top
        level = [_Node(await self._start(start), (), False, "")]
        for _ in range(self._bounds.depth):
            below: list[_Node] = []
            for portion in portions(level, PORTION):
                below += await self._below(portion)
                self._tell(len(self._seen))
                if self._over(until):
                    break
            level = below
            if not level or self._found.short:
                break
        else:
            self._found.short = f"there is more below level {self._bounds.depth}"
        await self._describe()
        return self._found

    async def _start(self, text: str) -> ua.NodeId:
        place = places.place_of(text, None, None)
        if place.node is not None:
            found = places.node_id(place, self._session.namespaces)
        else:
            found = await self._translated(place)
        if isinstance(found, Reason):
            raise Misconfigured(
                f"{self._session.where} has nothing at '{text}'; write a path such as 0:Objects/2:Plant"
            )
        return found

    async def _translated(self, place: Place) -> places.Found:
        path = places.browse_path(place, self._session.namespaces)
        if isinstance(path, Reason):
            return path
        (result,) = await self._session.translate([path])
        targets = result.Targets or []
        return targets[0].TargetId if targets else Reason.MISCONFIGURED

    def _over(self, until: int) -> bool:
        if len(self._seen) >= self._bounds.nodes:
            self._found.short = f"it has more than {self._bounds.nodes} nodes"
        elif self._clock.monotonic() > until:
            self._found.short = f"it took more than {self._bounds.seconds:g} s"
        return bool(self._found.short)

    async def _below(self, nodes: Sequence[_Node]) -> list[_Node]:
        """Return the nodes one step down that are to be looked at; variables and conditions are kept on the way."""
        results = await self._session.browse([_asked(node.id) for node in nodes])
        made: list[_Node] = []
        for node, references in zip(nodes, results, strict=True):
            for reference in references:
                child = self._child(node, reference)
                if child is not None:
                    made.append(child)
        return made

    def _child(self, parent: _Node, reference: Any) -> _Node | None:
        target, name = reference.NodeId, str(reference.BrowseName.Name or "")
        if target.NamespaceIndex == 0 and target.Identifier in (SERVER, TYPES, VIEWS):
            return None
        if parent.variable and name in _FACTS:
            parent.facts[name] = target
            return None
        key = target.to_string()
        if (
            key in self._seen
            or reference.ReferenceTypeId.Identifier == HAS_PROPERTY
            or len(self._seen) >= self._bounds.nodes
        ):
            return None
        self._seen.add(key)
        if reference.TypeDefinition.NamespaceIndex == 0 and reference.TypeDefinition.Identifier in CONDITION_TYPES:
            self._found.conditions.append(Condition(parent.path[-1] if parent.path else self._top, name))
            return None
        title = str(reference.DisplayName.Text or name)
        node = _Node(target, (*parent.path, name), reference.NodeClass == ua.NodeClass.Variable, title)
        if node.variable:
            self._variables.append(node)
        return node

    async def _describe(self) -> None:
        """Read what the variables hold, and the units, ranges and codes beside them."""
        nodes = [node.id for node in self._variables]
        values = await self._session.read(nodes)
        types = await self._session.read(nodes, DATA_TYPE)
        facts = [(node, name, id_) for node in self._variables for name, id_ in node.facts.items()]
        told = await self._session.read([id_ for _, _, id_ in facts])
        of_node: dict[str, dict[str, Any]] = {}
        for (node, name, _), value in zip(facts, told, strict=True):
            of_node.setdefault(node.id.to_string(), {})[name] = _inner(value)
        for node, value, type_ in zip(self._variables, values, types, strict=True):
            self._found.variables.append(self._described(node, value, type_, of_node.get(node.id.to_string(), {})))

    def _described(self, node: _Node, value: Any, type_: Any, facts: dict[str, Any]) -> Variable:
        raw = value.Value.Value if value is not None and value.Value is not None else None
        unit, bounds = facts.get("EngineeringUnits"), facts.get("EURange")
        made = Variable(self._name(node.id), node.path, _type(value, _inner(type_)), node.title)
        made.unit = str(getattr(getattr(unit, "DisplayName", None), "Text", None) or "")
        low, high = getattr(bounds, "Low", None), getattr(bounds, "High", None)
        if isinstance(low, int | float) and isinstance(high, int | float):
            made.range = float(low), float(high)
        made.codes = dict(_codes(facts))
        made.array = isinstance(raw, list | tuple)
        shown, _, _ = decoded(value) if value is not None else (None, None, None)
        made.value = shown
        return made

    def _name(self, node: ua.NodeId) -> str:
        text = node.to_string()
        if node.NamespaceIndex == 0:
            return text
        uri = self._session.namespaces[node.NamespaceIndex]
        return f"nsu={uri};{text.partition(';')[2]}"


def _asked(node: ua.NodeId) -> ua.BrowseDescription:
    return ua.BrowseDescription(
        NodeId=node,
        BrowseDirection=ua.BrowseDirection.Forward,
        ReferenceTypeId=ua.NodeId(ua.Int32(HIERARCHICAL)),
        IncludeSubtypes=cast("ua.Boolean", True),
        NodeClassMask=ua.UInt32(ua.NodeClass.Object | ua.NodeClass.Variable),
        ResultMask=ua.UInt32(ua.BrowseResultMask.All),
    )


def _inner(value: Any) -> Any:
    return value.Value.Value if value is not None and value.Value is not None else None


def _type(value: Any, data_type: Any) -> str:
    """Return the type by name: as the server declares it, else (for types of its own) as the value travels."""
    number = data_type.Identifier if isinstance(data_type, ua.NodeId) and data_type.NamespaceIndex == 0 else None
    if number in _BUILT_IN:
        return _BUILT_IN[cast("int", number)]
    travels = value.Value.VariantType if value is not None and value.Value is not None else None
    return _BUILT_IN.get(int(getattr(travels, "value", 0) or 0), "")


def _codes(facts: dict[str, Any]) -> Iterator[tuple[int, str]]:
    for number, text in enumerate(facts.get("EnumStrings") or ()):
        yield number, str(getattr(text, "Text", text))
    for one in facts.get("EnumValues") or ():
        yield int(one.Value), str(one.DisplayName.Text)
