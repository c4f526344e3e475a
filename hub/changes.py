"""What tells one configuration of a site from another. Pure."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from hub.model import Device, PointId, Site
from hub.model.changes import Difference

LATER = ("web", "store.url")
"""Settings that only a start takes."""
OTHERS = ("title", "timezone", "language", "zones", "map", "notifying", "figures", "operators")
_SHOWN_ONLY = ("title", "zone", "tags")
"""What may change of a point without its numbers meaning something else."""


def difference(before: Mapping[str, Struct], after: Mapping[str, Struct]) -> Difference:
    """Return what differs between two sets of things of the same kind; where they are written does not count."""
    both = (name for name in after if name in before)
    changed = {name: fields for name in both if (fields := _fields(before[name], after[name]))}
    return Difference([n for n in after if n not in before], changed, [n for n in before if n not in after])


def _fields(one: Struct, other: Struct) -> list[str]:
    return [f for f in one.__struct_fields__ if f != "origin" and getattr(one, f) != getattr(other, f)]


def devices(before: Site, after: Site) -> Difference:
    """Return what differs between the devices of two sites."""
    return difference(before.devices, after.devices)


def rules(before: Site, after: Site) -> Difference:
    """Return what differs between the rules of two sites."""
    return difference({r.id: r for r in before.rules}, {r.id: r for r in after.rules})


def others(before: Site, after: Site) -> list[str]:
    """Return the other parts that differ and can be taken without a restart."""
    found = [name for name in OTHERS if getattr(before, name) != getattr(after, name)]
    return found + (["store.keep"] if before.store.keep != after.store.keep else [])


def waits(before: Site, after: Site) -> list[str]:
    """Return the settings that differ and that only a start takes."""
    told: Mapping[str, Callable[[Site], Any]] = {"web": lambda s: s.web, "store.url": lambda s: s.store.url}
    return [name for name in LATER if told[name](before) != told[name](after)]


def without_waits(before: Site, after: Site) -> Site:
    """Return the new site with the settings of the old one that only a start takes."""
    return replace(after, web=before.web, store=replace(after.store, url=before.store.url))


def strangers(before: Site, after: Site) -> frozenset[PointId]:
    """Return the points whose last reading means nothing any more: their numbers are made in another way now."""
    return frozenset(
        point
        for device in after.devices.values()
        if (known := before.devices.get(device.id)) is not None and known.points != device.points
        for point in _strangers(known, device)
    )


def _strangers(before: Device, after: Device) -> Iterable[PointId]:
    known = {point.id: point for point in before.points}
    for point in after.points:
        old = known.get(point.id)
        if old is not None and not set(_fields(old, point)) <= set(_SHOWN_ONLY):
            yield point.id
