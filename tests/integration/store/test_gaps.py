"""Every outage is a row of the gap ledger, once, and coverage follows from the ledger."""

import asyncio
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.conninfo import make_conninfo

from adapters.timescale.connections import opened
from adapters.timescale.migrate import migrate
from adapters.timescale.rows import instant
from hub.losses import Losses
from hub.model import DAY, HOUR, MINUTE, SECOND, DeviceChange, DeviceState, Lane, SystemNote
from hub.model.clock import iso
from tests.integration.store.harness import NOW, Store, reading, running, until

pytestmark = pytest.mark.database


async def test_what_the_spool_dropped_becomes_one_gap_a_lane(tmp_path: Path, empty: str) -> None:
    noted: list[SystemNote] = []
    losses = Losses(lambda what, detail: noted.append(SystemNote(what, detail, 99 * SECOND)))
    losses.add(Lane.BULK, 5, 10 * SECOND, 20 * SECOND)
    losses.add(Lane.BULK, 2, 15 * SECOND, 30 * SECOND)
    losses.add(Lane.MEDIA, 1, 7 * SECOND, 7 * SECOND)
    await losses.tell()
    async with running(tmp_path, empty) as store:
        await store.record(SystemNote("started", {}, 0), *noted)
        await store.stored()
        query = (
            "select lane, extract(epoch from t_from)::int8, extract(epoch from t_to)::int8, n from gap"
            " where cause = 'dropped' order by lane"
        )
        assert await store.rows(query) == [("bulk", 10, 30, 7), ("media", 7, 7, 1)]
        assert await store.one("select count(*) from journal where kind = 'system_note'") == 3


async def test_an_outage_of_a_device_has_start_end_and_reason(tmp_path: Path, empty: str) -> None:
    async with running(tmp_path, empty) as store:
        await store.record(
            change("panel", DeviceState.ONLINE, NOW),
            change("panel", DeviceState.OFFLINE, NOW + MINUTE, "timeout"),
            change("panel", DeviceState.ONLINE, NOW + 3 * MINUTE),
            change("panel", DeviceState.OFFLINE, NOW + 4 * MINUTE, "unreachable"),
        )
        await store.stored()
        assert await ledger(store, "panel") == [
            ("device", "timeout", minute(1), minute(3)),
            ("link", "unreachable", minute(4), None),
        ]


async def test_a_device_never_heard_since_the_start_is_missing_and_one_heard_soon_is_not(
    tmp_path: Path, empty: str
) -> None:
    async with running(tmp_path, empty) as store:
        await store.record(
            SystemNote("started", {}, NOW - 10 * MINUTE),
            change("panel", DeviceState.ONLINE, NOW - 10 * MINUTE + 2 * SECOND),
            change("gate", DeviceState.WAITING, NOW - 10 * MINUTE, "waiting"),
            change("gate", DeviceState.OFFLINE, NOW - 7 * MINUTE, "unreachable"),
        )
        await store.stored()
        assert await ledger(store, "panel") == []
        [(cause, reason, begin, end)] = await ledger(store, "gate")
        assert (cause, reason, begin, end) == ("link", "unreachable", minute(-10), None)


@pytest.mark.parametrize(("last", "reason"), [("stopped", "stopped"), ("started", "crashed")])
async def test_the_time_without_a_hub_is_a_gap(tmp_path: Path, empty: str, last: str, reason: str) -> None:
    async with running(tmp_path, empty) as store:
        await store.record(SystemNote(last, {}, NOW), SystemNote("started", {"down_since": iso(NOW)}, NOW + 5 * MINUTE))
        await store.stored()
        assert await ledger(store, None) == [("hub", reason, minute(0), minute(5))]


async def test_an_outage_of_the_database_is_a_row_with_what_was_recovered(tmp_path: Path, empty: str) -> None:
    async with running(tmp_path, empty) as store:
        await until(lambda: store.adapter.connected)
        await store.halt()
        store.adapter.connect_to("host=/nowhere dbname=none")
        store.run()
        await until(lambda: store.adapter.statistics["readings"].failures > 0)
        store.clock.advance(10 * MINUTE)
        await store.spool_readings([reading(1.0, NOW + n * SECOND) for n in range(7)])
        store.adapter.connect_to(store.dsn)
        await until(lambda: store.adapter.connected)
        await store.stored()
        await until(lambda: _one_row(store))
        [(cause, recovered, seconds, reason)] = await store.rows(
            "select cause, recovered, seconds, reason from v_gap where cause = 'database' and ended is not null"
        )
        assert (cause, recovered, seconds) == ("database", 7, 600.0)
        assert "nowhere" in reason
        covered = await store.adapter.coverage("panel/temperature", NOW, NOW + MINUTE)
        assert "database" not in {gap.cause for gap in covered.gaps}, "nothing is missing: it was stored afterwards"


async def _one_row(store: Store) -> bool:
    return await store.one("select count(*) from gap where cause = 'database' and t_to is not null") == 1


async def test_what_a_device_kept_and_told_later_is_counted_as_recovered(tmp_path: Path, empty: str) -> None:
    async with running(tmp_path, empty) as store:
        begin = NOW - 10 * MINUTE
        await store.record(
            change("panel", DeviceState.ONLINE, begin - MINUTE),
            change("panel", DeviceState.OFFLINE, begin, "timeout"),
            change("panel", DeviceState.ONLINE, begin + 5 * MINUTE),
        )
        await store.spool_readings([reading(1.0, begin + n * MINUTE) for n in range(8)])
        await store.stored()
        await store.adapter.housekeep()
        assert await store.rows("select recovered from v_gap where device = 'panel'") == [(5,)]


