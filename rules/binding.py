"""Which points a rule watches: selectors against the points of a site, and operands against the points of a device."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from hub.model import Device, DeviceId, Point, PointId, Rule, Selector, Site, Test, ZoneId
from hub.model.device import tellers
from hub.model.ids import within


class Anchor(Struct, frozen=True):
    """What one alarm of a rule stands for: a point, or a whole device when `for_each` names no point."""

    device: Device
    point: Point | None
    key: str | None = None
    """Of events counted by an attribute: its value, or `*` for those that have no alarm of their own."""

    @property
    def id(self) -> PointId:
        """The part of the alarm's id after the rule."""
        place = self.device.id if self.point is None else self.point.id
        return place if self.key is None else f"{place}~{self.key}"

    @property
    def zone(self) -> ZoneId:
        """The zone the alarm belongs to: the point's own where it has one."""
        return self.device.zone if self.point is None else self.point.zone


PointsOf = Mapping[DeviceId, Sequence[Point]]
"""The points of each device, the hub's own (`$health`) included."""


def points_of(site: Site) -> PointsOf:
    """Return every device's points, in the order of the site."""
    found: dict[DeviceId, list[Point]] = {device: [] for device in site.devices}
    for point in site.points.values():
        found.setdefault(point.device, []).append(point)
    return found


def anchors(rule: Rule, site: Site, points: PointsOf) -> Iterator[Anchor]:
    """Give everything that a rule's `for_each` selects, in the order of the site's devices and points."""
    selector = rule.for_each
    if selector == Selector():
        return
    telling = None if selector.event is None else tellers(site.devices, selector.event)
    for device in site.devices.values():
        if telling is not None and device.id not in telling:
            continue
        if selector.profile not in (None, device.profile) or selector.device not in (None, device.id):
            continue
        if selector.kind is None and selector.point is None:
            if within(device.zone, selector.zone) and _tagged(selector, device.tags):
                yield Anchor(device, None, None if selector.by is None else "*")
            continue
        kind = selector.kind
        near = points[device.id] if kind is None else [p for p in points[device.id] if p.kind == kind]
        yield from (Anchor(device, point) for point in near if _selects(selector, point, device))


def _selects(selector: Selector, point: Point, device: Device) -> bool:
    return (
        selector.point in (None, point.name)
        and within(point.zone, selector.zone)
        and _tagged(selector, point.tags | device.tags)
    )


def _tagged(selector: Selector, tags: frozenset[str]) -> bool:
    return selector.tag is None or selector.tag in tags


def operand(test: Test, anchor: Anchor, points: PointsOf) -> Point | None:
    """Return the point a test speaks of, or None when the device has no such point.

    Without `of` it is the anchor. A `point` is looked for beside the anchor first (`smoke` beside `z07.alarm` is
    `z07.smoke`), then by its full name; of several points of a `kind` the one with the longest common name wins.
    """
    if test.of is None:
        return anchor.point
    selector = test.of
    name = "" if anchor.point is None else anchor.point.name
    names = None if selector.point is None else (selector.point, _sibling(name, selector.point))
    near = points.get(selector.device or anchor.device.id, ())
    found = [p for p in near if selector.kind in (None, p.kind) and (names is None or p.name in names)]
    return max(found, key=lambda p: _nearness(p.name, name, selector.point), default=None)


def _sibling(beside: str, name: str) -> str:
    group, dot, _ = beside.rpartition(".")
    return f"{group}{dot}{name}"


def _nearness(name: str, beside: str, wanted: str | None) -> tuple[bool, int]:
    """Rank candidates: the sibling in the same group first, then by the number of common leading name parts."""
    common = 0
    for a, b in zip(name.split("."), beside.split("."), strict=False):
        if a != b:
            break
        common += 1
    return wanted is not None and name == _sibling(beside, wanted), common
