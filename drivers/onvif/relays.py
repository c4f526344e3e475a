"""Setting a relay output: active or inactive, once (ONVIF Core, SetRelayOutputState of the device service)."""

from xml.sax.saxutils import escape

from drivers.base import BoundPoint
from drivers.onvif import soap
from drivers.onvif.address import Address
from drivers.onvif.camera import Camera
from drivers.onvif.notification import raw
from hub.model import Refused, Value


async def set_relay(camera: Camera, path: str, point: BoundPoint, value: Value) -> None:
    """Set the relay of a point. Raises Refused when nothing was changed, Unreachable when nobody knows."""
    address: Address = point.address
    if address.relay is None:
        why = f"{point.id} has no relay output; give its address `relay: token`"
        raise Refused("not_writable", f"{why}; nothing was sent")
    wanted = value if isinstance(value, bool) else raw(str(value), "bool")
    if not isinstance(wanted, bool):
        raise Refused("value", f"{point.id} is a relay: true or false, not {value!r}; nothing was sent")
    state = "active" if wanted else "inactive"
    body = (
        f'<SetRelayOutputState xmlns="{soap.DEVICE}"><RelayOutputToken>{escape(address.relay)}</RelayOutputToken>'
        f"<LogicalState>{state}</LogicalState></SetRelayOutputState>"
    )
    try:
        await camera.call(path, body)
    except soap.Fault as why:
        raise Refused("device", str(why)) from why
