"""Every point's track, and the loop that turns what drivers saw into readings by lane: the hottest lines of the hub.

A plain good number, which is nearly all that ever arrives, is dealt with in the loop itself; whatever is not, goes the
careful way through `hub.normalise`. Both say the same (tests/unit/hub/test_tracks.py). Blocks of good numbers have a
shorter way (`hub.layout`), on which no point is looked at by itself.
"""

from collections.abc import Callable, Container, Iterable, Sequence
from itertools import chain
from operator import attrgetter

from msgspec import Struct

from hub.layout import Columns, Layout
from hub.metrics import Counters
from hub.model import Block, DeviceId, Lane, Point, PointId, Quality, Reading, Reason, Sample, Sheet, Site, Timestamp
from hub.model.clock import NEWEST_SOURCE, OLDEST_SOURCE
from hub.normalise import Track, normalise

SPECIAL = frozenset({"$available"})
"""Kinds whose readings are news about the device itself."""
MOST_LAYOUTS = 20_000


class Part(Struct):
    """The readings of one lane, in order, and the store's number of each one's point."""

    readings: list[Reading]
    rows: list[int]


class Told(Struct):
    """What a batch came to."""

    readings: Sequence[Reading]
    lanes: dict[Lane, Part]
    notable: list[tuple[Track, Reading]]
    sheets: Sequence[tuple[Columns, Sheet]] = ()


class Tracks:
    """The points of a site as the intake knows them."""

    def __init__(
        self,
        site: Site,
        aged: Iterable[PointId],
        counters: Counters,
        heard: Callable[[DeviceId, Timestamp], None],
        watched: Container[PointId] = (),
    ) -> None:
        """`aged`: points of which every refresh must be told. `heard` is told of each device that said something."""
        self._tracks: dict[PointId, Track] = {}
        self._aged: frozenset[PointId] = frozenset()
        self._counters = counters
        self._heard = heard
        self._seq = 0
        self.describe(site, aged, watched)

    def describe(
        self,
        site: Site,
        aged: Iterable[PointId],
        watched: Container[PointId] = (),
        strange: Container[PointId] = (),
    ) -> None:
        """Take a changed site; what was known of a point stays known, but of `strange` ones."""
        before, self._watched = self._tracks, watched
        aged_before, self._aged = self._aged, frozenset(aged)
        self._tracks = {}
        self._layouts: dict[tuple[PointId, ...], Layout] = {}
        self._of_device: dict[DeviceId, list[Track]] = {d: [] for d in site.devices}
        for id_, point in site.points.items():
            track = before.get(id_)
            if track is None or track.point != point or (id_ in self._aged) != (id_ in aged_before):
                track = self._made(site.id, point, None if id_ in strange else track)
            self._tracks[id_] = track
            self._of_device[track.device].append(track)

    def _made(self, site: str, point: Point, before: Track | None) -> Track:
        made = Track(site, point)
        if point.id in self._aged:
            made.tell_all()
        if before is not None:
            made.follow(before)
        return made

    def __getitem__(self, point: PointId) -> Track:
        return self._tracks[point]

    def all(self) -> Iterable[Track]:
        """Return every track."""
        return self._tracks.values()

    def of(self, device: DeviceId) -> Sequence[Track]:
        """Return the tracks of a device."""
        return self._of_device[device]

    def next_seq(self) -> int:
        """Return the number of the next reading."""
        self._seq += 1
        return self._seq

    def take(self, samples: Sequence[Sample], now: Timestamp, blocks: Sequence[Block] = ()) -> Told:
        """Turn samples and blocks into readings; those that add nothing, and unknown points, are counted."""
        if not blocks:
            return self._take(samples, now)
        sheets, rest = self._sheets(blocks, now)
        told = self._take([*samples, *rest], now)
        told.sheets = sheets
        return told

    def _sheets(self, blocks: Sequence[Block], now: Timestamp) -> tuple[list[tuple[Columns, Sheet]], list[Sample]]:
        """Return the readings of whole blocks, and what must go the way of every sample."""
        sheets: list[tuple[Columns, Sheet]] = []
        rest: list[Sample] = []
        for block in blocks:
            layout = self._layouts.get(block.points) or self._lay_out(block.points)
            for device in layout.devices:
                self._heard(device, now)
            rest += layout.others(block)
            for columns in layout.columns:
                sheet = columns.sheet(block.values, now, self._seq + 1)
                if sheet is None:
                    rest += columns.samples(block.values)
                else:
                    self._seq += len(sheet)
                    self._counters.received += len(sheet)
                    sheets.append((columns, sheet))
        return sheets, rest

    def _lay_out(self, points: tuple[PointId, ...]) -> Layout:
        if len(self._layouts) >= MOST_LAYOUTS:
            self._layouts.clear()  # a device whose reads are cut anew again and again must not fill the memory
        layout = self._layouts[points] = Layout(points, self._tracks, self._watched)
        return layout

    def _take(self, samples: Sequence[Sample], now: Timestamp) -> Told:
        find, seq, heard = self._tracks.get, self._seq, self._heard
        oldest, newest = now - OLDEST_SOURCE, now + NEWEST_SOURCE
        good, none = Quality.GOOD, Reason.NONE
        lanes: dict[Lane, Part] = {}
        lane, device, unknown, count = None, "", 0, 0
        notable: list[tuple[Track, Reading]] = []
        for sample in samples:
            track = find(sample.point)
            if track is None:
                unknown += 1
                continue
            if track.device is not device:
                device = track.device
                heard(device, now)
            raw, source, divisor = sample.value, sample.source_time, track.divisor
            if (
                divisor
                and (type(raw) is float or type(raw) is int)
                and sample.reason is none
                and (source is None or oldest <= source <= newest)
                and -1e300 < raw < 1e300
                and track.low <= (value := raw / divisor) <= track.high
            ):
                track.value, track.quality, track.reason, track.told, track.heard = value, good, none, now, now
                reading = Reading(track.id, value, good, none, source, now, seq + 1)
            else:
                careful = normalise(track, sample, now, seq + 1)
                if careful is None:
                    continue
                reading = careful
                self._note(track, reading, notable)
            seq += 1
            count += 1
            if track.lane is not lane:
                lane = track.lane
                part = lanes.get(lane) or lanes.setdefault(lane, Part([], []))
                add, add_row = part.readings.append, part.rows.append
            add(reading)
            add_row(track.row)
        self._seq = seq
        self._count(len(samples), unknown, count)
        return Told(_together(lanes), lanes, notable)

    def sort(self, readings: Sequence[Reading]) -> dict[Lane, Part]:
        """Return the hub's own readings by lane."""
        lanes: dict[Lane, Part] = {}
        for reading in readings:
            track = self._tracks[reading.point]
            part = lanes.setdefault(track.lane, Part([], []))
            part.readings.append(reading)
            part.rows.append(track.row)
        return lanes

    def _note(self, track: Track, reading: Reading, notable: list[tuple[Track, Reading]]) -> None:
        if reading.reason:
            self._counters.reasons[reading.reason] += 1
        if track.point.kind in SPECIAL:
            notable.append((track, reading))

    def _count(self, received: int, unknown: int, told: int) -> None:
        counters = self._counters
        counters.received += received
        counters.unknown += unknown
        counters.unchanged += received - unknown - told


def _together(lanes: dict[Lane, Part]) -> Sequence[Reading]:
    if len(lanes) == 1:
        (part,) = lanes.values()
        return part.readings
    return sorted(chain.from_iterable(p.readings for p in lanes.values()), key=attrgetter("seq"))
