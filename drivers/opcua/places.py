"""Where an address leads: namespaces by URI, browse paths, node ids; each asked of the server once a connection."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple, cast

from asyncua import ua
from asyncua.ua.uaerrors import UaError

from drivers.opcua.session import Session
from hub.model import Reason
from hub.wire.opcua import reason_of

ROOT = ua.NodeId(ua.Int32(84))
HIERARCHICAL = 33
"""RootFolder and HierarchicalReferences (OPC 10000-5)."""

_STEP = re.compile(r"(?:(\d{1,5}):)?(.+)\Z", re.DOTALL)


class Place(NamedTuple):
    """A node by its id, or by the names that lead to it from the Root folder."""

    node: str | None = None
    path: str | None = None
    namespace: str | None = None
    """URI for the names and ids that say no namespace."""


Found = ua.NodeId | Reason


def below(base: str | None, path: str) -> str:
    """Return a path from the Root folder: below the device's own object, when it has one."""
    return f"{base}/{path}" if base else path


def place_of(text: str, base: str | None, namespace: str | None) -> Place:
    """Return the place of a text that is a node id or a browse path."""
    if re.match(r"(?:ns=\d+;|nsu=[^;]+;)?[isgb]=", text):
        return Place(node=text, namespace=namespace)
    return Place(path=below(base, text), namespace=namespace)


def node_id(place: Place, namespaces: list[str]) -> Found:
    """Return the node id of a place that has one; misconfigured when the server does not know its namespace."""
    text = place.node or ""
    uri = place.namespace if not text.startswith("ns") else None
    if text.startswith("nsu="):
        uri, _, text = text.removeprefix("nsu=").partition(";")
    if uri is not None:
        if uri not in namespaces:
            return Reason.MISCONFIGURED
        text = f"ns={namespaces.index(uri)};{text}"
    try:
        return ua.NodeId.from_string(text)
    except (UaError, ValueError):
        return Reason.MISCONFIGURED


def browse_path(place: Place, namespaces: list[str]) -> ua.BrowsePath | Reason:
    """Return the path of a place as the server is asked for it."""
    default = 0
    if place.namespace is not None:
        if place.namespace not in namespaces:
            return Reason.MISCONFIGURED
        default = namespaces.index(place.namespace)
    path = ua.RelativePath()
    for step in (place.path or "").split("/"):
        found = _STEP.match(step)
        number, name = (found[1], found[2]) if found else (None, step)
        path.Elements.append(named(name, default if number is None else int(number)))
    return ua.BrowsePath(StartingNode=ROOT, RelativePath=path)


def named(name: str, namespace: int, reference: int = HIERARCHICAL) -> ua.RelativePathElement:
    """Return one step of a browse path: forward, along this kind of reference or a kind of it."""
    return ua.RelativePathElement(
        ReferenceTypeId=ua.NodeId(ua.Int32(reference)),
        IsInverse=cast("ua.Boolean", False),
        TargetName=ua.QualifiedName(Name=name, NamespaceIndex=namespace),
    )


async def resolve(session: Session, places: Iterable[Place]) -> Mapping[Place, Found]:
    """Return for each place its node, or the reason why there is none. Raises Unreachable."""
    found: dict[Place, Found] = {}
    asked: dict[Place, ua.BrowsePath] = {}
    for place in dict.fromkeys(places):
        if place.node is not None:
            found[place] = node_id(place, session.namespaces)
        elif isinstance(path := browse_path(place, session.namespaces), Reason):
            found[place] = path
        else:
            asked[place] = path
    for place, result in zip(asked, await session.translate(list(asked.values())), strict=False):
        found[place] = target_of(result)
    return found


def target_of(result: ua.BrowsePathResult) -> Found:
    """Return the node a path led to, or the reason why it leads nowhere."""
    code = int(result.StatusCode.value)
    if code >> 30 or not result.Targets:
        return reason_of(code) if code >> 30 else Reason.MISCONFIGURED
    target = result.Targets[0].TargetId
    return ua.NodeId(target.Identifier, target.NamespaceIndex, target.NodeIdType)
