"""Sample + point + what was known before → reading, or nothing when nothing worth telling changed. Pure.

Scale, mapping, type, range → uncertain, source time → believed or not, deadband, and the quiet of flags: a bool or
text that did not change is told again only once a minute, because a panel of a thousand flags polled each second would
otherwise fill the store with the news that nothing happened. So is a point that still gives no value, of any type.
"""

import math

from msgspec.structs import replace

from hub.model import (
    QUALITY_OF,
    SECOND,
    DeviceEvent,
    Point,
    Quality,
    Reading,
    Reason,
    Sample,
    Timestamp,
    Value,
    row_id,
)
from hub.model.clock import NEWEST_SOURCE, OLDEST_SOURCE, plausible
from hub.model.scaling import exact_divisor, to_engineering

REPEAT = 60 * SECOND
"""An unchanged bool or text, and a value that is still missing, is told again after this long."""

_EVERYTHING = (-math.inf, math.inf)
_GOOD, _NONE = Quality.GOOD, Reason.NONE


class Track:
    """What the intake knows of one point: how to turn its samples into readings, and the last one told."""

    __slots__ = (
        "deadband", "device", "divisor", "heard", "high", "id", "lane", "low", "point", "quality", "quiet", "ranged",
        "reason", "row", "told", "value",
    )  # fmt: skip

    def __init__(self, site: str, point: Point) -> None:
        self.point = point
        self.id = point.id
        self.device = point.device
        self.lane = point.lane
        self.row = row_id(site, *point.id.split("/", 1))
        self.low, self.high = point.range if point.range else _EVERYTHING
        self.ranged = point.range is not None and point.type in ("int", "float")
        self.deadband = point.deadband
        self.quiet = point.type in ("bool", "text")
        self.value: Value | None = None
        self.quality = Quality.BAD
        self.reason = Reason.WAITING
        self.told: Timestamp = 0
        """Hub time of the last reading told; 0 before the first."""
        self.heard: Timestamp = 0
        """Hub time of the last sample, told or not."""
        self.divisor = self._divisor()
        """By what a good number is divided to be told, with nothing else to consider; 0: there is more to consider."""

    def tell_all(self) -> None:
        """Tell every sample from now on: somebody counts the time since the last."""
        self.quiet, self.deadband = False, 0.0
        self.divisor = self._divisor()

    def follow(self, before: "Track") -> None:
        """Know what another track of the same point knew."""
        self.value, self.quality, self.reason = before.value, before.quality, before.reason
        self.told, self.heard = before.told, before.heard

    def _divisor(self) -> float:
        considered = self.quiet or self.deadband or self.point.type != "float" or self.point.mapping is not None
        return 0.0 if considered else exact_divisor(self.point)


def normalise(track: Track, sample: Sample, now: Timestamp, seq: int) -> Reading | None:
    """Return the reading that `sample` makes at `now`, or None when it adds nothing; the track remembers it."""
    track.heard = now
    raw, reason, value = sample.value, sample.reason, track.value
    if raw is not None:
        try:
            value = to_engineering(track.point, raw)
        except ValueError:
            reason = Reason.UNDECODABLE
        if track.ranged and not reason and not track.low <= value <= track.high:  # type: ignore[operator]
            reason = Reason.OUT_OF_RANGE
    source = sample.source_time
    if source is not None and not now - OLDEST_SOURCE <= source <= now + NEWEST_SOURCE:
        source, reason = None, reason or Reason.CLOCK
    if reason == track.reason and track.told and _adds_nothing(track, value, now):
        return None
    return tell(track, value, reason, source, now, seq)


def tell(
    track: Track, value: Value | None, reason: Reason, source: Timestamp | None, now: Timestamp, seq: int
) -> Reading:
    """Make the reading and remember it in the track."""
    quality = QUALITY_OF[reason] if reason else _GOOD
    track.value, track.quality, track.reason, track.told = value, quality, reason, now
    return Reading(track.id, value, quality, reason, source, now, seq)


def worsen(track: Track, reason: Reason, now: Timestamp, seq: int) -> Reading | None:
    """Return the reading that says why a point's last value is no longer good, or None when that was said."""
    if track.reason == reason:
        return None
    return tell(track, track.value, reason, None, now, seq)


def believed(event: DeviceEvent) -> DeviceEvent:
    """Return the event, without its source time when that lies where no device's clock is believed."""
    source = event.source_time
    if source is None or plausible(source, event.hub_time):
        return event
    return replace(event, source_time=None)


def _adds_nothing(track: Track, value: Value | None, now: Timestamp) -> bool:
    if track.quiet or track.quality is Quality.BAD:
        return value == track.value and now - track.told < REPEAT
    deadband = track.deadband
    if not deadband or not isinstance(value, float | int) or not isinstance(track.value, float | int):
        return False
    return abs(value - track.value) <= deadband
