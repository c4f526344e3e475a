"""Passages against the site's watch lists: pure, and the same however many plates a list has.

An exact plate that was read well is sure; one that is the same but for one character, or was read less well, is told as
something to verify and never as a hit. What is told holds no whole plate.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import Struct

from hub.model import DeviceEvent, Lane, Site, Timestamp, Value, ZoneId
from hub.model.ids import within
from hub.model.looking import WatchedPlate, WatchList
from hub.model.masking import mask
from hub.model.passage import Passage
from hub.model.plateforms import alike

KIND = "traffic.watch_list"
WELL, READABLE = 0.85, 0.6
"""Confidence from which an exact match is sure; below the other nothing is told, it would be guessing."""
REMEMBERED = 10_000
"""Matches that are not told again."""

Entry = tuple[WatchList, WatchedPlate]


class _Match(Struct, frozen=True):
    listed: WatchList
    exact: bool


class Watchlists:
    """Every watch list of a site, as the site is when a passage comes."""

    def __init__(self, site: Callable[[], Site]) -> None:
        self._site_now = site
        self._told: OrderedDict[tuple[str, str], bool] = OrderedDict()
        self._describe(site())

    def _describe(self, site: Site) -> None:
        self._site = site
        self._exact: dict[str, list[Entry]] = {}
        self._shortened: dict[str, list[str]] = {}
        for listed in site.guarded.lists:
            for entry in listed.plates:
                self._exact.setdefault(entry.plate, []).append((listed, entry))
        for plate, entries in self._exact.items():
            for short in _shortened(plate) if any(listed.near for listed, _ in entries) else ():
                self._shortened.setdefault(short, []).append(plate)

    def seen(self, passages: Sequence[Passage]) -> list[DeviceEvent]:
        """Return what is told of passages that are new or were read better."""
        site = self._site_now()
        if site is not self._site:
            self._describe(site)
        if not self._exact:
            return []
        return [event for passage in passages for event in self._of(passage)]

    def _of(self, passage: Passage) -> Iterator[DeviceEvent]:
        plate, confidence = passage.plate, passage.confidence
        if plate is None or not passage.reads or (confidence is not None and confidence < READABLE):
            return
        device = self._site.devices.get(passage.device)
        for match in self._matches(plate, passage.time, None if device is None else device.zone):
            sure = match.exact and confidence is not None and confidence >= WELL
            if self._is_news(passage.id, match.listed.id, sure):
                yield _event(passage, match, sure)

    def _matches(self, plate: str, at: Timestamp, zone: ZoneId | None) -> Iterable[_Match]:
        found: dict[str, _Match] = {}
        for listed, entry in self._exact.get(plate, ()):
            if _is_due(listed, entry, at, zone):
                found[listed.id] = _Match(listed, exact=True)
        for near in self._near(plate):
            for listed, entry in self._exact[near]:
                if listed.near and listed.id not in found and _is_due(listed, entry, at, zone):
                    found[listed.id] = _Match(listed, exact=False)
        return found.values()

    def _near(self, plate: str) -> set[str]:
        candidates = {text for short in _shortened(plate) for text in self._shortened.get(short, ())}
        return {text for text in candidates if text != plate and alike(text, plate)}

    def _is_news(self, passage: str, listed: str, sure: bool) -> bool:
        key = passage, listed
        told = self._told.get(key)
        if told is not None and (told or not sure):
            return False
        self._told[key] = sure
        while len(self._told) > REMEMBERED:
            self._told.popitem(last=False)
        return True


def _shortened(text: str) -> set[str]:
    """Return a text and what is left of it without any one character: two alike texts share one of these."""
    return {text, *(text[:n] + text[n + 1 :] for n in range(len(text)))}


def _is_due(listed: WatchList, entry: WatchedPlate, at: Timestamp, zone: ZoneId | None) -> bool:
    ends = [until for until in (listed.until, entry.until) if until is not None]
    there = not listed.zones or (zone is not None and any(within(zone, outer) for outer in listed.zones))
    return there and all(at < until for until in ends)


def _event(passage: Passage, match: _Match, sure: bool) -> DeviceEvent:
    listed = match.listed
    attributes: dict[str, Value | None] = {
        "list": listed.id, "list_vi": listed.title.vi, "list_en": listed.title.en, "plate": mask(passage.plate or ""),
        "id": passage.id, "sure": sure, "near": not match.exact, "urgent": sure and listed.priority == "high",
        "confidence": passage.confidence, "lane": passage.lane, "class": passage.vehicle,
    }  # fmt: skip
    key = f"{passage.id}/{listed.id}/{'sure' if sure else 'verify'}"
    return DeviceEvent(passage.device, KIND, attributes, passage.time, passage.hub_time, key, Lane.ALARM)
