"""One writer, one commit for many, and nobody told "durable" before it is true."""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from hub import batchfile
from hub.batchfile import BatchFile, Entry, set_aside
from hub.model import SECOND, StorageDamaged, StorageError
from tests.unit.hub.house import Disk

SCHEMA = "create table if not exists thing(word text not null);"


class Writer:
    """Writes words; `commits` says which words each commit held."""

    def __init__(self) -> None:
        self.commits: list[list[object]] = []

    def __call__(self, connection: sqlite3.Connection, entries: Sequence[Entry]) -> Any:
        connection.executemany("insert into thing values (?)", [(e.payload,) for e in entries])
        return lambda: self.commits.append([e.payload for e in entries])


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batchfile, "RETRY_SECONDS", 0.01)


@pytest.fixture
async def file(tmp_path: Path) -> Any:
    made = BatchFile(tmp_path / "a.db", SCHEMA, Writer(), spacing=lambda _n: 0.0)
    made.disk = Disk(made)  # type: ignore[attr-defined]
    yield made
    made.disk.free()  # type: ignore[attr-defined]
    made.close()


@pytest.fixture
def words(tmp_path: Path) -> Iterator[Any]:
    reader = sqlite3.connect(tmp_path / "a.db")
    yield lambda: [w for (w,) in reader.execute("select word from thing order by rowid")]
    reader.close()


async def test_then_runs_after_the_row_is_on_disk_and_in_order(file: BatchFile, words: Any):
    seen: list[Any] = []
    for word in "abc":
        file.append(Entry(word, 1, lambda word=word: seen.append((word, word in words()))))
    await file.flushed()
    assert seen == [("a", True), ("b", True), ("c", True)]
    assert file.pending == 0


async def test_what_comes_during_a_commit_goes_together_into_the_next(tmp_path: Path):
    writer = Writer()
    file = BatchFile(tmp_path / "a.db", SCHEMA, writer, spacing=lambda _n: 60.0)
    file.append(Entry("first", 1), urgent=True)
    await file.flushed()
    for word in "abc":
        file.append(Entry(word, 1))
    file.append(Entry("urgent", 1), urgent=True)
    await file.flushed()
    file.close()
    assert writer.commits == [["first"], ["a", "b", "c", "urgent"]]


async def test_a_refused_write_is_kept_told_once_and_tried_again(quick: None, file: Any, words: Any):
    troubles: list[str | None] = []
    listen = file.on_trouble
    file.on_trouble = lambda trouble: (troubles.append(trouble), listen(trouble))
    file.disk.fill()
    done: list[str] = []
    file.append(Entry("a", 1, lambda: done.append("a")), urgent=True)
    await file.disk.refused()
    file.append(Entry("b", 1, lambda: done.append("b")), urgent=True)
    while file.disk.refusals < 5:
        await asyncio.sleep(0.005)
    assert (done, file.pending, words()) == ([], 2, [])
    assert file.trouble == "database or disk is full"
    file.disk.free()
    await file.flushed()
    assert (done, file.pending, words()) == (["a", "b"], 0, ["a", "b"])
    assert file.trouble is None
    assert troubles == ["database or disk is full", None]


async def test_an_error_that_nobody_thought_of_does_not_kill_the_writer(quick: None, file: Any, words: Any):
    write, broken = file._write, [True]

    def surprise(connection: sqlite3.Connection, entries: Sequence[Entry]) -> Any:
        if broken:
            raise OverflowError("too large")
        return write(connection, entries)

    file._write = surprise
    file.append(Entry("a", 1), urgent=True)
    await file.disk.refused()
    assert file.trouble == "too large"
    broken.clear()
    await file.flushed()
    assert words() == ["a"]


async def test_half_a_commit_is_no_commit(quick: None, file: Any, words: Any):
    write, broken = file._write, [True]

    def half(connection: sqlite3.Connection, entries: Sequence[Entry]) -> Any:
        done = write(connection, entries)
        if broken:
            broken.clear()
            raise sqlite3.OperationalError("disk I/O error")
        return done

    file._write = half
    file.append(Entry("a", 1), urgent=True)
    await file.flushed()
    assert words() == ["a"]


async def test_one_callback_that_fails_does_not_keep_the_others_from_theirs(file: BatchFile):
    done: list[str] = []
    file.append(Entry("a", 1, lambda: 1 // 0))  # type: ignore[arg-type]
    file.append(Entry("b", 1, lambda: done.append("b")))
    await file.flushed()
    assert (done, file.pending) == (["b"], 0)


async def test_closing_writes_what_is_left_and_may_be_done_twice(tmp_path: Path, words: Any):
    file = BatchFile(tmp_path / "a.db", SCHEMA, Writer(), spacing=lambda _n: 60.0)
    file.append(Entry("a", 1), urgent=True)
    file.append(Entry("b", 1))
    file.close()
    file.close()
    assert words() == ["a", "b"]


async def test_closing_does_not_wait_for_a_full_disk_and_says_nothing_is_durable(file: Any, words: Any):
    done: list[str] = []
    file.disk.fill()
    file.append(Entry("a", 1, lambda: done.append("a")), urgent=True)
    await file.disk.refused()
    file.close()
    assert (done, words()) == ([], [])


async def test_a_file_keeps_its_name_for_ever(tmp_path: Path):
    names = set()
    for _ in range(2):
        file = BatchFile(tmp_path / "a.db", SCHEMA, Writer(), spacing=lambda _n: 0.0)
        names.add(file.id)
        file.close()
    other = BatchFile(tmp_path / "b.db", SCHEMA, Writer(), spacing=lambda _n: 0.0)
    other.close()
    assert len(names) == 1
    assert other.id not in names


def damage(path: Path, how: str) -> None:
    body = bytearray(path.read_bytes())
    if how == "garbage":
        body[:] = b"not a database at all" * 400
    elif how == "torn":
        del body[len(body) // 2 :]
    else:
        body[4096 : 4096 * 3] = bytes(range(256)) * 32
    path.write_bytes(body)


@pytest.mark.parametrize("how", ["garbage", "torn", "overwritten"])
async def test_a_damaged_file_is_not_used(tmp_path: Path, how: str):
    path = tmp_path / "a.db"
    file = BatchFile(path, SCHEMA, Writer(), spacing=lambda _n: 0.0)
    for n in range(2000):
        file.append(Entry(f"{n:0100}", 1))
    await file.flushed()
    file.close()
    damage(path, how)
    with pytest.raises(StorageDamaged, match=r"a\.db"):
        BatchFile(path, SCHEMA, Writer(), spacing=lambda _n: 0.0)


async def test_a_file_that_cannot_be_opened_is_no_damage_but_a_sentence(tmp_path: Path):
    (tmp_path / "a.db").mkdir()
    with pytest.raises(StorageError, match="cannot be opened") as error:
        BatchFile(tmp_path / "a.db", SCHEMA, Writer(), spacing=lambda _n: 0.0)
    assert not isinstance(error.value, StorageDamaged)


def test_a_file_is_set_aside_with_what_belongs_to_it_and_the_time(tmp_path: Path):
    for suffix in ("", "-wal"):
        (tmp_path / f"a.db{suffix}").write_text(suffix)
    aside = set_aside(tmp_path / "a.db", 1_700_000_000 * SECOND)
    assert aside.name == "a.db.damaged-20231114T221320.000Z"
    assert sorted(p.name for p in tmp_path.iterdir()) == [aside.name, f"{aside.name}-wal"]
