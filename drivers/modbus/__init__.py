"""Modbus over TCP, TLS or a serial port: `SPEC` says what the house must know before pymodbus is imported."""

from collections.abc import Callable, Hashable, Sequence

from drivers.base import BoundDevice, Driver, DriverSpec, Tracer
from drivers.modbus.address import Address, Limits
from drivers.modbus.buffer import Buffer
from drivers.modbus.codec import example
from drivers.modbus.connection import Connection


def _line(connection: Connection) -> Hashable:
    return connection.serial or (connection.host, connection.port, connection.framing, connection.tls)


def _endpoint(connection: Connection) -> tuple[str, int]:
    return (connection.serial, 0) if connection.serial else (connection.host, connection.port)


def _redirect(connection: Connection, host: str, port: int) -> Connection:
    return connection.model_copy(update={"host": host, "port": port, "tls": None, "serial": None})


def _load() -> Callable[[Sequence[BoundDevice]], Driver]:
    from drivers.modbus.driver import ModbusDriver

    return ModbusDriver


def _trace() -> Tracer:
    from drivers.modbus.trace import trace

    return trace


SPEC = DriverSpec(
    name="modbus",
    connection=Connection,
    address=Address,
    event=Buffer,
    line=_line,
    load=_load,
    endpoint=_endpoint,
    redirect=_redirect,
    example=example,
    limits=Limits,
    trace=_trace,
)
