"""Rows that devices turn out to have: words that stay, rows that go and come back, bounds, and a restart."""

import asyncio
from pathlib import Path

from hub.growing import FILE, Growing, renewed
from hub.model import (
    Device,
    FoundGroup,
    FoundRow,
    Lane,
    Point,
    Site,
    StoreSettings,
    Text,
    WebSettings,
    Zone,
    point_id,
)
from hub.model.clock import ManualClock
from hub.model.found import NamedRow


def rows(*labels: str) -> list[FoundRow]:
    return [FoundRow(label) for label in labels]


def after(known: list[NamedRow], *labels: str, most: int = 8, now: int = 5) -> dict[str, list[str]]:
    return {
        what: [k.row.label for k in some] for what, some in renewed(known, rows(*labels), most, now).items() if some
    }


def words(known: list[NamedRow]) -> dict[str, str]:
    return {k.row.label: k.word for k in known}


def test_rows_that_go_stay_known_and_come_back_under_their_word():
    known: list[NamedRow] = []
    assert after(known, "a/1", "a-1") == {"found": ["a/1", "a-1"]}
    assert after(known, "a-1") == {"gone": ["a/1"]}
    assert after(known, "a-1") == {}
    assert after(known, "a/1", "a-1") == {"back": ["a/1"]}
    assert words(known) == {"a/1": "a_1", "a-1": "a_1_2"}


def test_a_row_that_is_gone_makes_room_when_room_is_needed_and_the_longest_gone_goes_first():
    known: list[NamedRow] = []
    after(known, "a", "b", "c", most=3)
    after(known, "b", "c", most=3, now=6)
    after(known, "c", most=3, now=7)
    assert after(known, "c", "d", most=3, now=8) == {"found": ["d"], "forgotten": ["a"]}
    assert set(words(known)) == {"b", "c", "d"}


def test_never_more_rows_are_known_than_are_taken():
    known: list[NamedRow] = []
    after(known, *"abcdefgh", most=4)
    assert len(known) == 4


def points(word: str, row: FoundRow) -> tuple[Point, ...]:
    name = f"port.{word}.status"
    title = Text.same(row.label)
    return (Point(point_id("sw", name), "sw", name, title, "link.status", "z", Lane.LIVE, type="text"),)


GROUP = FoundGroup("port", None, 4, 10**9, 1, points)


def grown_site() -> Site:
    device = Device("sw", Text.same("sw"), "p", "d", "z", None, (), found=(GROUP,))
    title, where = Text.same("s"), {"z": Zone("z", Text.same("z"))}
    return Site("s", title, "UTC", "en", "", WebSettings(), StoreSettings(), where, {"sw": device}, {}, ())


async def taken(folder: Path, *told: list[FoundRow]) -> tuple[Growing, list[str], list[Site]]:
    """Run a growing that is told of rows, until each telling was applied."""
    growing, applied, sites = Growing(folder, ManualClock()), asyncio.Event(), []
    growing.restored(grown_site())
    said: list[str] = []

    async def apply(widen, notes):
        said.extend(f"{n.what} {n.detail['rows']}" for n in notes)
        sites.append(widen(grown_site()))
        applied.set()

    task = asyncio.create_task(growing.run(grown_site, apply))
    for found in told:
        applied.clear()
        growing.found("sw", "port", found)
        await asyncio.wait_for(applied.wait(), 5)
    task.cancel()
    return growing, said, sites


async def test_rows_become_points_and_a_note_names_them(tmp_path, monkeypatch):
    monkeypatch.setattr("hub.growing.GATHER_SECONDS", 0)
    _, said, sites = await taken(tmp_path, rows("eth0", "eth1"), rows("eth1"))
    assert said == ["rows_found eth0, eth1", "rows_gone eth0"]
    assert sites[-1].points.keys() >= {"sw/port.eth0.status", "sw/port.eth1.status"}


async def test_after_a_restart_the_points_are_there_before_the_device_is_heard(tmp_path, monkeypatch):
    monkeypatch.setattr("hub.growing.GATHER_SECONDS", 0)
    await taken(tmp_path, rows("a/1", "a-1"))
    again = Growing(tmp_path, ManualClock())
    assert again.restored(grown_site()).points.keys() >= {"sw/port.a_1.status", "sw/port.a_1_2.status"}


def test_a_file_that_cannot_be_read_only_costs_the_walk(tmp_path):
    (tmp_path / FILE).write_text("{broken")
    growing = Growing(tmp_path, ManualClock())
    assert growing.restored(grown_site()).devices["sw"].points == ()
