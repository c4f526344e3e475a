"""When a file is taken, that it is stored once, and where it goes; on a real folder, with a clock moved by hand."""

import asyncio
import os
from array import array
from pathlib import Path

import pytest

from drivers.files.form import PIECE
from hub.model import DAY, DeviceState, Unreachable
from tests.unit.files.rig import GOOD, NOW, Desk, Sink


async def test_a_file_that_has_come_to_rest_is_taken_and_moved_after_the_commit(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.lay(GOOD)
    desk.sink.hold = True
    await desk.look()
    assert desk.lies() == {"": ["a.csv"]}, "it may still be growing"
    looking = asyncio.create_task(desk.look(5))
    await desk.sink.came.wait()
    assert desk.lies() == {"taking": ["a.csv"]}, "nobody can begin it anew now, and it is not gone"
    (intake,) = desk.sink.taken
    assert intake.release is not None
    intake.release()
    await looking
    assert desk.lies() == {"processed": ["a.csv"]}
    assert [(s.point, s.value) for s in intake.samples] == [("desk/grdp", 6.5), ("desk/period", "2026-Q3")]
    assert intake.samples[0].source_time == 1_789_869_600 * 10**9, "09:00 in Thái Nguyên is 02:00 UTC"
    assert desk.inbox.counts["unmatched"] == 1, "nobody asks for IIP"


async def test_a_file_that_grows_is_waited_for(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    path = desk.folder / "a.csv"
    path.write_text(GOOD[:40], encoding="utf-8")
    for n in range(4):
        await desk.look(4)
        path.write_text(GOOD[: 45 + n], encoding="utf-8")
    path.write_text(GOOD, encoding="utf-8")
    await desk.look(4)
    assert desk.lies() == {"": ["a.csv"]}
    await desk.look(5)
    assert desk.lies() == {"processed": ["a.csv"]}


@pytest.mark.parametrize("name", [".a.csv", "a.csv.tmp", "a.csv.part", "a.txt"])
async def test_other_names_are_none_of_its_business(tmp_path: Path, name: str) -> None:
    desk = Desk(tmp_path)
    (desk.folder / name).write_text(GOOD, encoding="utf-8")
    await desk.rest()
    assert desk.lies() == {"": [name]}


async def test_links_pipes_and_folders_are_never_followed(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    (tmp_path / "secret").write_text(GOOD, encoding="utf-8")
    (desk.folder / "link.csv").symlink_to(tmp_path / "secret")
    os.mkfifo(desk.folder / "pipe.csv")
    (desk.folder / "folder.csv").mkdir()
    await desk.rest()
    assert desk.sink.taken == []
    assert (desk.folder / "link.csv").is_symlink()


async def test_the_same_file_again_is_stored_once_under_whatever_name(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.lay(GOOD)
    await desk.rest()
    desk.lay(GOOD)
    desk.lay(GOOD, "b.csv")
    await desk.rest()
    assert len(desk.sink.taken) == 1
    assert desk.lies() == {"processed": ["a.2.csv", "a.csv", "b.csv"]}
    assert (desk.inbox.counts["taken"], desk.inbox.counts["repeated"]) == (1, 2)


async def test_a_file_that_changed_is_another(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.lay(GOOD)
    await desk.rest()
    desk.lay(GOOD.replace("6,5", "6,6"))
    await desk.rest()
    assert [i.samples[0].value for i in desk.sink.taken] == [6.5, 6.6]


async def test_a_hub_that_died_between_commit_and_move_stores_nothing_twice(tmp_path: Path) -> None:
    rows = "".join(f"R{n};trung-tam;{n};2026-09-20T09:00+07:00\n" for n in range(2 * PIECE + 500))
    first = Desk(tmp_path, reports=True)
    first.lay("Mã;Khu;Số;Mở lúc\n" + rows)
    first.sink.hold = True
    await first.look()
    looking = asyncio.create_task(first.look(5))
    await first.sink.came.wait()
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
    assert first.lies() == {"taking": ["a.csv"]}
    (durable,) = first.sink.taken
    assert durable.receipt is not None

    second = Desk(tmp_path, Sink(durable.receipt.keys), reports=True)
    await second.rest()
    assert second.lies() == {"processed": ["a.csv"]}
    keys = [e.dedupe_key for i in (durable, *second.sink.taken) for e in i.events]
    assert len(keys) == len(set(keys)) == 2 * PIECE + 500
    assert [i.receipt.n for i in second.sink.taken if i.receipt] == [1, 1]


async def test_events_have_their_columns_and_their_key(tmp_path: Path) -> None:
    desk = Desk(tmp_path, reports=True)
    desk.lay("Mã;Khu;Số;Mở lúc\nR1;Gia Sàng;3;2026-09-20T09:00+07:00\n")
    await desk.rest()
    (event,) = desk.sink.taken[0].events
    assert (event.dedupe_key, event.attributes) == ("opened/R1", {"area": "Gia Sàng", "n": 3})
    assert (event.source_time, event.hub_time) == (1_789_869_600 * 10**9, NOW + 5 * 10**9)


async def test_a_refused_file_is_told_and_the_next_good_one_makes_it_well(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.lay(GOOD.replace("6,5", "6.5"))
    await desk.rest()
    assert desk.lies() == {"failed": ["a.csv", "a.csv.errors.txt"]}
    assert desk.errors() == [
        "a.csv:2: column 'Giá trị': '6.5' is no number; write it as 6,5, without marks between thousands"
    ]
    desk.lay(GOOD, "b.csv")
    await desk.rest()
    (bad, detail), (good, _) = desk.sink.health
    assert (bad, good) == (DeviceState.DEGRADED, DeviceState.ONLINE)
    assert detail.startswith("a.csv:2: column 'Giá trị'")
    assert desk.inbox.refused == {"rows": 1}


async def test_old_files_are_deleted_and_new_ones_are_kept(tmp_path: Path) -> None:
    desk = Desk(tmp_path, limits={"keep": "30d"})
    for name, age in (("old.csv", 31), ("new.csv", 29)):
        path = desk.folder / "processed" / name
        path.write_text("x")
        os.utime(path, (NOW / 1e9 - age * 86400,) * 2)
    await desk.look()
    assert desk.lies() == {"processed": ["new.csv"]}
    assert DAY


async def test_a_folder_that_is_lost_is_told_with_its_name(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for name in ("taking", "processed", "failed"):
        (desk.folder / name).rmdir()
    desk.folder.rmdir()
    with pytest.raises(Unreachable, match="drop"):
        await desk.look()


async def test_pieces_that_an_earlier_run_took_are_known_from_their_receipts(tmp_path: Path) -> None:
    first = Desk(tmp_path)
    first.lay(GOOD)
    await first.rest()
    receipt = first.sink.taken[0].receipt
    assert receipt is not None
    again = Sink(receipt.keys)
    second = Desk(tmp_path, again)
    second.inbox.known.clear()
    listening = asyncio.create_task(second.driver.subscribe(again))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    assert list(second.inbox.known) == list(array("Q", receipt.keys))
