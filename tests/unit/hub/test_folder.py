"""The state folder: one hub at a time, and a damaged file is set aside, said and begun anew."""

import os
from pathlib import Path

import pytest

from hub.folder import StateFolder, StateInUse
from hub.losses import Losses
from hub.model import SECOND, Lane, StorageError, SystemNote
from hub.spool import Rows

NOW = 1_700_000_000 * SECOND


def test_a_second_hub_on_the_same_folder_is_refused_until_the_first_lets_go(tmp_path: Path):
    first, second = StateFolder(tmp_path / "state"), StateFolder(tmp_path / "state")
    first.take()
    with pytest.raises(StateInUse, match="--state"):
        second.take()
    assert not second.taken
    first.release()
    second.take()
    assert second.taken
    second.release()


def test_the_folder_is_made_for_its_owner_alone(tmp_path: Path):
    folder = StateFolder(tmp_path / "a" / "state")
    folder.take()
    assert folder.path.stat().st_mode & 0o077 == 0
    folder.release()


def test_a_folder_that_cannot_be_one_is_refused_with_what_to_do(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="--state"):
        StateFolder(tmp_path / "file").take()
    with pytest.raises(StorageError, match="--state"):
        StateFolder(tmp_path / "file" / "state").take()


async def test_sound_files_are_opened_and_nothing_is_said(tmp_path: Path):
    folder = StateFolder(tmp_path)
    folder.journal(NOW).close()
    folder.spool(NOW).close()
    assert folder.notes == []
    assert sorted(p.name for p in tmp_path.iterdir()) == ["journal.db", "journal.reserve", "spool.db"]


@pytest.mark.parametrize("name", ["journal.db", "spool.db"])
async def test_a_garbage_file_is_set_aside_said_and_begun_anew(tmp_path: Path, name: str):
    (tmp_path / name).write_bytes(os.urandom(20_000))
    folder = StateFolder(tmp_path)
    file = folder.journal(NOW) if name == "journal.db" else folder.spool(NOW)
    kept = f"{name}.damaged-20231114T221320.000Z"
    assert (tmp_path / kept).stat().st_size == 20_000
    assert folder.notes == [SystemNote("file_set_aside", {"file": name, "kept_as": kept}, NOW)]
    assert file.last_seq == 0
    file.close()


async def test_a_torn_journal_hands_on_what_alarms_need(tmp_path: Path):
    folder = StateFolder(tmp_path)
    journal = folder.journal(NOW)
    journal.checkpoint("alarms", 0, b'{"alarms":[]}')
    for n in range(300):
        journal.append([SystemNote("n", {"padding": "x" * 500}, n)])
    await journal.flushed()
    journal.close()
    path = tmp_path / "journal.db"
    os.truncate(path, path.stat().st_size - 40_000)
    again = folder.journal(NOW)
    assert [n.what for n in folder.notes] == ["file_set_aside"]
    assert again.restore("alarms") == (0, b'{"alarms":[]}')
    assert 0 < again.last_seq < 300
    again.close()


async def test_losses_are_told_in_one_note_a_lane_and_once(tmp_path: Path):
    noted: list[tuple[str, dict[str, object]]] = []
    losses = Losses(lambda what, detail: noted.append((what, detail)))
    await losses.tell()
    for n in (5, 3, 9):
        losses.add(Lane.BULK, n, n * SECOND, n * SECOND + 1)
    losses.add(Lane.MEDIA, 1, 0, 0)
    await losses.tell()
    await losses.tell()
    assert [(what, d["lane"], d["records"]) for what, d in noted] == [("dropped", "bulk", 17), ("dropped", "media", 1)]
    assert noted[0][1]["from"] == "1970-01-01T00:00:03.000Z"
    assert noted[0][1]["to"] == "1970-01-01T00:00:09.000Z"


async def test_what_a_full_spool_drops_reaches_the_losses(tmp_path: Path):
    spool = StateFolder(tmp_path).spool(NOW)
    spool.max_bytes = 10
    noted: list[int] = []
    losses = Losses(lambda _what, detail: noted.append(int(str(detail["records"]))))
    spool.on_drop = losses.add
    for _ in range(3):
        spool.append(Rows("reading", Lane.LIVE, 2, 0, 0, bytes(10)))
        await spool.flushed()
    await losses.tell()
    assert noted == [4]
    spool.close()
