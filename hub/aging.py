"""Which points were not refreshed in their time, however the wall clock is set meanwhile."""

from collections.abc import Iterable

from hub.model import Clock, Quality, Reason, Timestamp
from hub.model.clock import Steps
from hub.normalise import Track


class Aging:
    """The watch over every point that has a `stale_after`."""

    def __init__(self, tracks: Iterable[Track], clock: Clock) -> None:
        self.watch(tracks)
        self._steps = Steps(clock)

    def watch(self, tracks: Iterable[Track]) -> None:
        """Watch these points from now on."""
        self._tracks = list(tracks)
        self._aging = [(t, t.point.stale_after) for t in self._tracks if t.point.stale_after]

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
        step = self._steps.since(now)
        for track in self._tracks if step else ():
            track.told = track.told and min(track.told + step, now)
            track.heard = track.heard and min(track.heard + step, now)
        return step
