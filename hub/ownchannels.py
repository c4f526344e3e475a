"""How telling people fares, as a device of the hub's own: rules, history and consoles see it like any other.

A site that has notification channels has the device `$notify` with one point of kind `$channel` for each: `online`,
`failing`, `waiting`. The device is degraded while a channel fails, and offline when all of them do.
"""

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from hub.model import Device, DeviceId, DeviceState, Intake, Point, Sample, Site, Text, point_id
from hub.model.kinds import POINT_KINDS

DEVICE: DeviceId = "$notify"
KIND = "$channel"
FAILING, ONLINE = "failing", "online"
LOOK_SECONDS = 1.0
TITLE = Text("Kênh thông báo", "Notification channels")
Source = Callable[[], tuple[Site, str]]


def with_channels(site: Site) -> Site:
    """Return a site with the device that stands for its channels; one without channels as it is."""
    if not site.notifying.channels or not site.zones:
        return site
    zone = next(iter(site.zones))
    points = (
        *(_point(name, KIND, name, zone) for name in site.notifying.channels),
        _point("$health", "$health", "", zone),
    )
    device = Device(DEVICE, TITLE, "", "", zone, None, points)
    return replace(
        site, devices=site.devices | {DEVICE: device}, points=site.points | {point.id: point for point in points}
    )


def reading(source: Source | None) -> Source | None:
    """Return what reads a configuration anew with that device in it."""
    if source is None:
        return None

    def read() -> tuple[Site, str]:
        site, digest = source()
        return with_channels(site), digest

    return read


def _point(name: str, kind: str, title: str, zone: str) -> Point:
    known = POINT_KINDS[kind]
    words = Text.same(title) if title else known.title
    return Point(point_id(DEVICE, name), DEVICE, name, words, kind, zone, known.lane, known.unit, known.type)


class Channels:
    """Tells how the channels fare whenever that changes."""

    def __init__(
        self,
        states: Callable[[], Mapping[str, str]],
        take: Callable[[Intake], None],
        report: Callable[[DeviceId, DeviceState, str, str], None],
    ) -> None:
        """`states`: channel → online, failing or waiting."""
        self._states = states
        self._take = take
        self._report = report
        self._told: dict[str, str] = {}

    async def look(self) -> None:
        """Tell what has changed since the last look."""
        states = dict(self._states())
        fresh = [
            Sample(point_id(DEVICE, name), state) for name, state in states.items() if self._told.get(name) != state
        ]
        if not fresh:
            return
        self._told = states
        self._take(Intake(fresh))
        failing = [name for name, state in states.items() if state == FAILING]
        words = f"failing: {', '.join(failing)}" if failing else ""
        if len(failing) == len(states):
            self._report(DEVICE, DeviceState.OFFLINE, "unreachable", words)
        elif failing:
            self._report(DEVICE, DeviceState.DEGRADED, "unreachable", words)
        elif ONLINE in states.values():
            self._report(DEVICE, DeviceState.ONLINE, "", "")
