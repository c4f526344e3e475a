"""Promise 8 and "bad input": the database is cut, killed, late, or dislikes a row; nothing is lost or doubled."""

import asyncio
import os
import signal
from pathlib import Path

import psycopg
import pytest

from hub.model import DeviceChange, DeviceState
from hub.model.clock import DAY
from hub.wire.copy import reading_row
from tests.integration.store.harness import IDS, NOW, Store, reading, running, until
from tests.support import postgres

pytestmark = pytest.mark.database

POINT = IDS["panel/temperature"]


def numbered(first: int, count: int) -> list:
    return [reading(float(n), NOW + n * 1000) for n in range(first, first + count)]


async def each_exactly_once(store: Store, count: int) -> None:
    rows = await store.rows("select count(*), count(distinct value), min(value), max(value) from reading")
    assert rows == [(count, count, 0.0, count - 1.0)]


async def kill_backends(dsn: str) -> int:
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        cut = await connection.execute(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity"
            " where datname = current_database() and application_name = 'citywatch'"
        )
        return (await cut.fetchone())[0]


async def test_backends_that_are_killed_while_rows_stream_in_lose_and_double_nothing(tmp_path: Path, empty: str):
    async with running(tmp_path, empty) as store:
        total = killed = 0
        for _ in range(6):
            await until(lambda: store.adapter.connected)
            for _ in range(5):
                await store.spool_readings(numbered(total, 3000))
                total += 3000
            killed += await kill_backends(empty)
        assert killed > 0
        await store.stored()
        await each_exactly_once(store, total)
        assert sum(s.failures for s in store.adapter.statistics.values()) > 0


async def test_a_database_that_is_away_at_the_start_is_waited_for(tmp_path: Path):
    async with postgres.embedded() as server:
        dsn = f"host={server.data} user=citywatch dbname=citywatch"
        async with running(tmp_path, dsn) as store:
            await store.spool_readings(numbered(0, 10))
            await store.record(DeviceChange("gate", DeviceState.OFFLINE, "timeout", "", NOW))
            await until(lambda: store.adapter.statistics["readings"].failures > 1)
            assert not store.adapter.connected
            assert "No such file or directory" in (store.adapter.trouble or "")
            assert not await store.adapter.ready()
            await server.start()
            await store.stored()
            await each_exactly_once(store, 10)
            assert await store.one("select count(*) from device_change") == 1


async def test_a_server_that_is_killed_again_and_again_ends_with_every_row_once(tmp_path: Path):
    async with postgres.embedded({}) as server:
        dsn = await server.start()
        async with running(tmp_path, dsn) as store:
            total = 0
            chain = store.adapter.statistics["readings"]
            for _ in range(3):
                await until(lambda: store.adapter.connected)
                for _ in range(10):
                    await store.spool_readings(numbered(total, 2000))
                    total += 2000
                failures = chain.failures
                assert server.pid is not None
                os.kill(server.pid, signal.SIGKILL)
                await until(lambda before=failures: chain.failures > before)
            await store.stored()
            await each_exactly_once(store, total)
            assert server.restarts >= 3


async def test_a_hub_that_is_stopped_anywhere_goes_on_where_the_database_stands(tmp_path: Path, empty: str):
    total = 0
    for _ in range(5):
        async with running(tmp_path, empty) as store:
            for _ in range(4):
                await store.spool_readings(numbered(total, 2500))
                total += 2500
            await store.record(DeviceChange("gate", DeviceState.OFFLINE, "timeout", "", NOW + total))
            await asyncio.sleep(0)
    async with running(tmp_path, empty) as store:
        await until(lambda: store.adapter.connected)
        await store.stored()
        await each_exactly_once(store, total)
        assert await store.one("select count(*) from journal") == 5


async def test_a_commit_whose_answer_was_lost_is_not_repeated(tmp_path: Path, empty: str):
    async with running(tmp_path, empty) as store:
        await store.spool_readings(numbered(0, 100))
        await store.stored()
        await store.halt()
        # The spool still has batches that the database has: the hub died between COMMIT and trim.
        await store.spool_readings(numbered(100, 50))
        await store.spool_readings(numbered(150, 50))
        async with await psycopg.AsyncConnection.connect(empty) as connection:
            batch = store.spool.read(1)[0]
            async with connection.cursor() as cursor:
                for n in range(100, 150):
                    at = NOW // 1000 + n
                    await cursor.execute(
                        "insert into reading values (timestamptz 'epoch' + %s * interval '1 us', %s, %s, null, 0)",
                        (at, float(n), POINT),
                    )
                await cursor.execute(
                    "update ingest_cursor set last_seq = %s where source_id = %s", (batch.seq, store.spool.id)
                )
        store.run()
        await until(lambda: store.adapter.connected)
        await store.stored()
        await each_exactly_once(store, 200)


