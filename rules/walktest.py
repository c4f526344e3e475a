"""What a walk test has shown: which detectors were seen in alarm, marked TEST, and which were not."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from hub.model import DeviceId, PointId, Site, Timestamp
from rules.binding import points_of
from rules.circuits import instances
from rules.instance import Instance


class Seen(Struct, frozen=True):
    """One detector that was tried: when first, when last, how often."""

    point: PointId
    first: Timestamp
    last: Timestamp
    times: int


class Walk(Struct, frozen=True):
    """A walk test: what was seen, in order of time, and what was not, in the order of the site."""

    seen: tuple[Seen, ...]
    not_seen: tuple[PointId, ...]


def detectors(site: Site, device: DeviceId | None = None) -> list[PointId]:
    """Return every point whose alarm a walk test can mark, of one device or of all."""
    points = points_of(site)
    rules = [rule for rule in site.rules if rule.test_during is not None]
    made = (i for rule in rules for i in instances(rule, site, points) if device in (None, i.anchor.device.id))
    return list(dict.fromkeys(i.anchor.point.id for i in made if i.anchor.point is not None and _tested(i)))


def _tested(instance: Instance) -> bool:
    """Tell whether anything at this place says that it is under test."""
    return any(wire.point is not None for wire in instance.wires[instance.circuit.own : instance.circuit.tried])


def walk(expected: Sequence[PointId], raised: Iterable[tuple[Timestamp, PointId]]) -> Walk:
    """Return what the marked alarms of a span (in order of time) show of the expected detectors."""
    seen: dict[PointId, Seen] = {}
    for at, point in raised:
        known = seen.get(point)
        seen[point] = Seen(point, at, at, 1) if known is None else Seen(point, known.first, at, known.times + 1)
    return Walk(tuple(seen.values()), tuple(p for p in expected if p not in seen))
