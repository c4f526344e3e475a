"""What people have taken out of service: points, devices and zones, each with a reason and an end."""

from collections.abc import Iterable, Mapping

from hub.model import DAY, Hold, HoldKind, ServiceChange, Site
from rules.binding import Anchor

LONGEST = 30 * DAY
"""Nanoseconds for which anything may be out of service before somebody must say so again."""
_NARROW_FIRST = ("point", "device", "zone")


class Absences:
    """The scopes that are out of service now."""

    def __init__(self, site: Site) -> None:
        self._known: dict[str, Mapping[str, object]] = {
            "point": site.points,
            "device": site.devices,
            "zone": site.zones,
        }
        self._out: dict[str, ServiceChange] = {}

    def take(self, change: ServiceChange) -> None:
        """Follow one change."""
        if change.out:
            self._out[change.scope] = change
        else:
            self._out.pop(change.scope, None)

    def get(self, scope: str) -> ServiceChange | None:
        """Return how a scope went out of service, if it is."""
        return self._out.get(scope)

    def every(self) -> list[ServiceChange]:
        """Return everything that is out of service, oldest first."""
        return list(self._out.values())

    def exists(self, scope: str) -> bool:
        """Tell whether the site has such a point, device or zone."""
        kind, _, name = scope.partition(":")
        return name in self._known.get(kind, ())

    def over(self, anchor: Anchor) -> list[ServiceChange]:
        """Return what is out of service at a place: its point before its device before its zones."""
        point = None if anchor.point is None else anchor.point.id
        found = [change for change in self._out.values() if change.covers(anchor.zone, anchor.device.id, point)]
        return sorted(found, key=lambda change: _NARROW_FIRST.index(change.scope.partition(":")[0]))

    def holds(self, anchor: Anchor) -> Iterable[Hold]:
        """Return how an alarm at a place is held."""
        return map(hold_of, self.over(anchor))


def hold_of(change: ServiceChange) -> Hold:
    """Return the hold on each alarm of what went out of service."""
    return Hold(HoldKind.OUT_OF_SERVICE, change.at, change.scope, change.until, who=change.who, why=change.note)


def scope_of(word: str, anchor: Anchor) -> str | None:
    """Return the scope that `point`, `device` or `zone` means at a place; None: the place has no such thing."""
    match word:
        case "point":
            return None if anchor.point is None else f"point:{anchor.point.id}"
        case "device":
            return f"device:{anchor.device.id}"
        case "zone":
            return f"zone:{anchor.zone}"
    return None
