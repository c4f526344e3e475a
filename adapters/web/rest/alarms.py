"""Alarms, and what people do about them."""

from pydantic import Field

from adapters.web.actions import Kind
from adapters.web.answers import AckRequest, ActionAnswer, AlarmPage, CommentRequest, ResetRequest
from adapters.web.problem import ProblemError, forbidden, not_found
from adapters.web.rest.paging import Page, page_of, words
from adapters.web.routes import Answer, Call, Route
from adapters.web.rows import alarm_row, inside, time_or_none
from adapters.web.wire import AlarmRow
from hub.model import Alarm, Outcome, fold
from hub.roles import Right

SAID = {
    "conflict": "another occurrence of this alarm stands now; look at it and act on that one",
    "already": "somebody was first",
    "condition_active": "the cause of the alarm persists; it can be reset when the condition is normal again",
    "not_acknowledged": "acknowledge the alarm before it is reset",
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
    return await _act(call, "ack", sent.occurrence, sent.note, sent.request)


async def reset(call: Call) -> Answer:
    """Reset a latched alarm."""
    sent = call.sent(ResetRequest)
    return await _act(call, "reset", sent.occurrence, sent.note, sent.request)


async def comment(call: Call) -> Answer:
    """Write a comment."""
    sent = call.sent(CommentRequest)
    return await _act(call, "comment", sent.occurrence, sent.note, sent.request)


async def _act(call: Call, kind: Kind, occurrence: int, note: str | None, request: str | None) -> Answer:
    name = call.path("alarm")
    outcome = await call.parts.counter.act(call.someone(), kind, name, occurrence, note, request)
    stands = outcome.alarm or call.parts.view.alarm(name)
    if outcome.done is None or stands is None:
        raise _refused(name, outcome, stands)
    # The journal has it before the view does.
    return {"alarm": alarm_row(stands if stands.last.n >= outcome.done.n else fold(stands, outcome.done))}


def _refused(name: str, outcome: Outcome, stands: Alarm | None) -> ProblemError:
    why = outcome.refused or "not_recorded"
    if why == "unknown":
        return not_found("alarm", name)
    if why == "not_allowed":
        return forbidden("your role may not do this to alarms")
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
)  # fmt: skip
