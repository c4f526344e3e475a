"""How long to wait before trying again, and how many may try at once; pure: dice and time are handed in."""

from collections.abc import Callable

from hub.model import SECOND

FIRST, LONGEST = SECOND, 60 * SECOND


class Backoff:
    """A growing, capped wait with full jitter: uniform between 0 and a ceiling that doubles with each failure.

    Full jitter spreads devices that failed together best (Brooker, "Exponential Backoff And Jitter", AWS, 2015).
    """

    def __init__(self, dice: Callable[[], float], *, first: int = FIRST, longest: int = LONGEST) -> None:
        self._dice = dice
        self._first = first
        self._longest = longest
        self.failures = 0

    def next(self) -> int:
        """Count one more failure and return how many nanoseconds to wait before trying again."""
        ceiling = min(self._longest, self._first << min(self.failures, 30))
        self.failures += 1
        return int(self._dice() * ceiling)

    def reset(self) -> None:
        """Forget the failures: it works again."""
        self.failures = 0


class Pace:
    """Spaces attempts evenly, so that three hundred devices that return at once are not called at once."""

    def __init__(self, per_second: int) -> None:
        self._gap = SECOND // per_second
        self._free = 0

    def wait(self, now: int) -> int:
        """Reserve the next attempt and return how many nanoseconds after `now` it may start."""
        start = max(now, self._free)
        self._free = start + self._gap
        return start - now
