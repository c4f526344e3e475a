"""Events from lists: which items of a document are news, and which were handed over before.

A list is asked for again and again and mostly says the same. Every item has a key; its number is kept with the rows of
the event (`Receipt`), so that neither the next poll nor the next run of the hub takes an item for news.
"""

from array import array
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any

from msgspec import Struct

from drivers.http.place import ItemEvent
from drivers.http.reading import Clocked, Wanted, meant, no_time, wanted
from hub.model import DeviceEvent, DeviceId, EventMap, Intake, Reason, Receipt, Timestamp, Value
from hub.wire.document import document, raw, time_of
from hub.wire.path import MISSING, Follow, compiled


class _Listed(Struct, frozen=True):
    map: EventMap
    items: Follow
    key: Follow
    time: Clocked
    where: Wanted
    present: Sequence[Follow]
    attributes: dict[str, Follow]


class News:
    """What is new in the lists of one resource of one device; at most `window` keys are remembered."""

    def __init__(self, device: DeviceId, events: Sequence[EventMap], window: int) -> None:
        self.device = device
        self.skipped = 0
        """Items without a key, or beyond the limit."""
        self._events = [_listed(event) for event in events]
        self.window = window
        self._known: dict[int, None] = {}

    @property
    def source(self) -> str:
        """The name under which the keys are kept."""
        return f"http/{self.device}"

    def recall(self, keys: bytes) -> None:
        """Take for known what an earlier run has handed over."""
        self._learn(array("Q", keys[: len(keys) // 8 * 8]))

    def of(self, decoded: Any, now: Timestamp) -> Intake | None:
        """Return the events that are new, with their receipt; None: no news. Known only after `taken`."""
        found: dict[int, DeviceEvent] = {}
        for listed in self._events:
            for number, event in self._items(listed, decoded, now):
                if number not in self._known:
                    found.setdefault(number, event)
        if not found:
            return None
        receipt = Receipt(self.source, array("Q", found).tobytes(), self.window)
        return Intake(events=list(found.values()), receipt=receipt)

    def taken(self, intake: Intake) -> None:
        """Remember what is durable now."""
        if intake.receipt is not None:
            self._learn(array("Q", intake.receipt.keys))

    def taken_events(self, events: Iterable[DeviceEvent]) -> None:
        """Remember events that are durable, whatever they came with."""
        self._learn(numbered(event.dedupe_key) for event in events if event.dedupe_key is not None)

    def _learn(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self._known.pop(number, None)
            self._known[number] = None
        while len(self._known) > self.window:
            del self._known[next(iter(self._known))]

    def _items(self, listed: _Listed, decoded: Any, now: Timestamp) -> Iterable[tuple[int, DeviceEvent]]:
        items = listed.items(decoded)
        if type(items) is not list:
            return
        self.skipped += max(0, len(items) - self.window)
        for item in items[: self.window]:
            if not meant(item, listed.where) or not all(_there(follow(item)) for follow in listed.present):
                continue
            key = _value(listed.key(item))
            if key is None:
                self.skipped += 1
                continue
            attributes = {name: _value(follow(item)) for name, follow in listed.attributes.items()}
            name, at = f"{listed.map.name}/{key}", listed.time(item)[0]
            event = DeviceEvent(self.device, listed.map.kind, attributes, at, now, name, listed.map.lane)
            yield numbered(name), event


def happening(event: EventMap, given: object) -> dict[str, Value | None] | None:
    """Return the attributes of the one event that the document of a profile's example is; None: it is none."""
    found = News("example", (event,), 10).of(document(given.encode()) if isinstance(given, str) else given, 0)
    return None if found is None else found.events[0].attributes


def numbered(key: str) -> int:
    """Return the number of eight bytes that a key is kept as."""
    return int.from_bytes(blake2b(key.encode(errors="surrogatepass"), digest_size=8).digest(), "little")


def _there(found: Any) -> bool:
    return found is not MISSING and found is not None and found != ""


def _listed(event: EventMap) -> _Listed:
    a: ItemEvent = event.address
    return _Listed(
        event, compiled(a.list), compiled(a.key), no_time if a.time is None else time_of(a.time, a.time_format),
        wanted(a.where), [compiled(path) for path in a.present],
        {name: compiled(path) for name, path in event.attributes.items()},
    )  # fmt: skip


def _value(found: Any) -> Value | None:
    value = Reason.WAITING if found is MISSING else raw(found)
    return None if isinstance(value, Reason) else value
