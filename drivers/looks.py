"""What a polled line asks for: scans of points, and looks at tables for rows that nobody listed.

When rows have come or gone a line goes on with other points; what it asked for before keeps its time.
"""

from collections.abc import Hashable, Sequence

from drivers import scan
from drivers.base import BoundDevice, Driver, Finder, FoundRows, nobody
from drivers.renewal import NewLine
from drivers.scan import ScanGroup
from hub.model import DeviceId, FoundGroup

__all__ = ["FoundRows", "Look", "asked", "going_on", "nobody"]


class Look(ScanGroup):
    """One found group of a device, and when its table is looked at next."""

    __slots__ = ("group",)

    def __init__(self, device: DeviceId, group: FoundGroup) -> None:
        super().__init__(device, (), group.every)
        self.group = group

    async def ask(self, driver: Driver, tell: FoundRows) -> None:
        """Tell the rows when they may be others than before. Raises Refused (too many, no end), DriverError."""
        rows = await driver.found(self.device, self.group) if isinstance(driver, Finder) else None
        if rows is not None:
            tell(self.device, self.group.name, rows)


def asked(line: NewLine) -> list[ScanGroup]:
    """Return everything that a line has to ask for."""
    return _groups(line.bound, {p.id: p.interval or d.interval for d in line.devices for p in d.points})


def _groups(devices: Sequence[BoundDevice], intervals: dict[str, int]) -> list[ScanGroup]:
    """Return the scans of points with these intervals (ns), and the looks at tables."""
    looks = [Look(d.id, group) for d in devices for group in d.found]
    return [*looks, *scan.groups([(p, intervals[p.id]) for d in devices for p in d.points])]


def going_on(before: Sequence[ScanGroup], after: Sequence[ScanGroup], now: int) -> list[ScanGroup]:
    """Return what is asked for from now on; a scan that there was before keeps its time and learns its points."""
    known = {_name(group): group for group in before}
    made = []
    for group in after:
        old = known.get(_name(group))
        if old is None:
            group.start(now)
        else:
            old.points = group.points
        made.append(old or group)
    return made


def _name(group: ScanGroup) -> Hashable:
    return group.device, group.interval, group.group.name if isinstance(group, Look) else ""
