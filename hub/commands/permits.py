"""Who may ask what of which device: everything that is refused before anything is sent."""

from collections.abc import Callable

from hub.model import CommandSpec, Device, Point, PointId, PointValue, Refused, to_raw
from hub.model.command import is_fire
from hub.roles import Person, Right, allowed

Judge = Callable[[Device, CommandSpec], bool | None]
"""Whether a command's interlock permits it now; None: not known."""


def permit(person: Person, device: Device, spec: CommandSpec) -> None:
    """Raise Refused unless a person may give a command here."""
    if not allowed(person.role, Right.COMMAND) or person.role.value not in spec.roles:
        raise Refused("not_allowed", f"{spec.name} is for {' and '.join(spec.roles)}, and you are {person.role.value}")
    if not spec.allowed:
        hint = f"the site must write commands: {{allow: [{spec.name}]}} at the device"
        raise Refused("off", f"{spec.name} is switched off for {device.id}; {hint}")
    _permit_device(device)


def permit_write(person: Person, device: Device, point: Point) -> None:
    """Raise Refused unless a person may set a point as such."""
    if not allowed(person.role, Right.WRITE):
        raise Refused("not_allowed", f"the role {person.role.value} may not set points")
    if is_fire(device.profile, point.kind):
        raise Refused("fire", "points of fire protection are set by their commands only, never one by one")
    if not point.writable:
        detail = f"{point.id} is read-only; its profile and its device must both say writable: true"
        raise Refused("not_writable", detail)
    _permit_device(device)


def _permit_device(device: Device) -> None:
    if not device.enabled:
        raise Refused("out_of_service", f"{device.id} is switched off in the configuration")


def permit_now(device: Device, spec: CommandSpec, judge: Judge) -> None:
    """Raise Refused unless a command's interlock permits it as things stand."""
    permits = True if spec.interlock is None else judge(device, spec)
    if permits is None:
        raise Refused("interlock", "what the interlock asks is not known just now, and unknown forbids")
    if not permits:
        raise Refused("interlock", "the interlock forbids it as things stand")


def raw_steps(spec: CommandSpec, points: dict[PointId, Point]) -> list[PointValue]:
    """Return what to write, in order and in raw values. Raises Refused."""
    steps = [PointValue(spec.point, spec.value)]
    return [_raw(step, points[step.point]) for step in ([spec.arm, *steps] if spec.arm else steps)]


def _raw(step: PointValue, point: Point) -> PointValue:
    try:
        return PointValue(step.point, to_raw(point, step.value))
    except ValueError as wrong:
        raise Refused("value", f"{step.point} cannot be set so: {wrong}") from None
