"""What is published to set a point: its command topic, and a payload in which `$value` stands for the raw value."""

import json
from typing import Any

from drivers.base import BoundDevice, BoundPoint
from drivers.mqtt import topic as topics
from drivers.mqtt.address import VALUE, Address, Connection
from hub.model import Refused, Value


def publication(device: BoundDevice, point: BoundPoint, value: Value) -> tuple[str, bytes, bool]:
    """Return topic, payload and whether it is retained. Raises Refused for a point without command topic."""
    address: Address = point.address
    if address.command is None:
        why = f"{point.id} has no command topic; give its address `command: {{topic: …}}`"
        raise Refused("not_writable", f"{why}; nothing was sent")
    connection: Connection = device.connection
    place = topics.filled(address.command.topic, {"topic": connection.topic, "device": "{device}"})
    place = topics.filled(place, {"device": connection.name or device.id})
    if topics.has_wildcard(place):
        raise Refused(
            "misconfigured", f"the command topic of {point.id} would be {place!r}: a command goes to one topic"
        )
    return place, payload_of(address.command.payload, value), address.command.retain


def payload_of(template: Any, value: Value) -> bytes:
    """Return a payload: JSON for an object or a list, else the bare text of the value."""
    filled = _filled(template, value)
    if isinstance(filled, dict | list):
        return json.dumps(filled, ensure_ascii=False, separators=(",", ":")).encode()
    return filled.encode() if isinstance(filled, str) else json.dumps(filled).encode()


def _filled(node: Any, value: Value) -> Any:
    if isinstance(node, dict):
        return {str(key): _filled(item, value) for key, item in node.items()}
    if isinstance(node, list):
        return [_filled(item, value) for item in node]
    return value if node == VALUE else node
