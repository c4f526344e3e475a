"""Time as integer nanoseconds UTC, and the only code that may read a clock."""

import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

Timestamp = int
"""Nanoseconds since 1970-01-01T00:00:00Z."""

MILLISECOND = 1_000_000
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

CLOCK_STEP = 2 * SECOND
"""A difference between wall and monotonic clock that somebody or NTP has made, and no drift."""
OLDEST_SOURCE = 30 * DAY
"""A source time older than this (reliability D2) is replaced by hub time and marked."""
NEWEST_SOURCE = 5 * MINUTE
"""A source time further ahead than this is replaced by hub time and marked."""


class Clock(Protocol):
    """Where time comes from: the system in life, a test's hand in tests."""

    def now(self) -> Timestamp:
        """Return wall-clock time, nanoseconds UTC."""
        ...

    def monotonic(self) -> int:
        """Return nanoseconds that never step back; only differences mean anything."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> Timestamp:
        """Return wall-clock time, nanoseconds UTC."""
        return time.time_ns()

    def monotonic(self) -> int:
        """Return the monotonic clock, nanoseconds."""
        return time.monotonic_ns()


class Steps:
    """Notices, by the monotonic clock, that somebody or NTP has set the wall clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wall, self._monotonic = clock.now(), clock.monotonic()

    def since(self, now: Timestamp) -> int:
        """Return by how many ns the wall clock was set since the last call, 0 for none (and for mere drift)."""
        monotonic = self._clock.monotonic()
        step = (now - self._wall) - (monotonic - self._monotonic)
        self._wall, self._monotonic = now, monotonic
        return 0 if abs(step) < CLOCK_STEP else step


class ManualClock:
    """A clock that moves only when told to."""

    def __init__(self, start: Timestamp = 1_700_000_000 * SECOND) -> None:
        self._now = start
        self._monotonic = 0

    def now(self) -> Timestamp:
        """Return the time last set, nanoseconds UTC."""
        return self._now

    def monotonic(self) -> int:
        """Return the sum of all advances, nanoseconds."""
        return self._monotonic

    def advance(self, ns: int) -> Timestamp:
        """Move both clocks forward by `ns` nanoseconds and return the new wall-clock time."""
        self._now += ns
        self._monotonic += ns
        return self._now

    def step(self, ns: int) -> None:
        """Step the wall clock alone, as an NTP correction does."""
        self._now += ns


def iso(at: Timestamp) -> str:
    """Write a timestamp as ISO 8601 UTC with milliseconds."""
    return f"{_whole_second(at // SECOND)}.{at % SECOND // MILLISECOND:03}Z"


@lru_cache(maxsize=1024)
def _whole_second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat()


def from_iso(text: str) -> Timestamp:
    """Read ISO 8601; a time without offset is UTC. Raises ValueError."""
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=UTC)
    delta = parsed - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * SECOND + delta.microseconds * 1_000


def plausible(source: Timestamp, hub: Timestamp) -> bool:
    """Tell whether a source time lies in the window in which the hub believes a device's clock."""
    return hub - OLDEST_SOURCE <= source <= hub + NEWEST_SOURCE
