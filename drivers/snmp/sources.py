"""Who may speak: hosts that belong to devices, how much each may say, and strangers, counted and listed."""

from collections import Counter
from collections.abc import Mapping

from hub.model import SECOND, DeviceId

MOST_LISTED = 1000
"""Strangers that are listed by their address; those beyond are only counted."""
BURST = 2
"""Seconds' worth of notifications that a quiet source may send at once."""


class Source:
    """One host that belongs to a device, and its bucket of tokens."""

    __slots__ = ("_full", "_last", "_rate", "_tokens", "device", "flooded")

    def __init__(self, device: DeviceId, rate: int, now: int) -> None:
        self.device = device
        self.flooded = 0
        """Messages that were dropped unread because it said too much."""
        self._rate = rate / SECOND
        self._full = float(rate * BURST)
        self._tokens = self._full
        self._last = now

    def admits(self, now: int) -> bool:
        """Take a token at monotonic time `now`; False (and counted) when there is none."""
        self._tokens = min(self._full, self._tokens + (now - self._last) * self._rate)
        self._last = now
        if self._tokens < 1:
            self.flooded += 1
            return False
        self._tokens -= 1
        return True


class Sources:
    """Address → source; everyone else is a stranger."""

    def __init__(self, devices: Mapping[str, DeviceId], rate: int, now: int, before: "Sources | None" = None) -> None:
        self.known = {address: Source(device, rate, now) for address, device in devices.items()}
        self.strangers: Counter[str] = before.strangers if before else Counter()
        self.unknown: int = before.unknown if before else 0
        """Messages from strangers; none was read."""
        self._flooded: int = before.flooded if before else 0

    def of(self, address: str) -> Source | None:
        """Return the source at an address; a stranger is counted."""
        source = self.known.get(address)
        if source is None:
            self.unknown += 1
            if address in self.strangers or len(self.strangers) < MOST_LISTED:
                self.strangers[address] += 1
        return source

    @property
    def flooded(self) -> int:
        """Messages of all sources that were dropped unread."""
        return self._flooded + sum(source.flooded for source in self.known.values())

    def named(self, most: int = 10) -> str:
        """Return the busiest strangers as a text for people."""
        busiest = self.strangers.most_common(most)
        listed = ", ".join(f"{address} ×{count}" for address, count in busiest)
        left = len(self.strangers) - len(busiest)
        return f"{listed} and {left} more" if left else listed
