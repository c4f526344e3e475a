"""Stand-ins for hardware: every device of any site answers on the wire, made from its profile's points.

`REGISTRY` names the class that plays one line of each driver; nothing heavy is imported before it is used.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module

from simulators.base import Line

_OURS = {
    "files": ("simulators.dropping", "DropLine"),
    "http": ("simulators.http", "HttpLine"),
    "http-ingest": ("simulators.pushing", "PushLine"),
    "modbus": ("simulators.modbus", "ModbusLine"),
    "mqtt": ("simulators.mqtt", "MqttLine"),
    "onvif": ("simulators.onvif.line", "OnvifLine"),
    "snmp": ("simulators.snmp.line", "SnmpLine"),
    "snmp-trap": ("simulators.snmp.receiver", "ReceiverLine"),
    "opcua": ("simulators.opcua.line", "OpcuaLine"),
}


class _Registry(Mapping[str, type[Line]]):
    """Driver name → the simulator of one of its lines."""

    def __getitem__(self, name: str) -> type[Line]:
        module, simulator = _OURS[name]
        found: type[Line] = getattr(import_module(module), simulator)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(_OURS)

    def __len__(self) -> int:
        return len(_OURS)


REGISTRY: Mapping[str, type[Line]] = _Registry()
