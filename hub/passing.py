"""Where reads of vehicles become passages: merged, counted by minute, stripped of their plates for everyone else.

What goes on from here to rules, consoles and the store of events has no whole plate. The plate goes to the store's own
table, and to `watch`, which compares it with the lists that people have made.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import msgspec
from msgspec import Struct

from hub.batches import Rows
from hub.model import (
    DeviceEvent,
    DeviceId,
    Kept,
    Lane,
    PointId,
    Quality,
    Reading,
    Reason,
    Site,
    Timestamp,
    Value,
    point_id,
)
from hub.model.normalform import read_of
from hub.model.passage import PASSAGE, VIOLATION, Passage, Read, without_plate
from hub.model.passagepoints import SITE, is_counted
from hub.normalise import tell
from hub.tracks import Tracks
from hub.wire.copy import encode_readings
from hub.wire.passages import encode_passages

WRONG_WAY = "traffic.wrong_way_driver"
Change = tuple[Passage | None, Passage]
Watch = Callable[[Sequence[Passage]], Sequence[DeviceEvent]]


class Merging(Protocol):
    """Reads → passages (rules.passes)."""

    repeated: int
    merged: int
    crowded: int

    def take(self, read: Read) -> list[Change]:
        """Return what a read changes."""
        ...


class Counted(Protocol):
    """One number of one minute."""

    @property
    def device(self) -> DeviceId: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def minute(self) -> Timestamp: ...  # noqa: D102
    @property
    def value(self) -> int | float: ...  # noqa: D102
    @property
    def late(self) -> bool: ...  # noqa: D102


class Counting(Protocol):
    """Passages → numbers of minutes (rules.minutes)."""

    def describe(self, points: Mapping[DeviceId, Iterable[str]]) -> None:
        """Take the points of a changed site."""
        ...

    def change(self, before: Passage | None, after: Passage) -> None:
        """Count a passage that is new or has changed."""
        ...

    def is_due(self, now: Timestamp) -> bool:
        """Tell whether there is something to be told."""
        ...

    def close(self, now: Timestamp, online: Callable[[DeviceId], bool]) -> Sequence[Counted]:
        """Return every minute that is over."""
        ...

    def resume(self, now: Timestamp) -> None:
        """Take for told what a `close` at `now` told, in an earlier run."""
        ...


class _Entry(Struct, array_like=True):
    """What happened, as a restart needs it: reads that came, or that minutes were told at `closed`."""

    reads: list[Read]
    closed: Timestamp = 0


class Passed(Struct):
    """What a batch of events came to."""

    events: list[DeviceEvent]
    """What rules and consoles hear."""
    stored: list[DeviceEvent]
    """Those of them that are stored as events; passages have a table of their own."""
    rows: list[Rows]
    kept: Kept | None


class Told(Struct):
    """Minutes that are told."""

    counted: Sequence[Counted]
    kept: Kept

    def news(self, tracks: Tracks, now: Timestamp) -> list[Reading]:
        """Return the readings of minutes that were not told before."""
        return [
            tell(tracks[_point(c)], c.value, Reason.NONE, c.minute, now, tracks.next_seq())
            for c in self.counted
            if not c.late
        ]

    def history(self, tracks: Tracks, now: Timestamp) -> list[Rows]:
        """Return rows of what is no news: it belongs to the store alone."""
        readings = [
            Reading(_point(c), c.value, Quality.GOOD, Reason.NONE, c.minute, now, tracks.next_seq())
            for c in self.counted
            if c.late
        ]
        if not readings:
            return []
        times = [r.time for r in readings]
        body = encode_readings(readings, [tracks[r.point].row for r in readings])
        return [Rows("reading", Lane.LIVE, len(readings), min(times), max(times), body)]


class Passing:
    """The passages of a site."""

    def __init__(self, site: Site, merging: Merging, counting: Counting, kept: Iterable[bytes] = ()) -> None:
        """`kept`: what an earlier run has left, in its order."""
        self.watch: Watch = lambda _passages: ()
        """Told of every passage that is new or changed; what it returns goes the road of events."""
        self.reads = 0
        """Reads taken since the start."""
        self.merging = merging
        self._counting = counting
        self._encoder = msgspec.msgpack.Encoder()
        self.describe(site)
        self._recall(kept)

    def describe(self, site: Site) -> None:
        """Take a changed site."""
        self._site = site.id
        self._places = {d.id: str(d.parameters.get(SITE) or d.id) for d in site.devices.values()}
        names = {d.id: [p.name for p in d.points if is_counted(p.name)] for d in site.devices.values()}
        self._counting.describe(names)

    def take(self, events: Sequence[DeviceEvent], now: Timestamp) -> Passed:
        """Return what events come to; those that are no passages stay as they are."""
        reads = [read_of(e, self._places.get(e.device)) for e in events if e.kind == PASSAGE]
        other = [e for e in events if e.kind != PASSAGE]
        if not reads:
            return Passed(list(events), other, [], None)
        self.reads += len(reads)
        changes = self._merged(reads)
        passages = [after for _, after in changes]
        heard = [event for before, after in changes if after.reads for event in _told_of(before, after)]
        other += [e for e in heard if e.kind != PASSAGE]
        watched = list(self.watch(passages))
        rows = [self._rows(passages)] if passages else []
        return Passed(
            [*(e for e in events if e.kind != PASSAGE), *heard, *watched], [*other, *watched], rows,
            Kept(now, self._encoder.encode(_Entry(reads))),
        )  # fmt: skip

    def close(self, now: Timestamp, online: Callable[[DeviceId], bool]) -> Told | None:
        """Return the minutes that are over, or None when nothing is to be told."""
        if not self._counting.is_due(now):
            return None
        counted = self._counting.close(now, online)
        if not counted:
            return None
        kept = Kept(now, self._encoder.encode(_Entry([], now)))
        return Told(counted, kept)

    def _merged(self, reads: Iterable[Read]) -> list[Change]:
        changes = [change for read in reads for change in self.merging.take(read)]
        for before, after in changes:
            self._counting.change(before, after)
        return changes

    def _rows(self, passages: Sequence[Passage]) -> Rows:
        times = [p.time for p in passages]
        body = encode_passages(passages, self._site)
        return Rows("passage", Lane.MEDIA, len(passages), min(times), max(times), body)

    def _recall(self, kept: Iterable[bytes]) -> None:
        decode = msgspec.msgpack.Decoder(_Entry).decode
        for body in kept:
            try:
                entry = decode(body)
            except msgspec.DecodeError:
                continue  # of another version: the passes under way begin anew
            self._merged(entry.reads)
            if entry.closed:
                self._counting.resume(entry.closed)


def _point(counted: Counted) -> PointId:
    return point_id(counted.device, counted.name)


def _told_of(before: Passage | None, p: Passage) -> list[DeviceEvent]:
    """Return the news of a passage: that it was, and its violation, each once."""
    told = without_plate(p)
    found = [] if before is not None else [DeviceEvent(p.device, PASSAGE, told, p.time, p.hub_time, p.id)]
    if p.violation is None or (before is not None and before.violation is not None):
        return found
    for kind in (VIOLATION, WRONG_WAY) if p.violation == "wrong_way" else (VIOLATION,):
        found.append(DeviceEvent(p.device, kind, _of_violation(told), p.time, p.hub_time, f"{kind}/{p.id}"))
    return found


def _of_violation(told: dict[str, Value | None]) -> dict[str, Value | None]:
    wanted = ("id", "site", "lane", "direction", "class", "speed", "limit", "violation")
    return {name: told[name] for name in wanted if name in told}
