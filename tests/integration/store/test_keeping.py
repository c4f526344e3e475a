"""Each class is kept as long as the site says, and a hold stops deletion; `db status` tells all of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.timescale.connections import opened
from adapters.timescale.keeping import hold, holds, release
from adapters.timescale.report import report
from adapters.timescale.rows import instant
from hub.model import DAY, DeviceEvent, Site, StoreSettings, SystemNote
from tests.integration.store.harness import NOW, SITE, Store, reading, running

pytestmark = pytest.mark.database


def keeping(**keep: int) -> Site:
    return replace(SITE, store=StoreSettings(keep={word: days * DAY for word, days in keep.items()}))


def passage(at: int) -> DeviceEvent:
    return DeviceEvent("gate", "traffic.passage", {"plate": "20A-12345", "speed": 50}, None, at)


async def held(store: Store, word: str | None, start: int, end: int) -> int:
    async with opened(store.dsn) as connection:
        return await hold(connection, word, instant(start), instant(end), "order 7 of the court", "anh")


async def days(store: Store) -> list[int]:
    rows = await store.rows("select distinct date_bin('1 day', time, '1970-01-01Z') from reading order by 1")
    return [(NOW // DAY) - (row[0] - datetime(1970, 1, 1, tzinfo=UTC)).days for row in rows]


async def test_a_hold_keeps_the_days_it_touches_until_it_is_released(tmp_path: Path, empty: str):
    async with running(tmp_path, empty, keeping(readings=90)) as store:
        await store.spool_readings([reading(1.0, NOW // DAY * DAY - n * DAY) for n in (2, 5, 6, 8, 9)])
        await store.stored()
        number = await held(store, "readings", NOW // DAY * DAY - 6 * DAY + 1000, NOW // DAY * DAY - 5 * DAY)
    async with running(tmp_path, empty, keeping(readings=4)) as store:
        await store.adapter.housekeep()
        assert await days(store) == [6, 2]
        async with opened(empty) as connection:
            assert [(h.id, h.record_class, h.who) for h in await holds(connection)] == [(number, "readings", "anh")]
            assert await release(connection, number, "anh")
            assert not await release(connection, number, "anh")
            assert await holds(connection) == []
        await store.adapter.housekeep()
        assert await days(store) == [2]
        assert await store.one("select released_by from retention_hold") == "anh", "it stays on record"


async def test_a_hold_of_another_class_holds_nothing_here(tmp_path: Path, empty: str):
    async with running(tmp_path, empty, keeping(readings=90)) as store:
        await store.spool_readings([reading(1.0, NOW - 8 * DAY)])
        await store.stored()
        await held(store, "journal", NOW - 20 * DAY, NOW)
    async with running(tmp_path, empty, keeping(readings=4)) as store:
        await store.adapter.housekeep()
        assert await days(store) == []


async def test_plates_are_forgotten_and_their_passages_stay(tmp_path: Path, empty: str):
    query = "select attributes from device_event order by time"
    async with running(tmp_path, empty, keeping(plates=30, device_events=400)) as store:
        await store.spool_events([passage(NOW - 60 * DAY), passage(NOW - 40 * DAY), passage(NOW - DAY)])
        await store.stored()
        await held(store, None, NOW - 61 * DAY, NOW - 59 * DAY)
        await store.adapter.housekeep()
        known, forgotten = {"plate": "20A-12345", "speed": 50}, {"speed": 50}
        assert [row[0] for row in await store.rows(query)] == [known, forgotten, known]


async def test_the_journal_is_forgotten_except_what_is_held(tmp_path: Path, empty: str):
    def note(age: int) -> SystemNote:
        return SystemNote(f"day {age}", {}, NOW - age * DAY)

    async with running(tmp_path, empty, keeping(journal=10)) as store:
        await store.record(note(30), note(20), note(1))
        await store.stored()
        await held(store, "journal", NOW - 31 * DAY, NOW - 29 * DAY)
        await store.adapter.housekeep()
        left = await store.rows("select body ->> 'what' from journal order by at")
        assert left == [("day 30",), ("day 1",)]


async def test_status_tells_sizes_spans_gaps_jobs_and_holds(tmp_path: Path, empty: str):
    async with running(tmp_path, empty, keeping(readings=90)) as store:
        await store.spool_readings([reading(1.0, NOW - 3 * DAY)])
        await store.record(SystemNote("started", {}, NOW))
        await store.stored()
        await held(store, "readings", NOW - DAY, NOW)
        for _, job in store.adapter.jobs:
            await job()
        found = await report(empty)
        tables: dict[str, Any] = {table.name: table for table in found.tables}
        assert tables["reading"].keep == timedelta(days=90)
        assert tables["reading"].bytes > 8192
        assert tables["reading"].oldest.date() == instant(NOW - 3 * DAY).date()
        assert tables["quarantine"].oldest is None
        assert [(gap.cause, gap.lasting) for gap in found.gaps] == [("device", 2)]
        assert {job.name: job.every.total_seconds() for job in found.jobs} == {
            "roll_up": 60,
            "keep": 600,
            "figures": 600,
        }
        assert all(job.next_at == instant(NOW) + job.every for job in found.jobs)
        assert [h.record_class for h in found.holds] == ["readings"]
        assert found.last_stored
        assert found.rolled_up_to is None
