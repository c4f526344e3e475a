"""What a notification means: which event of the profile it is, and what its variables say."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from drivers.snmp import ber
from drivers.snmp.trap import Notification, Variable
from drivers.snmp.traps_address import Event
from hub.model import DeviceEvent, DeviceId, EventMap, Misconfigured, Timestamp, Value

MOST_KEPT = 32
"""Variables that an event keeps when it keeps all."""
LONGEST_TEXT = 1024
LARGEST_EXACT = 2**53
"""Whole numbers beyond are carried as text: JSON readers round them (RFC 8259 6)."""
VERSIONS = {0: "1", 1: "2c", 3: "3"}
WORDS: dict[str, Callable[[Notification], Value]] = {
    "$uptime": lambda n: n.uptime,
    "$version": lambda n: VERSIONS[n.version],
    "$confirmed": lambda n: n.confirmed,
}
"""What an attribute can be besides a variable."""
_Attribute = Callable[[Notification], Value | None]


class _Bound(Struct, frozen=True):
    map: EventMap
    everything: bool
    attributes: Sequence[tuple[str, _Attribute]]


class Meanings:
    """The events of one receiver, found by the bytes of snmpTrapOID: the exact one first, then the nearest above."""

    def __init__(self, receiver: DeviceId, events: Sequence[EventMap]) -> None:
        self._exact: dict[bytes, _Bound] = {}
        self._below: list[tuple[bytes, _Bound]] = []
        for event in events:
            self._add(receiver, event)
        self._below.sort(key=lambda pair: -len(pair[0]))

    def event(self, device: DeviceId, said: Notification, now: Timestamp, key: str | None) -> DeviceEvent | None:
        """Return the event that a notification of `device` is, or None. Raises Malformed."""
        bound = self._exact.get(said.oid) or self._above(said.oid)
        if bound is None:
            return None
        attributes: dict[str, Value | None] = {"trap": bound.map.name, "oid": ber.dotted(said.oid)}
        if bound.everything:
            attributes |= {ber.dotted(v.name): _kept(v) for v in said.variables[:MOST_KEPT]}
        for name, found in bound.attributes:
            attributes[name] = found(said)
        return DeviceEvent(device, bound.map.kind, attributes, None, now, key, bound.map.lane)

    def _add(self, receiver: DeviceId, event: EventMap) -> None:
        address: Event = event.address
        oid = ber.from_dotted(address.oid)
        attributes = [(name, _attribute(receiver, name, where)) for name, where in event.attributes.items()]
        bound = _Bound(event, address.variables, attributes)
        self._exact.setdefault(oid, bound)
        if address.below:
            self._below.append((oid, bound))

    def _above(self, oid: bytes) -> _Bound | None:
        return next((bound for prefix, bound in self._below if oid.startswith(prefix)), None)


def _attribute(receiver: DeviceId, name: str, where: str) -> _Attribute:
    if where in WORDS:
        return WORDS[where]
    try:
        prefix = ber.from_dotted(where)
    except ValueError as why:
        known = ", ".join(WORDS)
        message = f"{receiver}: the attribute {name} is {where!r}; write the OID of a variable, or one of {known}"
        raise Misconfigured(message) from why
    return lambda said: next((_kept(v) for v in said.variables if v.name.startswith(prefix)), None)


def _kept(variable: Variable) -> Value | None:
    found = variable.value
    if isinstance(found, str):
        return found[:LONGEST_TEXT]
    return str(found) if found is not None and abs(found) > LARGEST_EXACT else found
