"""A full disk: nothing is acknowledged, a fire is heard all the same, and everything goes on when there is room."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from hub import alarming, batchfile, spool
from hub.journal import Journal
from hub.model import DeviceChange, DeviceState, Lane, OperatorAction, StorageFull, Transition
from hub.spool import Rows, Spool
from tests.unit.hub.house import FIRE, House, house
from tests.unit.hub.transitions import a_transition

ZONE, TEMPERATURE = "panel/zone.alarm", "sensor/temperature"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batchfile, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(alarming, "ACTION_SECONDS", 0.05)


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as made:
        trouble = made.journal.file.on_trouble
        made.journal.file.on_trouble = lambda t: (trouble(t), made.alarming.publish_unrecorded() if t else None)
        yield made


def transitions(heard: list[Any]) -> list[tuple[str, str]]:
    return [(t.alarm, t.input) for t in heard if isinstance(t, Transition)]


async def fill(hub: House) -> None:
    """Fill both disks and let the hub notice."""
    for disk in hub.disks:
        disk.fill()
    hub.road.report("panel", DeviceState.ONLINE)
    await asyncio.gather(*(disk.refused() for disk in hub.disks))


def free(hub: House) -> None:
    for disk in hub.disks:
        disk.free()


async def test_nothing_is_acknowledged_while_the_disk_is_full_and_all_of_it_after(hub: House):
    await fill(hub)
    released: list[int] = []
    for n in range(5):
        hub.say(TEMPERATURE, float(n), release=lambda n=n: released.append(n))
    while hub.disks[1].refusals < 5:
        await asyncio.sleep(0.005)
    assert released == []
    assert hub.spool.read(0) == []
    free(hub)
    await hub.settled()
    assert released == [0, 1, 2, 3, 4]
    assert hub.spool.held.records >= 5


async def test_a_fire_is_heard_though_it_cannot_be_noted_and_is_journaled_once_when_it_can(hub: House):
    await fill(hub)
    hub.said()
    hub.say(ZONE, True)
    assert transitions(hub.said()) == [(FIRE, "raise")]
    assert hub.alarming.unheard == 0
    free(hub)
    heard = await hub.told()
    assert transitions(heard) == [], "not a second time"
    assert [r.alarm for _, r in hub.journal.read(0) if isinstance(r, Transition)] == [FIRE]


async def test_a_fire_that_came_just_before_the_disk_was_known_to_be_full_is_heard_then(hub: House):
    hub.disks[0].fill()
    hub.say(ZONE, True)
    assert transitions(hub.said()) == []
    await hub.disks[0].refused()
    assert transitions(hub.said()) == [(FIRE, "raise")]


async def test_other_alarms_wait_for_the_journal(hub: House):
    await fill(hub)
    hub.said()
    hub.say(TEMPERATURE, 99.0)
    assert transitions(hub.said()) == []
    free(hub)
    assert transitions(await hub.told()) == [("hot:sensor/temperature", "raise")]


async def test_values_are_shown_though_they_cannot_be_kept_and_do_not_run_backwards_later(hub: House):
    await fill(hub)
    for value in (20.0, 21.0):
        hub.say(TEMPERATURE, value)
    assert hub.state.reading(TEMPERATURE).value == 21.0  # type: ignore[union-attr]
    free(hub)
    await hub.settled()
    assert hub.state.reading(TEMPERATURE).value == 21.0  # type: ignore[union-attr]


async def test_a_lost_device_is_told_though_it_cannot_be_noted(hub: House):
    await fill(hub)
    hub.said()
    hub.road.report("sensor", DeviceState.OFFLINE, "silent")
    hub.road.tell_unrecorded()
    told = [(r.device, r.state) for r in hub.said() if isinstance(r, DeviceChange)]
    assert told == [("panel", DeviceState.ONLINE), ("sensor", DeviceState.OFFLINE)]
    free(hub)
    assert [r for r in await hub.told() if isinstance(r, DeviceChange)] == [], "not a second time"


async def test_an_action_that_cannot_be_recorded_is_answered_so(hub: House):
    hub.say(ZONE, True)
    await hub.settled()
    await fill(hub)
    outcome = await hub.alarming.act(OperatorAction("ack", FIRE, 1, "an", 0, request="r"))
    assert (outcome.done, outcome.refused) == (None, "not_recorded")
    free(hub)
    await hub.settled()
    again = await hub.alarming.act(OperatorAction("ack", FIRE, 1, "an", 0, request="r"))
    assert again.refused is None
    acks = [r for _, r in hub.journal.read(0) if isinstance(r, Transition) and r.input == "ack"]
    assert len(acks) == 1


async def test_polled_readings_beyond_the_bound_are_dropped_and_counted_but_never_those_still_held(
    hub: House, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(spool, "MOST_WAITING", 10)
    await fill(hub)
    released: list[int] = []
    for n in range(50):
        hub.say(TEMPERATURE, float(n))
        hub.say(TEMPERATURE, float(n), release=lambda n=n: released.append(n))
        hub.say(ZONE, n % 2 == 0)
    dropped = hub.spool.dropped[Lane.LIVE]
    assert 0 < dropped < 50
    assert hub.spool.dropped[Lane.LIFE_SAFETY] == 0
    free(hub)
    await hub.settled()
    assert released == list(range(50))
    c = hub.road.counters
    assert c.received + c.own == c.spooled + c.unchanged + c.unknown
    assert c.spooled == hub.spool.taken == hub.spool.held.records + dropped + hub.spool.merged[Lane.LIFE_SAFETY]


async def test_no_checkpoints_pile_up_while_the_journal_cannot_take_one(hub: House):
    running = asyncio.create_task(hub.alarming.run())
    await fill(hub)
    before = len(hub.journal.file._entries)
    for n in range(20):
        hub.say(ZONE, n % 2 == 0)
        hub.clock.advance(1_000_000_000)
        for _ in range(5):
            await asyncio.sleep(0)
    assert len(hub.journal.file._entries) - before <= 21
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


# -- a real disk of a few megabytes -----------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a tmpfs of 40 MB; only root may, and CI must be able to."""
    where = tmp_path / "disk"
    where.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(where)]
    done = subprocess.run(command, capture_output=True, text=True, check=False) if shutil.which("mount") else None
    if done is None or done.returncode:
        why = f"a small file system cannot be mounted here: {done.stderr.strip() if done else 'no mount program'}"
        if os.environ.get("CI") and os.geteuid() == 0 and os.environ.get("CITYWATCH_NO_MOUNT") is None:
            pytest.fail(why)
        pytest.skip(why)
    try:
        yield where
    finally:
        subprocess.run(["umount", "-l", str(where)], check=True)


