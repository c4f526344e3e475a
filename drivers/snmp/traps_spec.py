"""Receiving SNMP traps and informs: a driver of its own, because it listens and its devices are others'."""

from collections.abc import Callable, Sequence

from drivers.base import BoundDevice, Driver, DriverSpec
from drivers.snmp.traps_address import Address, Connection, Event, example, line, redirect


def _load() -> Callable[[Sequence[BoundDevice]], Driver]:
    from drivers.snmp.notifications import TrapDriver

    return TrapDriver


SPEC = DriverSpec(
    name="snmp-trap",
    connection=Connection,
    address=Address,
    event=Event,
    line=line,
    load=_load,
    pushes=True,
    redirect=redirect,
    example=example,
    hears=True,
)
"""What the rest of the house knows of the receiver before a port is opened."""
