"""What is usual at this hour of the week: 168 means, each learned from the same hour of earlier weeks.

A mean over a week does not fit a window, and the hours of a day differ more than the days do. The mean of an hour that
has passed enters that hour's memory with weight 1/n, at least 1/4: five weeks change it, one odd day does not rule it.
Until an hour has been seen in full (half of it known) nothing is usual there, and the test is unknown.
"""

from array import array

from hub.model import HOUR, Timestamp
from rules.cover import Cover
from rules.windows import Average, State

HOURS = 168
_LEAST_WEIGHT = 0.25


class Usual:
    """The present value against the usual one: `look` gives their ratio."""

    __slots__ = ("_hour", "_means", "_seen", "_this", "below", "cover", "current", "floor")

    def __init__(self, floor: float, below: bool = False) -> None:
        self.floor = floor
        self.below = below
        """Whether too little is looked for: then an hour whose usual value is under the floor says nothing."""
        self.cover = Cover(HOUR)
        self._this = Average(HOUR)
        self._means: array[float] = array("d", [0.0] * HOURS)
        self._seen = array("B", [0] * HOURS)
        self._hour: int | None = None
        """The hour (since 1970, UTC: a week is a week in every zone) that is being learned."""
        self.current: float | None = None

    def push(self, value: float | None, now: Timestamp) -> None:
        """Take a value, or the news that there is none."""
        self._turn(now)
        (self.cover.lose if value is None else self.cover.find)(now)
        self._this.push(value, now)
        self.current = value

    def _turn(self, now: Timestamp) -> None:
        """Learn each hour that is over."""
        hour = now // HOUR
        if self._hour is None or hour <= self._hour:
            self._hour = hour
            return
        for past in range(max(self._hour, hour - HOURS), hour):
            self._learn(past % HOURS, (past + 1) * HOUR)
        self._hour = hour

    def _learn(self, slot: int, end: Timestamp) -> None:
        mean = self._this.look(end)
        if mean is None or not self._this.cover.enough(end):
            return
        weight = max(_LEAST_WEIGHT, 1 / (self._seen[slot] + 1))
        self._means[slot] += weight * (mean - self._means[slot])
        self._seen[slot] = min(255, self._seen[slot] + 1)

    def usual(self, now: Timestamp) -> float | None:
        """Return what is usual at this hour, if that is known."""
        self._turn(now)
        slot = now // HOUR % HOURS
        return self._means[slot] if self._seen[slot] else None

    def look(self, now: Timestamp) -> float | None:
        """Return the present value as a multiple of the usual one; usual values below the floor count as the floor."""
        usual = self.usual(now)
        if usual is None or self.current is None:
            return None
        if self.below and usual < self.floor:
            return 1.0
        return self.current / max(usual, self.floor, 1e-12)

    def due(self, now: Timestamp) -> Timestamp | None:
        """Return when the next hour begins."""
        return None if self.current is None else (now // HOUR + 1) * HOUR

    def shift(self, by: int) -> None:
        """Move all times; what was learned stays with its hour of the week."""
        self.cover.shift(by)
        self._this.shift(by)
        self._hour = None if self._hour is None else self._hour + by // HOUR

    def dump(self) -> State:
        """Return what must not be forgotten."""
        known = {str(i): [self._means[i], self._seen[i]] for i in range(HOURS) if self._seen[i]}
        return {"cover": self.cover.dump(), "this": self._this.dump(), "hour": self._hour, "known": known}

    def load(self, kept: State, at: Timestamp) -> None:
        """Take back what was kept at `at`."""
        self.cover.load(kept["cover"], at)
        self._this.load(kept["this"], at)
        self._hour = kept["hour"]
        for slot, (mean, seen) in kept["known"].items():
            self._means[int(slot)], self._seen[int(slot)] = mean, seen
