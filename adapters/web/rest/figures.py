"""Figures: published numbers with what they are compared with, and the coverage of both."""

import msgspec
from aiohttp import web
from pydantic import Field

from adapters.web.answers import FigureAnswer, FigurePage
from adapters.web.problem import not_found
from adapters.web.rest.history import time_of
from adapters.web.routes import Answer, Call, Route
from adapters.web.wire import Wire
from hub.roles import Right


class FigureQuery(Wire):
    """Which window: the newest that is over at `at`."""

    at: str | None = Field(default=None, description="ISO 8601; now when missing")


async def figure(call: Call) -> Answer:
    """Show one figure, byte for byte the same as long as what is stored is."""
    name = call.path("figure")
    if name not in {spec.id for spec in call.parts.view.site.figures}:
        raise not_found("figure", name)
    at = time_of(call.asked(FigureQuery).at, "at", call.parts.clock.now())
    made = await call.parts.historian.figure(name, at)
    return web.Response(body=msgspec.json.encode(made), content_type="application/json")


async def figures(call: Call) -> Answer:
    """List every figure of the site."""
    at = time_of(call.asked(FigureQuery).at, "at", call.parts.clock.now())
    names = sorted(spec.id for spec in call.parts.view.site.figures)
    made = [await call.parts.historian.figure(name, at) for name in names]
    return web.Response(body=msgspec.json.encode({"items": made}), content_type="application/json")


ROUTES = (
    Route("GET", "/metrics", figures, Right.READ, FigurePage, "Every figure", FigureQuery, None, (503,)),
    Route("GET", "/metrics/{figure}", figure, Right.READ, FigureAnswer, "A figure", FigureQuery, None, (404, 503)),
)
