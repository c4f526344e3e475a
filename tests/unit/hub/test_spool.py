"""The spool: durable, in order, bounded, thinned by lane, and honest about every loss."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from hub import batchfile, spool
from hub.model import Lane
from hub.spool import Rows, Spool
from tests.unit.hub.house import Disk

LIFE, ALARM, LIVE, BULK, MEDIA = Lane


def rows(body: bytes | str, lane: Lane = LIVE, n: int = 1, target: str = "reading", at: int = 0) -> Rows:
    return Rows(target, lane, n, at, at, body.encode() if isinstance(body, str) else body)


def a_spool(folder: Path, **more: Any) -> Spool:
    return Spool(folder / "spool.db", **{"keep_free": 0, **more})


async def put(spool: Spool, *batches: Rows) -> None:
    """Commit each batch of its own."""
    for one in batches:
        spool.append(one)
        await spool.flushed()


def bodies(spool: Spool, after: int = 0) -> list[bytes]:
    return [b.body for b in spool.read(after, 1 << 30)]


async def test_rows_come_back_as_they_were_in_their_order(tmp_path: Path):
    spool = a_spool(tmp_path)
    await put(spool, rows("a", n=2, at=5), rows("b", LIFE, target="device_event", at=7))
    first, second = spool.read(0)
    assert (first.target, first.lane, first.n, first.t_min, first.body) == ("reading", LIVE, 2, 5, b"a")
    assert (second.target, second.lane, second.t_max, second.body) == ("device_event", LIFE, 7, b"b")
    assert spool.last_seq == second.seq == first.seq + 1
    spool.close()


async def test_one_commit_makes_one_batch_of_each_target_and_lane(tmp_path: Path):
    spool = a_spool(tmp_path)
    await put(spool, rows("x"))
    for one in (rows("a", at=3), rows("b", at=9), rows("c", BULK), rows("d", target="quarantine")):
        spool.append(one)
    await spool.flushed()
    found = [(b.target, b.lane, b.n, b.t_min, b.t_max, b.body) for b in spool.read(1)]
    together = b"".join(body for target, lane, *_, body in found if (target, lane) == ("reading", LIVE))
    assert together == b"ab"
    assert sum(n for _, _, n, *_ in found) == 4
    spool.close()


async def test_reading_stops_at_about_the_limit_but_gives_at_least_one(tmp_path: Path):
    spool = a_spool(tmp_path)
    await put(spool, *(rows(bytes(1000)) for _ in range(5)))
    assert [len(spool.read(0, limit)) for limit in (1, 1000, 1001, 3000, 1 << 20)] == [1, 1, 2, 3, 5]
    assert spool.read(5) == []
    spool.close()


async def test_what_is_held_is_counted_and_trimming_forgets_it(tmp_path: Path):
    spool = a_spool(tmp_path)
    await put(spool, rows("aaa", n=3), rows("bb", n=2), rows("c"))
    assert (spool.held.records, spool.held.bytes) == (6, 6)
    spool.trim(2)
    await spool.flushed()
    assert (bodies(spool), spool.held.records, spool.held.bytes) == ([b"c"], 1, 1)
    spool.trim(1)
    await spool.flushed()
    assert bodies(spool) == [b"c"], "a trim that comes late takes nothing more"
    spool.close()


async def test_numbers_go_on_after_everything_was_trimmed_and_the_file_opened_again(tmp_path: Path):
    spool = a_spool(tmp_path)
    await put(spool, rows("a"), rows("b"))
    spool.trim(2)
    await spool.flushed()
    spool.close()
    again = a_spool(tmp_path)
    assert (again.last_seq, again.id) == (2, spool.id)
    await put(again, rows("c"))
    assert [b.seq for b in again.read(0)] == [3]
    assert (again.held.records, again.held.bytes) == (1, 1)
    again.close()


async def test_a_batch_with_a_wrong_checksum_is_left_out_and_counted_once(tmp_path: Path):
    spool = a_spool(tmp_path)
    await put(spool, rows("a"), rows("b", n=7), rows("c"))
    with sqlite3.connect(tmp_path / "spool.db") as other:
        other.execute("update batch set body = 'x' where seq = 2")
    other.close()
    assert bodies(spool) == [b"a", b"c"]
    assert bodies(spool) == [b"a", b"c"]
    assert spool.damaged == 7
    spool.close()


async def test_waiting_ends_when_something_is_durable_and_not_before(tmp_path: Path):
    spool = a_spool(tmp_path)
    waiting = asyncio.create_task(spool.wait_beyond(0))
    await asyncio.sleep(0)
    assert not waiting.done()
    spool.append(rows("a"))
    await asyncio.wait_for(waiting, 10)
    assert bodies(spool) == [b"a"]
    spool.close()


async def test_too_much_is_thinned_media_first_then_bulk_then_live_oldest_first(tmp_path: Path):
    spool = a_spool(tmp_path, max_bytes=100)
    lost: list[tuple[str, int]] = []
    spool.on_drop = lambda lane, n, t_min, _: lost.append((lane.name, t_min))
    kept = [
        (LIVE, 1),
        (MEDIA, 2),
        (BULK, 3),
        (LIFE, 4),
        (ALARM, 5),
        (MEDIA, 6),
        (BULK, 7),
        (LIVE, 8),
        (LIFE, 9),
        (LIFE, 10),
    ]
    for lane, at in kept:
        await put(spool, rows(bytes(10), lane, at=at))
    assert lost == []
    for at in range(11, 17):
        await put(spool, rows(bytes(10), LIFE, at=at))
    assert lost == [("MEDIA", 2), ("MEDIA", 6), ("BULK", 3), ("BULK", 7), ("LIVE", 1), ("LIVE", 8)]
    assert spool.dropped == {MEDIA: 2, BULK: 2, LIVE: 2}
    assert spool.held.bytes == 100
    spool.close()


async def test_what_is_thinned_may_be_what_just_came(tmp_path: Path):
    spool = a_spool(tmp_path, max_bytes=10)
    await put(spool, rows(bytes(10), LIFE), rows(bytes(10), MEDIA))
    assert [b.lane for b in spool.read(0)] == [LIFE]
    assert spool.dropped == {MEDIA: 1}
    spool.close()


async def test_alarm_and_life_safety_are_never_thinned(tmp_path: Path):
    spool = a_spool(tmp_path, max_bytes=10)
    await put(spool, *(rows(bytes(10), lane) for lane in (LIFE, ALARM, LIFE, ALARM)))
    assert len(spool.read(0)) == 4
    assert not spool.dropped
    spool.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batchfile, "RETRY_SECONDS", 0.01)


async def test_a_refused_commit_counts_nothing_announces_nothing_and_drops_nothing(quick: None, tmp_path: Path):
    spool = a_spool(tmp_path, max_bytes=100)
    await put(spool, rows(bytes(90)))
    insert = spool._insert

    def insert_and_fail(connection: sqlite3.Connection, *more: Any) -> Any:
        insert(connection, *more)
        raise sqlite3.OperationalError("database or disk is full")

    disk = Disk(spool.file)
    spool._insert = insert_and_fail  # type: ignore[method-assign]
    spool.append(rows(bytes(9)))
    await disk.refused()
    for _ in range(10):
        await asyncio.sleep(0.01)
    assert (spool.held.bytes, spool.last_seq, dict(spool.dropped)) == (90, 1, {})
    spool._insert = insert  # type: ignore[method-assign]
    await spool.flushed()
    assert (spool.held.bytes, spool.last_seq, dict(spool.dropped)) == (99, 2, {})
    spool.close()


async def test_a_full_disk_does_not_keep_the_spool_from_forgetting_what_is_stored(quick: None, tmp_path: Path):
    spool = a_spool(tmp_path)
    await put(spool, rows("a"), rows("b"))
    disk = Disk(spool.file)
    disk.fill()
    done: list[str] = []
    spool.append(rows("c"), lambda: done.append("c"))
    await disk.refused()
    spool.trim(2)
    while bodies(spool):
        await asyncio.sleep(0.01)
    assert (done, spool.held.records) == ([], 0)
    disk.free()
    await spool.flushed()
    assert (bodies(spool), done) == ([b"c"], ["c"])
    spool.close()


async def test_the_last_of_the_disk_is_left_to_alarms(quick: None, tmp_path: Path):
    spool = a_spool(tmp_path, keep_free=1 << 60)
    disk = Disk(spool.file)
    spool.append(rows("a"))
    await disk.refused()
    assert "kept for alarms" in str(spool.file.trouble)
    spool._keep_free = 0
    await spool.flushed()
    assert bodies(spool) == [b"a"]
    spool.close()


async def test_while_the_disk_refuses_only_so_much_waits_and_the_rest_is_counted(
    quick: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(spool, "MOST_WAITING", 5)
    s = a_spool(tmp_path)
    disk = Disk(s.file)
    disk.fill()
    assert s.append(rows("a", n=6), must=False), "there is room until there is too much"
    await disk.refused()
    assert not s.append(rows("b", n=3), must=False)
    assert s.append(rows("c"), must=True), "whose source still holds it is kept"
    assert s.append(rows("d", ALARM), must=False), "alarms are never dropped"
    assert s.dropped == {LIVE: 3}
    disk.free()
    await s.flushed()
    assert b"".join(bodies(s)) == b"acd"
    assert s.append(rows("e"), must=False)
    s.close()


async def test_a_slow_disk_is_not_waited_for_without_end_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(spool, "MOST_BEHIND", 5)
    s = a_spool(tmp_path)
    s.append(rows("a", n=6))
    assert not s.append(rows("b"), must=False)
    await s.flushed()
    assert s.append(rows("c"), must=False)
    s.close()


async def test_behind_a_slow_disk_media_is_refused_first_then_bulk_then_live_and_alarms_never(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(spool, "MOST_WAITING", 100)
    s = a_spool(tmp_path)
    disk = Disk(s.file)
    disk.fill()
    s.append(rows("a"))
    await disk.refused()
    refused: dict[Lane, int] = {}
    for n in range(150):
        for lane in Lane:
            if not s.append(rows("x", lane), must=False):
                refused.setdefault(lane, n)
    assert list(refused) == [Lane.MEDIA, Lane.BULK, Lane.LIVE], "each leaves room for those before it"
    assert refused[Lane.MEDIA] < refused[Lane.BULK] < refused[Lane.LIVE]
    assert s.dropped[Lane.MEDIA] > s.dropped[Lane.BULK] > s.dropped[Lane.LIVE] > 0
    disk.free()
    await s.flushed()
    kept = {lane: sum(b.n for b in s.read(0, 1 << 30) if b.lane is lane) for lane in Lane}
    assert kept[Lane.LIFE_SAFETY] == kept[Lane.ALARM] == 150
    assert s.taken == sum(kept.values()) + s.dropped.total()
    s.close()


async def test_pages_go_back_to_the_disk_after_an_outage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(spool, "VACUUM_FROM", 10)
    s = a_spool(tmp_path)
    await put(s, *(rows(bytes(400_000)) for _ in range(10)))
    s.trim(10)
    for _ in range(3):
        await put(s, rows("x"))
        s.trim(s.last_seq)
    await s.flushed()
    s.close()
    assert (tmp_path / "spool.db").stat().st_size < 1_000_000
