"""Alarms, and what people do about them."""

from pydantic import Field

from adapters.web.actions import Wish
from adapters.web.answers import AckRequest, ActionAnswer, AlarmPage, CommentRequest, ResetRequest
from adapters.web.holding import InServiceRequest, OutOfServiceRequest, ShelveRequest, UnshelveRequest
from adapters.web.problem import ProblemError, forbidden, not_found
from adapters.web.rest.paging import Page, page_of, words
from adapters.web.routes import Answer, Call, Route
from adapters.web.rows import alarm_row, inside, time_or_none
from adapters.web.wire import AlarmRow
from hub.model import Alarm, Outcome, fold
from hub.model.clock import from_iso
from hub.roles import Right

SAID = {
    "conflict": "another occurrence of this alarm stands now; look at it and act on that one",
    "already": "somebody was first",
    "condition_active": "the cause of the alarm persists; it can be reset when the condition is normal again",
    "not_acknowledged": "acknowledge the alarm before it is reset",
    "not_held": "it is not held in this way",
    "note_missing": "say why",
    "until_missing": "say until when",
    "until_invalid": "the end must lie in the future",
    "until_too_late": "the end is later than the rule, or 30 days out of service, allows",
}
FORBIDDEN = {
    "not_allowed": "your role may not do this to alarms",
    "forbidden": "this alarm may not be shelved, whoever asks",
}


class AlarmsQuery(Page):
    """Which alarms; words may be several, separated by commas."""

    state: str | None = Field(default=None, description="Names of states, or active")
    zone: str | None = Field(default=None, description="A zone, with everything inside it")
    category: str | None = None
    priority: str | None = None


def _in_state(alarm: Alarm, states: frozenset[str] | None) -> bool:
    return states is None or alarm.last.state in states or ("active" in states and alarm.last.active)


async def alarms(call: Call) -> Answer:
    """List the alarms that a console must show."""
    asked, view = call.asked(AlarmsQuery), call.parts.view
    states, categories, priorities = words(asked.state), words(asked.category), words(asked.priority)
    wanted = [
        alarm
        for alarm in view.alarms()
        if _in_state(alarm, states)
        and inside(alarm.last.zone, asked.zone, view.site.zones)
        and (categories is None or alarm.last.category in categories)
        and (priorities is None or alarm.last.priority.word in priorities)
    ]
    chosen, following = page_of(wanted, lambda alarm: alarm.last.alarm, asked)
    items = [alarm_row(alarm) for alarm in chosen]
    return {"items": items, "next": following, "epoch": view.epoch, "seq": view.seq}


async def alarm(call: Call) -> Answer:
    """Show one alarm, also when it is normal again."""
    found = call.parts.view.alarm(call.path("alarm"))
    if found is None:
        raise not_found("alarm", call.path("alarm"))
    return alarm_row(found)


async def ack(call: Call) -> Answer:
    """Acknowledge an occurrence."""
    sent = call.sent(AckRequest)
    return await _act(call, Wish("ack", call.path("alarm"), sent.occurrence, sent.note, sent.request))


async def reset(call: Call) -> Answer:
    """Reset a latched alarm."""
    sent = call.sent(ResetRequest)
    return await _act(call, Wish("reset", call.path("alarm"), sent.occurrence, sent.note, sent.request))


async def comment(call: Call) -> Answer:
    """Write a comment."""
    sent = call.sent(CommentRequest)
    return await _act(call, Wish("comment", call.path("alarm"), sent.occurrence, sent.note, sent.request))


async def shelve(call: Call) -> Answer:
    """Hide an alarm for a time."""
    sent = call.sent(ShelveRequest)
    until = None if sent.until is None else from_iso(sent.until.isoformat())
    wish = Wish("shelve", call.path("alarm"), sent.occurrence, sent.note, sent.request, until, sent.once)
    return await _act(call, wish)


