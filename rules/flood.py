"""Alarm floods, by ISA-18.2: more alarms than a person can deal with.

A flood begins when more than ten alarms for each operator on duty annunciated within ten minutes, and ends when it is
fewer than five. What is held, or raised again and again while it stands, is counted as it rings: each raise that nobody
hides is one.
"""

from collections import deque

from msgspec import Struct

from hub.model import MINUTE, SECOND, SystemNote, Timestamp, Transition
from rules.book import TEST

WINDOW = 10 * MINUTE
BEGINS, ENDS = 10, 5
"""Alarms of one operator within the window: more than the first begins a flood, fewer than the second ends it."""
GRAIN = 5 * SECOND
"""Raises within so long are counted as one moment, so that a storm of a million needs no more room than a shower."""
BEGAN, ENDED = "flood_began", "flood_ended"


def rings(t: Transition) -> bool:
    """Tell whether a transition is an alarm that people hear: raised, not held, and no test."""
    return t.input == "raise" and not t.holds and t.mark != TEST


class Kept(Struct, frozen=True):
    """What a flood meter must not forget."""

    moments: list[tuple[Timestamp, int]] = []
    since: Timestamp | None = None
    alarms: int = 0


class Flood:
    """Counts what rings, for so many operators."""

    def __init__(self, operators: int = 1) -> None:
        self._begins, self._ends = BEGINS * operators, ENDS * operators
        self._moments: deque[tuple[Timestamp, int]] = deque()
        self._count = 0
        self._since: Timestamp | None = None
        self._alarms = 0

    @property
    def since(self) -> Timestamp | None:
        """When the flood that is on began."""
        return self._since

    def take(self, at: Timestamp) -> SystemNote | None:
        """Count one alarm; return the note of a flood that begins with it."""
        self._forget(at)
        if self._moments and at < self._moments[-1][0] + GRAIN:
            first, n = self._moments.pop()
            self._moments.append((first, n + 1))
        else:
            self._moments.append((at, 1))
        self._count += 1
        self._alarms += self._since is not None
        if self._since is not None or self._count <= self._begins:
            return None
        self._since, self._alarms = at, self._count
        return SystemNote(BEGAN, {"alarms": self._count, "minutes": WINDOW // MINUTE}, at)

    def due(self) -> Timestamp | None:
        """Return when the flood will end if nothing more comes; None: there is none."""
        if self._since is None:
            return None
        left = self._count
        for at, n in self._moments:
            left -= n
            if left < self._ends:
                return at + WINDOW
        return self._moments[-1][0] + WINDOW if self._moments else self._since

    def wake(self, now: Timestamp) -> SystemNote | None:
        """Return the note of a flood that is over by now."""
        self._forget(now)
        if self._since is None or self._count >= self._ends:
            return None
        note = SystemNote(ENDED, {"alarms": self._alarms, "seconds": (now - self._since) // SECOND}, now)
        self._since = None
        return note

    def _forget(self, now: Timestamp) -> None:
        while self._moments and self._moments[0][0] <= now - WINDOW:
            self._count -= self._moments.popleft()[1]

    def heard(self, note: SystemNote) -> None:
        """Take a journaled note of a beginning or an end."""
        if note.what == BEGAN:
            self._since, self._alarms = note.at, int(note.detail.get("alarms", 0))
        elif note.what == ENDED:
            self._since = None

    def kept(self) -> Kept | None:
        """Return what must not be forgotten, if anything."""
        nothing = not self._moments and self._since is None
        return None if nothing else Kept(list(self._moments), self._since, self._alarms)

    def recall(self, kept: Kept | None) -> None:
        """Take it back."""
        if kept is None:
            return
        self._moments = deque(kept.moments)
        self._count = sum(n for _, n in kept.moments)
        self._since, self._alarms = kept.since, kept.alarms
