"""The HTTP driver: one answer gives many points and, from its lists, events; what did not change is not sent again."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from drivers.base import BoundDevice, BoundPoint, Kept, Sink
from drivers.http.address import Connection, Limits
from drivers.http.client import Bounds, Busy, HttpClient
from drivers.http.listed import News
from drivers.http.reading import Place, nothing, place
from hub.metrics import Figure
from hub.model import SECOND, Clock, DeviceId, Misconfigured, NoAnswer, Reason, Refused, Sample, SystemClock, Value
from hub.wire.document import document
from hub.wire.persons import person_field


class _Known(Struct):
    """The last answer of one resource: kept, with its tag, so that 304 means something."""

    tag: str = ""
    decoded: Any = None
    trouble: Reason = Reason.NONE


class _Feed:
    """One device: what is asked for it, and what it said."""

    def __init__(self, device: BoundDevice) -> None:
        self.device = device
        self.connection: Connection = device.connection
        self.limits = Limits.model_validate(device.limits)
        self.known: dict[str, _Known] = {}
        self.places: dict[str, Place] = {p.id: place(p) for p in device.points if p.address is not None}
        self.rest = 0.0
        """Event loop's time before which the server does not want to be asked."""
        self.persons = 0
        by_resource: dict[str, list[Any]] = {}
        for event in device.events:
            by_resource.setdefault(event.address.resource or self.connection.path, []).append(event)
        self.news = {r: News(device.id, events, self.limits.items) for r, events in by_resource.items()}
        self.turn = 0
        self.recalled = False

    def resource_of(self, point: BoundPoint) -> str:
        return str(point.address.resource or self.connection.path)

    def decode(self, body: bytes, tag: str) -> _Known:
        """Return what an answer says, or why it says nothing."""
        try:
            decoded = document(body)
        except ValueError:
            return _Known(trouble=Reason.UNDECODABLE)
        if self.limits.persons == "refuse" and person_field(decoded) is not None:
            self.persons += 1
            return _Known(trouble=Reason.REFUSED)
        return _Known(tag, decoded)


class HttpDriver:
    """One server with every feed that is read from it."""

    def __init__(self, devices: Sequence[BoundDevice], clock: Clock | None = None) -> None:
        self._feeds: dict[DeviceId, _Feed] = {d.id: _Feed(d) for d in devices}
        self.client = HttpClient(devices[0].connection)
        self._patience = max(d.timeout for d in devices)
        self._clock = clock or SystemClock()

    async def open(self) -> None:
        """See that the server listens. Raises Unreachable, Misconfigured."""
        await self.client.open(self._patience)

    async def read(self, points: Sequence[BoundPoint]) -> list[Sample]:
        """Return each point, all of one device, once. Raises NoAnswer, Unreachable, Misconfigured."""
        if not points:
            return []
        feed = self._feeds[points[0].device]
        by_resource: dict[str, list[BoundPoint]] = {}
        for point in points:
            by_resource.setdefault(feed.resource_of(point), []).append(point)
        seen: list[Sample] = []
        for resource, here in by_resource.items():
            known = await self._fetch(feed, resource)
            if known.trouble:
                seen += nothing(here, known.trouble)
            else:
                seen += [feed.places[p.id].sample(known.decoded) for p in here]
        return seen

    async def subscribe(self, sink: Sink) -> None:
        """Refuse: feeds are asked. Raises Misconfigured."""
        raise Misconfigured("HTTP feeds are asked, they do not report by themselves; see the driver http-ingest")

    async def write(self, point: BoundPoint, value: Value) -> None:
        """Refuse: nothing is set over HTTP. Raises Refused."""
        raise Refused("not_writable", f"{point.id} is read from a feed; nothing was sent")

    def keeps(self, device: DeviceId) -> bool:
        """Tell whether a feed has lists of events."""
        return bool(self._feeds[device].news)

    def source(self, device: DeviceId) -> str:
        """Return the name under which the keys of a feed's events are kept, until `recall` was called; then nothing."""
        feed = self._feeds[device]
        return "" if feed.recalled or not feed.news else next(iter(feed.news.values())).source

    def recall(self, device: DeviceId, keys: bytes) -> None:
        """Take for known what an earlier run has handed over of a feed."""
        feed = self._feeds[device]
        feed.recalled = True
        for news in feed.news.values():
            news.recall(keys)

    async def kept(self, device: DeviceId) -> Kept | None:
        """Return what is new in the next of a feed's lists. Raises NoAnswer, Unreachable, Refused, Misconfigured."""
        feed = self._feeds[device]
        resources = list(feed.news)
        resource = resources[feed.turn % len(resources)]
        feed.turn += 1
        known = await self._fetch(feed, resource)
        if known.trouble is Reason.REFUSED:
            raise Refused("persons", f"{resource} has fields about persons; nothing of it is taken")
        if known.trouble:
            raise Refused("undecodable", f"what {resource} says is not JSON")
        news = feed.news[resource]
        intake = news.of(known.decoded, self._clock.now())
        more = len(resources) - feed.turn % len(resources) if feed.turn % len(resources) else 0
        if intake is None and not more:
            return None
        return Kept(intake, _settled(news, intake), more)

    async def close(self) -> None:
        """Disconnect; safe to call twice and after a failed `open`."""
        await self.client.close()

    def figures(self) -> Iterable[Figure]:
        """Return what was asked, spared and refused."""
        of = {"line": self.client.connection.where}
        sums = {
            "requests": ("Requests", self.client.requests),
            "unchanged": ("Answers that said that nothing had changed", self.client.unchanged),
            "received_bytes": ("Bytes of answers", self.client.received),
            "refused": ("Answers too large, packed, or sending us elsewhere", self.client.refused),
            "persons": ("Answers refused for fields about persons", sum(f.persons for f in self._feeds.values())),
            "skipped": ("Items of lists without a key or beyond the limit", self._skipped()),
        }
        for name, (words, total) in sums.items():
            yield Figure(f"citywatch_http_{name}", words, total, of, total=True)

    def _skipped(self) -> int:
        return sum(news.skipped for feed in self._feeds.values() for news in feed.news.values())

    async def _fetch(self, feed: _Feed, resource: str) -> _Known:
        now = asyncio.get_running_loop().time()
        if now < feed.rest:
            raise NoAnswer(f"the server wants {feed.rest - now:.0f} s more of rest", "refused")
        known = feed.known.setdefault(resource, _Known())
        bounds = Bounds(feed.device.timeout, feed.limits.largest, feed.connection.also)
        try:
            answer = await self.client.get(resource, known.tag, bounds)
        except Busy as busy:
            feed.rest = now + min(busy.seconds, feed.limits.rest / SECOND)
            raise
        if answer.body is not None:
            feed.known[resource] = known = feed.decode(answer.body, answer.tag)
        elif not known.tag:
            raise NoAnswer(f"{resource} answers 304 to a question that had no condition", "protocol_error")
        return known


def _settled(news: News, intake: Any) -> Any:
    async def settle() -> None:
        if intake is not None:
            news.taken(intake)

    return settle
