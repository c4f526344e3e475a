"""Many times `kill -9` under load: nothing acknowledged is lost, nothing stored twice, no alarm missed or doubled.

Three readings a message, 2,000 a second. `CITYWATCH_KILLS` says how many kills; `make soak` makes a hundred.
"""

import asyncio
import os
import random
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hub.model import SECOND
from tests.support.conservation import conserved
from tests.support.mosquitto import Mosquitto
from tests.support.real_site import write_site
from tests.support.running_hub import running_hub, until

pytestmark = [pytest.mark.broker, pytest.mark.database, pytest.mark.timeout(1800)]
KILLS, DETECTORS, RATE = int(os.environ.get("CITYWATCH_KILLS", "10")), 20, 670
DELAY_S = 6
FIRE = "fire:d0/alarm"


async def rows(dsn: str, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        return await (await connection.execute(query, parameters)).fetchall()  # type: ignore[arg-type]


async def test_kills_under_load_lose_nothing_and_double_nothing(broker: Mosquitto, server: str, tmp_path: Path) -> None:
    state, paper = tmp_path / "state", tmp_path / "ledger"
    site = write_site(tmp_path / "site", dsn=server, mqtt=broker.port, detectors=DETECTORS, slow=f"{DELAY_S}s")
    dice = random.Random(7)
    async with running_hub(site, state) as hub:
        await hub.until_listening(broker)
        await asyncio.to_thread(broker.publish, "real/d0", '{"alarm": true}')
        await asyncio.to_thread(broker.publish, "real/d0", '{"alarm": false}')
        await hub.until_alarm(FIRE, state="latched_unacknowledged")
        await hub.kill()
    publisher = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.road.ledger", str(broker.port), paper, str(DETECTORS), str(RATE),
        stdin=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert publisher.stdin is not None
    last_kill = 0
    for _ in range(KILLS - 1):
        async with running_hub(site, state) as hub:
            assert (await hub.alarms())[FIRE]["state"] == "latched_unacknowledged", "a fire survives every kill"
            await asyncio.sleep(dice.uniform(0.1, 0.8))
            await hub.kill()
            last_kill = time.time_ns()
    publisher.stdin.close()
    assert await asyncio.wait_for(publisher.wait(), 30) == 0
    acknowledged = {int(line) for line in paper.read_text().split()}
    assert len(acknowledged) > 1000

    async with running_hub(site, state) as hub:
        await until(lambda: complete(server, acknowledged), "what was acknowledged")
        shown = await hub.alarms()
        assert shown[FIRE]["state"] == "latched_unacknowledged"
        assert shown[FIRE]["occurrence"] == 1
        await conserved(hub.metrics)
        assert await hub.stop() == 0

    twice = "select value from v_reading where point = 'value' group by value having count(*) > 1"
    assert await rows(server, twice) == [], "what comes again after a kill is not stored again"
    await the_alarms_are_a_story_without_gaps(server)
    await a_delay_is_not_begun_anew_by_kills(server, last_kill)


async def complete(server: str, acknowledged: set[int]) -> bool:
    found = await rows(server, "select distinct value from v_reading where point = 'value'")
    return acknowledged <= {int(value) for (value,) in found if value is not None}


async def the_alarms_are_a_story_without_gaps(server: str) -> None:
    """n grows by one for ever; raise and return take turns; no (alarm, occurrence, n) comes twice."""
    query = "select alarm, body from journal where kind = 'transition' order by seq"
    stories: dict[str, list[dict[str, Any]]] = {}
    for alarm, body in await rows(server, query):
        stories.setdefault(alarm, []).append(body)
    flagged = [story for alarm, story in stories.items() if alarm.startswith("flagged:")]
    assert len(flagged) == DETECTORS
    for alarm, story in stories.items():
        assert [t["n"] for t in story] == list(range(1, len(story) + 1)), alarm
        assert [t["input"] for t in story] == (["raise", "return"] * len(story))[: len(story)], alarm


async def a_delay_is_not_begun_anew_by_kills(server: str, last_kill: int) -> None:
    query = "select min((body ->> 'at')::int8) from journal where starts_with(alarm, 'slow:') and kind = 'transition'"
    [(raised,)] = await rows(server, query)
    [(first,)] = await rows(server, "select min(extract(epoch from time)) from v_reading where point = 'level'")
    assert raised is not None
    assert raised >= int(float(first) * SECOND) + (DELAY_S - 1) * SECOND
    assert raised < last_kill, "the delay ended while the hub was killed again and again"
