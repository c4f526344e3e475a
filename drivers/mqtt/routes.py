"""Topic → binding: which filters to subscribe to, and whose message this is.

Devices that share a pattern share one filter with `+` at the level that names the device; the full topic then finds its
binding in one dictionary. A topic nobody has bound is counted and listed, because a name that is not in the files is
most often a mistake in them. Filters that a person wrote with wildcards are matched once per topic and remembered.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from drivers.base import BoundDevice, BoundPoint
from drivers.mqtt import topic as topics
from drivers.mqtt.address import Connection
from drivers.mqtt.binding import Binding
from drivers.statistics import Heard
from hub.model import DeviceId, EventMap

SHARED = 2
"""Devices from which on a pattern is subscribed to with one wildcard."""
MOST_LEARNED = 100_000
"""Topics that wildcards of the files may bring in; those beyond are matched again for each message."""
MOST_LISTED = 1000
"""Unknown topics that are listed by name."""


class Routes:
    """Every topic of a line's devices."""

    def __init__(self, devices: Sequence[BoundDevice]) -> None:
        self.bindings: dict[str, Binding] = {}
        """Topic → binding; the hot path asks this and nothing else."""
        self.unknown: Counter[str] = Counter()
        self.unknown_total = 0
        self._wild: dict[str, Binding] = {}
        self._learned = 0
        self._devices_of: dict[str, set[DeviceId]] = {}
        """Filter as it would be for one device alone → devices that need it."""
        self._patterns: dict[str, dict[str, None]] = {}
        """Filter with `+` for the device → the single filters it stands for."""
        for device in devices:
            self._add(device)
        self.filters = self._planned()

    def learn(self, topic: str) -> Binding | None:
        """Return the binding of a topic that was not met before; count it when nobody wants it."""
        for pattern, binding in self._wild.items():
            if topics.matches(pattern, topic):
                if self._learned < MOST_LEARNED:
                    self._learned += 1
                    self.bindings[topic] = binding
                return binding
        self.unknown_total += 1
        if topic in self.unknown or len(self.unknown) < MOST_LISTED:
            self.unknown[topic] += 1
        return None

    def heard(self, device: DeviceId) -> Heard:
        """Return what a device has said, on all its topics; a topic that devices share counts for the first of them."""
        found = Heard()
        own = [b for b in dict.fromkeys([*self.bindings.values(), *self._wild.values()]) if b.device == device]
        found.messages = sum(b.heard.messages for b in own)
        found.received = sum(b.heard.received for b in own)
        found.undecodable = sum(b.heard.undecodable for b in own)
        return found

    def devices_of(self, pattern: str) -> Iterable[DeviceId]:
        """Return the devices that need one of `filters`."""
        return {d for single, devices in self._devices_of.items() if topics.covers(pattern, single) for d in devices}

    def _add(self, device: BoundDevice) -> None:
        for point in device.points:
            if point.address is not None:
                self._bind(device, point.address.topic, point)
        for event in device.events:
            self._bind(device, event.address.topic, event)

    def _bind(self, device: BoundDevice, template: str, what: BoundPoint | EventMap) -> None:
        connection: Connection = device.connection
        name = connection.name or device.id
        template = topics.filled(template, {"topic": connection.topic, "device": "{device}"})
        single = topics.filled(template, {"device": name})
        self._devices_of.setdefault(single, set()).add(device.id)
        self._patterns.setdefault(_shared(template, name), {})[single] = None
        table = self._wild if topics.has_wildcard(single) else self.bindings
        binding = table.setdefault(single, Binding(device.id))
        if isinstance(what, EventMap):
            binding.add_event(device.id, what)
        else:
            binding.add_point(what)

    def _planned(self) -> list[str]:
        wanted: set[str] = set()
        for pattern, singles in self._patterns.items():
            wanted.update([pattern] if len(singles) >= SHARED else singles)
        wide = [w for w in wanted if topics.has_wildcard(w)]
        return sorted(w for w in wanted if not any(w != other and topics.covers(other, w) for other in wide))


def _shared(template: str, name: str) -> str:
    """Return the filter for every device of a template: `+` where a whole level names the device."""
    levels = template.split("/")
    if "/" in name or not any(level == "{device}" for level in levels):
        return topics.filled(template, {"device": name})
    return "/".join("+" if level == "{device}" else topics.filled(level, {"device": name}) for level in levels)
