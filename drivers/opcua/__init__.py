"""OPC UA: panels, controllers and gateways that report changes, alarms and conditions through subscriptions."""

from collections.abc import Callable, Sequence

from drivers.base import BoundDevice, Driver, DriverSpec
from drivers.opcua.address import Address, Connection, Event, acknowledges, endpoint, line, redirect
from drivers.opcua.values import example


def _load() -> Callable[[Sequence[BoundDevice]], Driver]:
    from drivers.opcua.driver import OpcUaDriver

    return OpcUaDriver


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
)
"""What the rest of the house knows of OPC UA before a session is opened."""
