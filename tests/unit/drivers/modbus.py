"""Short ways to say a Modbus device in tests."""

from typing import Any

from drivers.base import BoundDevice, BoundPoint
from drivers.modbus import SPEC
from drivers.modbus.driver import ModbusDriver


def point(name: str, device: str = "d", **address: Any) -> BoundPoint:
    return BoundPoint(f"{device}/{name}", device, SPEC.address.model_validate(address))


def words(*registers: int, device: str = "d", table: str = "holding") -> tuple[BoundPoint, ...]:
    return tuple(point(f"r{n}", device, table=table, register=n) for n in registers)


def device(points: tuple[BoundPoint, ...], port: int, *, name: str = "d", unit: int = 1, framing: str = "tcp",
           timeout: float = 0.25, limits: dict[str, Any] | None = None) -> BoundDevice:  # fmt: skip
    connection = SPEC.connection.model_validate({"host": "127.0.0.1", "port": port, "unit": unit, "framing": framing})
    return BoundDevice(name, connection, points, timeout=timeout, limits=limits or {})


def driver(*devices: BoundDevice) -> ModbusDriver:
    return ModbusDriver(devices)
