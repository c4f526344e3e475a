"""The median of a window, weighted by time: half of the known time the value was no greater."""

from bisect import bisect_left, insort
from math import isnan

from hub.model import Timestamp
from rules.windows import Segments, State, unpacked

_GRAINS = 128


class Median(Segments):
    """Closed stretches in order of time, and the same in order of value; a look walks through half of them."""

    __slots__ = ("_sorted",)

    def __init__(self, span: int) -> None:
        super().__init__(span, _GRAINS)
        self._sorted: list[tuple[float, int, int]] = []

    def _close(self, now: Timestamp) -> None:
        value = float("nan") if self.current is None else self.current
        # a stretch shorter than a grain is added to the one before it, whose value stands
        if len(self) and now - self._starts[-1] < self.grain and not isnan(value) and not isnan(self._values[-1]):
            self._stretch(now)
            return
        self._append(self.since, value)
        if not isnan(value):
            insort(self._sorted, (value, self.since, now))

    def _stretch(self, now: Timestamp) -> None:
        value, start = self._values[-1], self._starts[-1]
        at = bisect_left(self._sorted, (value, start))
        self._sorted[at] = (value, start, now)

    def look(self, now: Timestamp) -> float | None:
        """Return the median of the known part of the window."""
        start = now - self.cover.span
        while len(self) and self._first_end() <= start:
            value, first = self._values[self._head], self._starts[self._head]
            if not isnan(value):
                del self._sorted[bisect_left(self._sorted, (value, first))]
            self._forget()
        if self.current is None:
            return None
        return self._walk(self.current, now - max(self.since, start), start)

    def _walk(self, current: float, weight: int, start: Timestamp) -> float:
        """Return the value at which half of the time is reached, from below."""
        half = (weight + sum(end - max(begun, start) for _, begun, end in self._sorted)) / 2
        below = 0
        for value, begun, end in self._sorted:
            if weight and value >= current:
                below += weight
                weight = 0
                if below >= half:
                    return current
            below += end - max(begun, start)
            if below >= half:
                return value
        return current

    def shift(self, by: int) -> None:
        """Move all times."""
        super().shift(by)
        self._sorted = [(value, a + by, b + by) for value, a, b in self._sorted]

    def load(self, kept: State, at: Timestamp) -> None:
        """Take back what was kept at `at`."""
        values, starts = unpacked("d", kept["values"]), unpacked("q", kept["starts"])
        ends = [*starts[1:], kept["since"]][: len(values)]
        self._sorted = sorted((v, a, b) for v, a, b in zip(values, starts, ends, strict=True) if not isnan(v))
        super().load(kept, at)