async def unshelve(call: Call) -> Answer:
    """Show an alarm again."""
    sent = call.sent(UnshelveRequest)
    return await _act(call, Wish("unshelve", call.path("alarm"), sent.occurrence, sent.note, sent.request))


async def out_of_service(call: Call) -> Answer:
    """Take the alarm's point, device or zone out of service."""
    sent = call.sent(OutOfServiceRequest)
    until = from_iso(sent.until.isoformat())
    wish = Wish("out_of_service", call.path("alarm"), 0, sent.note, sent.request, until, scope=sent.of)
    return await _act(call, wish)


async def in_service(call: Call) -> Answer:
    """Put it back into service."""
    sent = call.sent(InServiceRequest)
    return await _act(call, Wish("in_service", call.path("alarm"), 0, sent.note, sent.request, scope=sent.of))


async def _act(call: Call, wish: Wish) -> Answer:
    name = wish.alarm
    outcome = await call.parts.counter.act(call.someone(), wish)
    stands = outcome.alarm or call.parts.view.alarm(name)
    if outcome.refused is not None:
        raise refused(name, outcome, stands)
    if stands is None or outcome.done is None:
        return {"alarm": None if stands is None else alarm_row(stands)}
    # The journal has it before the view does.
    return {"alarm": alarm_row(stands if stands.last.n >= outcome.done.n else fold(stands, outcome.done))}


def refused(name: str, outcome: Outcome, stands: Alarm | None) -> ProblemError:
    """Return the problem that says why an action was not carried out."""
    why = outcome.refused or "not_recorded"
    if why == "unknown":
        return not_found("alarm", name)
    if why in FORBIDDEN:
        return forbidden(FORBIDDEN[why])
    if why == "not_recorded":
        return ProblemError(503, why, "the journal could not take the action, so it was not done; try again")
    row = alarm_row(stands) if stands else None
    by = stands.acked_by if stands else None
    at = time_or_none(stands.acked_at) if stands else None
    return ProblemError(409, why, SAID.get(why, why), by=by, at=at, alarm=row)


ACT_PROBLEMS = (404, 409, 503)
ROUTES = (
    Route("GET", "/alarms", alarms, Right.READ, AlarmPage, "Alarms that must be shown, by id", query=AlarmsQuery),
    Route("GET", "/alarms/{alarm*}", alarm, Right.READ, AlarmRow, "One alarm as it stands", problems=(404,)),
    Route(
        "POST", "/alarms/{alarm*}/ack", ack, Right.ACK, ActionAnswer,
        "Acknowledge an occurrence", body=AckRequest, problems=ACT_PROBLEMS,
    ),
    Route(
        "POST", "/alarms/{alarm*}/reset", reset, Right.RESET, ActionAnswer,
        "Reset a latched alarm", body=ResetRequest, problems=ACT_PROBLEMS,
    ),
    Route(
        "POST", "/alarms/{alarm*}/comment", comment, Right.COMMENT, ActionAnswer,
        "Write a comment", body=CommentRequest, problems=ACT_PROBLEMS,
    ),
    Route(
        "POST", "/alarms/{alarm*}/shelve", shelve, Right.SHELVE, ActionAnswer,
        "Hide an alarm for a time", body=ShelveRequest, problems=ACT_PROBLEMS,
    ),
    Route(
        "POST", "/alarms/{alarm*}/unshelve", unshelve, Right.SHELVE, ActionAnswer,
        "Show a shelved alarm again", body=UnshelveRequest, problems=ACT_PROBLEMS,
    ),
    Route(
        "POST", "/alarms/{alarm*}/out-of-service", out_of_service, Right.SERVICE, ActionAnswer,
        "Take the alarm's point, device or zone out of service", body=OutOfServiceRequest, problems=ACT_PROBLEMS,
    ),
    Route(
        "POST", "/alarms/{alarm*}/in-service", in_service, Right.SERVICE, ActionAnswer,
        "Put it back into service", body=InServiceRequest, problems=ACT_PROBLEMS,
    ),
)  # fmt: skip
