"""Whom the hub tells outside, how that goes, and trying again; CAP documents for who fetches them."""

from aiohttp import web
from pydantic import Field

from adapters.base import ChannelStatus, Notifier, Undelivered
from adapters.web.problem import ProblemError, not_found
from adapters.web.rest.paging import MOST, Page, page_of
from adapters.web.routes import Answer, Call, Route
from adapters.web.rows import JsonRow, text, time_or_none
from adapters.web.telling import DeadLetterPage, NotificationsAnswer, RetryAnswer
from adapters.web.wire import Wire
from hub.model.clock import iso
from hub.model.notify import Delivery
from hub.roles import Right

FEED_TYPE, CAP_TYPE = "application/atom+xml", "application/cap+xml"


class NotificationsQuery(Wire):
    """How much of what happened lately."""

    channel: str | None = None
    limit: int = Field(default=100, ge=1, le=MOST)


async def notifications(call: Call) -> Answer:
    """Show channels, what waits, and what happened lately."""
    asked, notifier = call.asked(NotificationsQuery), _notifier(call)
    lately = [d for d in notifier.lately() if asked.channel in (None, d.channel)]
    waiting = [u for u in notifier.undelivered(dead=False) if asked.channel in (None, u.delivery.channel)]
    return {
        "channels": [_channel(status) for status in notifier.channels()],
        "rosters": [{"roster": name, "detail": why} for name, why in sorted(notifier.troubles().items())],
        "waiting": [_undelivered(u) for u in waiting[: asked.limit]],
        "items": [_delivery(d) for d in lately[: asked.limit]],
    }


async def dead_letters(call: Call) -> Answer:
    """List messages that were given up."""
    chosen, following = page_of(_notifier(call).undelivered(dead=True), lambda u: u.delivery.key, call.asked(Page))
    return {"items": [_undelivered(u) for u in chosen], "next": following}


async def retry(call: Call) -> Answer:
    """Try a message that was given up again."""
    key, notifier = call.path("key"), _notifier(call)
    known = next((u for u in notifier.undelivered(dead=True) if u.delivery.key == key), None)
    if known is None or not await notifier.requeue(key, call.someone().user):
        raise not_found("dead letter", key)
    return {"key": key, "channel": known.delivery.channel}


async def feed(call: Call) -> Answer:
    """Give the Atom feed of a CAP channel."""
    found = None if call.parts.notifier is None else call.parts.notifier.feed(call.path("channel"))
    if found is None:
        raise not_found("CAP channel", call.path("channel"))
    return web.Response(body=found, content_type=FEED_TYPE, charset="utf-8")


async def document(call: Call) -> Answer:
    """Give one CAP document."""
    channel, name = call.path("channel"), call.path("document")
    found = None if call.parts.notifier is None else call.parts.notifier.document(channel, name)
    if found is None:
        raise not_found("CAP document", f"{channel}/{name}")
    return web.Response(body=found, content_type=CAP_TYPE, charset="utf-8")


def _notifier(call: Call) -> Notifier:
    if call.parts.notifier is None:
        raise ProblemError(503, "no_notifier", "this hub tells nobody outside")
    return call.parts.notifier


def _channel(status: ChannelStatus) -> JsonRow:
    return {
        "channel": status.id, "type": status.type, "state": status.state, "detail": status.detail,
        "since": time_or_none(status.since), "sent": status.sent, "failed": status.failed,
        "waiting": status.waiting, "dead": status.dead,
    }  # fmt: skip


def _delivery(d: Delivery) -> JsonRow:
    return {
        "key": d.key, "channel": d.channel, "outcome": d.outcome, "event": d.event, "at": iso(d.at), "to": list(d.to),
        "priority": d.priority.word, "alarms": [t.alarm for t in d.told], "count": len(d.covers),
        "text": text(d.told[0].text) if d.told else None, "attempt": d.attempt, "detail": d.detail, "who": d.who,
    }  # fmt: skip


def _undelivered(u: Undelivered) -> JsonRow:
    return {
        "delivery": _delivery(u.delivery), "attempts": u.attempts, "error": u.error, "next": time_or_none(u.next)
    }  # fmt: skip


ROUTES = (
    Route(
        "GET", "/notifications", notifications, Right.READ, NotificationsAnswer,
        "Notification channels, what waits for them, what happened lately", NotificationsQuery, None, (503,),
    ),
    Route(
        "GET", "/notifications/dead-letters", dead_letters, Right.READ, DeadLetterPage,
        "Messages that were given up", Page, None, (503,),
    ),
    Route(
        "POST", "/notifications/{key}/retry", retry, Right.CONFIGURE, RetryAnswer,
        "Try a message that was given up again", problems=(404, 503),
    ),
    Route("GET", "/cap/{channel}", feed, Right.READ, None, "Atom feed of a CAP channel", problems=(404,)),
    Route("GET", "/cap/{channel}/{document}", document, Right.READ, None, "One CAP document", problems=(404,)),
)  # fmt: skip
