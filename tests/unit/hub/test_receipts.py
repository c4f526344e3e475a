"""Receipts: a source is told what is durable, as far back as it may ask, and never more than is."""

import random
from array import array
from pathlib import Path

import pytest

from hub.model import Lane, Receipt
from hub.spool import Rows, Spool
from tests.unit.hub.house import Disk
from tests.unit.hub.test_spool import a_spool, rows


def receipt(*keys: int, source: str = "broker", window: int = 4) -> Receipt:
    return Receipt(source, array("Q", keys).tobytes(), window)


async def known(spool: Spool, source: str = "broker") -> list[int]:
    return list(array("Q", await spool.receipts(source)))


async def test_receipts_are_there_with_the_rows_and_after_a_start(tmp_path: Path):
    spool = a_spool(tmp_path)
    spool.append_all([rows("a"), rows("b", Lane.BULK)], receipt=receipt(1, 2))
    spool.append_all([rows("c")], receipt=receipt(9, source="other"))
    assert await known(spool) == [1, 2]
    spool.close()
    again = a_spool(tmp_path)
    assert (await known(again), await known(again, "other"), await known(again, "nobody")) == ([1, 2], [9], [])
    again.close()


@pytest.mark.parametrize("seed", range(5))
async def test_the_last_of_the_window_are_kept_and_not_many_more(tmp_path: Path, seed: int):
    dice, spool, number, longest = random.Random(seed), a_spool(tmp_path), 0, 0
    for _ in range(60):
        keys = range(number, number := number + dice.randint(1, 7))
        longest = max(longest, len(keys))
        spool.append_all([rows("x")], receipt=receipt(*keys, window=10))
        if dice.random() < 0.5:
            await spool.flushed()
        if dice.random() < 0.1:
            spool.close()
            spool = a_spool(tmp_path)
    kept = await known(spool)
    assert kept == list(range(kept[0], number))
    assert 10 <= len(kept) < 10 + longest
    spool.close()


async def test_a_refused_commit_leaves_no_receipt_until_it_is_made(tmp_path: Path):
    spool = a_spool(tmp_path)
    disk = Disk(spool.file)
    await spool.flushed()
    disk.fill()
    spool.append_all([rows("a")], receipt=receipt(1))
    await disk.refused()
    assert not spool._reader.execute("select count(*) from receipt").fetchone()[0]
    disk.free()
    assert await known(spool) == [1]
    spool.close()


async def test_rows_of_one_batch_become_durable_together(tmp_path: Path):
    spool = a_spool(tmp_path)
    for _ in range(50):
        spool.append_all([rows("a"), rows("b", Lane.BULK), rows("c", Lane.LIFE_SAFETY)])
    await spool.flushed()
    counts = {lane: sum(b.n for b in spool.read(0, 1 << 30) if b.lane is lane) for lane in Lane}
    assert counts[Lane.LIVE] == counts[Lane.BULK] == counts[Lane.LIFE_SAFETY] == 50
    spool.close()


async def test_what_may_be_dropped_is_refused_alone(tmp_path: Path, monkeypatch):
    spool = a_spool(tmp_path)
    monkeypatch.setattr("hub.spool.MOST_BEHIND", -1)
    assert spool.append_all([rows("a"), rows("b", Lane.LIFE_SAFETY)], must=False)
    assert not spool.append_all([rows("a")], must=False)
    await spool.flushed()
    assert [b.lane for b in spool.read(0)] == [Lane.LIFE_SAFETY]
    assert spool.dropped == {Lane.LIVE: 2}
    spool.close()


def test_a_receipt_counts_its_messages():
    assert (receipt(5, 6, 7).n, Rows("t", Lane.LIVE, 1, 0, 0, b"").n) == (3, 1)
