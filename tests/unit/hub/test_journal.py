"""The journal: what was said is on disk before anybody hears it, and every record keeps its number."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from hub.journal import Journal
from hub.model import DeviceChange, DeviceState, OperatorAction, StorageDamaged, SystemNote
from tests.unit.hub.house import Disk
from tests.unit.hub.transitions import a_transition


def a_journal(folder: Path, **more: Any) -> Journal:
    return Journal(folder / "journal.db", **{"reserve_bytes": 0, **more})


def note(word: str) -> SystemNote:
    return SystemNote(word, {}, 0)


async def record(journal: Journal, *words: str) -> None:
    """Journal each word in a batch of its own."""
    for word in words:
        journal.append([note(word)])
        await journal.flushed()


def words(journal: Journal, after: int = 0) -> list[tuple[int, str]]:
    return [(seq, r.what) for seq, r in journal.read(after)]  # type: ignore[union-attr]


async def test_every_kind_of_record_comes_back_as_it_was(tmp_path: Path):
    journal = a_journal(tmp_path)
    records = [
        a_transition(cause={"value": 71.5, "above": 60}),
        OperatorAction("ack", "fire:a/b", 1, "an", 5, note="ờ", request="r1"),
        DeviceChange("d", DeviceState.OFFLINE, "silent", "…", 7),
        note("started"),
    ]
    assert journal.append(records) == 1
    await journal.flushed()
    assert journal.read(0) == list(enumerate(records, 1))
    journal.close()


async def test_a_record_is_on_disk_when_it_is_called_so(tmp_path: Path):
    journal = a_journal(tmp_path)
    seen: list[Any] = []
    journal.append([note("a"), note("b")], lambda: seen.append((journal.last_seq, words(journal))))
    await journal.flushed()
    assert seen == [(2, [(1, "a"), (2, "b")])]
    journal.close()


async def test_numbers_go_on_without_a_gap_over_openings_and_trimmings(tmp_path: Path):
    for round_ in range(3):
        journal = a_journal(tmp_path)
        assert journal.last_seq == 2 * round_
        journal.checkpoint("c", journal.last_seq, b"")
        journal.trim(journal.last_seq)
        assert journal.append([note("a"), note("b")]) == 2 * round_ + 1
        await journal.flushed()
        journal.close()


async def test_reading_begins_in_the_middle_of_a_batch_and_respects_the_limit(tmp_path: Path):
    journal = a_journal(tmp_path)
    journal.append([note(w) for w in "abc"])
    await record(journal, *"defg")
    assert words(journal, 1) == [(2, "b"), (3, "c"), (4, "d"), (5, "e"), (6, "f"), (7, "g")]
    assert [r.what for _, r in journal.read(0, 4)] == ["a", "b", "c", "d"]  # type: ignore[union-attr]
    assert words(journal, 7) == []
    journal.close()


async def test_a_batch_is_forgotten_when_all_of_it_may_be(tmp_path: Path):
    journal = a_journal(tmp_path)
    journal.append([note(w) for w in "abc"])
    await record(journal, "d")
    journal.trim(2)
    await journal.flushed()
    assert words(journal)[0] == (1, "a")
    journal.trim(3)
    await journal.flushed()
    assert words(journal) == [(4, "d")]
    journal.close()


async def test_a_damaged_batch_is_left_out_counted_once_and_the_rest_is_read(tmp_path: Path):
    journal = a_journal(tmp_path)
    await record(journal, *"abc")
    with sqlite3.connect(tmp_path / "journal.db") as other:
        other.execute("update batch set body = '[]' where seq = 2")
    other.close()
    journal.close()
    journal = a_journal(tmp_path)
    assert words(journal) == [(1, "a"), (3, "c")]
    assert words(journal, 1) == [(3, "c")]
    assert journal.damaged == 1
    journal.close()


async def test_a_record_that_a_later_version_wrote_is_left_out_and_counted(tmp_path: Path):
    journal = a_journal(tmp_path)
    await record(journal, *"ab")
    body = b'[{"type":"of_the_future","x":1}]'
    with sqlite3.connect(tmp_path / "journal.db") as other:
        import zlib

        other.execute("update batch set body = ?, crc = ? where seq = 1", (body, zlib.crc32(body)))
    other.close()
    journal.close()
    journal = a_journal(tmp_path)
    assert words(journal) == [(2, "b")]
    assert journal.damaged == 1
    journal.close()


async def test_a_checkpoint_replaces_the_one_before(tmp_path: Path):
    journal = a_journal(tmp_path)
    assert journal.restore("alarms") is None
    kept: list[int] = []
    for seq in (3, 8):
        journal.checkpoint("alarms", seq, b"%d" % seq, lambda seq=seq: kept.append(seq))
    await journal.flushed()
    assert journal.restore("alarms") == (8, b"8")
    assert kept == [3, 8]
    journal.close()


async def test_nothing_cannot_be_journaled(tmp_path: Path):
    journal = a_journal(tmp_path)
    with pytest.raises(ValueError, match="nothing"):
        journal.append([])
    await record(journal, "a")
    assert words(journal) == [(1, "a")]
    journal.close()


async def test_waiting_for_a_record_ends_when_it_is_durable(tmp_path: Path):
    journal = a_journal(tmp_path)
    waiting = asyncio.create_task(journal.wait_beyond(0))
    await asyncio.sleep(0)
    assert not waiting.done()
    journal.append([note("a")])
    await asyncio.wait_for(waiting, 10)
    journal.close()


async def test_the_reserve_is_given_up_when_the_disk_is_full_and_set_aside_again_later(tmp_path: Path):
    journal = a_journal(tmp_path, reserve_bytes=1 << 20)
    reserve = tmp_path / "journal.reserve"
    assert reserve.stat().st_size == 1 << 20
    disk = Disk(journal.file)
    write = disk._write

    def full_while_reserved(connection: sqlite3.Connection, entries: Any) -> Any:
        if reserve.exists():
            raise sqlite3.OperationalError("database or disk is full")
        return write(connection, entries)

    disk._write = full_while_reserved
    await asyncio.wait_for(record(journal, "fire"), 10)
    assert words(journal) == [(1, "fire")]
    assert not reserve.exists()
    disk._write = write
    journal.keep_reserve()
    assert reserve.stat().st_size == 1 << 20
    journal.close()


async def test_what_alarms_need_is_taken_over_from_a_damaged_journal(tmp_path: Path):
    journal = a_journal(tmp_path)
    await record(journal, *"abc")
    journal.checkpoint("alarms", 2, b"{}")
    await journal.flushed()
    journal.close()
    heir = Journal(tmp_path / "new.db", reserve_bytes=0, heir_of=tmp_path / "journal.db")
    assert heir.restore("alarms") == (2, b"{}")
    assert words(heir) == [(3, "c")], "what is older than the checkpoint is in the database"
    assert heir.id != journal.id, "a database must not take the new numbers for the old"
    assert heir.append([note("d")]) == 4
    await heir.flushed()
    heir.close()


async def test_of_a_journal_that_is_garbage_nothing_is_taken_over(tmp_path: Path):
    (tmp_path / "journal.db").write_bytes(b"garbage" * 1000)
    with pytest.raises(StorageDamaged):
        a_journal(tmp_path)
    heir = Journal(tmp_path / "new.db", reserve_bytes=0, heir_of=tmp_path / "journal.db")
    assert (heir.last_seq, heir.restore("alarms")) == (0, None)
    heir.close()
