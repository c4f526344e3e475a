"""How heavy the alarms weigh on people: the figures of EEMUA 191 and ISA-18.2."""

import asyncio
from functools import partial

from pydantic import Field

from adapters.web.problem import ProblemError
from adapters.web.rest.history import time_of
from adapters.web.routes import Answer, Call, Route
from adapters.web.rows import kpi_row
from adapters.web.weight import KpiAnswer
from adapters.web.wire import Wire
from hub.kpi import kpis
from hub.model import DAY
from hub.roles import Right

LONGEST = 400 * DAY


class KpiQuery(Wire):
    """Which period."""

    start: str | None = Field(default=None, alias="from", description="ISO 8601; a day before `to` when missing")
    to: str | None = Field(default=None, description="ISO 8601; now when missing")


async def alarm_load(call: Call) -> Answer:
    """Compute the load of a period; not in the loop: a year of a bad plant is a million alarms."""
    asked = call.asked(KpiQuery)
    end = time_of(asked.to, "to", call.parts.clock.now())
    start = time_of(asked.start, "from", end - DAY)
    if not 0 < end - start <= LONGEST:
        raise ProblemError(400, "bad_period", "`from` must lie before `to`, by at most 400 days")
    found, coverage = await call.parts.historian.occurrences(start, end)
    operators = call.parts.view.site.operators
    return kpi_row(await asyncio.to_thread(partial(kpis, found, start, end, operators=operators, coverage=coverage)))


ROUTES = (
    Route(
        "GET", "/kpi/alarms", alarm_load, Right.READ, KpiAnswer,
        "The load of alarms on people (EEMUA 191, ISA-18.2)", query=KpiQuery, problems=(503,),
    ),
)  # fmt: skip
