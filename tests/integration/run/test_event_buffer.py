"""Promise 1: a record of a panel's event buffer survives a hub that is killed at any moment, and is stored once."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from drivers import REGISTRY
from hub.config import load
from simulators.eventlog import EventLog
from simulators.fleet import Fleet
from tests.support.conservation import conserved
from tests.support.running_hub import RunningHub, running_hub, until

pytestmark = [pytest.mark.database, pytest.mark.timeout(150)]

SITE = """
version: 1
site: {{id: buffers, name: {{vi: Thử, en: Test}}, timezone: Asia/Ho_Chi_Minh, language: en}}
web: {{host: 127.0.0.1, port: 0}}
store: {{url: embedded}}
zones: [{{id: town, name: {{vi: Phố, en: Town}}}}]
devices:
  - {{id: panel, profile: fire/en54-modbus, zone: town, connection: {{host: 127.0.0.1, port: {port}}}, interval: 100ms,
     with: {{zones: 4, log: 1}}}}
"""
MANY = 40


async def numbers(hub: RunningHub) -> list[int]:
    """Return the numbers of the stored records, as often as they are stored."""
    rows = (await hub.get("/events?kind=fire.event&limit=1000"))["items"]
    return sorted(row["attributes"]["number"] for row in rows)


def written_site(folder: Path, port: int) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "site.yaml").write_text(SITE.format(port=port), encoding="utf-8")
    return folder


async def test_a_record_is_neither_lost_nor_doubled_when_the_hub_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    os.chmod(tmp_path, 0o755)
    fleet = Fleet(load(written_site(tmp_path / "site", 502), REGISTRY))
    where = await fleet.start()
    site, state = written_site(tmp_path / "site", where["panel"][1]), tmp_path / "state"
    log: EventLog = fleet._lines[0]._units[0].logs[0]  # type: ignore[attr-defined]
    told = asyncio.Event()

    def deaf(first: int, words: Any) -> bool:
        told.set()
        return False

    try:
        async with running_hub(site, state) as hub:
            monkeypatch.setattr(log, "written", deaf)  # committed, and the word of it never arrives
            fleet.set("panel/z01.fault", True)
            await asyncio.wait_for(told.wait(), 30)
            await hub.kill()
        monkeypatch.undo()
        assert [record.number for record in log.records] == [1]
        for n in range(MANY):
            fleet.set("panel/z02.fault", n % 2 == 0)
        async with running_hub(site, state) as hub:
            await until(lambda: len(log.records) < MANY // 2, "half of the records")
            await hub.kill()
        async with running_hub(site, state) as hub:
            await until(lambda: not log.records, "all records")

            async def all_stored() -> bool:
                return len(await numbers(hub)) >= MANY + 1

            await until(all_stored, "the records in the store")
            assert await numbers(hub) == list(range(1, MANY + 2))
            await conserved(hub.metrics, at_rest=False)
            assert await hub.stop() == 0
    finally:
        await fleet.stop()
