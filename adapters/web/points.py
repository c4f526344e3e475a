"""Points as consoles watch them: read at a tick from the last known state, each encoded once however many watch."""

from collections.abc import Iterable, Sequence

from adapters.base import View
from adapters.web import rows
from adapters.web.board import encode
from hub.model import PointId

NOTHING = (-1, b"")


class Ticker:
    """The readings of one tick, each looked up and encoded at most once."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._rows: dict[PointId, tuple[int, bytes]] = {}
        self._fresh: set[PointId] = set()

    def begin(self) -> None:
        """Begin a new tick: readings are looked up again."""
        self._fresh.clear()

    def row(self, point: PointId) -> tuple[int, bytes]:
        """Return the number of a point's last reading (0 before the first) and its row as JSON."""
        known = self._rows.get(point)
        if known is not None and point in self._fresh:
            return known
        self._fresh.add(point)
        meaning = self._view.site.points.get(point)
        if meaning is None:  # it left with a reload; the subscription is about to end
            return NOTHING
        reading = self._view.reading(point)
        rev = reading.seq if reading else 0
        if known is None or known[0] != rev:
            known = (rev, encode(rows.point_row(meaning, reading)))
            self._rows[point] = known
        return known

    def unknown(self, points: Iterable[PointId]) -> PointId | None:
        """Return the first of the points that the site does not have, or None."""
        return next((point for point in points if point not in self._view.site.points), None)


class Watch:
    """The points that one subscription watches, and what it was last told of each."""

    def __init__(self, points: Sequence[PointId]) -> None:
        self._told: dict[PointId, int] = dict.fromkeys(points, -1)

    def news(self, ticker: Ticker) -> list[bytes]:
        """Return the rows that changed since the last call; at the first, all of them."""
        news: list[bytes] = []
        for point, told in self._told.items():
            rev, body = ticker.row(point)
            if rev != told:
                self._told[point] = rev
                news.append(body)
        return news
