"""Files: CSV tables that other systems lay in a folder; `SPEC` says what the house must know of it."""

from collections.abc import Callable, Sequence

from drivers.base import BoundDevice, Driver, DriverSpec, Tracer
from drivers.files.address import Address, Connection, Event, Limits, line, redirect
from drivers.files.form import example


def _load() -> Callable[[Sequence[BoundDevice]], Driver]:
    from drivers.files.driver import FilesDriver

    return FilesDriver


def _trace() -> Tracer:
    from drivers.files.trace import trace

    return trace


SPEC = DriverSpec(
    name="files",
    connection=Connection,
    address=Address,
    event=Event,
    line=line,
    load=_load,
    pushes=True,
    exclusive=True,
    redirect=redirect,
    example=example,
    limits=Limits,
    trace=_trace,
)
