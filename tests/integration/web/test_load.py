"""The load of alarms over a real socket."""

from aiohttp import ClientSession

from adapters.web.weight import KpiAnswer
from tests.integration.web.conftest import Running


async def asked(client: ClientSession, query: str, status: int = 200) -> str:
    async with client.get(f"/api/v1/kpi/alarms{query}") as answer:
        text = await answer.text()
        assert answer.status == status, text
    return text


async def test_the_load_of_the_last_day_is_told_with_its_coverage(web: Running) -> None:
    found = KpiAnswer.model_validate_json(await asked(await web.browser("viewer"), ""))
    assert (found.alarms, found.coverage, found.operators, found.ack.p50) == (1, 0.5, 1, 1.0)
    assert found.priorities["critical"].share == 1.0


async def test_a_period_that_is_none_is_a_problem_and_so_is_a_database_that_is_away(web: Running) -> None:
    viewer = await web.browser("viewer")
    assert "from" in await asked(viewer, "?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", 400)
    assert "400 days" in await asked(viewer, "?from=2020-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", 400)
    web.hub.away = True
    await asked(viewer, "", 503)
