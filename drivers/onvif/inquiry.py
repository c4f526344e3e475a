"""What is asked of a camera once: its clock, what it is, and where its events are."""

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


async def event_address(camera: Camera, path: str) -> str:
    """Return the address of the event service; empty when the camera names none (one for all). Raises Unreachable."""
    with contextlib.suppress(soap.Fault):
        services = f'<GetServices xmlns="{soap.DEVICE}"><IncludeCapability>false</IncludeCapability></GetServices>'
        for service in (await camera.call(path, services)).every("Service"):
            if service.said("Namespace") == soap.EVENTS:
                return service.said("XAddr")
    old = f'<GetCapabilities xmlns="{soap.DEVICE}"><Category>Events</Category></GetCapabilities>'
    try:
        return (await camera.call(path, old)).said("Capabilities", "Events", "XAddr")
    except soap.Fault as why:
        if why.about_password:
            raise
        return ""
