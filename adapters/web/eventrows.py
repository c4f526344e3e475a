"""Device events as interfaces say them: in the shape of `EventRow`, plates masked for everybody."""

from collections.abc import Mapping
from typing import Any

from adapters.web.rows import JsonRow, time_or_none
from hub.model import DeviceEvent
from hub.model.clock import MILLISECOND, from_iso, iso
from hub.model.masking import masked


def event_row(event: DeviceEvent, id_: str) -> JsonRow:
    """Return an `EventRow`."""
    filed = event.hub_time if event.source_time is None else event.source_time
    return {
        "id": id_,
        "device": event.device,
        "kind": event.kind,
        "attributes": masked(event.attributes),
        "time": iso(filed),
        "source_time": time_or_none(event.source_time),
        "hub_time": iso(event.hub_time),
    }


def stored_event_row(event: Mapping[str, Any]) -> JsonRow:
    """Return an `EventRow` of an event as the store gives it: its time, and by how much the hub heard of it later."""
    lag = event.get("lag_ms")
    hub_time = event["time"] if lag is None else iso(from_iso(event["time"]) + lag * MILLISECOND)
    return {
        "id": str(event["id"]),
        "device": event["device"],
        "kind": event["kind"],
        "attributes": masked(event["attributes"]),
        "time": event["time"],
        "source_time": None if lag is None else event["time"],
        "hub_time": hub_time,
    }