def ballast(disk: Path) -> Path:
    """Take all the room there is."""
    path = disk / "ballast"
    with path.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(1 << 16)):
                pass
        except OSError:
            pass
    return path


async def test_on_a_truly_full_disk_the_journal_lives_on_its_reserve_and_the_spool_waits(small_disk: Path):
    journal = Journal(small_disk / "journal.db", reserve_bytes=2 << 20)
    store = Spool(small_disk / "spool.db", keep_free=0)
    taken = ballast(small_disk)
    store.append(Rows("reading", Lane.LIVE, 1, 0, 0, bytes(8 << 20)), None)
    while store.file.trouble is None:
        await asyncio.sleep(0.01)
    heard: list[int] = []
    for n in range(1, 21):
        journal.append([a_transition(n=n)], lambda n=n: heard.append(n))
    await asyncio.wait_for(journal.flushed(), 20)
    assert heard == list(range(1, 21))
    assert store.file.trouble is not None
    taken.unlink()
    await asyncio.wait_for(store.flushed(), 20)
    assert [len(b.body) for b in store.read(0)] == [8 << 20]
    store.close()
    journal.close()


async def test_a_hub_starts_on_a_full_disk_by_its_reserve(small_disk: Path):
    Journal(small_disk / "journal.db", reserve_bytes=2 << 20).close()
    Spool(small_disk / "spool.db").close()
    ballast(small_disk)
    journal = Journal(small_disk / "journal.db", reserve_bytes=2 << 20)
    journal.append([a_transition()])
    await asyncio.wait_for(journal.flushed(), 20)
    journal.close()


async def test_a_new_file_on_a_full_disk_is_refused_with_a_sentence(small_disk: Path):
    ballast(small_disk)
    with pytest.raises(StorageFull, match="make room"):
        Spool(small_disk / "spool.db")
