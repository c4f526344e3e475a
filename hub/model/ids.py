"""Names of things: paths that people can say, compared as strings."""

import hashlib
import re

ZoneId = str
"""A path of zones, outermost first: `tn/market/floor-7`."""
DeviceId = str
"""One word: `panel-market`."""
PointId = str
"""Device and point: `panel-market/z07.alarm`. The hub's own points begin with `$` after the slash."""
AlarmId = str
"""Rule and what it watches: `fire:panel-market/z07.alarm`."""

DEVICE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}\Z")
POINT_NAME = re.compile(r"\$?[A-Za-z0-9][A-Za-z0-9_.-]{0,94}\Z")


def point_id(device: DeviceId, name: str) -> PointId:
    """Join a device and the name of one of its points."""
    return f"{device}/{name}"


def split_point(point: PointId) -> tuple[DeviceId, str]:
    """Return device and point name of a point id."""
    device, _, name = point.partition("/")
    return device, name


def within(zone: ZoneId, outer: ZoneId | None) -> bool:
    """Tell whether a zone is `outer` or lies inside it; every zone lies inside None, which is everywhere."""
    return outer is None or zone == outer or zone.startswith(f"{outer}/")


def row_id(*path: str) -> int:
    """Return the 63-bit number by which the store knows a thing.

    It is a hash of the path, so any hub gives a point the same number for ever, with no database at hand.
    """
    digest = hashlib.blake2b("/".join(path).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") & 0x7FFF_FFFF_FFFF_FFFF