async def test_coverage_of_point_device_and_zone_is_computed_from_the_ledger(tmp_path: Path, empty: str) -> None:
    start, end = NOW - 100 * MINUTE, NOW
    async with running(tmp_path, empty) as store:
        await store.record(
            change("panel", DeviceState.ONLINE, NOW - DAY),
            change("gate", DeviceState.ONLINE, NOW - DAY),
            change("panel", DeviceState.OFFLINE, start + 10 * MINUTE, "timeout"),
            change("panel", DeviceState.ONLINE, start + 30 * MINUTE),
            SystemNote("started", {"down_since": iso(start + 20 * MINUTE)}, start + 40 * MINUTE),
            change("panel", DeviceState.ONLINE, start + 40 * MINUTE),
            change("gate", DeviceState.ONLINE, start + 40 * MINUTE),
            dropped(Lane.LIVE, start + 90 * MINUTE, start + 95 * MINUTE),
        )
        await store.stored()
        covered = await store.adapter.coverage("panel/temperature", start, end)
        assert covered.share == pytest.approx(0.65), "10 to 40 and 90 to 95 of 100 minutes are missing"
        assert [gap.cause for gap in covered.gaps] == ["device", "hub", "dropped"]
        window = (str(instant(start)), str(instant(end)))
        functions = {
            "coverage_of_device('test', 'panel', %s, %s)": 0.65,
            "coverage_of_device('test', 'gate', %s, %s)": 0.75,
            "coverage_of_point('test', 'panel', 'temperature', %s, %s)": 0.65,
            "coverage_of_zone('test', 'town', %s, %s)": 0.70,
            "coverage_of_device('test', 'nobody', %s, %s)": None,
        }
        for function, share in functions.items():
            found = await store.one(f"select {function}", *window)
            assert found == (None if share is None else pytest.approx(share)), function


async def test_a_lane_that_lost_nothing_is_covered(tmp_path: Path, empty: str) -> None:
    async with running(tmp_path, empty) as store:
        await store.record(change("panel", DeviceState.ONLINE, NOW - DAY), dropped(Lane.BULK, NOW - MINUTE, NOW))
        await store.stored()
        assert (await store.adapter.coverage("panel/temperature", NOW - 2 * MINUTE, NOW)).share == 1.0


async def test_before_a_device_was_first_known_nothing_is_covered(tmp_path: Path, empty: str) -> None:
    async with running(tmp_path, empty) as store:
        await store.record(change("panel", DeviceState.ONLINE, NOW - HOUR))
        await store.stored()
        assert (await store.adapter.coverage("panel/temperature", NOW - 2 * HOUR, NOW)).share == pytest.approx(0.5)
        assert (await store.adapter.coverage("panel/temperature", NOW + HOUR, NOW + DAY)).share is None
        gate = await store.adapter.coverage("gate/temperature", NOW - HOUR, NOW)
        assert gate.share == 0.0, "configured and never heard"


@given(
    st.lists(st.tuples(st.integers(0, 99), st.integers(1, 40)), max_size=8),
    st.integers(0, 100),
    st.integers(1, 100),
)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_coverage_is_the_share_of_seconds_that_no_gap_holds(servers: dict[str, str], gaps, start, length) -> None:
    with psycopg.connect(plain(servers), autocommit=True) as connection:
        connection.execute("truncate gap")
        for begin, seconds in gaps:
            connection.execute(
                "insert into gap (site, cause, device_id, t_from, t_to) values"
                " ('s', 'device', 1, to_timestamp(%s), to_timestamp(%s))", (begin, begin + seconds),
            )  # fmt: skip
        row = connection.execute(
            "select citywatch_covered('s', 1, '{}', to_timestamp(%s), to_timestamp(%s))", (start, start + length)
        ).fetchone()
    missing = {second for begin, n in gaps for second in range(begin, begin + n)} & set(range(start, start + length))
    assert row is not None
    assert row[0] == pytest.approx(1 - len(missing) / length)


def plain(servers: dict[str, str]) -> str:
    name = f"gaps_{os.getpid()}"
    dsn = make_conninfo(servers["embedded"], dbname=name)
    with psycopg.connect(servers["embedded"], autocommit=True) as connection:
        if connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone():
            return dsn
        connection.execute(f'create database "{name}"')
    asyncio.run(_migrated(dsn))
    return dsn


async def _migrated(dsn: str) -> None:
    async with opened(dsn) as connection:
        await migrate(connection)


def change(device: str, state: DeviceState, at: int, reason: str = "") -> DeviceChange:
    return DeviceChange(device, state, reason, "", at)


def dropped(lane: Lane, start: int, end: int) -> SystemNote:
    return SystemNote("dropped", {"lane": lane.name.lower(), "records": 9, "from": iso(start), "to": iso(end)}, end)


def minute(number: int) -> datetime:
    return instant(NOW + number * MINUTE)


async def ledger(store: Store, device: str | None) -> list[tuple[Any, ...]]:
    return await store.rows(
        "select cause, reason, began, ended from v_gap where device is not distinct from %s order by began", device
    )
