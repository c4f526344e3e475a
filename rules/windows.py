"""Windows over time: what is made of the recent past of a point, in bounded memory and without looking at it again.

A value holds until the next one, for the hub tells changes only: averages and medians are weighted by time, and the
time during which the point was bad counts for nothing. Readings that come faster than a window can keep are put
together in grains (1/256 of the span; 1/128 for a median): rarer ones are kept exactly.

Every window answers `look(now)` with a number, or None while nothing is known at present. `due(now)` is when the answer
may be another though nobody says anything: exactly for what ends at an instant (a maximum that leaves the window, a
count), and 64 times a span for what glides (averages and medians).
"""

from abc import ABC, abstractmethod
from array import array
from typing import Any, Protocol

from hub.model import MILLISECOND, Timestamp
from rules.cover import Cover

_GRAINS = 256
_TICKS = 64
State = dict[str, Any]


class Past(Protocol):
    """What every window of a point does."""

    cover: Cover

    def push(self, value: float | None, now: Timestamp) -> None:
        """Take a value, or the news that there is none."""

    def look(self, now: Timestamp) -> float | None:
        """Return the number that the window stands for."""

    def due(self, now: Timestamp) -> Timestamp | None:
        """Return when `look` may next say something else by itself."""

    def shift(self, by: int) -> None:
        """Move all times."""

    def dump(self) -> State:
        """Return what must not be forgotten, JSON-ready."""

    def load(self, kept: State, at: Timestamp) -> None:
        """Take back what was kept at `at`."""


def packed(numbers: "array[Any]") -> str:
    """Return an array as text: ten thousand windows are kept in a tenth of the time that numbers would take."""
    return numbers.tobytes().hex()


def unpacked(code: str, text: str) -> "array[Any]":
    """Return the array of a text. Raises ValueError."""
    numbers: array[Any] = array(code)
    numbers.frombytes(bytes.fromhex(text))
    return numbers


def moved(times: "array[int]", by: int) -> "array[int]":
    """Return instants moved by `by` nanoseconds."""
    return array("q", (t + by for t in times))


