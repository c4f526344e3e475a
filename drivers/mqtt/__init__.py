"""MQTT, 3.1.1 and 5: sensors that publish on a broker, whatever their topics and payloads look like."""

from collections.abc import Callable, Sequence

from drivers.base import BoundDevice, Driver, DriverSpec, Tracer
from drivers.mqtt.address import Address, Connection, Event, endpoint, line, redirect
from drivers.mqtt.payload import example


def _load() -> Callable[[Sequence[BoundDevice]], Driver]:
    from drivers.mqtt.driver import MqttDriver

    return MqttDriver


def _trace() -> Tracer:
    from drivers.mqtt.trace import trace

    return trace


SPEC = DriverSpec(
    name="mqtt",
    connection=Connection,
    address=Address,
    event=Event,
    line=line,
    load=_load,
    pushes=True,
    exclusive=True,
    trace=_trace,
    endpoint=endpoint,
    redirect=redirect,
    example=example,
)
"""What the rest of the house knows of MQTT before a session is opened."""
