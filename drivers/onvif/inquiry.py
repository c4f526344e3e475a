"""What is asked of a camera once: its clock, what it is, and where its services are."""

import contextlib
from datetime import UTC, datetime

from drivers.onvif import soap
from drivers.onvif.camera import Camera
from drivers.onvif.markup import Element
from hub.model import SECOND, Clock, Timestamp, Unreachable

GRAIN = 2 * SECOND
"""A camera tells whole seconds, and the question takes a while: smaller differences are none."""
_ABOUT = {
    "manufacturer": "Manufacturer", "model": "Model", "firmware": "FirmwareVersion", "serial": "SerialNumber",
    "hardware": "HardwareId",
}  # fmt: skip

_OLD = {"Events": soap.EVENTS, "Media": soap.MEDIA, "PTZ": soap.PTZ}
"""How GetCapabilities, which all cameras have, names the services."""


async def clock_offset(camera: Camera, path: str, clock: Clock) -> int | None:
    """Return by how much (ns) the camera's clock is ahead; None when it does not say. Raises Unreachable.

    Asked without signing in: WS-UsernameToken needs the camera's time first (ONVIF Core 5.12.2.3). Some cameras want
    to know who asks all the same.
    """
    before = clock.now()
    question = f'<GetSystemDateAndTime xmlns="{soap.DEVICE}"/>'
    try:
        said = await camera.call(path, question, anonymous=True)
    except Unreachable as why:
        if why.reason == "auth_failed":
            before, said = clock.now(), await camera.call(path, question)
        elif isinstance(why, soap.Fault):
            return None
        else:
            raise
    between = (before + clock.now()) // 2
    found = said.child("SystemDateAndTime", "UTCDateTime")
    at = _moment(found) if found is not None else None
    if at is None:
        return None
    return at - between if abs(at - between) > GRAIN else 0


def _moment(date_time: Element) -> Timestamp | None:
    time = [date_time.said("Time", part) for part in ("Hour", "Minute", "Second")]
    date = [date_time.said("Date", part) for part in ("Year", "Month", "Day")]
    try:
        year, month, day, hour, minute, second = (int(part) for part in date + time)
        return int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()) * SECOND
    except (ValueError, OverflowError):
        return None


async def information(camera: Camera, path: str) -> dict[str, str]:
    """Return what the camera says of itself; a wrong password shows here first. Raises Unreachable."""
    said = await camera.call(path, f'<GetDeviceInformation xmlns="{soap.DEVICE}"/>')
    return {name: said.said(tag)[:256] for name, tag in _ABOUT.items()}


async def services(camera: Camera, path: str) -> dict[str, str]:
    """Return the paths of a camera's services by namespace; empty when it names none (one for all).

    Raises Unreachable.
    """
    with contextlib.suppress(soap.Fault):
        question = f'<GetServices xmlns="{soap.DEVICE}"><IncludeCapability>false</IncludeCapability></GetServices>'
        said = await camera.call(path, question)
        named = {s.said("Namespace"): s.said("XAddr") for s in said.every("Service")}
        if named.get(soap.EVENTS):
            return {space: camera.path_of(address) for space, address in named.items() if address}
    old = f'<GetCapabilities xmlns="{soap.DEVICE}"><Category>All</Category></GetCapabilities>'
    try:
        told = (await camera.call(path, old)).child("Capabilities")
    except soap.Fault as why:
        if why.about_password:
            raise
        return {}
    found = {space: told.said(name, "XAddr") for name, space in _OLD.items()} if told is not None else {}
    return {space: camera.path_of(address) for space, address in found.items() if address}
