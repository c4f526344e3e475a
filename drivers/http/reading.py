"""From a JSON document to samples: each point its place, an item of a list chosen where that is needed."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from msgspec import Struct

from drivers.base import BoundPoint
from drivers.http.address import Address
from hub.model import PointId, Reason, Sample, Timestamp, Value
from hub.wire.document import Raw, document, raw, time_of
from hub.wire.path import MISSING, Follow, compiled

Clocked = Callable[[Any], tuple[Timestamp | None, Reason]]
Wanted = Sequence[tuple[Follow, Value]]
MOST_ITEMS = 50_000


def no_time(_document: Any) -> tuple[Timestamp | None, Reason]:
    """Say that a source tells no time of its own."""
    return None, Reason.NONE


def wanted(where: dict[str, Any]) -> Wanted:
    """Return what an item must hold, its paths compiled."""
    return [(compiled(path), value) for path, value in where.items()]


def meant(item: Any, where: Wanted) -> bool:
    """Tell whether an item of a list is the one that is asked for; true is not 1."""
    return all((found := f(item)) == w and isinstance(found, bool) == isinstance(w, bool) for f, w in where)


class Place(Struct, frozen=True):
    """Where a point lives, ready to be followed for every answer."""

    point: PointId
    follow: Follow
    time: Clocked
    items: Follow | None
    where: Wanted

    def sample(self, decoded: Any) -> Sample:
        """Return what a document says of the point; what is not there is undecodable, never the last value."""
        here = decoded if self.items is None else self._item(self.items(decoded))
        found = here if here is MISSING else self.follow(here)
        value: Raw = Reason.UNDECODABLE if found is MISSING else raw(found)
        at, mark = self.time(here)
        if isinstance(value, Reason):
            return Sample(self.point, None, at, value)
        return Sample(self.point, value, at, mark)

    def _item(self, items: Any) -> Any:
        if type(items) is not list:
            return MISSING
        return next((item for item in items[:MOST_ITEMS] if meant(item, self.where)), MISSING)


def place(point: BoundPoint) -> Place:
    """Return a point's place."""
    return _place(point.id, point.address)


def _place(name: PointId, a: Address) -> Place:
    time = no_time if a.time is None else time_of(a.time, a.time_format)
    return Place(name, compiled(a.path), time, compiled(a.list) if a.list else None, wanted(a.where))


def nothing(points: Iterable[BoundPoint], reason: Reason) -> list[Sample]:
    """Return that none of the points has a value, and why."""
    return [Sample(point.id, None, None, reason) for point in points]


def example(address: Address, given: object) -> Raw:
    """Return what a sample would carry for the document of a profile's example."""
    try:
        decoded = document(given.encode()) if isinstance(given, str) else given
    except ValueError:
        return Reason.UNDECODABLE
    sample = _place("", address).sample(decoded)
    return sample.reason if sample.value is None else sample.value
