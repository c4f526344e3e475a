"""Sample + point + what was known before → reading, or nothing when nothing worth telling changed. Pure.

Scale, mapping, type, range → uncertain, source time → believed or not, deadband, and the quiet of flags: a bool or
text that did not change is told again only once a minute, because a panel of a thousand flags polled each second would
otherwise fill the store with the news that nothing happened.
"""

import math
from collections.abc import Callable
from functools import partial

from hub.model import QUALITY_OF, SECOND, Point, Quality, Reading, Reason, Sample, Timestamp, Value, row_id
from hub.model.clock import NEWEST_SOURCE, OLDEST_SOURCE
from hub.model.scaling import to_engineering

REPEAT = 60 * SECOND
"""An unchanged bool or text is told again after this long."""

_GOOD, _NONE = Quality.GOOD, Reason.NONE


class Track:
    """What the intake knows of one point: how to turn its samples into readings, and the last one told."""

    __slots__ = (
        "convert", "deadband", "device", "heard", "high", "id", "lane", "low", "point", "quality", "quiet", "reason",
        "row", "told", "value",
    )  # fmt: skip

    def __init__(self, site: str, point: Point) -> None:
        self.point = point
        self.id = point.id
        self.device = point.device
        self.lane = point.lane
        self.row = row_id(site, *point.id.split("/", 1))
        self.convert = _converter(point)
        self.low, self.high = point.range if point.range else (-math.inf, math.inf)
        self.deadband = point.deadband
        self.quiet = point.type in ("bool", "text")
        self.value: Value | None = None
        self.quality = Quality.BAD
        self.reason = Reason.WAITING
        self.told: Timestamp = 0
        """Hub time of the last reading told; 0 before the first."""
        self.heard: Timestamp = 0
        """Hub time of the last sample, told or not."""

    def tell_all(self) -> None:
        """Tell every sample from now on: somebody counts the time since the last."""
        self.quiet, self.deadband = False, 0.0


def _converter(point: Point) -> Callable[[Value], Value] | None:
    """Return what turns a raw value into the point's; None when a float may be taken as it is."""
    if point.type != "float" or point.mapping is not None:
        return partial(to_engineering, point)
    return None if point.scale == 1.0 and point.offset == 0.0 else _linear(point)


def _linear(point: Point) -> Callable[[Value], Value]:
    """Return what `to_engineering` does to a scaled float, without its questions: most registers are one."""
    scale, offset = point.scale, point.offset

    def linear(raw: Value) -> Value:
        if type(raw) is int or type(raw) is float:
            number = float(f"{raw * scale + offset:.12g}")
            if number - number == 0.0:  # neither NaN nor infinite
                return number
        return to_engineering(point, raw)

    return linear


def normalise(track: Track, sample: Sample, now: Timestamp, seq: int) -> Reading | None:
    """Return the reading that `sample` makes at `now`, or None when it adds nothing; the track remembers it."""
    track.heard = now
    raw, reason, value = sample.value, sample.reason, track.value
    if raw is not None:
        try:
            value = _plain(raw) if track.convert is None else track.convert(raw)
        except (ValueError, OverflowError):  # no such value, or an integer that no float can hold
            value, reason = track.value, Reason.UNDECODABLE
        else:
            if not reason and type(value) is float and not track.low <= value <= track.high:
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


def _plain(raw: Value) -> float:
    if type(raw) is float or type(raw) is int:
        number = float(raw)
        if number - number == 0.0:  # neither NaN nor infinite
            return number
    raise ValueError(f"{raw!r} is not a finite number")


def _adds_nothing(track: Track, value: Value | None, now: Timestamp) -> bool:
    if track.quiet:
        return value == track.value and now - track.told < REPEAT
    deadband = track.deadband
    if not deadband or not isinstance(value, float | int) or not isinstance(track.value, float | int):
        return False
    return abs(value - track.value) <= deadband
