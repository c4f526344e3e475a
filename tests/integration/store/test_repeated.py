"""Promise 8: an event that its source tells twice, because it was not told in time that it was safe, is stored once."""

from pathlib import Path

import pytest

from hub.model import DeviceEvent
from hub.model.clock import DAY, SECOND
from tests.integration.store.harness import NOW, running

pytestmark = pytest.mark.database


def event(key: str | None, number: int, *, device: str = "panel", at: int = NOW) -> DeviceEvent:
    return DeviceEvent(device, "device.message", {"n": number}, None, at, key)


async def test_an_event_with_the_key_of_another_of_its_device_is_taken_out(tmp_path: Path, empty: str):
    async with running(tmp_path, empty) as store:
        await store.spool_events([event("log/1", 1), event("log/2", 2)])
        await store.stored()
        again = event("log/2", 3, at=NOW + 5 * SECOND)
        others = [
            event("log/3", 4),
            event("log/3", 5),
            event("log/2", 6, device="gate"),
            event(None, 7),
            event(None, 8),
        ]
        await store.spool_events([again, *others])
        await store.stored()
        rows = await store.rows("select attributes->>'n' from v_event order by 1")
        assert [n for (n,) in rows] == ["1", "2", "4", "6", "7", "8"]
        assert store.adapter.repeated == 2


async def test_a_key_that_a_device_uses_again_after_a_week_is_another_event(tmp_path: Path, empty: str):
    async with running(tmp_path, empty) as store:
        await store.spool_events([event("log/1", 1, at=NOW - 8 * DAY)])
        await store.stored()
        await store.spool_events([event("log/1", 2)])
        await store.stored()
        assert len(await store.rows("select 1 from v_event")) == 2


async def test_repeated_events_are_taken_out_beside_a_row_that_is_refused(tmp_path: Path, empty: str):
    async with running(tmp_path, empty) as store:
        await store.spool_events([event("log/1", 1)])
        await store.stored()
        await store.spool_events([event("log/1", 2), event("log/2", 3, at=NOW + 300 * DAY)])
        await store.stored()
        rows = await store.rows("select attributes->>'n' from v_event order by 1")
        assert [n for (n,) in rows] == ["1"]
        assert store.adapter.refused["device_event"] == 1
