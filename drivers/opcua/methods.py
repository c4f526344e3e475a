"""What a method takes, in its own words: the property InputArguments (OPC 10000-3, 5.7)."""

from asyncua import ua

from drivers.opcua.places import named, target_of
from drivers.opcua.session import Session
from drivers.opcua.values import LOCALIZED_TEXT
from hub.model import Reason, Refused

HAS_PROPERTY = 46


async def argument_type(session: Session, method: ua.NodeId) -> ua.VariantType:
    """Return the built-in type of a method's only argument. Raises Refused when there is not one of a plain type."""
    path = ua.BrowsePath(StartingNode=method, RelativePath=ua.RelativePath())
    path.RelativePath.Elements.append(named("InputArguments", 0, HAS_PROPERTY))
    node = target_of((await session.translate([path]))[0])
    found = await session.read([node]) if not isinstance(node, Reason) else [None]
    arguments = found[0].Value.Value if found[0] is not None and found[0].Value is not None else None
    if not isinstance(arguments, list | tuple) or len(arguments) != 1:
        raise Refused("value", "the method does not take exactly one argument")
    kind = getattr(arguments[0], "DataType", None)
    if not isinstance(kind, ua.NodeId) or kind.NamespaceIndex:
        raise Refused("value", "the method's argument is of no plain type")
    if not isinstance(kind.Identifier, int) or not 1 <= kind.Identifier <= LOCALIZED_TEXT:
        raise Refused("value", "the method's argument is of no plain type")
    return ua.VariantType(int(kind.Identifier))
