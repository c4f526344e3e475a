"""What becomes of the lines when the configuration changes: a line that would be made of the same stays as it is."""

from collections.abc import Hashable, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from drivers.base import BoundDevice, DriverSpec, Neighbour
from drivers.line import Line
from hub.model import Device, DeviceId, Text

NAMELESS = Text("", "")


class LineKey(Struct, frozen=True, eq=True):
    """Everything of the configuration that a line is made from; told apart by what is in it, not by who made it."""

    driver: str
    line: Hashable
    parts: tuple[object, ...]

    def __hash__(self) -> int:
        return hash((self.driver, self.line))


class NewLine(Struct, frozen=True):
    """A line to be made."""

    spec: DriverSpec
    devices: Sequence[Device]
    bound: Sequence[BoundDevice]
    key: LineKey


class Renewal(Struct):
    """What another set of devices means for the lines."""

    neighbours: Mapping[DeviceId, Neighbour]
    stays: list[Line] = field(default_factory=list)
    goes: list[Line] = field(default_factory=list)
    comes: list[NewLine] = field(default_factory=list)
    resting: list[Device] = field(default_factory=list)
    """Devices that are switched off."""

    @property
    def touched(self) -> list[DeviceId]:
        """Every device whose line ends or is made anew."""
        new = [device.id for come in self.comes for device in come.devices]
        return list(dict.fromkeys([*new, *(device for line in self.goes for device in line.watched)]))


def line_key(driver: str, line: Hashable, devices: Sequence[Device], bound: Sequence[BoundDevice]) -> LineKey:
    """Return what a line is made from: titles, zones, scales and limits are the hub's affair and not in it."""
    parts = tuple((b, *_timing(device)) for device, b in zip(devices, bound, strict=True))
    return LineKey(driver, line, parts)


def _timing(device: Device) -> tuple[object, ...]:
    wills = tuple(
        replace(p, title=NAMELESS, zone="", tags=frozenset()) for p in device.points if p.kind == "$available"
    )
    return device.interval, device.silent_after, tuple((p.id, p.interval) for p in device.points), tuple(wills)
