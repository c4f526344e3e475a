"""What devices say of zones and of each other: that it exists, and that nothing is behind itself."""

from collections.abc import Iterable, Mapping

from hub.config.devices import Devices
from hub.config.marks import Map, locate
from hub.config.problems import Report, did_you_mean, known_are
from hub.model import Device, Zone


def check_references(devices: Devices, zones: Mapping[str, Zone], report: Report) -> None:
    """Report zones and devices that are named and not there, and circles of `behind`."""
    for device in devices.found.values():
        tree = devices.trees[device.id]
        _check_zone(tree, ["zone"], device.zone, zones, report)
        for point in device.points:
            if point.zone != device.zone:
                _check_zone(tree, ["points", point.name, "zone"], point.zone, zones, report)
        if device.behind is not None:
            _check_behind(tree, device, devices, report)


def _check_zone(tree: Map, path: list[str], zone: str, zones: Iterable[str], report: Report) -> None:
    if zone not in zones:
        hint = did_you_mean(zone, zones, otherwise=known_are("zones", zones))
        report.error(locate(tree, path, tree.mark)[1], f"unknown zone '{zone}'", hint)


def _check_behind(tree: Map, device: Device, devices: Devices, report: Report) -> None:
    mark = tree.value_marks["behind"]
    if device.behind not in devices.trees:
        known = devices.trees
        hint = did_you_mean(str(device.behind), known, otherwise=known_are("devices", known))
        report.error(mark, f"unknown device '{device.behind}'", hint)
        return
    passed, at = {device.id}, devices.found.get(str(device.behind))
    while at is not None and at.behind is not None and at.id not in passed:
        passed.add(at.id)
        at = devices.found.get(at.behind)
    if at is not None and at.id == device.id:
        report.error(
            mark, f"'{device.id}' is behind itself", "follow 'behind' from device to device and cut the circle"
        )
