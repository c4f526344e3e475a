"""Passages of vehicles: masked for everybody who may read, whole for who may look and says why."""

from typing import Protocol

from pydantic import Field

from adapters.looking import Looker
from adapters.web.passing import LookedPage, LookRequest, PassagePage
from adapters.web.problem import ProblemError
from adapters.web.rest.history import time_of
from adapters.web.rest.paging import MOST
from adapters.web.routes import Answer, Call, Route
from adapters.web.rows import JsonRow
from adapters.web.wire import Wire
from hub.model import DAY, Refused
from hub.model.looking import PassageQuery
from hub.model.plateforms import canonical
from hub.roles import Person, Right

ANY = "any"
STATUS = {"not_allowed": 403, "no_purpose": 400, "bad_period": 400, "bad_plate": 400, "not_recorded": 503}


class PassagesQuery(Wire):
    """Which passages. Nobody searches by plate here: `POST /passages/look` does, for who may."""

    device: str | None = None
    zone: str | None = Field(default=None, description="A zone, with everything inside it")
    lane: str | None = None
    class_: str | None = Field(default=None, alias="class")
    violation: str | None = Field(default=None, description="A kind, or any")
    start: str | None = Field(default=None, alias="from", description="ISO 8601; a day before `to` when missing")
    end: str | None = Field(default=None, alias="to", description="ISO 8601; now when missing")
    before: str | None = Field(default=None, max_length=100, description="The `next` of the page before")
    limit: int = Field(default=100, ge=1, le=MOST)


class _Asked(Protocol):
    """What both requests ask by."""

    device: str | None
    zone: str | None
    lane: str | None
    class_: str | None
    violation: str | None
    start: str | None
    end: str | None
    before: str | None
    limit: int


async def passages(call: Call) -> Answer:
    """List passages with their plates masked."""
    asked = call.asked(PassagesQuery)
    return _page(await _looker(call).passages(_query(call, asked)), asked.limit)


async def look(call: Call) -> Answer:
    """Show passages with their plates, once the journal has who asks and why."""
    sent, who, looker = call.sent(LookRequest), call.someone(), _looker(call)
    plate = None if sent.plate is None else canonical(sent.plate)
    if sent.plate is not None and plate is None:
        raise ProblemError(400, "bad_plate", "this is no plate: write its letters and digits, 4 to 12 of them")
    query = _query(call, sent, tuple(sent.ids), plate)
    try:
        rows = await looker.look(Person(who.user, who.role), query, sent.purpose)
    except Refused as refused:
        raise ProblemError(STATUS.get(refused.reason, 400), refused.reason, str(refused)) from None
    return _page(rows, query.limit)


def _looker(call: Call) -> Looker:
    if call.parts.looker is None:
        raise ProblemError(503, "no_passages", "this hub shows no passages")
    return call.parts.looker


def _query(call: Call, asked: _Asked, ids: tuple[str, ...] = (), plate: str | None = None) -> PassageQuery:
    end = time_of(asked.end, "to", call.parts.clock.now())
    start = time_of(asked.start, "from", end - DAY)
    if start >= end:
        raise ProblemError(400, "bad_period", "from must be earlier than to")
    any_ = asked.violation == ANY
    return PassageQuery(
        start, end, asked.device, None if asked.zone is None else (asked.zone,), asked.lane, asked.class_,
        None if any_ else asked.violation, any_, ids, plate, asked.before, asked.limit,
    )  # fmt: skip


def _page(rows: list[JsonRow], limit: int) -> Answer:
    following = rows[-1]["page"] if len(rows) == limit else None
    return {"items": [{key: row[key] for key in row if key != "page"} for row in rows], "next": following}


ROUTES = (
    Route(
        "GET", "/passages", passages, Right.READ, PassagePage,
        "Passages of vehicles, newest first, plates masked", query=PassagesQuery, problems=(503,),
    ),
    Route(
        "POST", "/passages/look", look, Right.PLATES, LookedPage,
        "Look at whole plates, or search by one; needs a grant of the site and a purpose, and is journaled",
        body=LookRequest, problems=(503,),
    ),
)  # fmt: skip
