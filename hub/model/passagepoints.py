"""The points that every device has which tells passages: what went by in a minute, by class, and how fast."""

import re
from collections.abc import Iterable, Iterator

from hub.model.device import Point
from hub.model.ids import DeviceId, ZoneId, point_id
from hub.model.kinds import POINT_KINDS
from hub.model.passage import CLASSES, VIOLATIONS
from hub.model.reading import Value
from hub.model.text import Text

LANES = "lanes"
"""Parameter of a profile that names the lanes: how many, or their names with spaces between."""
SITE = "site"
"""Parameter of a profile: what several cameras of one place share, where a pass is counted once."""
MOST_LANES = 32
_LANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}\Z")


def lanes_of(given: Value | None) -> list[str]:
    """Return the names of the lanes that a parameter says. Raises ValueError for names that are none."""
    if given is None or isinstance(given, bool | float):
        return []
    names = [str(n) for n in range(1, given + 1)] if isinstance(given, int) else given.replace(",", " ").split()
    if len(names) > MOST_LANES or len(set(names)) != len(names) or not all(map(_LANE.match, names)):
        raise ValueError(f"lanes: a number up to {MOST_LANES}, or different words of letters and digits")
    return names


def passage_points(device: DeviceId, zone: ZoneId, tags: frozenset[str], lanes: Iterable[str]) -> Iterator[Point]:
    """Give the points of a device: for all of it, for each lane, and for each kind of violation."""
    for scope, vi, en in [("$pass", "", ""), *((f"$lane.{n}", f", làn {n}", f", lane {n}") for n in lanes)]:
        for name, kind, title in _of_scope():
            yield _point(device, f"{scope}.{name}", kind, Text(title.vi + vi, title.en + en), zone, tags)
    for name, title in VIOLATIONS.items():
        yield _point(device, f"$violation.{name}", "traffic.violations", title, zone, tags)


def is_counted(name: str) -> bool:
    """Tell whether a point of this name is one of these."""
    return name.startswith(("$pass.", "$lane.", "$violation."))


def _of_scope() -> Iterator[tuple[str, str, Text]]:
    yield "count", "traffic.count", Text("Số xe mỗi phút", "Vehicles a minute")
    for name, title in CLASSES.items():
        yield name, "traffic.count", title
    for name, kind in (
        ("speed", "traffic.speed"),
        ("occupancy", "traffic.occupancy"),
        ("violations", "traffic.violations"),
    ):
        yield name, kind, POINT_KINDS[kind].title


def _point(device: DeviceId, name: str, kind: str, title: Text, zone: ZoneId, tags: frozenset[str]) -> Point:
    known = POINT_KINDS[kind]
    return Point(point_id(device, name), device, name, title, kind, zone, known.lane, known.unit, known.type, tags=tags)
