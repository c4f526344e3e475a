"""Devices as drivers need them: of a site's device only what its line is made from."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from drivers.base import BoundDevice, BoundPoint, DriverSpec, Neighbour
from hub.model import SECOND, Device, DeviceId, FoundRow, Lane, Point


def bind(device: Device, site: str = "", state: str = "") -> BoundDevice:
    """Return a device as its driver needs it: points that live at the hub (`$health`) are left out."""
    told = {p for c in device.commands if c.allowed for p in (c.point, c.arm.point if c.arm else c.point)}
    points = tuple(
        BoundPoint(p.id, device.id, p.address, p.writable or p.id in told, p.lane <= Lane.ALARM)
        for p in device.points
        if p.address is not None
    )
    return BoundDevice(
        id=device.id,
        connection=device.connection,
        points=points,
        events=device.events,
        timeout=device.timeout / SECOND,
        limits=device.limits,
        site=site,
        state=state,
        found=tuple(replace(group, points=_nothing) for group in device.found),
    )


def _nothing(word: str, row: FoundRow) -> tuple[Point, ...]:
    """Stand for what a group makes of its rows: that is the hub's affair."""
    del word, row
    return ()


def redirected(device: Device, spec: DriverSpec, redirect: Mapping[DeviceId, tuple[str, int]]) -> Device:
    """Return the device as it is reached: at another host and port when `redirect` has one for it."""
    if device.id not in redirect or spec.redirect is None:
        return device
    return replace(device, connection=spec.redirect(device.connection, *redirect[device.id]))


def neighbour_of(device: Device, spec: DriverSpec) -> Neighbour:
    """Return a device as a driver knows it that listens on behalf of others."""
    return Neighbour(device.driver, spec.endpoint(device.connection)[0] if spec.endpoint else "")


def line_name(spec: DriverSpec, devices: Sequence[Device]) -> str:
    """Return what a line is called in logs: driver, place, and its device when there is only one."""
    host, port = spec.endpoint(devices[0].connection) if spec.endpoint else (devices[0].id, 0)
    where = f"{host}:{port}" if port else host
    return f"{spec.name} {where}" + (f" ({devices[0].id})" if len(devices) == 1 else "")
