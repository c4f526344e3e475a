"""Minutes and hours say what the readings say, whenever those came; and nothing else is touched."""

import random
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean

import psycopg
import pytest
from msgspec.structs import replace

from adapters.base import Bucket
from adapters.timescale.rollups import LOCK
from adapters.timescale.rows import instant
from hub.model import DAY, HOUR, MINUTE, SECOND, DeviceEvent, Quality, Reason, StoreSettings
from tests.integration.store.harness import IDS, NOW, SITE, Store, reading, running

pytestmark = pytest.mark.database

DAY_BEGINS = NOW // DAY * DAY - DAY
BAD = {"quality": Quality.BAD, "reason": Reason.NO_COMMUNICATION}
OLD = {"quality": Quality.UNCERTAIN, "reason": Reason.STALE}
ONE_POINT = "select time, count, min, max, mean, last, good_share, worst_quality from {} where point = 'temperature'"


def at(time: int) -> datetime:
    return instant(time).astimezone(UTC)


def set_clock(store: Store, time: int) -> None:
    store.clock.step(time - store.clock.now())


async def test_a_minute_and_an_hour_have_count_extremes_mean_last_and_the_share_of_good(tmp_path: Path, empty: str):
    async with running(tmp_path, empty) as store:
        start = DAY_BEGINS
        await store.spool_readings(
            [
                reading(1.0, start),
                reading(4.0, start + SECOND, **OLD),
                reading(100.0, start + 2 * SECOND, **BAD),
                reading(2.5, start + 3 * SECOND),
                reading(6.0, start + 30 * MINUTE),
            ]
        )
        await store.stored()
        assert await store.adapter.roll_up()
        assert await store.rows(ONE_POINT.format("v_reading_1m") + " order by time") == [
            (at(start), 4, 1.0, 4.0, 2.5, 2.5, 0.5, "bad"),
            (at(start + 30 * MINUTE), 1, 6.0, 6.0, 6.0, 6.0, 1.0, "good"),
        ]
        assert await store.rows(ONE_POINT.format("v_reading_1h")) == [(at(start), 5, 1.0, 6.0, 3.375, 6.0, 0.6, "bad")]


async def test_text_and_flags_are_rolled_up_to_their_last_value(tmp_path: Path, empty: str):
    async with running(tmp_path, empty) as store:
        await store.spool_readings(
            [
                reading("a", DAY_BEGINS, "panel/state"),
                reading("b", DAY_BEGINS + 1000, "panel/state"),
                reading(True, DAY_BEGINS, "panel/alarm"),
                reading(False, DAY_BEGINS + 1000, "panel/alarm"),
            ]
        )
        await store.stored()
        await store.adapter.roll_up()
        query = "select point, count, max, last, text from v_reading_1h order by point"
        assert await store.rows(query) == [("alarm", 2, 1.0, 0.0, None), ("state", 2, None, None, "b")]


async def test_late_readings_refresh_exactly_the_minutes_and_hours_of_their_points(tmp_path: Path, empty: str):
    early, other = "panel/temperature", "gate/temperature"
    async with running(tmp_path, empty) as store:
        await store.spool_readings(
            [reading(1.0, DAY_BEGINS + n * MINUTE, point) for n in range(180) for point in (early, other)]
        )
        await store.stored()
        await store.adapter.roll_up()
        await store.do("update reading_1m set high = 77")
        await store.do("update reading_1h set high = 77")
        await store.spool_readings([reading(9.0, DAY_BEGINS + 90 * MINUTE + SECOND, early), reading(2.0, NOW, other)])
        await store.stored()
        await store.adapter.roll_up()
        made = "select time, device, max, count from {} where max <> 77"
        assert await store.rows(made.format("v_reading_1m")) == [(at(DAY_BEGINS + 90 * MINUTE), "panel", 9.0, 2)]
        # The hour is made of its minutes, of which the others say 77 by now.
        changed = "select time, device, count from v_reading_1h where count > 60"
        assert await store.rows(changed) == [(at(DAY_BEGINS + HOUR), "panel", 61)]
        assert await store.one("select count(*) from rollup_due where t_to < now() - interval '2 hours'") == 0


async def test_what_is_still_filling_waits_and_is_not_forgotten(tmp_path: Path, empty: str):
    async with running(tmp_path, empty) as store:
        minute = NOW // MINUTE * MINUTE
        set_clock(store, minute + 20 * SECOND)
        await store.spool_readings([reading(1.0, minute)])
        await store.stored()
        assert await store.adapter.roll_up() == 0
        await store.spool_readings([reading(3.0, minute + 20 * SECOND)])
        await store.stored()
        set_clock(store, minute + MINUTE + 20 * SECOND)
        await store.adapter.roll_up()
        assert await store.rows("select count, mean from v_reading_1m") == [(2, 2.0)]


