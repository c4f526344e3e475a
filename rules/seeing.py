"""Which cameras see the place of an alarm, nearest first."""

from collections.abc import Iterator
from math import cos, hypot, inf, radians

from hub.model import CamerasBeside, Device, DeviceId, Rule, Site
from hub.model.ids import ZoneId, within
from rules.binding import Anchor, anchors, points_of

_METRES_PER_DEGREE = 111_320
"""Of latitude (mean radius of the Earth); over the few hundred metres asked for, the ground is flat."""
_Place = tuple[float, float]


class Seeing:
    """The cameras of a site, looked for once for each rule and place."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._cameras = [device for device in site.devices.values() if device.sees]
        self._known: dict[tuple[str, DeviceId, str], tuple[DeviceId, ...]] = {}

    def of(self, rule: Rule, anchor: Anchor) -> tuple[DeviceId, ...]:
        """Return the cameras that a rule asks for beside its alarm at a place."""
        asked = rule.cameras
        if asked is None or not self._cameras:
            return ()
        key = (rule.id, anchor.device.id, anchor.zone)
        if key not in self._known:
            self._known[key] = self._found(asked, anchor)
        return self._known[key]

    def _found(self, asked: CamerasBeside, anchor: Anchor) -> tuple[DeviceId, ...]:
        if asked.of == "device":
            return self._nearest([c for c in self._cameras if c.at is not None], asked, anchor)
        for zone in _outward(anchor.zone):
            found = self._nearest([c for c in self._cameras if within(c.zone, zone)], asked, anchor)
            if found:
                return found
        return ()

    def _nearest(self, cameras: list[Device], asked: CamerasBeside, anchor: Anchor) -> tuple[DeviceId, ...]:
        place = self._place(anchor)
        near = sorted((metres(place, camera.at), camera.id) for camera in cameras)
        return tuple(camera for far, camera in near if _reached(far, asked))[: asked.most]

    def _place(self, anchor: Anchor) -> _Place | None:
        if anchor.device.at is not None:
            return anchor.device.at
        zone = self._site.zones.get(anchor.zone)
        return None if zone is None else zone.at


def ahead(site: Site) -> dict[DeviceId, int]:
    """Return the cameras of which some rule wants pictures from before its alarm, and how long before (ns)."""
    seeing, points = Seeing(site), points_of(site)
    found: dict[DeviceId, int] = {}
    for rule in site.rules:
        if rule.cameras is not None and rule.cameras.before:
            for anchor in anchors(rule, site, points):
                for camera in seeing.of(rule, anchor):
                    found[camera] = max(found.get(camera, 0), rule.cameras.before)
    return found


def _outward(zone: ZoneId) -> Iterator[ZoneId]:
    """Yield a zone and those around it, but not the outermost: what a whole city sees is beside no alarm."""
    yield zone
    while zone.count("/") > 1:
        zone = zone.rpartition("/")[0]
        yield zone


def _reached(far: float, asked: CamerasBeside) -> bool:
    """Tell whether a camera is near enough; of one whose place nobody wrote down only the zone is known."""
    return asked.within is None or far <= asked.within or (far == inf and asked.of == "zone")


def metres(one: _Place | None, other: _Place | None) -> float:
    """Return the distance between two places (latitude, longitude in degrees); infinite when either is unknown."""
    if one is None or other is None:
        return inf
    north = (one[0] - other[0]) * _METRES_PER_DEGREE
    east = (one[1] - other[1]) * _METRES_PER_DEGREE * cos(radians(one[0]))
    return hypot(north, east)
