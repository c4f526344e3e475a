"""Events: which fields the server is asked for, what they say, and what device event that makes.

Types and fields from OPC 10000-5, 6.4 and OPC 10000-9, 5.5 to 5.8; numbers from the published NodeIds.
"""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from asyncua import ua
from msgspec import Struct

from drivers.opcua.address import Event
from drivers.opcua.conditions import Told
from drivers.opcua.values import moment, raw_of
from hub.model import DeviceEvent, DeviceId, EventMap, Reason, Timestamp, Value
from hub.wire.opcua import priority_of

BASE_EVENT, CONDITION, ACKNOWLEDGEABLE, ALARM = 2041, 2782, 2881, 2915
MAP_CHANGED = frozenset({"i=2132", "i=2133"})
"""BaseModelChangeEvent and GeneralModelChangeEvent (OPC 10000-5, 6.4)."""
REFRESH_STARTED, REFRESH_ENDED, REFRESH_REQUIRED, OVERFLOWED = "i=2787", "i=2788", "i=2789", "i=3035"
FIELDS: tuple[tuple[int, str], ...] = (
    (BASE_EVENT, "EventId"), (BASE_EVENT, "EventType"), (BASE_EVENT, "SourceName"), (BASE_EVENT, "Time"),
    (BASE_EVENT, "Message"), (BASE_EVENT, "Severity"), (CONDITION, ""), (CONDITION, "ConditionName"),
    (CONDITION, "BranchId"), (CONDITION, "Retain"), (CONDITION, "EnabledState/Id"), (CONDITION, "Quality"),
    (CONDITION, "Comment"), (CONDITION, "ClientUserId"), (ACKNOWLEDGEABLE, "AckedState/Id"),
    (ACKNOWLEDGEABLE, "ConfirmedState/Id"), (ALARM, "ActiveState/Id"), (ALARM, "LatchedState/Id"),
    (ALARM, "SuppressedState/Id"),
)  # fmt: skip
"""What is asked of every event; the empty path is the condition's own node id."""
WORDS = (
    "source", "severity", "priority", "active", "acked", "confirmed", "latched", "suppressed", "retain", "message",
    "condition", "branch", "type", "comment", "user",
)  # fmt: skip
"""What an attribute of an event map may name; anything else is a browse path of a field, such as `2:Zone`."""
USUAL = ("source", "severity", "active", "acked", "message", "condition", "branch")
NOTIFIER = 12
"""The attribute EventNotifier, and that of a node's id is 1 (OPC 10000-4, annex A)."""


class Mapped(Struct, frozen=True):
    """One event map of one device, ready to be asked."""

    device: DeviceId
    map: EventMap
    attributes: Mapping[str, str]

    def takes(self, told: Told) -> bool:
        """Tell whether the event is one of these."""
        address: Event = self.map.address
        if told.severity < address.severity:
            return False
        return address.source is None or fnmatchcase(told.source, address.source)

    def event(self, told: Told, now: Timestamp) -> DeviceEvent:
        """Return the device event; the server's EventId tells it from every other."""
        attributes = {name: _attribute(told, word) for name, word in self.attributes.items()}
        key = told.event.hex()[:128] or None
        return DeviceEvent(self.device, self.map.kind, attributes, told.at, now, key, self.map.lane)


def mapped(device: DeviceId, event: EventMap) -> Mapped:
    """Return an event map with the attributes it gives: its own, or the usual ones."""
    return Mapped(device, event, dict(event.attributes) or {word: word for word in USUAL})


def extra_fields(maps: Iterable[Mapped]) -> tuple[str, ...]:
    """Return the fields that profiles ask for beyond the usual ones, each once."""
    asked = {path: None for one in maps for path in one.attributes.values() if path not in WORDS}
    return tuple(asked)


def event_filter(extra: Sequence[str]) -> ua.EventFilter:
    """Return the filter that asks for `FIELDS` and `extra`, in this order."""
    chosen = ua.EventFilter()
    for kind, path in (*FIELDS, *((BASE_EVENT, path) for path in extra)):
        operand = ua.SimpleAttributeOperand()
        operand.TypeDefinitionId = ua.NodeId(ua.Int32(kind))
        operand.AttributeId = ua.AttributeIds.Value if path else ua.AttributeIds.NodeId
        operand.BrowsePath = [_qualified(step) for step in path.split("/")] if path else []
        chosen.SelectClauses.append(operand)
    return chosen


def read(fields: Sequence[ua.Variant], extra: Sequence[str], now: Timestamp = 0) -> Told:
    """Return what the fields of one event say; a field of a wrong type counts as absent."""
    values = [field.Value for field in fields]
    values += [None] * (len(FIELDS) + len(extra) - len(values))
    event, kind, source, at, message, severity, node, name, branch, retain, enabled, quality, comment, user = values[
        :14
    ]
    acked, confirmed, active, latched, suppressed = values[14 : len(FIELDS)]
    is_condition = isinstance(node, ua.NodeId) and not node.is_null()
    return Told(
        event=event if isinstance(event, bytes) else b"",
        type=_id(kind),
        source=_words(source),
        at=moment(at) if hasattr(at, "tzinfo") else None,
        message=_words(message),
        severity=severity if isinstance(severity, int) and 0 < severity <= 1000 else 1,
        condition=_id(node) if is_condition else "",
        node=node if is_condition else None,
        name=_words(name),
        branch=_id(branch) if isinstance(branch, ua.NodeId) and not branch.is_null() else None,
        retain=_flag(retain),
        enabled=_flag(enabled),
        active=_flag(active),
        acked=_flag(acked),
        confirmed=_flag(confirmed),
        latched=_flag(latched),
        suppressed=_flag(suppressed),
        quality=int(quality.value) if isinstance(quality, ua.StatusCode) else 0,
        comment=_words(comment),
        user=_words(user),
        more={path: _scalar(value) for path, value in zip(extra, values[len(FIELDS) :], strict=False)},
        heard=now,
    )


def _attribute(told: Told, word: str) -> Value | None:
    if word == "priority":
        return priority_of(told.severity).word
    if word == "condition":
        return told.name or None
    if word in WORDS:
        found: Value | None = getattr(told, word)
        return found
    return told.more.get(word)


def _qualified(step: str) -> ua.QualifiedName:
    number, colon, name = step.partition(":")
    if colon and number.isdigit():
        return ua.QualifiedName(Name=name, NamespaceIndex=int(number))
    return ua.QualifiedName(Name=step, NamespaceIndex=0)


def _scalar(value: Any) -> Value | None:
    raw = raw_of(value)
    return None if isinstance(raw, Reason) else raw


def _words(value: Any) -> str:
    raw = raw_of(value)
    return raw if isinstance(raw, str) else ""


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _id(value: Any) -> str:
    return str(value.to_string()) if isinstance(value, ua.NodeId) else ""
