"""HTTP the other way: systems that push to the hub; a companion of the HTTP driver."""

from collections.abc import Callable, Sequence

from drivers.base import BoundDevice, Driver, DriverSpec, Knock, Tracer
from drivers.http.ingest_address import Address, Connection, Event
from hub.model import EventMap, Reason, Value
from hub.wire.document import document, raw
from hub.wire.path import MISSING, compiled


def _load() -> Callable[[Sequence[BoundDevice]], Driver]:
    from drivers.http.ingest import IngestDriver

    return IngestDriver


def _trace() -> Tracer:
    from drivers.http.ingest_trace import trace

    return trace


def _knock() -> Knock:
    from drivers.http.knock import knock

    return knock


def example(address: Address, given: object) -> Value | Reason:
    """Return what a sample would carry for the document of a profile's example; waiting: nothing is said."""
    try:
        found = compiled(address.path)(document(given.encode()) if isinstance(given, str) else given)
    except ValueError:
        return Reason.UNDECODABLE
    return Reason.WAITING if found is MISSING else raw(found)


def _happening(event: EventMap, given: object) -> dict[str, Value | None] | None:
    from drivers.http.listed import happening

    return happening(event, given)


SPEC = DriverSpec(
    name="http-ingest",
    connection=Connection,
    address=Address,
    event=Event,
    line=lambda _: "http-ingest",
    load=_load,
    pushes=True,
    example=example,
    happening=_happening,
    trace=_trace,
    knock=_knock,
)
