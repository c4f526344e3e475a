"""The site itself, its zones, its map."""

from aiohttp import web

from adapters.web.answers import MapAnswer, SiteAnswer, ZonePage
from adapters.web.board import encode
from adapters.web.geo import map_of
from adapters.web.rest.paging import Page, page_of
from adapters.web.routes import Answer, Call, Route
from adapters.web.rows import text, zone_row
from hub import __version__
from hub.model.clock import iso
from hub.roles import Right


async def site(call: Call) -> Answer:
    """Describe the site and say where its stream stands."""
    view = call.parts.view
    site = view.site
    return {
        "id": site.id,
        "title": text(site.title),
        "timezone": site.timezone,
        "language": site.language,
        "version": __version__,
        "epoch": view.epoch,
        "seq": view.seq,
        "time": iso(call.parts.clock.now()),
        "zones": len(site.zones),
        "devices": len(site.devices),
        "points": len(site.points),
        "rules": len(site.rules),
    }


async def zones(call: Call) -> Answer:
    """List the zones."""
    chosen, following = page_of(call.parts.view.site.zones.values(), lambda zone: zone.id, call.asked(Page))
    return {"items": [zone_row(zone) for zone in chosen], "next": following}


async def map_(call: Call) -> Answer:
    """Draw the map."""
    return web.Response(body=encode(await map_of(call.parts.view)), content_type="application/geo+json")


ROUTES = (
    Route("GET", "/site", site, Right.READ, SiteAnswer, "The site, and where its stream stands"),
    Route("GET", "/zones", zones, Right.READ, ZonePage, "Every zone, by id", query=Page),
    Route("GET", "/map.geojson", map_, Right.READ, MapAnswer, "Outlines, zones and devices with their health"),
)
