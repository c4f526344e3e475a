"""Devices as drivers need them: of a site's device only what its line is made from."""

from collections.abc import Mapping

from msgspec.structs import replace

from drivers.base import BoundDevice, BoundPoint, DriverSpec, Neighbour
from hub.model import SECOND, Device, DeviceId, Lane


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
    )


def redirected(device: Device, spec: DriverSpec, redirect: Mapping[DeviceId, tuple[str, int]]) -> Device:
    """Return the device as it is reached: at another host and port when `redirect` has one for it."""
    if device.id not in redirect or spec.redirect is None:
        return device
    return replace(device, connection=spec.redirect(device.connection, *redirect[device.id]))


def neighbour_of(device: Device, spec: DriverSpec) -> Neighbour:
    """Return a device as a driver knows it that listens on behalf of others."""
    return Neighbour(device.driver, spec.endpoint(device.connection)[0] if spec.endpoint else "")
