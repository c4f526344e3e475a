"""The last sheet of every set of points: what a point read last is looked up when asked for, not when it arrives."""

from collections.abc import Iterable, KeysView, Sequence
from operator import attrgetter

from hub.model import PointId, Reading, Sheet

_Points = tuple[PointId, ...]
_seq = attrgetter("seq")


class Sheets:
    """The last known sheets, by their points."""

    def __init__(self) -> None:
        self._last: dict[_Points, Sheet] = {}
        self._fresh: dict[_Points, Sheet] = {}
        self._found_in: dict[PointId, tuple[_Points, ...]] = {}
        """In which sheets each point is found: one, or more once a device's reads were cut anew."""

    @property
    def points(self) -> KeysView[PointId]:
        """Every point that was ever on a sheet."""
        return self._found_in.keys()

    def take(self, sheets: Sequence[Sheet]) -> Sequence[Sheet]:
        """Remember sheets; return those that were not overtaken (they waited for a full disk)."""
        last, fresh = self._last, self._fresh
        taken: list[Sheet] = []
        for sheet in sheets:
            points = sheet.points
            known = last.get(points)
            if known is None:
                self._note(points)
            elif known.seq > sheet.seq:
                continue
            last[points] = fresh[points] = sheet
            taken.append(sheet)
        return taken

    def reading(self, point: PointId) -> Reading | None:
        """Return the newest reading of a point on any sheet, or None."""
        sheets = [self._last[points] for points in self._found_in.get(point, ())]
        if not sheets:
            return None
        newest = max(sheets, key=_seq)
        return newest.reading(newest.points.index(point))

    def drain_changed(self) -> Iterable[Reading]:
        """Return the readings of every sheet taken since the last call; of a point there may be more than one."""
        fresh, self._fresh = self._fresh, {}
        return [reading for sheet in fresh.values() for reading in sheet.readings()]

    def _note(self, points: _Points) -> None:
        alone = (points,)  # one object for all of them
        for point in points:
            known = self._found_in.get(point)
            self._found_in[point] = alone if known is None else (*known, points)
