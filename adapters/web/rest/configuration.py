"""The configuration: what the files of the site would change, and taking them over without a restart."""

from collections.abc import Awaitable

from msgspec import to_builtins

from adapters.web.configuring import ApplyRequest, PlanAnswer
from adapters.web.problem import ProblemError
from adapters.web.routes import Answer, Call, Route
from hub.model import ConfigError, Refused
from hub.model.changes import Plan
from hub.model.clock import iso
from hub.roles import Right

STATUS = {"conflict": 409, "fixed": 409, "other_site": 409, "rules": 422, "not_recorded": 503}
MOST = 200
"""Mistakes that are listed; more are counted."""


async def plan(call: Call) -> Answer:
    """Say what applying would change now; nothing happens."""
    return await _said(call.parts.configurer.plan() if call.parts.configurer else None)


async def apply(call: Call) -> Answer:
    """Take the files over, whole or not at all."""
    configurer, digest = call.parts.configurer, call.sent(ApplyRequest).digest
    return await _said(configurer.apply(call.someone().user, digest) if configurer else None)


async def _said(asked: Awaitable[Plan] | None) -> Answer:
    if asked is None:
        raise ProblemError(409, "fixed", "the configuration of this hub is fixed; it takes another one when it starts")
    try:
        return _row(await asked)
    except ConfigError as error:
        raise _mistakes(error) from None
    except Refused as refused:
        raise ProblemError(STATUS.get(refused.reason, 400), refused.reason, str(refused)) from None


def _mistakes(error: ConfigError) -> ProblemError:
    found = error.problems if isinstance(error.problems, list) else []
    rows = [
        {"file": p.file, "line": p.line, "column": p.column, "level": p.level, "message": p.message, "hint": p.hint}
        for p in found
    ]
    return ProblemError(422, "invalid_configuration", str(error), problems=rows[:MOST], more=max(0, len(rows) - MOST))


def _row(found: Plan) -> dict[str, object]:
    row: dict[str, object] = to_builtins(found)
    ends = [to_builtins(ending) | {"since": iso(ending.since)} for ending in found.ends]
    return row | {"changes": found.changes, "ends": ends}


PROBLEMS = (409, 422, 503)
ROUTES = (
    Route(
        "GET", "/configuration/plan", plan, Right.CONFIGURE, PlanAnswer,
        "What the site's files would change of the running hub", problems=PROBLEMS,
    ),
    Route(
        "POST", "/configuration/apply", apply, Right.CONFIGURE, PlanAnswer,
        "Take the site's files over without a restart", body=ApplyRequest, problems=PROBLEMS,
    ),
)  # fmt: skip
