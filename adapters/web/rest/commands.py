"""Commands to devices: which there are, select, operate; and single points that are set."""

from adapters.base import Commander
from adapters.web.answers import (
    AwaitingPage,
    CommandAnswer,
    CommandPage,
    ConfirmRequest,
    OperateRequest,
    SelectAnswer,
    WriteRequest,
)
from adapters.web.problem import ProblemError, not_found
from adapters.web.routes import Answer, Call, Route
from adapters.web.rows import awaiting_row, command_result, command_row
from hub.model import CommandResult, Refused, point_id
from hub.model.clock import iso
from hub.roles import Person, Right

STATUS = {"not_allowed": 403, "unknown": 404, "value": 400, "no_note": 400, "not_recorded": 503, "same_person": 403}
"""Reason of a refusal → status; everything else: 409, the device or the site stands differently."""


def _desk(call: Call) -> tuple[Commander, Person]:
    who = call.someone()
    if call.parts.commander is None:
        raise ProblemError(503, "no_commands", "this hub takes no commands")
    return call.parts.commander, Person(who.user, who.role)


def _problem(refused: Refused) -> ProblemError:
    return ProblemError(STATUS.get(refused.reason, 409), refused.reason, str(refused))


def _answer(result: CommandResult) -> Answer:
    if result.reason == "not_recorded":
        raise ProblemError(503, result.reason, result.detail)
    return {"result": command_result(result)}


async def commands(call: Call) -> Answer:
    """List the commands of a device."""
    device = call.parts.view.site.devices.get(call.path("device"))
    if device is None:
        raise not_found("device", call.path("device"))
    role = call.someone().role.value
    return {"items": [command_row(device, spec, role) for spec in device.commands], "next": None}


async def select(call: Call) -> Answer:
    """Select a command."""
    desk, person = _desk(call)
    try:
        selection = desk.select(person, call.path("device"), call.path("name"))
    except Refused as refused:
        raise _problem(refused) from None
    return {"token": selection.token, "expires": iso(selection.expires)}


async def operate(call: Call) -> Answer:
    """Give a command."""
    desk, person = _desk(call)
    sent, device, name = call.sent(OperateRequest), call.path("device"), call.path("name")
    try:
        result = await desk.operate(person, device, name, sent.note, request=sent.request, token=sent.token)
    except Refused as refused:
        raise _problem(refused) from None
    return _answer(result)


async def awaiting(call: Call) -> Answer:
    """List what waits for a second person."""
    desk, person = _desk(call)
    rows = []
    for asked in desk.awaiting():
        device = call.parts.view.site.devices[asked.device]
        spec = next(c for c in device.commands if c.name == asked.name)
        rows.append(awaiting_row(spec, asked, person.name, person.role.value))
    return {"items": rows, "next": None}


async def confirm(call: Call) -> Answer:
    """Confirm what somebody else asked for."""
    desk, person = _desk(call)
    try:
        result = await desk.confirm(person, call.path("id"), call.sent(ConfirmRequest).note)
    except Refused as refused:
        raise _problem(refused) from None
    return _answer(result)


async def withdraw(call: Call) -> Answer:
    """Take back what waits."""
    desk, person = _desk(call)
    try:
        desk.withdraw(person, call.path("id"))
    except Refused as refused:
        raise _problem(refused) from None
    return await awaiting(call)


async def write(call: Call) -> Answer:
    """Set a point."""
    desk, person = _desk(call)
    sent, point = call.sent(WriteRequest), point_id(call.path("device"), call.path("point"))
    try:
        result = await desk.write(person, point, sent.value, sent.note, sent.request)
    except Refused as refused:
        raise _problem(refused) from None
    return _answer(result)


COMMAND_PROBLEMS = (404, 409, 503)
ROUTES = (
    Route(
        "GET", "/devices/{device}/commands", commands, Right.READ, CommandPage,
        "The commands of a device, and whether whoever asks may give them", problems=(404,),
    ),
    Route(
        "POST", "/devices/{device}/commands/{name}/select", select, Right.COMMAND, SelectAnswer,
        "Select a command: a token, good once within ten seconds", problems=COMMAND_PROBLEMS,
    ),
    Route(
        "POST", "/devices/{device}/commands/{name}/operate", operate, Right.COMMAND, CommandAnswer,
        "Give a command; 200 means that it was taken, `outcome` what became of it (`awaiting`: see the second person)",
        body=OperateRequest, problems=COMMAND_PROBLEMS,
    ),
    Route(
        "GET", "/commands/awaiting", awaiting, Right.COMMAND, AwaitingPage,
        "The commands that wait for a second person", problems=(503,),
    ),
    Route(
        "POST", "/commands/awaiting/{id}/confirm", confirm, Right.COMMAND, CommandAnswer,
        "Confirm a command that somebody else gave, within a minute; it is sent then",
        body=ConfirmRequest, problems=COMMAND_PROBLEMS,
    ),
    Route(
        "POST", "/commands/awaiting/{id}/withdraw", withdraw, Right.COMMAND, AwaitingPage,
        "Take back a command that waits for a second person", problems=COMMAND_PROBLEMS,
    ),
    Route(
        "POST", "/points/{device}/{point}/write", write, Right.WRITE, CommandAnswer,
        "Set a point that is writable; 200 means that it was sent, `outcome` what became of it",
        body=WriteRequest, problems=COMMAND_PROBLEMS,
    ),
)  # fmt: skip
