"""What people hide: everything that is shelved or out of service, and taking things out of service without an alarm."""

from collections import Counter

from adapters.web.actions import Wish
from adapters.web.holding import HeldPage, HoldAnswer, HoldEndRequest, HoldRequest
from adapters.web.rest.alarms import ACT_PROBLEMS, refused
from adapters.web.rest.paging import Page, page_of
from adapters.web.routes import Answer, Call, Route
from adapters.web.rows import JsonRow, service_detail, time_or_none
from hub.model import Alarm, HoldKind, ServiceChange
from hub.model.clock import from_iso, iso
from hub.roles import Right


class HoldsQuery(Page):
    """Everything that is held by people."""


async def holds(call: Call) -> Answer:
    """List what is shelved and what is out of service."""
    view = call.parts.view
    alarms = view.alarms()
    hidden = Counter(hold.by for alarm in alarms for hold in alarm.last.holds)
    rows = [_out(change, hidden[change.scope]) for change in view.out_of_service()]
    rows += [row for alarm in alarms if (row := _shelved(alarm)) is not None]
    chosen, following = page_of(rows, lambda row: row["key"], call.asked(HoldsQuery))
    return {"items": chosen, "next": following}


def _out(change: ServiceChange, alarms: int) -> JsonRow:
    return {
        "key": change.scope, "kind": HoldKind.OUT_OF_SERVICE.value, "since": iso(change.at),
        "until": time_or_none(change.until), "once": False, "who": change.who, "why": change.note, "alarms": alarms,
    }  # fmt: skip


def _shelved(alarm: Alarm) -> JsonRow | None:
    hold = next((hold for hold in alarm.last.holds if hold.kind is HoldKind.SHELVED), None)
    if hold is None:
        return None
    return {
        "key": alarm.last.alarm, "kind": hold.kind.value, "since": iso(hold.since), "until": time_or_none(hold.until),
        "once": hold.once, "who": hold.who, "why": hold.why, "alarms": 1,
    }  # fmt: skip


async def take_out(call: Call) -> Answer:
    """Take a point, a device or a zone out of service."""
    sent = call.sent(HoldRequest)
    until = from_iso(sent.until.isoformat())
    return await _serve(
        call, Wish("out_of_service", note=sent.note, request=sent.request, until=until, scope=sent.scope)
    )


async def put_back(call: Call) -> Answer:
    """Put it back into service."""
    sent = call.sent(HoldEndRequest)
    return await _serve(call, Wish("in_service", note=sent.note, request=sent.request, scope=call.path("scope")))


async def _serve(call: Call, wish: Wish) -> Answer:
    outcome = await call.parts.counter.act(call.someone(), wish)
    if outcome.change is None:
        raise refused(wish.scope or "", outcome, None)
    return service_detail(outcome.change)


ROUTES = (
    Route("GET", "/holds", holds, Right.READ, HeldPage, "What is shelved and what is out of service", query=HoldsQuery),
    Route(
        "POST", "/holds", take_out, Right.SERVICE, HoldAnswer,
        "Take a point, a device or a zone out of service", body=HoldRequest, problems=ACT_PROBLEMS,
    ),
    Route(
        "POST", "/holds/{scope*}/end", put_back, Right.SERVICE, HoldAnswer,
        "Put it back into service", body=HoldEndRequest, problems=ACT_PROBLEMS,
    ),
)  # fmt: skip
