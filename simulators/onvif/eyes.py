"""The media service of a simulated camera, and the pictures that it gives."""

import re
from collections.abc import Callable

from msgspec import Struct

from hub.model import SECOND, Timestamp
from simulators.onvif import templates
from simulators.onvif.scene import snapshot

Answer = tuple[int, str]


class Channel(Struct):
    """One video source: its token, what it is called, and what stands before it."""

    token: str
    name: str
    covered: bool = False
    """Whether something hides what it would see."""
    lost: bool = False
    """Whether there is no picture at all."""


class Eyes:
    """Every channel of one camera or recorder; a media profile each, called `main-0`, `main-1`."""

    def __init__(self, base: Callable[[], str], now: Callable[[], Timestamp]) -> None:
        self.channels: list[Channel] = []
        self._base = base
        self._now = now
        self._drawn: dict[int, tuple[tuple[int, bool], bytes]] = {}

    def profiles(self, _body: str, _query: str = "") -> Answer:
        """Answer GetProfiles."""
        return 200, templates.profiles([(f"main-{n}", c.token) for n, c in enumerate(self.channels)])

    def address(self, body: str, _query: str = "") -> Answer:
        """Answer GetSnapshotUri."""
        asked = re.search(r"ProfileToken[^>]*>main-(\d+)<", body)
        if asked is None or int(asked[1]) >= len(self.channels):
            return 500, templates.fault("ter:NoProfile", "The requested profile token does not exist")
        return 200, templates.snapshot_uri(f"{self._base()}/onvif/snapshot?channel={asked[1]}")

    def picture(self, channel: str) -> bytes | None:
        """Return what a channel sees now, a JPEG drawn at most once a second; None when there is nothing to see."""
        if not channel.isdecimal() or int(channel) >= len(self.channels):
            return None
        number, now = int(channel), self._now()
        seen = self.channels[number]
        if seen.lost:
            return None
        key = now // SECOND, seen.covered
        before, drawn = self._drawn.get(number, (None, b""))
        if before != key:
            drawn = snapshot(seen.name, now, covered=seen.covered)
            self._drawn[number] = key, drawn
        return drawn
