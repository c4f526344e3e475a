"""Readings that may not be dropped, while a disk refuses them for very long: the newest of each point, and a count."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import batchfile, spool
from hub.batches import Rows
from hub.losses import Losses
from hub.merging import Newest
from hub.model import SECOND, DeviceEvent, Lane, Quality, Reading, Reason
from hub.wire.copy import encode_events, encode_readings
from hub.wire.rows import split, time_of
from tests.unit.hub.house import FIRE, House, house

ZONE = "panel/zone.alarm"


def alarms(*told: tuple[int, int]) -> Rows:
    """Rows of life-safety points, each (point, second)."""
    readings = [
        Reading("p", bool(n % 2), Quality.GOOD, Reason.NONE, None, second * SECOND, n)
        for n, (_, second) in enumerate(told)
    ]
    times = [r.hub_time for r in readings]
    body = encode_readings(readings, [point for point, _ in told])
    return Rows("reading", Lane.LIFE_SAFETY, len(told), min(times), max(times), body)


def seconds(rows: Rows) -> list[int]:
    return [time_of(row) // SECOND for row in split(rows.body)]


def test_the_newest_of_each_point_waits_and_those_before_are_counted() -> None:
    newest = Newest()
    assert newest.put(alarms((1, 10), (2, 10))) is None
    gone = newest.put(alarms((1, 11), (3, 11), (1, 12)))
    assert gone is not None
    assert (gone.lane, gone.n) == (Lane.LIFE_SAFETY, 2)
    (kept,) = newest.take()
    assert (kept.n, sorted(seconds(kept))) == (3, [10, 11, 12])
    assert newest.take() == []


def test_events_of_a_device_are_merged_by_their_kind() -> None:
    events = [DeviceEvent("a", kind, {"n": n}, None, n * SECOND) for n, kind in enumerate(["x", "y", "x"], 1)]
    newest = Newest()
    gone = newest.put(Rows("device_event", Lane.ALARM, 3, SECOND, 3 * SECOND, encode_events(events, "site")))
    assert gone is not None
    assert gone.n == 1
    (kept,) = newest.take()
    assert seconds(kept) == [2, 3]


@given(st.lists(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 99)), min_size=1, max_size=8), max_size=20))
def test_whatever_comes_what_waits_and_what_gave_way_are_all_there_was(batches: list[list[tuple[int, int]]]) -> None:
    newest, merged = Newest(), 0
    for batch in batches:
        gone = newest.put(alarms(*batch))
        merged += gone.n if gone else 0
    told = [point for batch in batches for point, _ in batch]
    assert len(newest) == len(set(told))
    assert sum(rows.n for rows in newest.take()) + merged == len(told)


@pytest.fixture
async def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr(batchfile, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(spool, "MOST_KEPT", 10)
    async with house(tmp_path) as made:
        yield made


async def full(hub: House) -> None:
    hub.disks[1].fill()
    hub.say(ZONE, False)
    await hub.disks[1].refused()


async def test_a_panel_that_changes_for_hours_on_a_full_disk_fills_no_memory_and_no_alarm_is_merged(hub: House) -> None:
    lost: list[tuple[Lane, int]] = []
    hub.spool.on_merge = lambda lane, n, *_: lost.append((lane, n))
    await full(hub)
    for n in range(1, 501):
        hub.say(ZONE, n % 2 == 1)
        hub.clock.advance(SECOND)
    assert hub.spool.in_flight <= 15
    hub.disks[1].free()
    await hub.settled()
    merged = hub.spool.merged[Lane.LIFE_SAFETY]
    assert merged == sum(n for _, n in lost) >= 480
    assert hub.spool.taken == hub.spool.held.records + merged
    assert hub.spool.dropped.total() == 0
    (last,) = [split(batch.body)[-1] for batch in hub.spool.read(0)][-1:]
    assert time_of(last) == hub.clock.now() - SECOND, "the newest is there, and last"
    raised = [r for _, r in hub.journal.read(0) if getattr(r, "alarm", "") == FIRE]
    assert len(raised) >= 1


async def test_what_waits_merged_is_written_when_the_hub_stops_on_a_disk_that_has_room_again(
    hub: House, tmp_path: Path
) -> None:
    await full(hub)
    for n in range(1, 31):
        hub.say(ZONE, n % 2 == 1)
        hub.clock.advance(SECOND)
    taken, merged = hub.spool.taken, hub.spool.merged.total()
    hub.close()
    again = spool.Spool(tmp_path / "spool.db", keep_free=0)
    assert again.found == taken - merged
    again.close()


async def test_what_was_merged_is_told_like_what_was_dropped() -> None:
    told: list[tuple[str, dict[str, object]]] = []
    losses = Losses(lambda what, detail: told.append((what, detail)))
    losses.add(Lane.BULK, 3, SECOND, 2 * SECOND)
    losses.merge(Lane.LIFE_SAFETY, 2, SECOND, 5 * SECOND)
    losses.merge(Lane.LIFE_SAFETY, 2, 3 * SECOND, 9 * SECOND)
    await asyncio.wait_for(losses.tell(), 1)
    assert [(what, detail["lane"], detail["records"]) for what, detail in told] == [
        ("dropped", "bulk", 3),
        ("merged", "life_safety", 4),
    ]
