"""Devices, their health, their points."""

from pydantic import Field

from adapters.web.answers import DeviceAnswer, DevicePage, PointPage
from adapters.web.problem import not_found
from adapters.web.rest.paging import Page, page_of, words
from adapters.web.routes import Answer, Call, Route
from adapters.web.rows import JsonRow, device_row, inside, point_detail
from hub.model import Device
from hub.roles import Right


class DevicesQuery(Page):
    """Which devices."""

    health: str | None = Field(default=None, description="States, separated by commas: offline,degraded")
    zone: str | None = Field(default=None, description="A zone, with everything inside it")
    tag: str | None = None


def _row(call: Call, device: Device) -> JsonRow:
    known = call.parts.broadcast.boards.topics["devices"].rows.get(device.id)
    return device_row(device, call.parts.view.device(device.id), known.rev if known else 0)


def _device(call: Call) -> Device:
    device = call.parts.view.site.devices.get(call.path("device"))
    if device is None:
        raise not_found("device", call.path("device"))
    return device


async def devices(call: Call) -> Answer:
    """List devices."""
    asked, view = call.asked(DevicesQuery), call.parts.view
    states = words(asked.health)
    wanted = [
        device
        for device in view.site.devices.values()
        if inside(device.zone, asked.zone, view.site.zones)
        and (asked.tag is None or asked.tag in device.tags)
        and (states is None or view.device(device.id).state.value in states)
    ]
    chosen, following = page_of(wanted, lambda device: device.id, asked)
    return {"items": [_row(call, device) for device in chosen], "next": following}


async def device(call: Call) -> Answer:
    """Show one device."""
    found, count = _device(call), call.parts.statistics
    counted = None if count is None else count(found.id)
    told = "heard" if counted is not None and "messages" in counted else "statistics"
    return {**_row(call, found), "statistics": None, "heard": None, told: counted}


async def points(call: Call) -> Answer:
    """List the points of a device with their last readings."""
    view = call.parts.view
    return {"items": [point_detail(point, view.reading(point.id)) for point in _device(call).points], "next": None}


ROUTES = (
    Route("GET", "/devices", devices, Right.READ, DevicePage, "Devices and their health, by id", query=DevicesQuery),
    Route(
        "GET", "/devices/{device}", device, Right.READ, DeviceAnswer, "One device, its health, its counters",
        problems=(404,),
    ),
    Route(
        "GET", "/devices/{device}/points", points, Right.READ, PointPage,
        "The points of a device with their last readings", problems=(404,),
    ),
)  # fmt: skip
