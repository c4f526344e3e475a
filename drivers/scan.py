"""Which points are asked together and when; pure.

Due times lie on a grid (start + phase + k · interval), so a late scan never moves the ones after it. A period that
passes whole while its device or line is busy is skipped and counted: a device is never asked twice to catch up.
"""

from collections.abc import Iterable, Sequence

from drivers.base import BoundPoint
from hub.model import MILLISECOND, SECOND, DeviceId

TICK, SHORT_TICK = 200 * MILLISECOND, 100 * MILLISECOND
"""Phases are whole ticks: devices asked together cost half of what each alone does, for waking up is not free, nor is
telling the disk. Intervals of less than a second have the shorter one."""

PROMPT = 5 * SECOND
"""On every (re)connect every group is scanned within this, however slow it is; nobody waits a minute for a picture."""


class ScanGroup:
    """The points of one device that share an interval, and when they are due next (nanoseconds, monotonic)."""

    __slots__ = ("bad", "device", "due", "interval", "later", "missed", "phase", "points")

    def __init__(self, device: DeviceId, points: tuple[BoundPoint, ...], interval: int) -> None:
        self.device = device
        self.points = points
        self.interval = interval
        self.phase = 0
        self.due = 0
        self.later: int | None = None
        """The due time on the grid, while a prompt or hastened scan comes before it."""
        self.missed = 0
        self.bad: tuple[str, ...] = ()
        """Points that the device refused at the last scan."""

    def start(self, at: int) -> None:
        """Lay the grid: the first scan is due one phase after `at`."""
        self.due = at + self.phase

    def resume(self, now: int) -> None:
        """Go on after a pause: due at the first point of the grid that is not past; nothing counts as missed."""
        if self.later is not None:
            self.due, self.later = self.later, None
        if self.due < now:
            self.due += -(-(now - self.due) // self.interval) * self.interval
        if self.interval > PROMPT and self.due - now > PROMPT:
            self.later, self.due = self.due, now + self.phase * PROMPT // self.interval

    def hasten(self, at: int) -> None:
        """Scan at `at` too, when that is sooner; the grid stays where it is."""
        if at < self.due:
            self.later = self.due if self.later is None else self.later
            self.due = at

    def advance(self, now: int) -> None:
        """Plan the next scan after one that ended at `now`; whole periods that went by are missed."""
        if self.later is not None:
            self.due, self.later = self.later, None
            return
        self.due += self.interval
        gone = (now - self.due) // self.interval
        if gone > 0:
            self.missed += gone
            self.due += gone * self.interval


def groups(points: Iterable[tuple[BoundPoint, int]]) -> list[ScanGroup]:
    """Return the scan groups of points with their intervals (ns), in the order in which they are first met."""
    found: dict[tuple[DeviceId, int], list[BoundPoint]] = {}
    for point, interval in points:
        found.setdefault((point.device, interval), []).append(point)
    return [ScanGroup(device, tuple(members), interval) for (device, interval), members in found.items()]


def spread(lines: Sequence[Sequence[ScanGroup]]) -> None:
    """Give every group its phase: groups of a line evenly apart, lines evenly interleaved between them."""
    for place, line in enumerate(lines):
        together: dict[int, list[ScanGroup]] = {}
        for group in line:
            together.setdefault(group.interval, []).append(group)
        for interval, members in together.items():
            for turn, group in enumerate(members):
                even = interval * (turn * len(lines) + place) // (len(lines) * len(members))
                tick = TICK if interval >= SECOND else SHORT_TICK
                group.phase = even // tick * tick
