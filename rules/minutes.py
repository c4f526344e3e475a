"""Passages counted by minute, for each lane and device: pure, and the same whatever the order of arrival.

A minute is told once, shortly after its end. What changes a minute that was told is told as the difference, filed
under that minute, so that the sum of a minute's readings is always the number of its passages. The mean speed and
occupancy of a minute are told once: of what had come when the minute was told.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct

from hub.model import MINUTE, SECOND, DeviceId, Timestamp
from hub.model.passage import Passage

GRACE = 15 * SECOND
"""How long after its end a minute is still waited for."""
MOST_AT_ONCE = 5
"""Minutes without a passage that are told as empty after a pause; longer ones are not known."""
MOST_OPEN = 10_000
MOST_SPOKEN = 20_000
MEANS = ("speed", "occupancy")
_FINE = 1000
"""Means are made of whole thousandths: sums of floats depend on their order."""


class Counted(Struct, frozen=True):
    """One number of one minute."""

    device: DeviceId
    name: str
    """Name of the point."""
    minute: Timestamp
    value: int | float
    late: bool
    """The minute was told before, or is too old to be news: this belongs to history alone."""


class Minutes:
    """The minutes that are not told yet."""

    def __init__(self, points: Mapping[DeviceId, Iterable[str]]) -> None:
        """`points`: names of the points that each device has for what is counted."""
        self._points: dict[DeviceId, frozenset[str]] = {}
        self._open: dict[tuple[DeviceId, Timestamp], dict[str, list[int]]] = {}
        self._told: dict[DeviceId, Timestamp] = {}
        self._spoken: OrderedDict[tuple[DeviceId, Timestamp], None] = OrderedDict()
        self.describe(points)

    def describe(self, points: Mapping[DeviceId, Iterable[str]]) -> None:
        """Take the points of a changed site."""
        self._points = {device: found for device, names in points.items() if (found := frozenset(names))}

    def change(self, before: Passage | None, after: Passage) -> None:
        """Count a passage that is new or has changed."""
        if before is not None and before.reads:
            self._add(before, -1)
        if after.reads:
            self._add(after, 1)

    def is_due(self, now: Timestamp) -> bool:
        """Tell whether there is something to be told."""
        return len(self._open) > MOST_OPEN or any(self._told.get(d, 0) < _closed(now) for d in self._points)

    def close(self, now: Timestamp, online: Callable[[DeviceId], bool]) -> list[Counted]:
        """Return every minute that is over; of a device that is not online no minute is told as empty."""
        until, found = _closed(now), list[Counted]()
        for device, names in self._points.items():
            begun = self._told.setdefault(device, until + MINUTE)  # a minute that was seen in part is not told as whole
            for minute in range(max(begun, until - MOST_AT_ONCE * MINUTE), until, MINUTE):
                tally = self._open.pop((device, minute), None)
                if tally is not None or online(device):
                    found += self._whole(device, names, minute, tally or {})
            self._told[device] = max(begun, until)
        for device, minute in [at for at in self._open if at[1] < self._told.get(at[0], until)]:
            found += self._late(device, minute, self._open.pop((device, minute)))
        return found

    def resume(self, now: Timestamp) -> None:
        """Take for told what a `close` at `now` told, in an earlier run."""
        until = _closed(now)
        for device in self._points:
            self._told[device] = max(self._told.get(device, 0), until)
        for at in [at for at in self._open if at[1] < until]:
            del self._open[at]
            self._speak(*at)

    def _add(self, passage: Passage, sign: int) -> None:
        names = self._points.get(passage.device)
        if names is None:
            return
        tally = self._open.setdefault((passage.device, passage.time // MINUTE * MINUTE), {})
        for name, value in contributions(passage):
            if name in names:
                entry = tally.setdefault(name, [0, 0])
                entry[0] += sign * value
                entry[1] += sign

    def _whole(
        self, device: DeviceId, names: frozenset[str], minute: Timestamp, tally: dict[str, list[int]]
    ) -> Iterator[Counted]:
        self._speak(device, minute)
        for name in sorted(names):
            total, n = tally.get(name, (0, 0))
            if not _is_mean(name):
                yield Counted(device, name, minute, total, False)
            elif n > 0:
                yield Counted(device, name, minute, _mean(total, n), False)

    def _late(self, device: DeviceId, minute: Timestamp, tally: dict[str, list[int]]) -> Iterator[Counted]:
        spoken = (device, minute) in self._spoken
        self._speak(device, minute)
        for name, (total, n) in sorted(tally.items()):
            if not _is_mean(name) and total:
                yield Counted(device, name, minute, total, True)
            elif _is_mean(name) and n > 0 and not spoken:
                yield Counted(device, name, minute, _mean(total, n), True)

    def _speak(self, device: DeviceId, minute: Timestamp) -> None:
        self._spoken[device, minute] = None
        while len(self._spoken) > MOST_SPOKEN:
            self._spoken.popitem(last=False)


def contributions(passage: Passage) -> Iterator[tuple[str, int]]:
    """Give what a passage adds to which point; means in thousandths."""
    for scope in ("$pass", f"$lane.{passage.lane}"):
        yield f"{scope}.count", 1
        yield f"{scope}.{passage.vehicle}", 1
        if passage.violation is not None:
            yield f"{scope}.violations", 1
        for name in MEANS:
            if (value := getattr(passage, name)) is not None:
                yield f"{scope}.{name}", round(value * _FINE)
    if passage.violation is not None:
        yield f"$violation.{passage.violation}", 1


def _closed(now: Timestamp) -> Timestamp:
    return (now - GRACE) // MINUTE * MINUTE


def _is_mean(name: str) -> bool:
    return name.rpartition(".")[2] in MEANS


def _mean(total: int, n: int) -> float:
    return round(total / n / _FINE, 3)
