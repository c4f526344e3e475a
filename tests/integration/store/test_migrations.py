"""Promise 8: numbered migrations, once each, checked, the same tables on every server."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from adapters.timescale.connections import opened as connected
from adapters.timescale.housekeeping import read_tables
from adapters.timescale.migrate import Migration, migrate, shipped, status
from adapters.timescale.timeseries import detect
from hub.model import StorageError
from tests.integration.store.harness import reading, running, until

pytestmark = pytest.mark.database

VIEWS = (
    "v_alarm", "v_device_health", "v_event", "v_event_1h", "v_figure", "v_gap", "v_journal", "v_latest", "v_passage",
    "v_passage_1m", "v_passage_plate", "v_reading", "v_reading_1h", "v_reading_1m",
)  # fmt: skip


async def flavour_of(dsn: str) -> str:
    async with connected(dsn) as connection:
        row = await (await connection.execute("select current_setting('timescaledb.license', true)")).fetchone()
        return "postgresql" if row == (None,) else "timescaledb"


async def test_all_are_applied_once_and_a_second_run_changes_nothing(empty: str):
    told: list[str] = []
    async with connected(empty) as connection:
        assert all(applied.at is None for applied in await status(connection))
        flavour = await migrate(connection, tell=told.append)
        assert flavour.name == await flavour_of(empty)
        assert told == [f"{m.version:04} {m.name}" for m in shipped()]
        first = await status(connection)
        await migrate(connection, tell=told.append)
        assert await status(connection) == first
        assert len(told) == len(shipped())


async def test_the_views_are_there_and_have_the_same_columns_everywhere(empty: str):
    query = (
        "select table_name, array_agg(column_name || ' ' || data_type order by ordinal_position)"
        " from information_schema.columns where table_name like 'v\\_%' group by 1 order by 1"
    )
    async with connected(empty) as connection:
        await migrate(connection)
        found = dict(await (await connection.execute(query)).fetchall())
    assert tuple(found) == VIEWS
    documented = Path("docs/reference/sql-views.md").read_text(encoding="utf-8")
    for view, columns in found.items():
        assert f"## {view}" in documented
        section = documented.partition(f"## {view}\n")[2].partition("\n## ")[0]
        assert [c.split(" ", 1)[0] for c in columns] == [
            line.split("`")[1] for line in section.splitlines() if line.startswith("| `")
        ]


async def test_two_hubs_that_migrate_at_once_do_not_trip_over_each_other(empty: str):
    async def one() -> None:
        async with connected(empty) as connection:
            await migrate(connection)

    await asyncio.gather(*(one() for _ in range(4)))
    async with connected(empty) as connection:
        assert len([a for a in await status(connection) if a.at]) == len(shipped())


async def test_a_database_that_is_newer_is_left_alone(empty: str):
    async with connected(empty) as connection:
        await migrate(connection)
        with pytest.raises(StorageError, match="made by a newer Citywatch"):
            await migrate(connection, shipped()[:-1])


async def test_a_migration_that_was_changed_after_it_was_applied_is_refused(empty: str):
    changed = [Migration(m.version, m.name, m.text + ("-- x" if m.version == 2 else "")) for m in shipped()]
    async with connected(empty) as connection:
        await migrate(connection)
        with pytest.raises(StorageError, match="0002_readings is not the one that was applied"):
            await migrate(connection, changed)


async def test_a_migration_that_fails_leaves_no_half_of_itself(empty: str):
    broken = [*shipped(), Migration(9000, "broken", "create table half (a int); select no_such_function();")]
    async with connected(empty) as connection:
        with pytest.raises(StorageError, match="no_such_function"):
            await migrate(connection, broken)
        assert await (await connection.execute("select to_regclass('half')")).fetchone() == (None,)
        assert await migrate(connection, broken[:-1])


async def test_a_running_store_says_once_that_the_database_is_newer_and_keeps_everything(tmp_path: Path, empty: str):
    async with connected(empty) as connection:
        await migrate(connection)
        await connection.execute("insert into schema_migration values (9999, 'future', 'x', 'x')")
        async with running(tmp_path, empty) as store:
            await store.spool_readings([reading(1.0)])
            await until(lambda: store.adapter.statistics["readings"].failures > 1)
            assert "made by a newer Citywatch" in (store.adapter.trouble or "")
            await connection.execute("delete from schema_migration where version = 9999")
            await store.stored()
            assert await store.one("select count(*) from reading") == 1


async def test_timescaledb_is_taken_into_use_where_it_is_loaded_and_not_yet_created(empty: str):
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute("drop extension if exists timescaledb")
    async with connected(empty) as connection:
        await migrate(connection)
        hypertables = await connection.execute(
            "select count(*) from pg_class where relname = 'reading' and relkind = 'r'"
        )
        expected = 1 if await flavour_of(empty) == "timescaledb" else 0
        assert await hypertables.fetchone() == (expected,)


async def test_tables_made_plain_stay_plain_when_timescaledb_comes_later(empty: str):
    async with connected(empty) as connection:
        await connection.execute("create table reading (time timestamptz not null) partition by range (time)")
        assert (await detect(connection)).name == "postgresql"


async def test_the_sites_own_keep_becomes_the_plan(empty: str):
    async with connected(empty) as connection:
        await migrate(connection)
        tables = await read_tables(connection, {"readings": 30 * 86_400 * 10**9, "journal": 1})
        assert tables["reading"].keep == timedelta(days=30)
        assert tables["device_event"].keep == timedelta(days=400)


async def test_partitions_are_made_where_rows_will_fall_and_dropped_whole(empty: str):
    async with connected(empty) as connection:
        flavour = await migrate(connection)
        table = (await read_tables(connection, {}))["reading"]
        days = [datetime(2026, 3, day, 23, 59, tzinfo=UTC) for day in (1, 2, 5)]
        made = await flavour.cover(connection, table, days)
        assert made == (3 if flavour.name == "postgresql" else 0)
        assert await flavour.cover(connection, table, days) == 0
        for day in days:
            await connection.execute("insert into reading values (%s, 1.0, 1, null, 0, null)", (day,))
        assert (
            await flavour.drop_between(connection, table, days[0] - timedelta(days=9), datetime(2026, 3, 3, tzinfo=UTC))
            == 2
        )
        assert await flavour.compress_before(connection, table, datetime(2026, 3, 6, tzinfo=UTC)) in {0, 1}
        left = await connection.execute("select time from reading")
        assert [row[0] for row in await left.fetchall()] == days[2:]