async def test_rolling_up_again_changes_nothing(tmp_path: Path, empty: str):
    dice = random.Random(4)
    everything = "select array_agg(r::text order by point_id, time) from {} r"
    async with running(tmp_path, empty) as store:
        await store.spool_readings([reading(dice.random(), DAY_BEGINS + n * 700 * SECOND // 100) for n in range(3000)])
        await store.stored()
        await store.adapter.roll_up()
        first = [await store.one(everything.format(table)) for table in ("reading_1m", "reading_1h")]
        await store.do(
            "insert into rollup_due (level, t_from, t_to)"
            " select 1, min(time), max(time) + interval '1 minute' from reading_1m"
        )
        assert await store.adapter.roll_up()
        assert [await store.one(everything.format(table)) for table in ("reading_1m", "reading_1h")] == first


async def test_a_long_span_of_history_is_the_same_before_and_after_rolling_up(tmp_path: Path, empty: str):
    dice = random.Random(7)
    start, end = DAY_BEGINS + 90 * SECOND, DAY_BEGINS + DAY
    readings = [reading(dice.uniform(-5, 5), start + n * 40 * SECOND) for n in range(2000)]
    readings += [reading(99.0, start + 40 * MINUTE + SECOND, **BAD)]
    async with running(tmp_path, empty) as store:
        await store.spool_readings(readings)
        await store.stored()

        async def ask(buckets: int) -> list[Bucket]:
            return await store.adapter.history("panel/temperature", start, end, buckets)

        before = [await ask(buckets) for buckets in (1000, 100, 24, 7, 1)]
        await store.adapter.roll_up()
        assert await store.one("select count(*) from reading_1h") > 20
        await store.do("delete from reading where point_id = 0")
        assert [await ask(buckets) for buckets in (1000, 100, 24, 7, 1)] == before
        assert all(len(got) <= n for got, n in zip(before, (1000, 100, 24, 7, 1), strict=True))
        await store.do(
            f"delete from reading where point_id = {IDS['panel/temperature']} and time > '{at(start + HOUR)}'"
        )
        assert await ask(24) == before[2], "they were read from the hours"


async def test_history_still_shows_hours_when_the_readings_are_gone(tmp_path: Path, empty: str):
    site = replace(SITE, store=StoreSettings(keep={"readings": 90 * DAY, "minutes": 180 * DAY}))
    async with running(tmp_path, empty, site) as store:
        then = (NOW - 40 * DAY) // HOUR * HOUR
        await store.spool_readings([reading(float(n), then + n * MINUTE) for n in range(60)])
        await store.stored()
        await store.adapter.roll_up()
        await store.do("delete from reading")
        set_clock(store, NOW + 60 * DAY)
        [*minutes] = await store.adapter.history("panel/temperature", then, then + HOUR, 1000)
        assert [bucket.last for bucket in minutes] == [float(n) for n in range(60)]
        set_clock(store, NOW + 200 * DAY)
        assert await store.adapter.history("panel/temperature", then, then + HOUR, 1000) == [
            Bucket(then, 0.0, 59.0, 59.0, 0, 60)
        ]


async def test_numbers_too_large_to_sum_have_no_mean_and_stop_nothing(tmp_path: Path, empty: str):
    async with running(tmp_path, empty) as store:
        await store.spool_readings([reading(v, DAY_BEGINS + n) for n, v in enumerate((1.7e308, 1.7e308, -4.0))])
        await store.stored()
        await store.adapter.roll_up()
        assert await store.rows("select max, mean, count from v_reading_1h") == [(1.7e308, -4.0, 3)]


async def test_a_database_that_had_readings_before_is_rolled_up_from_their_beginning(tmp_path: Path, empty: str):
    values = [0.5, 1.5, 4.0]
    async with running(tmp_path, empty) as store:
        await store.spool_readings([reading(v, DAY_BEGINS + n * HOUR) for n, v in enumerate(values)])
        await store.stored()
        await store.do("delete from rollup_due")
        await store.do(_migrated_again())
        while await store.adapter.roll_up():
            pass
        assert await store.one("select sum(mean) / 3 from v_reading_1h") == pytest.approx(fmean(values))


def _migrated_again() -> str:
    text = Path("adapters/timescale/migrations/0006_rollups.sql").read_text(encoding="utf-8")
    return text[text.index("insert into rollup_due") : text.index("create view")]


async def test_while_another_hub_rolls_up_this_one_leaves_it(tmp_path: Path, empty: str):
    async with running(tmp_path, empty) as store:
        await store.spool_readings([reading(1.0, DAY_BEGINS)])
        await store.stored()
        async with await psycopg.AsyncConnection.connect(store.dsn, autocommit=True) as other:
            await other.execute("select pg_advisory_lock(%s)", (LOCK,))
            assert await _rolled(store) == 0
        assert await _rolled(store) == 2


async def _rolled(store: Store) -> int:
    return await store.adapter.roll_up()


async def test_events_are_counted_by_hour_and_class_and_late_ones_too(tmp_path: Path, empty: str):
    def passage(at: int, kind: str | None) -> DeviceEvent:
        return DeviceEvent("gate", "traffic.passage", {} if kind is None else {"class": kind}, None, at)

    query = "select time, class, count from v_event_1h where kind = 'traffic.passage' order by time, class"
    async with running(tmp_path, empty) as store:
        await store.spool_events([passage(DAY_BEGINS + n * 20 * MINUTE, "truck") for n in range(4)])
        await store.spool_events([passage(DAY_BEGINS, None)])
        await store.stored()
        await store.adapter.roll_up()
        second = at(DAY_BEGINS + HOUR)
        assert await store.rows(query) == [
            (at(DAY_BEGINS), "truck", 3),
            (at(DAY_BEGINS), None, 1),
            (second, "truck", 1),
        ]
        await store.spool_events([passage(DAY_BEGINS + HOUR + 1000, "truck"), passage(NOW, "bus")])
        await store.stored()
        await store.adapter.roll_up()
        assert (await store.rows(query))[-1] == (second, "truck", 2)
