"""HTTP: feeds of other systems, JSON that is asked for; `SPEC` says what the house must know of it."""

from collections.abc import Callable, Sequence

from drivers.base import BoundDevice, Driver, DriverSpec, Tracer
from drivers.http.address import Address, Connection, Event, Limits, endpoint, line, redirect
from drivers.http.reading import example


def _load() -> Callable[[Sequence[BoundDevice]], Driver]:
    from drivers.http.driver import HttpDriver

    return HttpDriver


def _trace() -> Tracer:
    from drivers.http.trace import trace

    return trace


SPEC = DriverSpec(
    name="http",
    connection=Connection,
    address=Address,
    event=Event,
    line=line,
    load=_load,
    endpoint=endpoint,
    redirect=redirect,
    example=example,
    limits=Limits,
    trace=_trace,
)
