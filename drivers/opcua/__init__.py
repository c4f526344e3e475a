"""OPC UA: panels, controllers and gateways that report changes, alarms and conditions through subscriptions."""

from collections.abc import Callable, Sequence

from drivers.base import BoundDevice, Driver, DriverSpec, Tracer
from drivers.opcua.address import Address, Connection, Event, acknowledges, endpoint, line, redirect
from drivers.opcua.values import example


def _load() -> Callable[[Sequence[BoundDevice]], Driver]:
    from drivers.opcua.driver import OpcUaDriver

    return OpcUaDriver


def _trace() -> Tracer:
    from drivers.opcua.trace import trace

    return trace


SPEC = DriverSpec(
    name="opcua",
    connection=Connection,
    address=Address,
    event=Event,
    line=line,
    load=_load,
    pushes=True,
    endpoint=endpoint,
    redirect=redirect,
    example=example,
    acknowledges=acknowledges,
    trace=_trace,
)
"""What the rest of the house knows of OPC UA before a session is opened."""
