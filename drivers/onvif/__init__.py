"""ONVIF: cameras and recorders that report motion, tampering, inputs and faults through a pull point."""

from collections.abc import Callable, Sequence

from drivers.base import BoundDevice, Driver, DriverSpec, Tracer
from drivers.onvif.address import Address, Connection, Event, endpoint, line, redirect
from drivers.onvif.notification import example, happening


def _load() -> Callable[[Sequence[BoundDevice]], Driver]:
    from drivers.onvif.driver import OnvifDriver

    return OnvifDriver


def _tracer() -> Tracer:
    from drivers.onvif.trace import trace

    return trace


SPEC = DriverSpec(
    name="onvif",
    connection=Connection,
    address=Address,
    event=Event,
    line=line,
    load=_load,
    pushes=True,
    endpoint=endpoint,
    opens=12,  # each is asked some eight things; 409 cameras take half a minute
    redirect=redirect,
    example=example,
    happening=happening,
    pictures=True,
    trace=_tracer,
)
"""What the rest of the house knows of ONVIF before a camera is asked."""
