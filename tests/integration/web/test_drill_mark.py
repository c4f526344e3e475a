"""The mark of a drill over real sockets: on every row and in every record that speaks of the alarm."""

from rules import Engine
from tests.integration.web.conftest import Start
from tests.integration.web.test_holds import FIRE, Town


async def test_an_alarm_of_a_drill_says_so_over_rest_and_on_the_stream(start: Start) -> None:
    hub = Town()
    hub.engine = Engine(hub.site, drill=True)
    web = await start(hub=hub)
    console = await web.console()
    await console.subscribe()
    hub.say("a", True)
    await console.until("ev", op="put")
    operator = await web.browser("operator", "anh")
    async with operator.get(f"/api/v1/alarms/{FIRE}") as answer:
        assert (await answer.json())["mark"] == "DRILL"
    assert console.rows[FIRE]["mark"] == "DRILL"
