"""The database cut off under load: alarms do not care, memory stays flat, and all of it arrives later, once, in order.

Three readings a message. `CITYWATCH_AWAY_S` and `CITYWATCH_AWAY_RATE` say how long and how many readings a second;
`make soak` takes ten minutes at 5,000, and demands that four times the arrival rate is caught up.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.support.conservation import conserved, every, one
from tests.support.mosquitto import Mosquitto
from tests.support.real_site import write_site
from tests.support.relay import Relay
from tests.support.running_hub import RunningHub, running_hub, until

SECONDS = float(os.environ.get("CITYWATCH_AWAY_S", "4"))
RATE = float(os.environ.get("CITYWATCH_AWAY_RATE", "1500"))
SOAKS = "CITYWATCH_AWAY_S" in os.environ
pytestmark = [pytest.mark.broker, pytest.mark.database, pytest.mark.timeout(150 + 4 * SECONDS)]

DETECTORS = 20
FIRE = "fire:d0/alarm"
MOST_MEMORY = 64 << 20
MOST_SPOOLED = 2 << 30
IN_ORDER = """
select count(*) from (
  select value, lag(value) over (partition by point_id order by r.tableoid, r.ctid) as before
  from reading r join point p on p.id = r.point_id where p.name = 'value') as each where value < before
"""
"""How many readings lie in the table before an older one of their point."""


@pytest.fixture
async def relay(server: str) -> AsyncIterator[Relay]:
    with tempfile.TemporaryDirectory(prefix="cw-") as folder:
        made = await Relay(Path(folder), str(conninfo_to_dict(server)["host"])).start()
        yield made
        await made.stop()


async def ask(server: str, query: str) -> list[tuple[Any, ...]]:
    async with await psycopg.AsyncConnection.connect(server, autocommit=True) as connection:
        return await (await connection.execute(query)).fetchall()  # type: ignore[arg-type]


def memory(hub: RunningHub) -> int:
    lines = Path(f"/proc/{hub.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) << 10


async def publishing(port: int, paper: Path) -> asyncio.subprocess.Process:
    command = ["-m", "tests.integration.road.ledger", str(port), str(paper), str(DETECTORS), str(RATE / 3)]
    return await asyncio.create_subprocess_exec(sys.executable, *command, stdin=asyncio.subprocess.PIPE)


async def ended(publisher: asyncio.subprocess.Process) -> None:
    assert publisher.stdin is not None
    publisher.stdin.close()
    assert await asyncio.wait_for(publisher.wait(), 30) == 0


@pytest.mark.parametrize("how", ["refuses", "swallows"])
async def test_an_outage_under_load_delays_history_and_nothing_else(
    broker: Mosquitto, server: str, relay: Relay, tmp_path: Path, how: str
) -> None:
    paper = tmp_path / "ledger"
    site = write_site(tmp_path / "site", dsn=relay.url, mqtt=broker.port, detectors=DETECTORS)
    async with running_hub(site, tmp_path / "state") as hub:
        await hub.until_listening(broker)
        publisher = await publishing(broker.port, paper)
        await until(lambda: stored(hub, 1000), "readings before the outage")
        before, taken = memory(hub), one(await hub.metrics(), "spool_taken_total")
        await (relay.stop() if how == "refuses" else swallow(relay))
        await asyncio.to_thread(broker.publish, "real/d0", '{"alarm": true}')
        await hub.until_alarm(FIRE, state="unacknowledged")
        await until(lambda: spooled(hub, taken + RATE * SECONDS), "an outage that is long enough")
        grown = memory(hub) - before
        held = (await hub.metrics())["citywatch_spool_bytes"]
        assert grown <= MOST_MEMORY
        assert 0 < held <= MOST_SPOOLED
        await (relay.start() if how == "refuses" else let_through(relay))
        begun, waiting = time.monotonic(), (await hub.metrics())["citywatch_spool_records"]
        await until(lambda: caught_up(hub, waiting / 10), "a spool that is all but empty")
        if SOAKS:
            assert waiting / (time.monotonic() - begun) >= 3 * RATE, "four times what arrives, of which one arrives"
        await ended(publisher)
        said = await conserved(hub.metrics)
        assert every(said, "dropped_total") == every(said, "merged_total") == every(said, "store_refused_total") == 0
        assert await hub.stop() == 0
    await the_ledger_is_in_the_database(server, paper)


async def swallow(relay: Relay) -> None:
    relay.mode = "swallow"


async def let_through(relay: Relay) -> None:
    """The way is free again; the connections that stood have lost bytes, and end as they do when a path heals."""
    relay.mode = "pass"
    relay.cut()


async def stored(hub: RunningHub, count: float) -> bool:
    return every(await hub.metrics(), "store_rows_total") >= count


async def spooled(hub: RunningHub, count: float) -> bool:
    return one(await hub.metrics(), "spool_taken_total") >= count


async def caught_up(hub: RunningHub, count: float) -> bool:
    return one(await hub.metrics(), "spool_records") <= count


async def the_ledger_is_in_the_database(server: str, paper: Path) -> None:
    acknowledged = {int(line) for line in paper.read_text().split()}
    found = [int(value) for (value,) in await ask(server, "select value from v_reading where point = 'value'") if value]
    assert len(acknowledged) > 1000
    assert acknowledged <= set(found), "nothing that was acknowledged is lost"
    assert len(found) == len(set(found)), "nothing is there twice"
    assert await ask(server, IN_ORDER) == [(0,)], "each point's readings arrived in the order in which they were made"
