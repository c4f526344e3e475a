"""From points to the address space of a simulated server: where variables and methods live, and their types."""

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from asyncua import Node, Server, ua
from msgspec import Struct

from drivers.opcua.address import Address, Connection
from hub.model import Device, Point
from simulators.opcua.builtin import named, node_id
from simulators.opcua.spoken import Voice, raw_type

_NODE = re.compile(r"(?:ns=(?P<index>\d+);|nsu=(?P<uri>[^;]+);)?(?P<rest>[isgb]=.*)\Z", re.DOTALL)
_STEP = re.compile(r"(?:(?P<index>\d+):)?(?P<name>.+)\Z", re.DOTALL)
_STANDARD_NAMESPACES = 2
Called = Callable[..., Awaitable[ua.StatusCode]]


class Variable(Struct, frozen=True, eq=False):
    """One variable node and the points that read it."""

    node: ua.NodeId
    type: ua.VariantType
    points: tuple[Point, ...]
    voice: Voice


class Builder:
    """Makes the nodes of a server from what addresses say; names and ids it has met are not made twice."""

    def __init__(self, server: Server, called: Callable[[Point, Sequence[Any]], ua.StatusCode]) -> None:
        self._server = server
        self._called = called
        self._uris: list[str] = []
        self._children: dict[tuple[ua.NodeId, int, str], Node] = {}

    async def build(self, devices: Iterable[Device]) -> list[Variable]:
        """Make every variable and method of these devices; return the variables."""
        pairs = [(device, p) for device in devices for p in device.points if p.address is not None]
        await self._namespaces([(device.connection, p.address) for device, p in pairs])
        groups: dict[ua.NodeId, list[Point]] = {}
        for device, point in pairs:
            address: Address = point.address
            if address.method is not None:
                await self._method(device, point)
            elif address.node is not None or address.path is not None:
                groups.setdefault(await self._place(device, address, raw_type([point])), []).append(point)
        return [await self._variable(node, points) for node, points in groups.items()]

    async def _namespaces(self, pairs: Sequence[tuple[Connection, Address]]) -> None:
        """Register the namespaces that are named, then as many as are numbered."""
        places = [place for c, a in pairs for place in (c.base, a.node, a.path, a.method, a.owner) if place]
        named = [a.namespace for _, a in pairs if a.namespace]
        named += [m["uri"] for place in places if (m := _NODE.match(place)) and m["uri"]]
        for uri in dict.fromkeys(named):
            await self._server.register_namespace(uri)
        numbers = [int(n) for place in places for n in re.findall(r"(?:^|/)(\d+):|^ns=(\d+);", place) for n in n if n]
        self._uris = await self._server.get_namespace_array()
        for n in range(len(self._uris), max(numbers, default=0) + 1):
            await self._server.register_namespace(f"urn:citywatch:simulated:{n}")
        self._uris = await self._server.get_namespace_array()

    def _index(self, number: str | None, uri: str | None, address: Address) -> int:
        if number is not None:
            return int(number)
        wanted = uri or address.namespace
        return self._uris.index(wanted) if wanted else 0

    def _id(self, text: str, address: Address) -> ua.NodeId | None:
        match = _NODE.match(text)
        if match is None:
            return None
        return ua.NodeId.from_string(f"ns={self._index(match['index'], match['uri'], address)};{match['rest']}")

    async def _place(self, device: Device, address: Address, kind: str) -> ua.NodeId:
        """Return the id of the variable an address names, made when it is not there yet."""
        if address.node is not None:
            node = self._id(address.node, address)
            assert node is not None
            if node not in self._server.iserver.aspace:
                parent = await self._walk([(_STANDARD_NAMESPACES - 1, device.id)], self._server.nodes.objects)
                await _add(parent, node, ua.QualifiedName(str(node.Identifier), node.NamespaceIndex), kind)
            return node
        steps = self._steps(device, address.path or "", address)
        parent = await self._walk(steps[:-1], self._server.nodes.root)
        index, name = steps[-1]
        known = await self._child(parent, index, name)
        if known is None:
            known = await _add(parent, self._named(steps), ua.QualifiedName(name, index), kind)
            self._children[parent.nodeid, index, name] = known
        return known.nodeid

    def _steps(self, device: Device, path: str, address: Address) -> list[tuple[int, str]]:
        base = device.connection.base
        whole = f"{base}/{path}" if base else path
        matches = [match for step in whole.split("/") if (match := _STEP.match(step))]
        return [(self._index(m["index"], None, address), m["name"]) for m in matches]

    def _named(self, steps: Sequence[tuple[int, str]]) -> ua.NodeId:
        own = steps[-1][0] or _STANDARD_NAMESPACES - 1
        return node_id("/".join(name for _, name in steps), own)

    async def _walk(self, steps: Sequence[tuple[int, str]], start: Node) -> Node:
        """Go down by names, making an object wherever there is none."""
        here = start
        for n, (index, name) in enumerate(steps, 1):
            known = await self._child(here, index, name)
            if known is None:
                known = await here.add_object(self._named(steps[:n]), ua.QualifiedName(name, index))
                self._children[here.nodeid, index, name] = known
            here = known
        return here

    async def _child(self, parent: Node, index: int, name: str) -> Node | None:
        known = self._children.get((parent.nodeid, index, name))
        if known is None and parent.nodeid.NamespaceIndex == 0:
            for child in await parent.get_children():
                if await child.read_browse_name() == ua.QualifiedName(name, index):
                    known = self._children[parent.nodeid, index, name] = child
        return known

    async def _variable(self, node: ua.NodeId, points: list[Point]) -> Variable:
        found = self._server.get_node(node)
        kind = await found.read_data_type_as_variant_type()
        if any(point.writable for point in points):
            await found.set_writable()
        return Variable(node, kind, tuple(points), Voice(points))

    async def _method(self, device: Device, point: Point) -> None:
        address: Address = point.address
        owner = await self._object(device, address.owner or "", address)
        method = self._id(address.method or "", address)
        steps = None if method is not None else self._steps(device, address.method or "", address)
        if method is None and steps is not None:
            method = self._named(steps)
        index, name = steps[-1] if steps else (method.NamespaceIndex if method else 0, point.name)

        async def called(_owner: ua.NodeId, *given: ua.Variant) -> ua.StatusCode:
            return self._called(point, [variant.Value for variant in given])

        inputs = [_argument(point)] if address.argument else []
        await owner.add_method(method, ua.QualifiedName(name, index), called, inputs, [])

    async def _object(self, device: Device, place: str, address: Address) -> Node:
        node = self._id(place, address)
        if node is None:
            return await self._walk(self._steps(device, place, address), self._server.nodes.root)
        if node not in self._server.iserver.aspace:
            name = ua.QualifiedName(str(node.Identifier), node.NamespaceIndex)
            return await self._server.nodes.objects.add_object(node, name)
        return self._server.get_node(node)


async def _add(parent: Node, node: ua.NodeId, name: ua.QualifiedName, kind: str) -> Node:
    """Add a variable that has no value until the process says one."""
    type_ = ua.VariantType[kind]
    added = await parent.add_variable(node, name, ua.get_default_value(type_), varianttype=type_)
    waiting = ua.DataValue(StatusCode=named("BadWaitingForInitialData"))
    await added.write_attribute(ua.AttributeIds.Value, waiting)
    return added


def _argument(point: Point) -> ua.Argument:
    kind = ua.VariantType[raw_type([point])]
    return ua.Argument(Name="value", DataType=node_id(kind.value), ValueRank=-1)
