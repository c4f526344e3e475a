"""An OPC UA device under the glass: requests and answers in words, and the values that came of them.

It has a session of its own and only reads. Passwords are never shown, nor the bytes of messages that carry secrets:
requests hold the session's own token (OPC 10000-4, 7.32), the answers to the sign-in tokens and nonces.
"""

from collections.abc import Callable, Sequence
from typing import Any

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import struct_from_binary

from drivers.base import BoundDevice, Seen
from drivers.opcua import notifications
from drivers.opcua.driver import OpcUaDriver
from drivers.opcua.events import FIELDS, REFRESH_ENDED, REFRESH_REQUIRED, REFRESH_STARTED
from drivers.opcua.refusals import name_of
from drivers.opcua.transport import FAULT
from drivers.teller import Teller

SHOWN = 5
"""Nodes and values of one message that are spelled out; of the rest the number is told."""
LONGEST = 80
"""Characters of one value."""
SECRET = (ua.CreateSessionRequest, ua.ActivateSessionRequest, ua.OpenSecureChannelRequest)

_MARKS = {REFRESH_STARTED: "RefreshStart", REFRESH_ENDED: "RefreshEnd", REFRESH_REQUIRED: "RefreshRequired"}

Tell = Callable[[Seen], None]


async def trace(device: BoundDevice, tell: Tell) -> None:
    """Watch a device as the hub does, telling every request and answer. Raises Unreachable, Misconfigured."""
    driver = OpcUaDriver([device], tap=Overheard(tell))
    try:
        await driver.open()
        await driver.subscribe(Teller(tell))
    finally:
        await driver.close()


class Overheard:
    """Puts requests and their answers into words; knows which node each handle stands for."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._nodes: dict[int, str] = {}

    def __call__(self, request: Any, answer: bytes | None) -> None:
        """Tell a request, or its answer."""
        name = type(request).__name__.removesuffix("Request")
        if answer is None:
            if isinstance(request, ua.CreateMonitoredItemsRequest):
                items = request.Parameters.ItemsToCreate
                values = [i for i in items if i.ItemToMonitor.AttributeId == ua.AttributeIds.Value]
                self._nodes |= {i.RequestedParameters.ClientHandle: _id(i.ItemToMonitor.NodeId) for i in values}
            self._tell(Seen("sent", f"{name} {asked(request)}".rstrip()))
        else:
            raw = b"" if isinstance(request, SECRET) else answer
            self._tell(Seen("received", f"{name}: {self._answered(request, answer)}", raw))

    def _answered(self, request: Any, answer: bytes) -> str:
        if isinstance(request, ua.PublishRequest) and (message := notifications.read(answer)) is not None:
            changes = [
                f"{self._node(c[0])} = {_short(c[2].word if c[1] is None else c[1])}" for d in message.data for c in d
            ]
            return f"message {message.sequence}, {_some(changes) or 'nothing new'}"
        try:
            return self._said(request, answer)
        except Exception as error:  # the library's decoder raises whatever a malformed value makes it raise
            return f"{len(answer)} bytes that make no sense: {_short(error)}"

    def _said(self, request: Any, answer: bytes) -> str:
        fault = answer.startswith(FAULT)
        name = "ServiceFault" if fault else type(request).__name__.replace("Request", "Response")
        found: Any = struct_from_binary(getattr(ua, name), Buffer(answer))
        code = int(found.ResponseHeader.ServiceResult.value)
        if fault or code:
            return f"refuses: {name_of(code)}"
        if isinstance(request, ua.PublishRequest):
            return _some([self._news(one) for one in found.Parameters.NotificationMessage.NotificationData or ()])
        return _some([_result(one) for one in getattr(found, "Results", None) or ()]) or "good"

    def _news(self, told: Any) -> str:
        if isinstance(told, ua.EventNotificationList):
            return _some([_event(one.EventFields) for one in told.Events])
        return _some([self._change(one) for one in notifications.changes_of(told)]) or type(told).__name__

    def _change(self, change: notifications.Change) -> str:
        handle, value, reason, *_ = change
        return f"{self._node(handle)} = {_short(reason.word if value is None else value)}"

    def _node(self, handle: int) -> str:
        return self._nodes.get(handle, f"item {handle}")


def asked(request: Any) -> str:
    """Return what a request asks for, without any secret."""
    words = _ASKED.get(type(request))
    return words(request.Parameters) if words is not None else ""


def _acknowledging(given: Any) -> str:
    seen = [str(one.SequenceNumber) for one in given.SubscriptionAcknowledgements]
    return f"acknowledging {_some(seen)}" if seen else ""


def _result(found: Any) -> str:
    """Return one result of an answer: a status that is not good, a value, the nodes a path leads to."""
    status = found if isinstance(found, ua.StatusCode) else getattr(found, "StatusCode", None)
    if status is not None and status.value >> 30:
        return name_of(int(status.value))
    if isinstance(found, ua.DataValue):
        return _short(found.Value.Value if found.Value is not None else None)
    targets = getattr(found, "Targets", None)
    return _some([_id(one.TargetId) for one in targets]) if targets else "good"


def _event(fields: Sequence[Any]) -> str:
    said = [(path, field.Value) for (_, path), field in zip(FIELDS, fields, strict=False)]
    kind = _id(fields[1].Value) if len(fields) > 1 and isinstance(fields[1].Value, ua.NodeId) else ""
    if kind in _MARKS:
        return _MARKS[kind]
    wanted = ("SourceName", "ConditionName", "Message", "Severity", "ActiveState/Id", "AckedState/Id")
    named = [
        f"{path.partition('State')[0]} {_short(value)}" for path, value in said if path in wanted and value is not None
    ]
    return "event " + (", ".join(named) or "of no condition")


def _some(said: Sequence[str]) -> str:
    more = f" and {len(said) - SHOWN} more" if len(said) > SHOWN else ""
    return ", ".join(said[:SHOWN]) + more


def _short(value: Any) -> str:
    said = str((value.Text or "") if isinstance(value, ua.LocalizedText) else value)
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}…"


def _id(node: Any) -> str:
    return str(node.to_string())


def _path(steps: Sequence[Any]) -> str:
    return "/".join(f"{step.TargetName.NamespaceIndex}:{step.TargetName.Name}" for step in steps)


def _attribute(number: Any) -> str:
    return "" if number == ua.AttributeIds.Value else f" ({ua.AttributeIds(int(number)).name})"


_ASKED: dict[type, Callable[[Any], str]] = {
    ua.ReadRequest: lambda p: _some([_id(one.NodeId) + _attribute(one.AttributeId) for one in p.NodesToRead]),
    ua.CreateMonitoredItemsRequest: lambda p: _some([_id(one.ItemToMonitor.NodeId) for one in p.ItemsToCreate]),
    ua.TranslateBrowsePathsToNodeIdsRequest: lambda p: _some([_path(b.RelativePath.Elements) for b in p.BrowsePaths]),
    ua.CallRequest: lambda p: _some([f"{_id(one.MethodId)} of {_id(one.ObjectId)}" for one in p.MethodsToCall]),
    ua.CreateSubscriptionRequest: lambda p: f"every {p.RequestedPublishingInterval:g} ms",
    ua.ActivateSessionRequest: lambda p: f"as {_kind(p.UserIdentityToken)}",
    ua.PublishRequest: _acknowledging,
}
"""What is told of the requests that a trace sends: it reads only, the only method is ConditionRefresh."""


def _kind(token: Any) -> str:
    return type(token).__name__.removesuffix("IdentityToken").lower()
