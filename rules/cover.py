"""How much of a window is known: the time during which a point had a value that could be used."""

from hub.model import Timestamp

_MOST_GAPS = 64
"""More gaps than these in one window count as one, from the first of the two oldest to the end of the second."""


class Cover:
    """The known and the unknown stretches of the last `span` nanoseconds."""

    __slots__ = ("_begun", "_gaps", "_open", "span")

    def __init__(self, span: int) -> None:
        self.span = span
        self._begun: Timestamp | None = None
        self._open: Timestamp | None = None
        self._gaps: list[tuple[Timestamp, Timestamp]] = []

    @property
    def now_known(self) -> bool:
        """Whether there is a value at present."""
        return self._begun is not None and self._open is None

    def find(self, now: Timestamp) -> None:
        """A value is known from now on."""
        if self._begun is None:
            self._begun = now
        elif self._open is not None:
            if now > self._open:
                self._gaps.append((self._open, now))
            self._open = None
            if len(self._gaps) > _MOST_GAPS:
                first, second = self._gaps[0], self._gaps[1]
                self._gaps[:2] = [(first[0], second[1])]

    def lose(self, now: Timestamp) -> None:
        """Nothing is known from now on."""
        if self._begun is not None and self._open is None:
            self._open = now

    def known(self, now: Timestamp) -> int:
        """Return for how many nanoseconds of the window a value was known."""
        if self._begun is None:
            return 0
        start = max(now - self.span, self._begun)
        end = now if self._open is None else max(self._open, start)
        while self._gaps and self._gaps[0][1] <= start:
            del self._gaps[0]
        return max(0, end - start) - sum(b - max(a, start) for a, b in self._gaps)

    def enough(self, now: Timestamp) -> bool:
        """Tell whether at least half of the window is known: less is no ground for saying that all is well."""
        return 2 * self.known(now) >= self.span

    def enough_at(self, now: Timestamp) -> Timestamp:
        """Return when half of the window will be known, if the value goes on being known."""
        return now + max(1, (self.span + 1) // 2 - self.known(now))

    def shift(self, by: int) -> None:
        """Move everything by `by` nanoseconds: the wall clock was stepped."""
        self._begun = None if self._begun is None else self._begun + by
        self._open = None if self._open is None else self._open + by
        self._gaps = [(a + by, b + by) for a, b in self._gaps]

    def dump(self) -> list[int | None]:
        """Return what must not be forgotten."""
        return [self._begun, self._open, *(t for gap in self._gaps for t in gap)]

    def load(self, kept: list[int | None], at: Timestamp) -> None:
        """Take back what was kept at `at`; since then nothing is known."""
        self._begun, self._open, *rest = kept
        flat = [t for t in rest if t is not None]
        self._gaps = list(zip(flat[::2], flat[1::2], strict=True))
        self.lose(at)
