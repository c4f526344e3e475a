"""A Modbus line on the wire: pymodbus' own server, every unit id behind one address, and what can go wrong with it."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any, cast

import structlog
from pymodbus.framer import FramerType
from pymodbus.server import ModbusTcpServer
from pymodbus.server.requesthandler import ServerRequestHandler

from drivers.modbus.connection import Connection
from hub.model import Device, DeviceId, PointId, Timestamp
from simulators.base import LOOPBACK, Line, Override
from simulators.faults import Faults
from simulators.modbus_unit import Unit
from simulators.process import Process

log = structlog.get_logger(__name__)


class _Handler(ServerRequestHandler):
    """One client's connection; what is sent may be late, spoilt or missing."""

    server: "_Server"

    def __init__(self, server: "_Server") -> None:
        super().__init__(server, None, None, None)  # type: ignore[no-untyped-call]

    def callback_connected(self) -> None:
        """Refuse whoever connects while the line is cut."""
        super().callback_connected()
        if self.server.cut():
            self.close()

    def send(self, data: bytes, addr: tuple[Any, ...] | None = None) -> None:
        """Send a reply as the unit's faults let it pass."""
        unit = self.server.unit_of(data)
        if unit is None or unit.broken("silence", "cut"):
            return
        spoilt = _spoil(unit, data)
        late = unit.argument("delay", "seconds")
        if late is None:
            super().send(spoilt, addr)
        else:
            self.loop.call_later(late, partial(self._send_late, spoilt))

    def _send_late(self, data: bytes) -> None:
        if self.transport:
            super().send(data)


def _spoil(unit: Unit, data: bytes) -> bytes:
    if unit.broken("half_frames"):
        return data[: len(data) // 2]
    if unit.broken("garbage"):
        return bytes(byte ^ 0xA5 for byte in data)
    return data


class _Server(ModbusTcpServer):
    """pymodbus' server with connections that can fail."""

    def __init__(self, units: Sequence[Unit], framing: str) -> None:
        self.units = {unit.number: unit for unit in units}
        self._unit_byte = 0 if framing == "rtu" else 6
        framer = FramerType.RTU if framing == "rtu" else FramerType.SOCKET
        devices = [unit.as_device() for unit in units]
        super().__init__(devices, framer=framer, address=(LOOPBACK, 0), ignore_missing_devices=True)

    def callback_new_connection(self) -> _Handler:
        """Return the handler of a new connection."""
        return _Handler(self)

    def unit_of(self, frame: bytes) -> Unit | None:
        """Return the unit that a frame speaks of."""
        return self.units.get(frame[self._unit_byte]) if len(frame) > self._unit_byte else None

    def cut(self) -> bool:
        """Tell whether the line is cut: the fault of one device breaks it for all."""
        return any(unit.broken("cut") for unit in self.units.values())

    def drop_connections(self) -> None:
        """Close every connection that stands."""
        for connection in list(self.active_connections.values()):
            connection.close()


class ModbusLine(Line):
    """One Modbus TCP or RTU-over-TCP line with every unit behind it."""

    faults_known = frozenset(
        {"silence", "cut", "delay", "half_frames", "garbage", "exception", "frozen", "word_order", "reboot", "gaps"}
    )

    def __init__(self, devices: Sequence[Device], process: Process, faults: Faults) -> None:
        super().__init__(devices, process, faults)
        groups: dict[int, list[Device]] = {}
        for device in devices:
            groups.setdefault(device.connection.unit, []).append(device)
        self._units = [Unit(number, group, process, faults) for number, group in groups.items()]
        self._unit_of = {device: unit for unit in self._units for device in unit.devices}
        self._server: _Server | None = None

    async def start(self) -> Override:
        """Listen on a free loopback port. Raises OSError."""
        connection: Connection = self.devices[0].connection
        self._server = _Server(self._units, connection.framing)
        if not await self._server.listen():
            raise OSError(f"no free port on {LOOPBACK} for the simulator of {self.devices[0].id}")
        listening = cast(asyncio.Server, self._server.transport)
        return Override(LOOPBACK, listening.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close the listener and every connection."""
        if self._server is not None:
            server, self._server = self._server, None
            server.drop_connections()
            server.close()

    def unit_of(self, device: DeviceId) -> Unit:
        """Return the unit that a device is. Raises KeyError."""
        return self._unit_of[device]

    def tick(self, now: Timestamp) -> None:
        """Fill the memory of every unit anew."""
        for unit in self._units:
            unit.refresh(now)

    def changed(self, point: PointId, now: Timestamp) -> None:
        """Fill the memory of the point's unit anew."""
        for unit in self._units:
            if any(p.id == point for p in unit.points):
                unit.set(point, now)

    def disturbed(self, device: DeviceId, now: Timestamp) -> None:
        """Refresh the unit; a cut or a new start drops every connection at once."""
        unit = self._unit_of[device]
        anew = unit.once("reboot") is not None
        if anew:
            unit.restart()
        if (gap := unit.once("gaps")) is not None:
            unit.lose(round(gap["records"]))
        unit.refresh(now)
        if self._server is not None and (anew or self._server.cut()):
            self._server.drop_connections()
