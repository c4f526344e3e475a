"""SNMP agents (versions 1, 2c and 3): `SPEC` says what the house must know before gufo.snmp is imported."""

from collections.abc import Callable, Hashable, Sequence

from drivers.base import BoundDevice, Driver, DriverSpec, Tracer
from drivers.snmp.address import Address
from drivers.snmp.bridge_event import Strangers
from drivers.snmp.connection import Connection, Limits
from drivers.snmp.table import Table, cell
from drivers.snmp.value import example


def _line(connection: Connection) -> Hashable:
    return connection


def _endpoint(connection: Connection) -> tuple[str, int]:
    return connection.host, connection.port


def _redirect(connection: Connection, host: str, port: int) -> Connection:
    return connection.model_copy(update={"host": host, "port": port})


def _load() -> Callable[[Sequence[BoundDevice]], Driver]:
    from drivers.snmp.driver import SnmpDriver

    return SnmpDriver


def _trace() -> Tracer:
    from drivers.snmp.trace import trace

    return trace


SPEC = DriverSpec(
    name="snmp",
    connection=Connection,
    address=Address,
    event=Strangers,
    line=_line,
    load=_load,
    endpoint=_endpoint,
    datagrams=True,
    redirect=_redirect,
    example=example,
    found=Table,
    cell=cell,
    limits=Limits,
    trace=_trace,
)
