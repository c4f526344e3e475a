"""Checklists of standing alarms: what is to be done, what was done by whom, what is late."""

from adapters.base import Checklists
from adapters.web.playing import ChecklistAnswer, StartRequest, StepRequest
from adapters.web.problem import ProblemError, not_found
from adapters.web.routes import Answer, Call, Route
from adapters.web.rows import JsonRow, text, time_or_none
from hub.model import Refused
from hub.model.clock import iso
from hub.model.playbook import Checklist
from hub.roles import Right

STATUS = {"unknown": 404, "conflict": 409, "not_recorded": 503}


async def checklist(call: Call) -> Answer:
    """Show the checklist of an alarm; one without a checklist has no steps."""
    name = call.path("alarm")
    found = None if call.parts.checklists is None else call.parts.checklists.of(name)
    known = call.parts.view.alarm(name)
    if found is None and known is not None:
        found = Checklist(name, known.last.occurrence, known.since, (), mark=known.last.mark)
    if found is None:
        raise not_found("alarm", name)
    return _row(found)


async def start(call: Call) -> Answer:
    """Begin with a checklist."""
    return await _act(call, call.sent(StartRequest).occurrence, "started")


async def mark(call: Call) -> Answer:
    """Mark a step done, or take that back."""
    sent = call.sent(StepRequest)
    return await _act(call, sent.occurrence, "done" if sent.done else "undone", call.path("step"), sent.note)


async def _act(call: Call, occurrence: int, what: str, step: str | None = None, note: str | None = None) -> Answer:
    lists: Checklists | None = call.parts.checklists
    if lists is None:
        raise not_found("alarm with a checklist", call.path("alarm"))
    try:
        return _row(await lists.act(call.path("alarm"), occurrence, what, call.someone().user, step, note))
    except Refused as refused:
        raise ProblemError(STATUS.get(refused.reason, 400), refused.reason, str(refused)) from None


def _row(found: Checklist) -> JsonRow:
    return {
        "alarm": found.alarm, "occurrence": found.occurrence, "since": iso(found.since), "mark": found.mark,
        "started_by": found.started_by, "started_at": time_or_none(found.started_at),
        "steps": [
            {
                "step": s.step.id, "text": text(s.step.do), "owner": s.step.owner, "due": time_or_none(s.due),
                "late": s.late, "by": s.by, "at": time_or_none(s.at), "note": s.note,
            }
            for s in found.steps
        ],
    }  # fmt: skip


PROBLEMS = (404, 409, 503)
ROUTES = (
    Route(
        "GET", "/alarms/{alarm*}/playbook", checklist, Right.READ, ChecklistAnswer,
        "The checklist of a standing alarm", problems=(404,),
    ),
    Route(
        "POST", "/alarms/{alarm*}/playbook", start, Right.ACK, ChecklistAnswer,
        "Begin with a checklist", body=StartRequest, problems=PROBLEMS,
    ),
    Route(
        "POST", "/alarms/{alarm*}/playbook/{step}", mark, Right.ACK, ChecklistAnswer,
        "Mark a step done, or take that back", body=StepRequest, problems=PROBLEMS,
    ),
)  # fmt: skip
