"""What the store remembers: a point's past, the journal, device events."""

from pydantic import Field

from adapters.base import Bucket, Gap
from adapters.web.answers import EventPage, HistoryAnswer, JournalPage
from adapters.web.eventrows import stored_event_row
from adapters.web.problem import ProblemError, not_found
from adapters.web.rest.paging import MOST
from adapters.web.routes import Answer, Call, Route
from adapters.web.rows import JsonRow
from adapters.web.wire import Wire
from hub.model import HOUR, Quality, Timestamp, point_id
from hub.model.clock import from_iso, iso
from hub.model.masking import masked
from hub.roles import Right


class HistoryQuery(Wire):
    """Which part of the past, in how many slices."""

    start: str | None = Field(default=None, alias="from", description="ISO 8601; an hour before `to` when missing")
    end: str | None = Field(default=None, alias="to", description="ISO 8601; now when missing")
    points: int = Field(default=1000, ge=1, le=2000)


class JournalQuery(Wire):
    """Which journal entries."""

    before: int | None = Field(default=None, ge=1)
    limit: int = Field(default=100, ge=1, le=MOST)
    kind: str | None = None
    device: str | None = None
    zone: str | None = None
    category: str | None = None
    alarm: str | None = None


class EventsQuery(Wire):
    """Which device events."""

    before: str | None = Field(default=None, max_length=100)
    limit: int = Field(default=100, ge=1, le=MOST)
    kind: str | None = None
    device: str | None = None


def time_of(text: str | None, name: str, default: Timestamp) -> Timestamp:
    """Return the time that a query says, or the default. Raises ProblemError 400."""
    if text is None:
        return default
    try:
        # In a query an unescaped + of an offset arrives as a space.
        return from_iso(text.replace(" ", "+"))
    except ValueError:
        raise ProblemError(
            400, "bad_request", f"{name} is not an ISO 8601 time",
            errors=[{"at": name, "message": f"{text!r} is not a time like 2026-11-22T07:00:00+07:00"}],
        ) from None  # fmt: skip


def _bucket(bucket: Bucket) -> JsonRow:
    return {
        "at": iso(bucket.at),
        "low": bucket.low,
        "high": bucket.high,
        "last": bucket.last,
        "quality": Quality(bucket.quality).name.lower(),
        "count": bucket.count,
    }


def _gap(gap: Gap) -> JsonRow:
    return {
        "start": iso(gap.start),
        "end": None if gap.end is None else iso(gap.end),
        "cause": gap.cause,
        "reason": gap.reason,
    }


async def history(call: Call) -> Answer:
    """Show a point's past in slices."""
    point = call.parts.view.site.points.get(point_id(call.path("device"), call.path("point")))
    if point is None:
        raise not_found("point", point_id(call.path("device"), call.path("point")))
    asked = call.asked(HistoryQuery)
    end = time_of(asked.end, "to", call.parts.clock.now())
    start = time_of(asked.start, "from", end - HOUR)
    if start >= end:
        raise ProblemError(400, "bad_request", "from must be earlier than to")
    buckets = await call.parts.historian.history(point.id, start, end, asked.points)
    covered = await call.parts.historian.coverage(point.id, start, end)
    return {
        "point": point.id,
        "unit": point.unit,
        "start": iso(start),
        "end": iso(end),
        "items": [_bucket(bucket) for bucket in buckets],
        "coverage": covered.share,
        "gaps": [_gap(gap) for gap in covered.gaps],
    }


async def journal(call: Call) -> Answer:
    """List journal entries."""
    asked = call.asked(JournalQuery)
    match = asked.model_dump(include={"kind", "device", "zone", "category", "alarm"}, exclude_none=True)
    entries = await call.parts.historian.journal(before=asked.before, limit=asked.limit, match=match)
    items = [{"seq": row.seq, "at": iso(row.at), "kind": row.kind, "body": masked(row.body)} for row in entries]
    return {"items": items, "next": entries[-1].seq if len(entries) == asked.limit else None}


async def events(call: Call) -> Answer:
    """List device events."""
    asked = call.asked(EventsQuery)
    found = await call.parts.historian.events(
        before=asked.before, limit=asked.limit, kind=asked.kind, device=asked.device
    )
    items = [stored_event_row(event) for event in found]
    return {"items": items, "next": items[-1]["id"] if len(items) == asked.limit else None}


ROUTES = (
    Route(
        "GET", "/points/{device}/{point}/history", history, Right.READ, HistoryAnswer,
        "A point's past in slices with smallest, largest, last and worst quality",
        query=HistoryQuery, problems=(404, 503),
    ),
    Route("GET", "/journal", journal, Right.READ, JournalPage, "Journal, newest first", JournalQuery, None, (503,)),
    Route("GET", "/events", events, Right.READ, EventPage, "Device events, newest first", EventsQuery, None, (503,)),
)  # fmt: skip
