"""The last sheet of every set of points: what a point read last is looked up when asked for, not when it arrives."""

from collections.abc import Iterable, KeysView, Sequence

from hub.model import PointId, Reading, Sheet

_Points = tuple[PointId, ...]


class Sheets:
    """The last known sheets, by their points."""

    def __init__(self) -> None:
        self._last: dict[_Points, Sheet] = {}
        self._fresh: dict[_Points, Sheet] = {}
        self._places: dict[PointId, list[tuple[_Points, int]]] = {}
        """Where each point is found; more than one place once a device's reads were cut anew."""

    @property
    def points(self) -> KeysView[PointId]:
        """Every point that was ever on a sheet."""
        return self._places.keys()

    def take(self, sheets: Sequence[Sheet]) -> Sequence[Sheet]:
        """Remember sheets; return those that were not overtaken (they waited for a full disk)."""
        last, fresh = self._last, self._fresh
        taken: list[Sheet] = []
        for sheet in sheets:
            points = sheet.points
            known = last.get(points)
            if known is None:
                self._note_places(points)
            elif known.seq > sheet.seq:
                continue
            last[points] = fresh[points] = sheet
            taken.append(sheet)
        return taken

    def reading(self, point: PointId) -> Reading | None:
        """Return the newest reading of a point on any sheet, or None."""
        newest: Reading | None = None
        for points, at in self._places.get(point, ()):
            reading = self._last[points].reading(at)
            if newest is None or reading.seq > newest.seq:
                newest = reading
        return newest

    def drain_changed(self) -> Iterable[Reading]:
        """Return the readings of every sheet taken since the last call; of a point there may be more than one."""
        fresh, self._fresh = self._fresh, {}
        return [reading for sheet in fresh.values() for reading in sheet.readings()]

    def _note_places(self, points: _Points) -> None:
        for at, point in enumerate(points):
            self._places.setdefault(point, []).append((points, at))
