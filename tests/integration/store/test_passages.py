"""Passages in the store: one row each, in whatever order and however often they come; plates where they are guarded."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from msgspec.structs import replace

from adapters.timescale.connections import opened
from adapters.timescale.keeping import hold
from adapters.timescale.rows import instant
from hub.model import DAY, HOUR, SECOND, Site, StoreSettings, row_id
from hub.model.passage import MEMORY, Passage, Read
from hub.wire.passages import encode_passages
from rules.passes import Passes
from tests.integration.store.harness import NOW, SITE, Store, running

pytestmark = pytest.mark.database

AT = NOW - 2 * HOUR


def name(key: str) -> str:
    return f"{row_id('gate', key):016x}"


def passage(key: str = "a", at: int = AT, revision: int = 1, **said: Any) -> Passage:
    fields: dict[str, Any] = {"plate": "20A12345", "plate_read": "20A-123.45", "vehicle": "car", "keys": (name(key),)}
    fields |= {"reads": 1, "hub_time": at + SECOND, **said}
    return Passage(name(key), revision, "gate", "gate", "1", at, at, **fields)


def keeping(**keep: int) -> Site:
    return replace(SITE, store=StoreSettings(keep={word: days * DAY for word, days in keep.items()}))


async def spool(store: Store, *passages: Passage) -> None:
    times = [p.time for p in passages]
    body = encode_passages(passages, store.site.id)
    await store.spool_body("passage", body, len(passages), min(times), max(times))


async def test_of_every_passage_the_newest_revision_stays(tmp_path: Path, empty: str):
    query = "select reads, plate, class, speed from v_passage_plate order by time"
    async with running(tmp_path, empty) as store:
        await spool(store, passage(), passage(revision=2, reads=2, speed=41.5), passage("b", AT + SECOND))
        await store.stored()
        better = [(2, "20A12345", "car", 41.5), (1, "20A12345", "car", None)]
        assert await store.rows(query) == better
        await spool(store, passage(revision=3, reads=3, plate="20A12346"))
        await spool(store, passage())  # told again long after
        await store.stored()
        assert await store.rows(query) == [(3, "20A12346", "car", None), better[1]]
        assert await store.one("select count(*) from passage") == 2
        assert store.adapter.rows["passage"] == 5
        assert store.adapter.settled == 3


async def test_what_was_found_to_be_anothers_goes(tmp_path: Path, empty: str):
    async with running(tmp_path, empty) as store:
        await spool(store, passage("a"), passage("b", AT + 30 * SECOND))
        await store.stored()
        await spool(store, passage("b", AT + 30 * SECOND, 2, reads=0, into=name("a")), passage("a", AT, 2, reads=3))
        await store.stored()
        assert await store.rows("select id, reads from v_passage") == [(name("a"), 3)]


async def test_a_read_that_is_repeated_after_the_hub_forgot_it_is_known_by_its_key(tmp_path: Path, empty: str):
    async with running(tmp_path, empty) as store:
        await spool(store, passage("a", reads=2, revision=2, keys=(name("a"), name("b"))))
        await store.stored()
        again = passage("b", AT + SECOND, hub_time=AT + MEMORY + 3 * SECOND)
        other = passage("c", AT + SECOND, hub_time=AT + MEMORY + 3 * SECOND)
        await spool(store, again, other)
        await store.stored()
        assert await store.rows("select id from v_passage order by time") == [(name("a"),), (name("c"),)]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
async def test_any_order_of_reads_gives_the_same_rows(tmp_path: Path, empty: str, order: tuple[int, ...]):
    plates = ["20A12345", "20A12346", "29B00017", None]
    reads = [Read("gate", "gate", "1", AT + n * SECOND, AT, f"k{n}", plates[n], plates[n], 0.9) for n in range(4)]
    passes = Passes()
    async with running(tmp_path, empty) as store:
        for n in order:
            await spool(store, *(after for _, after in passes.take(reads[n])))
        await store.stored()
        query = "select time, plate, reads from v_passage_plate order by time, plate"
        assert await store.rows(query) == [
            (instant(AT), "20A12345", 2), (instant(AT + 2 * SECOND), "29B00017", 1), (instant(AT + 3 * SECOND), None, 1)
        ]  # fmt: skip


async def test_reports_see_passages_and_no_plates(tmp_path: Path, empty: str):
    async with running(tmp_path, empty) as store:
        await spool(
            store, passage(violation="speeding", speed=80.0, picture="p1.jpg"), passage("b", AT, vehicle="truck")
        )
        await store.stored()
        for view in ("v_passage", "v_passage_1m", "v_event"):
            rows = await store.rows(f"select v::text from {view} v")
            assert rows
            assert not any("12345" in row[0] or "p1.jpg" in row[0] for row in rows), view
        assert await store.one("select count(*) from v_event where kind = 'traffic.passage'") == 2
        assert await store.rows("select class, count, violations, speed from v_passage_1m order by class") == [
            ("car", 1, 1, 80.0), ("truck", 1, 0, None)
        ]  # fmt: skip
        page = await store.adapter.events(before=None, limit=5, kind="traffic.passage", device=None)
        assert [row["attributes"]["class"] for row in page] == ["truck", "car"]


async def test_everything_that_happened_is_read_without_looking_at_all_of_it(tmp_path: Path, empty: str):
    async with running(tmp_path, empty) as store:
        await spool(store, passage())
        await store.stored()
        plan = await store.rows(
            "explain select time, id, attributes from happening order by time desc, id desc limit 5"
        )
        assert not any("Subquery Scan" in row[0] for row in plan), "the view stands between the order and the indexes"


async def test_hours_count_passages_once_whatever_their_revisions(tmp_path: Path, empty: str):
    hour = AT // HOUR * HOUR
    query = "select class, count from v_event_1h where kind = 'traffic.passage' order by class"
    async with running(tmp_path, empty) as store:
        await spool(store, passage("a", hour), passage("b", hour + SECOND, vehicle="truck"))
        await store.stored()
        await store.adapter.roll_up()
        assert await store.rows(query) == [("car", 1), ("truck", 1)]
        await spool(store, passage("b", hour + SECOND, 2, vehicle="car"))
        await store.stored()
        await store.adapter.roll_up()
        assert await store.rows(query) == [("car", 2)]


async def test_plates_and_pictures_are_emptied_in_their_time_unless_held(tmp_path: Path, empty: str):
    async with running(tmp_path, empty, keeping(plates=30, passages=400)) as store:
        ages = (60, 40, 1)
        await spool(store, *(passage(str(n), NOW - n * DAY, picture="p.jpg", listed="stolen") for n in ages))
        await store.stored()
        async with opened(store.dsn) as connection:
            await hold(connection, "plates", instant(NOW - 61 * DAY), instant(NOW - 59 * DAY), "order 7", "anh")
        await store.adapter.housekeep()
        rows = await store.rows("select plate, plate_read, listed, picture, class from v_passage_plate order by time")
        whole, emptied = ("20A12345", "20A-123.45", "stolen", "p.jpg", "car"), (None, None, None, None, "car")
        assert rows == [whole, emptied, whole]


async def test_whole_passages_go_when_their_own_time_has_come(tmp_path: Path, empty: str):
    async with running(tmp_path, empty, keeping(passages=400)) as store:
        await spool(store, *(passage(str(n), NOW - n * DAY) for n in (80, 1)))
        await store.stored()
    async with running(tmp_path, empty, keeping(passages=60)) as store:
        await store.adapter.housekeep()
        assert await store.one("select count(*) from v_passage") == 1


async def test_who_may_read_reports_may_not_read_plates(tmp_path: Path, empty: str):
    grants = (Path(__file__).parents[3] / "deploy/report-role.sql").read_text(encoding="utf-8")
    assert "v_passage," in grants
    assert "v_passage_plate" not in grants
    async with running(tmp_path, empty) as store:
        await spool(store, passage())
        await store.stored()
        await store.do("drop role if exists plateless; create role plateless; grant select on v_passage to plateless")
        await store.do("grant usage on schema public to plateless")
        async with await psycopg.AsyncConnection.connect(store.dsn, autocommit=True) as connection:
            await connection.execute("set role plateless")
            assert len(await (await connection.execute("select * from v_passage")).fetchall()) == 1
            for forbidden in ("passage", "v_passage_plate", "happening"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    await connection.execute(f"select * from {forbidden}")
        await store.do("drop owned by plateless; drop role plateless")


async def test_a_passage_of_an_impossible_time_is_laid_aside(tmp_path: Path, empty: str):
    async with running(tmp_path, empty) as store:
        await spool(store, passage("a", NOW - 900 * DAY), passage("b"))
        await store.stored()
        assert await store.one("select count(*) from v_passage") == 1
        assert await store.one("select count(*) from dead_letter where target = 'passage'") == 1
        assert await store.one("select max(time) - min(time) from passage") == timedelta(0)
        await store.adapter.housekeep()
        assert await store.one("select count(*) from dead_letter") == 1
        await store.do("update dead_letter set at = at - interval '31 days'")
        await store.adapter.housekeep()
        assert await store.one("select count(*) from dead_letter") == 0, "there is a plate in it"
