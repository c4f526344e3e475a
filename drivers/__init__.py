"""Southbound: one folder a protocol. `REGISTRY` names them; nothing heavy is imported before it is used."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.metadata import entry_points

from drivers.base import DriverSpec

_OURS = {
    "files": "drivers.files",
    "http": "drivers.http",
    "http-ingest": "drivers.http.ingest_spec",
    "modbus": "drivers.modbus",
    "mqtt": "drivers.mqtt",
    "onvif": "drivers.onvif",
    "opcua": "drivers.opcua",
    "snmp": "drivers.snmp",
    "snmp-trap": "drivers.snmp.traps_spec",
}


class _Registry(Mapping[str, DriverSpec]):
    """Our drivers and those that other packages add through the entry-point group `citywatch.drivers`."""

    def __getitem__(self, name: str) -> DriverSpec:
        if name in _OURS:
            spec: DriverSpec = import_module(_OURS[name]).SPEC
            return spec
        for point in entry_points(group="citywatch.drivers", name=name):
            loaded: DriverSpec = point.load()
            return loaded
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        yield from _OURS
        yield from (p.name for p in entry_points(group="citywatch.drivers"))

    def __len__(self) -> int:
        return sum(1 for _ in self)


REGISTRY: Mapping[str, DriverSpec] = _Registry()
