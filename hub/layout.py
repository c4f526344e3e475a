"""Blocks of good numbers become sheets of readings without one object a point.

A block of the same points comes again and again; what can be decided about those points is decided once, in a layout.
What is not an ordinary number (a flag, a deadband, a scale that needs rounding) or does not look like one today (out of
its range, not finite) leaves the block and goes the way of every sample. Both ways say the same
(tests/unit/hub/test_layout.py).
"""

from collections.abc import Callable, Container, Mapping, Sequence
from operator import itemgetter, le, truediv

from hub.model import Block, Lane, PointId, Quality, Reading, Reason, Sample, Sheet, Timestamp
from hub.normalise import Track
from hub.wire.copy import SheetMold

_LARGE = 1e300


class Columns:
    """The points of a layout that share a lane and are ordinary numbers."""

    def __init__(
        self,
        lane: Lane,
        points: tuple[PointId, ...],
        places: Sequence[int],
        tracks: Sequence[Track],
        watched: Container[PointId],
    ) -> None:
        self.lane = lane
        self.points = points
        self._watched = [at for at, point in enumerate(self.points) if point in watched]
        self.mold = SheetMold([t.row for t in tracks])
        self._tracks = tracks
        self._pick: Callable[[Sequence[float]], Sequence[float]] = _picker(places)
        divisors = [t.divisor for t in tracks]
        self._divisors = divisors
        self._ranged = any(t.ranged for t in tracks)
        self._lows, self._highs = ([t.low for t in tracks], [t.high for t in tracks]) if self._ranged else ([], [])

    def sheet(self, raw: Sequence[float], now: Timestamp, seq: int) -> Sheet | None:
        """Return the readings, remembered in the tracks; None when any number needs a closer look."""
        picked = self._pick(raw)
        try:
            if not sum(map(abs, picked)) < _LARGE:  # only if every number is a finite one
                return None
        except OverflowError:
            return None
        values = list(map(truediv, picked, self._divisors))
        if self._ranged and not (all(map(le, self._lows, values)) and all(map(le, values, self._highs))):
            return None
        good, none = Quality.GOOD, Reason.NONE
        for track, value in zip(self._tracks, values, strict=True):
            track.value, track.quality, track.reason, track.told, track.heard = value, good, none, now, now
        return Sheet(self.points, values, now, seq)

    def watched(self, sheet: Sheet) -> list[Reading]:
        """Return the readings of a sheet that some rule watches."""
        return [sheet.reading(at) for at in self._watched]

    def samples(self, raw: Sequence[float]) -> list[Sample]:
        """Return the numbers one by one."""
        return [Sample(point, value) for point, value in zip(self.points, self._pick(raw), strict=True)]


class Layout:
    """What is known of the points of a block."""

    def __init__(
        self, points: tuple[PointId, ...], tracks: Mapping[PointId, Track], watched: Container[PointId]
    ) -> None:
        found = [tracks.get(point) for point in points]
        by_lane: dict[Lane, list[int]] = {}
        self._others: list[tuple[int, PointId]] = []
        for place, track in enumerate(found):
            if track is not None and track.divisor:
                by_lane.setdefault(track.lane, []).append(place)
            else:
                self._others.append((place, points[place]))
        self.columns = [
            Columns(lane, _of(points, places), places, [t for p in places if (t := found[p]) is not None], watched)
            for lane, places in by_lane.items()
        ]
        self.devices = tuple(dict.fromkeys(t.device for t in found if t is not None))

    def others(self, block: Block) -> list[Sample]:
        """Return what no column holds."""
        return [Sample(point, block.values[place]) for place, point in self._others]


def _of(points: tuple[PointId, ...], places: Sequence[int]) -> tuple[PointId, ...]:
    return points if len(places) == len(points) else tuple([points[place] for place in places])


def _picker(places: Sequence[int]) -> Callable[[Sequence[float]], Sequence[float]]:
    if list(places) == list(range(len(places))):
        count = len(places)
        return lambda values: values[:count]
    if len(places) == 1:
        (only,) = places
        return lambda values: (values[only],)
    return itemgetter(*places)