async def test_another_writer_of_the_same_spool_is_noticed_before_anything_is_doubled(tmp_path: Path, empty: str):
    async with running(tmp_path, empty) as store:
        await store.spool_readings(numbered(0, 10))
        await store.stored()
        await store.rows(
            "update ingest_cursor set last_seq = last_seq + 1 where source_id = %s returning 1", store.spool.id
        )
        await store.spool_readings(numbered(10, 10))  # number 2, which "somebody else" has stored
        await store.spool_readings(numbered(10, 10))
        await store.stored()
        await each_exactly_once(store, 20)
        assert store.adapter.statistics["readings"].failures == 1


async def test_poison_rows_go_to_dead_letter_and_everything_around_them_is_stored(tmp_path: Path, empty: str):
    good = [reading_row(NOW + n * 1000, float(n), None, POINT, None, 0) for n in range(1000)]
    cut = good[500][:-4] + b"\0\0\0\x02\xff\xfe"  # text that is not UTF-8
    poison = {300: reading_row(NOW, 1.0, None, POINT, None, 0)[:-4] + b"\0\0\0\x01\xff", 777: cut}
    rows = [poison.get(n, row) for n, row in enumerate(good)]
    async with running(tmp_path, empty) as store:
        await store.spool_body("reading", b"".join(rows), 1000, NOW, NOW + 1_000_000)
        await store.spool_readings(numbered(1000, 5))
        await store.stored()
        assert await store.one("select count(*) from reading") == 1003
        refused = await store.rows("select target, sqlstate, body, error from dead_letter order by id")
        assert [row[:3] for row in refused] == [("reading", "22021", poison[300]), ("reading", "22021", poison[777])]
        assert "UTF8" in refused[0][3]
        assert store.adapter.refused == {"reading": 2}


async def test_a_body_that_is_cut_does_not_stop_the_store(tmp_path: Path, empty: str):
    rows = b"".join(reading_row(NOW + n * 1000, float(n), None, POINT, None, 0) for n in range(3))
    async with running(tmp_path, empty) as store:
        await store.spool_body("reading", rows[:-7], 3, NOW, NOW + 3000)
        await store.spool_body("unheard_of", b"\0\0", 1, NOW, NOW)
        await store.spool_readings([reading(2.0)])
        await store.stored()
        assert await store.rows("select value from reading order by value") == [(0.0,), (1.0,), (2.0,)]
        assert await store.rows("select target from dead_letter order by id") == [("reading",), ("unheard_of",)]


async def test_late_rows_find_a_place_and_rows_of_impossible_times_are_laid_aside(tmp_path: Path, empty: str):
    days = [0, 1, 2, 20, 30, 89]
    async with running(tmp_path, empty) as store:
        await store.spool_readings([reading(float(d), NOW - d * DAY) for d in days])
        await store.spool_readings([reading(-1.0, NOW - d * DAY) for d in (4, 5)])
        await store.spool_readings([reading(-2.0, NOW - 400 * DAY), reading(100.0, NOW), reading(-3.0, NOW + 3 * DAY)])
        await store.stored()
        stored = [row[0] for row in await store.rows("select value from reading order by value")]
        assert stored == [-1.0, -1.0, *map(float, days), 100.0]
        assert await store.one("select count(*) from dead_letter where error like 'its time is not between%%'") == 2


async def test_old_data_is_dropped_and_partitions_are_made_ahead(tmp_path: Path, empty: str):
    async with running(tmp_path, empty) as store:
        await store.spool_readings([reading(1.0, NOW - 80 * DAY), reading(2.0, NOW - 2 * DAY), reading(3.0, NOW)])
        await store.record(DeviceChange("gate", DeviceState.OFFLINE, "timeout", "", NOW - 6 * 365 * DAY))
        await store.stored()
        await store.rows("update ts_table set keep = '30 days' where rel = 'reading' returning 1")
        await store.halt()
    async with running(tmp_path, empty) as store:
        await store.adapter.housekeep()
        assert await store.rows("select value from reading order by value") == [(2.0,), (3.0,)]
        assert await store.one("select count(*) from journal") == 0
        store.clock.advance(5 * DAY)
        await store.adapter.housekeep()
        await store.spool_readings([reading(4.0, NOW + 5 * DAY)])
        await store.stored()
        assert await store.one("select count(*) from reading") == 3


async def test_housekeeping_without_a_database_is_put_off(tmp_path: Path):
    store = Store(tmp_path, "host=/nonexistent user=citywatch")
    await store.adapter.housekeep()
    await store.close()


async def test_a_missing_table_keeps_everything_in_the_spool_until_it_is_back(tmp_path: Path, empty: str):
    async with running(tmp_path, empty) as store:
        await store.spool_readings(numbered(0, 5))
        await store.stored()
        await store.do("alter table reading rename to hidden")
        await store.spool_readings(numbered(5, 5))
        await until(lambda: store.adapter.trouble)
        assert "reading" in (store.adapter.trouble or "")
        await store.do("alter table hidden rename to reading")
        await store.stored()
        await each_exactly_once(store, 10)
        assert await store.one("select count(*) from dead_letter") == 0
