"""Windows that count: readings, events, different values, changes, and the sum of amounts.

Each thing counts for `span` nanoseconds from when it was heard. Things that come faster than 1/1024 of the span are put
together and leave together; different values of an attribute are counted up to 4,096.
"""

from array import array

from hub.model import Timestamp, Value
from rules.cover import Cover
from rules.windows import State, moved, packed, unpacked

_GRAINS = 1024
_MOST_DIFFERENT = 4096


class Tally:
    """What was added in the window, in order of time."""

    __slots__ = ("_amounts", "_evicted", "_head", "_times", "_total", "cover", "grain")

    def __init__(self, span: int) -> None:
        self.cover = Cover(span)
        self.grain = max(1, span // _GRAINS)
        self._times: array[int] = array("q")
        self._amounts: array[float] = array("d")
        self._head = 0
        self._total = 0.0
        self._evicted = 0

    def add(self, amount: float, now: Timestamp) -> None:
        """Count something."""
        self._total += amount
        if len(self._times) > self._head and now - self._times[-1] < self.grain:
            self._amounts[-1] += amount
        else:
            self._times.append(now)
            self._amounts.append(amount)

    def total(self, now: Timestamp) -> float:
        """Return what is in the window."""
        start = now - self.cover.span
        while self._head < len(self._times) and self._times[self._head] <= start:
            self._total -= self._amounts[self._head]
            self._head += 1
            self._evicted += 1
        if self._head > 32 and 2 * self._head > len(self._times):
            del self._times[: self._head]
            del self._amounts[: self._head]
            self._head = 0
        if self._evicted > _GRAINS or self._head == len(self._times):
            # so that no rounding of what is long gone stays behind
            self._total, self._evicted = sum(self._amounts[self._head :]), 0
        return self._total

    def due(self, now: Timestamp) -> Timestamp | None:
        """Return when the oldest leaves the window."""
        return self._times[self._head] + self.cover.span if self._head < len(self._times) else None

    def shift(self, by: int) -> None:
        """Move all times."""
        self.cover.shift(by)
        self._times = moved(self._times, by)

    def dump(self) -> State:
        """Return what must not be forgotten."""
        times, amounts = packed(self._times[self._head :]), packed(self._amounts[self._head :])
        return {"cover": self.cover.dump(), "times": times, "amounts": amounts}

    def load(self, kept: State, at: Timestamp) -> None:
        """Take back what was kept at `at`."""
        self.cover.load(kept["cover"], at)
        self._head, self._evicted = 0, 0
        self._times, self._amounts = unpacked("q", kept["times"]), unpacked("d", kept["amounts"])
        self._total = sum(self._amounts)


class Sum(Tally):
    """The sum of what a point reported: for amounts (millimetres of rain, vehicles), each reading counts."""

    __slots__ = ("_known",)

    def __init__(self, span: int) -> None:
        super().__init__(span)
        self._known = False

    def push(self, value: float | None, now: Timestamp) -> None:
        """Take a value, or the news that there is none."""
        (self.cover.lose if value is None else self.cover.find)(now)
        self._known = value is not None
        if value is not None:
            self.add(value, now)

    def look(self, now: Timestamp) -> float | None:
        """Return the sum; what is over is let go of even while nothing is known."""
        total = self.total(now)
        return total if self._known else None


class Changes(Tally):
    """How often a value became another: what `flapping` asks. Bad readings between two equal values are no change."""

    __slots__ = ("_known", "_value")

    def __init__(self, span: int) -> None:
        super().__init__(span)
        self._known = False
        self._value: Value | None = None

    def push(self, value: Value | None, now: Timestamp) -> None:
        """Take a value, or the news that there is none."""
        (self.cover.lose if value is None else self.cover.find)(now)
        self._known = value is not None
        if value is None:
            return
        if self._value is not None and value != self._value:
            self.add(1, now)
        self._value = value

    def look(self, now: Timestamp) -> float | None:
        """Return the number of changes; what is over is let go of even while nothing is known."""
        total = self.total(now)
        return total if self._known else None

    def dump(self) -> State:
        """Return what must not be forgotten."""
        return {**super().dump(), "value": self._value}

    def load(self, kept: State, at: Timestamp) -> None:
        """Take back what was kept at `at`."""
        super().load(kept, at)
        self._value = kept["value"]


class Count(Tally):
    """How often something was seen: events, readings, or a test becoming true. `push` is told what the test said."""

    __slots__ = ("_before", "_known", "_rises")

    def __init__(self, span: int, rises: bool) -> None:
        super().__init__(span)
        self._rises = rises
        self._known = not rises
        self._before: bool | None = None

    def push(self, value: bool | None, now: Timestamp) -> None:
        """Take what a reading says of the test; without a test every reading is `True`."""
        (self.cover.lose if value is None else self.cover.find)(now)
        self._known = value is not None
        if value and not (self._rises and self._before):
            self.add(1, now)
        self._before = self._before if value is None else value

    def look(self, now: Timestamp) -> float | None:
        """Return the number; what is over is let go of even while nothing is known."""
        total = self.total(now)
        return total if self._known else None

    def dump(self) -> State:
        """Return what must not be forgotten."""
        return {**super().dump(), "before": self._before}

    def load(self, kept: State, at: Timestamp) -> None:
        """Take back what was kept at `at`."""
        super().load(kept, at)
        self._before = kept["before"]


class Distinct:
    """How many different values of an attribute were seen, each with when it was seen last."""

    __slots__ = ("_seen", "cover")

    def __init__(self, span: int) -> None:
        self.cover = Cover(span)
        self._seen: dict[Value, Timestamp] = {}

    def see(self, value: Value, now: Timestamp) -> None:
        """Note a value."""
        self._seen.pop(value, None)
        self._seen[value] = now
        if len(self._seen) > _MOST_DIFFERENT:
            del self._seen[next(iter(self._seen))]

    def look(self, now: Timestamp) -> float | None:
        """Return how many were seen in the window."""
        start = now - self.cover.span
        while self._seen and self._seen[first := next(iter(self._seen))] <= start:
            del self._seen[first]
        return len(self._seen)

    def due(self, now: Timestamp) -> Timestamp | None:
        """Return when the one seen longest ago leaves the window."""
        return next(iter(self._seen.values())) + self.cover.span if self._seen else None

    def shift(self, by: int) -> None:
        """Move all times."""
        self._seen = {value: at + by for value, at in self._seen.items()}

    def dump(self) -> State:
        """Return what must not be forgotten."""
        return {"values": list(self._seen), "times": list(self._seen.values())}

    def load(self, kept: State, at: Timestamp) -> None:
        """Take back what was kept."""
        self._seen = dict(zip(kept["values"], kept["times"], strict=True))


class Recent:
    """Whether a test is true or was within the span: what `within` of a second source asks."""

    __slots__ = ("_last", "_true", "cover")

    def __init__(self, span: int) -> None:
        self.cover = Cover(span)
        self._true: bool | None = None
        self._last: Timestamp | None = None

    def push(self, value: bool | None, now: Timestamp) -> None:
        """Take what a reading says of the test."""
        (self.cover.lose if value is None else self.cover.find)(now)
        if value or self._true:
            self._last = now
        self._true = value

    def look(self, now: Timestamp) -> float | None:
        """Return 1 or 0; None when it is not known whether it is and it was not."""
        if self._true or (self._last is not None and now - self._last < self.cover.span):
            return 1.0
        return None if self._true is None else 0.0

    def due(self, now: Timestamp) -> Timestamp | None:
        """Return when what was true is no longer recent."""
        if self._true or self._last is None or now - self._last >= self.cover.span:
            return None
        return self._last + self.cover.span

    def shift(self, by: int) -> None:
        """Move all times."""
        self.cover.shift(by)
        self._last = None if self._last is None else self._last + by

    def dump(self) -> State:
        """Return what must not be forgotten."""
        return {"cover": self.cover.dump(), "last": self._last, "true": self._true}

    def load(self, kept: State, at: Timestamp) -> None:
        """Take back what was kept at `at`."""
        self.cover.load(kept["cover"], at)
        self._last = at if kept["true"] else kept["last"]
