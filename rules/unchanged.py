"""For how long a value has been the same: `unchanged_for`, and `since` of an expression."""

from hub.model import Timestamp, Value
from rules.cover import Cover
from rules.windows import State


class Unchanged:
    """The value and since when it is that. Time during which the hub was down, or the point bad, does not count."""

    __slots__ = ("_kept_at", "_known", "_since", "_value", "cover")

    def __init__(self, span: int) -> None:
        self.cover = Cover(span)
        self._value: Value | None = None
        self._since: Timestamp = 0
        self._known = False
        self._kept_at: Timestamp | None = None
        """When the value was last known, while it is not."""

    def push(self, value: Value | None, now: Timestamp) -> None:
        """Take a value, or the news that there is none."""
        if value is None:
            self._lose(now)
            return
        if value != self._value:
            self._value, self._since = value, now
        elif self._kept_at is not None:
            self._since += now - self._kept_at
        self._known, self._kept_at = True, None

    def _lose(self, at: Timestamp) -> None:
        if self._known:
            self._kept_at = at
        self._known = False

    def look(self, now: Timestamp) -> float | None:
        """Return the nanoseconds."""
        return float(now - self._since) if self._known else None

    def due(self, now: Timestamp) -> Timestamp | None:
        """Return when it will have been the same for the span."""
        end = self._since + self.cover.span
        return end if self._known and end > now else None

    def shift(self, by: int) -> None:
        """Move all times."""
        self._since += by
        self._kept_at = None if self._kept_at is None else self._kept_at + by

    def dump(self) -> State:
        """Return what must not be forgotten."""
        return {"value": self._value, "since": self._since, "known": self._known, "kept_at": self._kept_at}

    def load(self, kept: State, at: Timestamp) -> None:
        """Take back what was kept at `at`."""
        self._value, self._since = kept["value"], kept["since"]
        self._kept_at = at if kept["known"] else kept["kept_at"]
        self._known = False
