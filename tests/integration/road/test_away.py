"""A database that is away at the start, and a state folder that is full: alarms do not care."""

import asyncio
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from adapters.timescale.embedded import EmbeddedPostgres
from tests.support import postgres
from tests.support.conservation import conserved, every
from tests.support.mosquitto import Mosquitto
from tests.support.real_site import url_of, write_site
from tests.support.running_hub import RunningHub, running_hub, until

pytestmark = [pytest.mark.broker, pytest.mark.database, pytest.mark.timeout(150)]
FIRE = "fire:d0/alarm"


async def publish(broker: Mosquitto, topic: str, payload: str) -> None:
    await asyncio.to_thread(broker.publish, topic, payload)


async def values(dsn: str) -> list[float]:
    try:
        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
            query = "select distinct value from v_reading where device = 'd1' and point = 'value' order by 1"
            return [row[0] for row in await (await connection.execute(query)).fetchall()]
    except psycopg.Error:
        return []


async def test_alarms_work_at_once_while_the_database_is_away_and_history_arrives_later(
    broker: Mosquitto, tmp_path: Path
) -> None:
    with postgres.state_folder() as home:
        server = EmbeddedPostgres(home, settings=postgres.THROWAWAY)
        dsn = url_of(f"host={server.data} user=citywatch dbname=citywatch")
        site = write_site(tmp_path / "site", dsn=dsn, mqtt=broker.port)
        async with running_hub(site, tmp_path / "state") as hub:
            await hub.until_listening(broker)
            for n in range(1, 6):
                await publish(broker, "real/d1", f'{{"value": {n}}}')
            await publish(broker, "real/d0", '{"alarm": true}')
            row = await hub.until_alarm(FIRE, state="unacknowledged")
            status, _ = await hub.post(f"/alarms/{FIRE}/ack", {"occurrence": row["occurrence"]})
            assert status == 200
            assert (await hub.get("/journal", 503))["code"] == "storage"
            assert (await hub.metrics())["citywatch_store_connected"] == 0
            try:
                await server.start()
                assert await until(lambda: five(dsn), "the history") == [1, 2, 3, 4, 5]
                items = await until(lambda: journaled(hub), "the journal")
                assert [i["input"] for i in reversed(items)] == ["raise", "ack"]
                await conserved(hub.metrics)
                assert await hub.stop() == 0
            finally:
                await server.stop()
    assert "Traceback" not in hub.process.said


async def five(dsn: str) -> list[float]:
    found = await values(dsn)
    return found if len(found) == 5 else []


async def journaled(hub: RunningHub) -> list[dict[str, Any]]:
    async with hub.web.get(f"{hub.url}/api/v1/journal", params={"kind": "transition", "alarm": FIRE}) as answer:
        found = [row.get("body", row) for row in (await answer.json()).get("items", [])]
    return found if len(found) >= 2 else []


@pytest.fixture
def disk() -> Iterator[Path]:
    """A file system of 64 MB for the state folder; only root may mount one."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            if os.environ.get("CI") and os.geteuid() == 0:
                pytest.fail(f"CI cannot mount a small file system: {done.stderr}")
            pytest.skip(f"a small file system cannot be mounted here: {done.stderr.strip()}")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "-l", folder], check=True)


async def test_a_full_state_folder_stops_no_alarm_and_loses_no_acknowledged_reading(
    broker: Mosquitto, server: str, disk: Path, tmp_path: Path
) -> None:
    site = write_site(tmp_path / "site", dsn=server, mqtt=broker.port)
    async with running_hub(site, disk / "state") as hub:
        await hub.until_listening(broker)
        await publish(broker, "real/d1", '{"value": 1}')
        await hub.until_reading("d1", "value", 1.0)
        ballast = fill(disk)
        await publish(broker, "real/d1", '{"value": 2}')
        await until(lambda: figure(hub, 'citywatch_file_refused{file="spool"}', 1), "a refused write")
        for n in range(3, 20):
            await publish(broker, "real/d1", f'{{"value": {n}}}')
        await publish(broker, "real/d0", '{"alarm": true}')
        row = await hub.until_alarm(FIRE, state="unacknowledged")
        status, _ = await hub.post(f"/alarms/{FIRE}/ack", {"occurrence": row["occurrence"]})
        assert status == 200, "the journal lives on its reserve"
        async with hub.web.get(f"{hub.url}/readyz") as answer:
            assert (answer.status, (await answer.json())["spool"]) == (503, False)
        assert (await hub.metrics())['citywatch_file_pending{file="spool"}'] > 0

        ballast.unlink()
        await until(lambda: figure(hub, 'citywatch_file_refused{file="spool"}', 0), "a disk with room")
        await until(lambda: all_of(server), "every reading")
        said = await conserved(hub.metrics)
        assert every(said, "dropped_total") == every(said, "merged_total") == 0
        assert await hub.stop() == 0
    assert "Traceback" not in hub.process.said


async def all_of(server: str) -> bool:
    return await values(server) == list(range(1, 20))


async def figure(hub: RunningHub, name: str, value: float) -> bool:
    return (await hub.metrics())[name] == value


def fill(disk: Path) -> Path:
    """Take every byte that is left."""
    path = disk / "ballast"
    with path.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(1 << 16)):
                pass
        except OSError:
            pass
    return path
