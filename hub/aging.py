"""Which points were not refreshed in their time, however the wall clock is set meanwhile."""

from collections.abc import Iterable

from hub.model import SECOND, Clock, Quality, Reason, Timestamp
from hub.normalise import Track

CLOCK_STEP = 2 * SECOND
"""A difference between wall and monotonic clock that somebody or NTP has made, and no drift."""


class Aging:
    """The watch over every point that has a `stale_after`."""

    def __init__(self, tracks: Iterable[Track], clock: Clock) -> None:
        self._tracks = list(tracks)
        self._aging = [(t, t.point.stale_after) for t in self._tracks if t.point.stale_after]
        self._clock = clock
        self._wall, self._monotonic = clock.now(), clock.monotonic()

    def late(self, now: Timestamp) -> list[Track]:
        """Return the points whose value is too old and was not said to be."""
        return [
            t
            for t, after in self._aging
            if t.heard and now - t.heard > after and t.quality is not Quality.BAD and t.reason is not Reason.STALE
        ]

    def follow_clock(self, now: Timestamp) -> int:
        """Return by how many ns the wall clock was set since the last call, 0 for none.

        What is measured by that clock moves along: nobody fell silent in that moment.
        """
        monotonic = self._clock.monotonic()
        step = (now - self._wall) - (monotonic - self._monotonic)
        self._wall, self._monotonic = now, monotonic
        if abs(step) < CLOCK_STEP:
            return 0
        for track in self._tracks:
            track.told = track.told and min(track.told + step, now)
            track.heard = track.heard and min(track.heard + step, now)
        return step
