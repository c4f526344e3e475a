"""What the messages of a broker give away: devices of four conventions, and the tree of everything else. Pure.

Zigbee2MQTT (`base/name`, `base/bridge/…`), Tasmota (`tele/topic/SENSOR`), ChirpStack v4
(`application/id/device/eui/event/up`) and Home Assistant's discovery (`homeassistant/component/…/config`), each as its
own documentation has it.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from hub.importing.devices import CHOOSE, Device
from hub.importing.known import Fields
from hub.importing.writing import printable

MOST_BRANCHES = 40
_OF_FIELD = {
    "smoke": "smoke", "contact": "door-contact", "magnet_status": "door-contact", "door": "door-contact",
    "water_level": "water-level", "distance": "water-level", "pm25": "air-quality", "pm2_5": "air-quality",
}  # fmt: skip
"""Field of a message → shipped profile, without its family and convention."""
_OF_CLASS = {
    "smoke": "home-assistant-smoke", "door": "home-assistant-door-contact", "window": "home-assistant-door-contact",
    "opening": "home-assistant-door-contact", "temperature": "home-assistant-climate",
    "humidity": "home-assistant-climate",
}  # fmt: skip
_TASMOTA = re.compile(r"tele/([^/]+)/(?:SENSOR|STATE|LWT)\Z")
_CHIRPSTACK = re.compile(r"application/[^/]+/device/([0-9a-fA-F]{16})/event/(\w+)\Z")
_DISCOVERY = re.compile(r"homeassistant/(\w+)/(?:([^/]+)/)?([^/]+)/config\Z")
Messages = Mapping[str, bytes]
"""Topic → the last payload."""


def devices(messages: Messages, broker: Fields) -> list[Device]:
    """Return the devices of the conventions that are known; `broker` is the connection that all share."""
    found: dict[tuple[str, str], Device] = {}
    for key, device in (*_zigbee(messages), *_tasmota(messages), *_chirpstack(messages), *_announced(messages)):
        device.connection = broker | device.connection
        known = found.setdefault(key, device)
        if known.profile == CHOOSE:
            found[key] = device
    return list(found.values())


def tree(messages: Messages) -> list[str]:
    """Return the branches of topics that belong to no known convention, and how many topics each has."""
    bases = _bases(messages)
    rest = [t for t in messages if not _known(t, bases)]
    branches = Counter("/".join(topic.split("/")[:2]) for topic in rest)
    lines = [f"{printable(branch)}: {many} topics" for branch, many in branches.most_common(MOST_BRANCHES)]
    more = len(branches) - len(lines)
    return [*lines, f"and {more} more branches"] if more > 0 else lines


def _known(topic: str, bases: set[str]) -> bool:
    patterns = any(p.match(topic) for p in (_TASMOTA, _CHIRPSTACK, _DISCOVERY))
    return patterns or any(topic.startswith(f"{base}/") for base in bases)


def _bases(messages: Messages) -> set[str]:
    bridge = re.compile(r"(.+)/bridge/(?:state|info|devices|logging)\Z")
    return {match[1] for topic in messages if (match := bridge.match(topic))}


def _zigbee(messages: Messages) -> Iterator[tuple[tuple[str, str], Device]]:
    for base in sorted(_bases(messages)):
        for topic, payload in messages.items():
            name = topic.removeprefix(f"{base}/")
            fields = _fields(payload)
            told = (
                name == topic
                or name.startswith(("bridge/", "bridge"))
                or name.endswith(("/availability", "/set", "/get"))
            )
            if told or not fields:
                continue
            place = {"topic": f"{base}/{{device}}"} if base != "zigbee2mqtt" else {}
            profile = _profile(fields, "mqtt/")
            yield (base, name), Device(name, {**place, "name": name}, profile, f"Zigbee2MQTT: {_shown(fields)}")


def _tasmota(messages: Messages) -> Iterator[tuple[tuple[str, str], Device]]:
    for topic, payload in messages.items():
        match = _TASMOTA.match(topic)
        if match is None:
            continue
        fields = _fields(payload)
        sensors = [key for key, value in fields.items() if isinstance(value, dict)]
        says = f"Tasmota: {_shown(fields)}" if fields else "Tasmota"
        sensor = topic.endswith("/SENSOR") and bool(sensors)
        parameters = {"sensor": sensors[0]} if sensor else {}
        profile = "mqtt/tasmota-sensor" if sensor else CHOOSE
        yield ("tasmota", match[1]), Device(match[1], {"name": match[1]}, profile, says, parameters)


def _chirpstack(messages: Messages) -> Iterator[tuple[tuple[str, str], Device]]:
    for topic, payload in messages.items():
        match = _CHIRPSTACK.match(topic)
        if match is None:
            continue
        fields = _fields(payload)
        info, decoded = fields.get("deviceInfo"), fields.get("object")
        about = info if isinstance(info, dict) else {}
        profile = _profile(decoded if isinstance(decoded, dict) else {}, "mqtt/chirpstack-")
        says = f"ChirpStack: {about.get('deviceName', '')} {about.get('deviceProfileName', '')} {_shown(decoded)}"
        name = str(about.get("deviceName") or match[1])
        yield ("chirpstack", match[1]), Device(name, {"name": match[1].lower()}, profile, printable(says))


def _announced(messages: Messages) -> Iterator[tuple[tuple[str, str], Device]]:
    for topic, payload in messages.items():
        match, fields = _DISCOVERY.match(topic), _fields(payload)
        if match is None or not fields:
            continue
        state = fields.get("state_topic", fields.get("stat_t"))
        class_ = str(fields.get("device_class", fields.get("dev_cla", "")))
        about = fields.get("device", fields.get("dev"))
        model = about.get("model", about.get("mdl", "")) if isinstance(about, dict) else ""
        says = printable(f"Home Assistant: {match[1]} {class_} {fields.get('name', '')} {model}")
        if isinstance(state, str) and not any(state.startswith(f"{base}/") for base in _bases(messages)):
            name = match[2] or match[3]
            profile = f"mqtt/{_OF_CLASS[class_]}" if class_ in _OF_CLASS else CHOOSE
            yield ("announced", state), Device(name, {"topic": state}, profile, says)


def _profile(fields: Mapping[str, Any], before: str) -> str:
    return next((f"{before}{name}" for field, name in _OF_FIELD.items() if field in fields), CHOOSE)


def _fields(payload: bytes) -> dict[str, Any]:
    """Return a payload that is a JSON map, else an empty one."""
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _shown(fields: Any) -> str:
    return printable(", ".join(str(key) for key in fields), 120) if isinstance(fields, dict) else ""
