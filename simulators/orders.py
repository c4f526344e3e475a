"""What simulated MQTT devices do when they are told: a message on a command topic sets its point.

The payload is read back with the profile's own pattern, in which `$value` stands for the raw value; what does not fit
the pattern is not obeyed, as a device would.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from drivers.mqtt.address import VALUE, Address
from hub.model import Device, Point, Value
from simulators.message import topic_of
from simulators.raw import fits, word

_NOTHING = object()


class Orders:
    """The command topics of every device behind one broker."""

    def __init__(self, devices: Sequence[Device]) -> None:
        self._points: dict[str, list[Point]] = {}
        for device in devices:
            for point in device.points:
                address: Address | None = point.address
                if address is not None and address.command is not None:
                    self._points.setdefault(topic_of(device, address.command.topic), []).append(point)

    @property
    def topics(self) -> list[str]:
        """Every command topic."""
        return list(self._points)

    def meant(self, topic: str, payload: bytes) -> Iterator[tuple[Point, Value]]:
        """Yield every point that a message sets, and to what."""
        for point in self._points.get(topic, ()):
            value = _value(point, _found(point.address.command.payload, _read(payload)))
            if value is not None:
                yield point, value


def _read(payload: bytes) -> Any:
    text = payload.decode(errors="replace")
    try:
        return json.loads(text)
    except ValueError:
        return text


def _found(template: Any, given: Any) -> Any:
    """Return what stands where the template has `$value`; _NOTHING where the rest does not fit."""
    if template == VALUE:
        return given
    if isinstance(template, dict) and isinstance(given, dict) and template.keys() == given.keys():
        return _one([_found(template[key], given[key]) for key in template])
    if isinstance(template, list) and isinstance(given, list) and len(template) == len(given):
        return _one([_found(a, b) for a, b in zip(template, given, strict=True)])
    return None if template == given else _NOTHING


def _one(found: Sequence[Any]) -> Any:
    if any(item is _NOTHING for item in found):
        return _NOTHING
    return next((item for item in found if item is not None), None)


def _value(point: Point, raw: Any) -> Value | None:
    """Return the engineering value of a raw one, or None for what the point cannot be."""
    if raw is _NOTHING or raw is None or isinstance(raw, dict | list):
        return None
    if point.mapping is not None:
        raw = next((meaning for key, meaning in point.mapping.items() if word(key) == raw), None)
    elif isinstance(raw, int | float) and not isinstance(raw, bool):
        raw = raw * point.scale + point.offset
    if isinstance(raw, bool) and point.invert:
        raw = not raw
    return raw if raw is not None and fits(point, raw) else None
