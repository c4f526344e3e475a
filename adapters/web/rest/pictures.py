"""The pictures of alarms: which there are, and one by one for who may look."""

from aiohttp import web
from pydantic import Field

from adapters.pictured import Pictured
from adapters.web.picturing import PicturesAnswer
from adapters.web.problem import ProblemError, not_found
from adapters.web.routes import Answer, Call, Route
from adapters.web.rows import time_or_none
from adapters.web.wire import Wire
from hub.model import Refused
from hub.model.clock import iso
from hub.roles import Person, Right

JPEG = "image/jpeg"


class PicturesQuery(Wire):
    """Of which occurrence of which alarm."""

    alarm: str = Field(max_length=400)
    occurrence: int = Field(ge=1)


async def pictures(call: Call) -> Answer:
    """List the pictures of an occurrence."""
    query = call.asked(PicturesQuery)
    asked, entries = await _album(call).listed(query.alarm, query.occurrence)
    return {
        "alarm": query.alarm,
        "occurrence": query.occurrence,
        "cameras": [] if asked is None else list(asked.cameras),
        "start": time_or_none(None if asked is None else asked.start),
        "end": time_or_none(None if asked is None else asked.end),
        "complete": asked is None or asked.end < call.parts.clock.now(),
        "items": [{"camera": e.camera, "key": str(e.at), "at": iso(e.at), "size": e.size} for e in entries],
    }


async def picture(call: Call) -> Answer:
    """Show one picture; the journal has who looked before they see it."""
    query, who, camera, key = call.asked(PicturesQuery), call.someone(), call.path("camera"), call.path("key")
    person = Person(who.user, who.role)
    try:
        at = int(key) if key.isdecimal() and len(key) < 20 else -1
        body = await _album(call).shown(person, query.alarm, query.occurrence, camera, at)
    except Refused as refused:
        raise ProblemError(503, refused.reason, str(refused)) from None
    if body is None:
        raise not_found("picture of this alarm", f"{camera}/{key}")
    return web.Response(body=body, content_type=JPEG)


def _album(call: Call) -> Pictured:
    if call.parts.pictured is None:
        raise ProblemError(503, "no_pictures", "this hub keeps no pictures")
    return call.parts.pictured


ROUTES = (
    Route(
        "GET", "/pictures", pictures, Right.READ, PicturesAnswer, "The pictures that are kept with an alarm",
        query=PicturesQuery, problems=(503,),
    ),
    Route(
        "GET", "/pictures/{camera}/{key}.jpg", picture, Right.PICTURES, JPEG, "One of them; every look is journaled",
        query=PicturesQuery, problems=(404, 503),
    ),
)  # fmt: skip