class Segments(ABC):
    """Closed stretches of time with one number each, oldest first, and the stretch that is open."""

    __slots__ = ("_head", "_starts", "_values", "cover", "current", "grain", "since")

    def __init__(self, span: int, grains: int = _GRAINS) -> None:
        self.cover = Cover(span)
        self.grain = max(1, span // grains)
        self._starts: array[int] = array("q")
        self._values: array[float] = array("d")
        self._head = 0
        self.current: float | None = None
        self.since: Timestamp = 0

    def push(self, value: float | None, now: Timestamp) -> None:
        """Take a value, or the news that there is none."""
        if self.cover._begun is not None and now > self.since:
            self._close(now)
        (self.cover.lose if value is None else self.cover.find)(now)
        self.current, self.since = value, now

    @abstractmethod
    def _close(self, now: Timestamp) -> None:
        """Add the stretch that ends now."""

    def _append(self, start: Timestamp, value: float) -> None:
        self._starts.append(start)
        self._values.append(value)

    def _forget(self) -> None:
        """Let go of the oldest stretch; make room now and then."""
        self._head += 1
        if self._head > 32 and 2 * self._head > len(self._starts):
            del self._starts[: self._head]
            del self._values[: self._head]
            self._head = 0

    def _first_end(self) -> Timestamp:
        """Return when the oldest closed stretch ended."""
        return self._starts[self._head + 1] if self._head + 1 < len(self._starts) else self.since

    def __len__(self) -> int:
        return len(self._starts) - self._head

    def due(self, now: Timestamp) -> Timestamp | None:
        """Return when to look again: never once the present value fills the window."""
        return now + max(MILLISECOND, self.cover.span // _TICKS) if len(self) else None

    def shift(self, by: int) -> None:
        """Move all times."""
        self.cover.shift(by)
        self._starts = moved(self._starts, by)
        self.since += by

    def dump(self) -> State:
        """Return what must not be forgotten."""
        return {
            "cover": self.cover.dump(),
            "starts": packed(self._starts[self._head :]),
            "values": packed(self._values[self._head :]),
            "current": self.current,
            "since": self.since,
        }

    def load(self, kept: State, at: Timestamp) -> None:
        """Take back what was kept at `at`; the value is unknown from then on."""
        self.cover.load(kept["cover"], at)
        self._head = 0
        self._starts, self._values = unpacked("q", kept["starts"]), unpacked("d", kept["values"])
        self.current, self.since = kept["current"], kept["since"]
        if self.current is not None:
            self.push(None, max(at, self.since))


class Average(Segments):
    """The mean of what was known, weighted by time: the area under the values, divided by the time they were known."""

    __slots__ = ("_area", "_evicted")

    def __init__(self, span: int) -> None:
        super().__init__(span)
        self._area = 0.0
        self._evicted = 0

    def _close(self, now: Timestamp) -> None:
        area = (self.current or 0.0) * (now - self.since)
        if len(self) and now - self._starts[-1] < self.grain:
            self._values[-1] += area
        else:
            self._append(self.since, area)
        self._area += area

    def look(self, now: Timestamp) -> float | None:
        """Return the mean of the known part of the window."""
        start = now - self.cover.span
        while len(self) and self._first_end() <= start:
            self._area -= self._values[self._head]
            self._forget()
            self._evicted += 1
        if self._evicted > _GRAINS or not len(self):
            self._area, self._evicted = sum(self._values[self._head :]), 0
        known = self.cover.known(now)
        if self.current is None or known <= 0:
            return self.current
        return (self._area - self._before(start) + self.current * (now - max(self.since, start))) / known

    def _before(self, start: Timestamp) -> float:
        """Return the part of the oldest stretch's area that lies before the window."""
        if not len(self) or self._starts[self._head] >= start:
            return 0.0
        first, end = self._starts[self._head], self._first_end()
        return self._values[self._head] * ((start - first) / (end - first))

    def load(self, kept: State, at: Timestamp) -> None:
        """Take back what was kept at `at`."""
        super().load(kept, at)
        self._area = sum(self._values)


class Rate(Segments):
    """Change per second: the present value less that at the start of the window, over the time between."""

    __slots__ = ()

    def _close(self, now: Timestamp) -> None:
        if self.current is None:
            return
        if len(self) and self.since - self._starts[-1] < self.grain:
            return
        self._append(self.since, self.current)

    def look(self, now: Timestamp) -> float | None:
        """Return the change per second, 0 before there are two values."""
        start = now - self.cover.span
        while len(self) and self._first_end() <= start:
            self._forget()
        if self.current is None:
            return None
        if not len(self):
            return 0.0
        first = max(self._starts[self._head], start)
        return (self.current - self._values[self._head]) * 1e9 / max(1, now - first)


class Extreme:
    """The greatest (or smallest) value of the window: only values that may still be it are kept.

    A value stays in the window until `span` after the next one took its place. Kept are values with a later end and a
    lesser value, in turn; those that end within one grain are one.
    """

    __slots__ = ("_ends", "_head", "_sign", "_values", "cover", "current", "grain")

    def __init__(self, span: int, sign: int) -> None:
        self.cover = Cover(span)
        self.grain = max(1, span // _GRAINS)
        self._sign = sign
        self._values: array[float] = array("d")
        self._ends: array[int] = array("q")
        self._head = 0
        self.current: float | None = None

    def push(self, value: float | None, now: Timestamp) -> None:
        """Take a value, or the news that there is none."""
        (self.cover.lose if value is None else self.cover.find)(now)
        if self.current is not None:
            self._retire(self.current * self._sign, now)
        self.current = value

    def _retire(self, value: float, now: Timestamp) -> None:
        while len(self._values) > self._head and self._values[-1] <= value:
            self._values.pop()
            self._ends.pop()
        if len(self._values) > self._head and now - self._ends[-1] < self.grain:
            return
        self._values.append(value)
        self._ends.append(now)

    def _extreme(self, now: Timestamp) -> float | None:
        start = now - self.cover.span
        while self._head < len(self._ends) and self._ends[self._head] <= start:
            self._head += 1
        if self._head > 32 and 2 * self._head > len(self._ends):
            del self._ends[: self._head]
            del self._values[: self._head]
            self._head = 0
        if self.current is None:
            return None
        present = self.current * self._sign
        past = self._values[self._head] if self._head < len(self._values) else present
        return max(past, present) * self._sign

    def look(self, now: Timestamp) -> float | None:
        """Return the extreme of the known part of the window."""
        return self._extreme(now)

    def due(self, now: Timestamp) -> Timestamp | None:
        """Return when the value that is the extreme leaves the window."""
        return self._ends[self._head] + self.cover.span if self._head < len(self._ends) else None

    def shift(self, by: int) -> None:
        """Move all times."""
        self.cover.shift(by)
        self._ends = moved(self._ends, by)

    def dump(self) -> State:
        """Return what must not be forgotten."""
        return {
            "cover": self.cover.dump(),
            "ends": packed(self._ends[self._head :]),
            "values": packed(self._values[self._head :]),
            "current": self.current,
        }

    def load(self, kept: State, at: Timestamp) -> None:
        """Take back what was kept at `at`; the value is unknown from then on."""
        self._head = 0
        self._ends, self._values = unpacked("q", kept["ends"]), unpacked("d", kept["values"])
        self.cover.load(kept["cover"], at)
        self.current = kept["current"]
        if self.current is not None:
            self.push(None, at)


class Climb(Extreme):
    """How far the value is from the lowest (or highest) of the window: what `rises` and `falls` ask."""

    __slots__ = ()

    def __init__(self, span: int, up: bool) -> None:
        super().__init__(span, -1 if up else 1)

    def look(self, now: Timestamp) -> float | None:
        """Return the distance, 0 or more."""
        extreme = self._extreme(now)
        return None if extreme is None or self.current is None else abs(self.current - extreme)
