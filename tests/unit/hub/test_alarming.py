"""Alarms: journaled before heard, restored as the fold of what was journaled, and timers that outlive a kill."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hub.model import SECOND, ManualClock, OperatorAction, Transition
from tests.support.sites import a_rule, a_site
from tests.unit.hub.house import FIRE, HOT, House, house, small_site

ZONE, TEMPERATURE = "panel/zone.alarm", "sensor/temperature"
SLOW = "slow:panel/zone"


def slow_rule(**more: Any) -> Any:
    return a_rule("slow", "fire.count", "above", 5, on_delay=90 * SECOND, **more)


@asynccontextmanager
async def alive(hub: House) -> AsyncIterator[None]:
    """Let the alarms' own task run while inside, and let it have kept what it had to keep at the end."""
    task = asyncio.create_task(hub.alarming.run())
    try:
        yield
        while hub.alarming._dirty or hub.alarming._keeping:
            hub.clock.advance(SECOND)
            hub.alarming._changed.set()
            await hub.journal.flushed()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def restored(folder: Path, *more: Any, clock: ManualClock, **options: Any) -> AsyncIterator[House]:
    async with house(folder, *more, clock=clock, **options) as hub:
        hub.alarming.restore()
        hub.state.restore(hub.engine.alarms(), [])
        yield hub


def numbers(hub: House, alarm: str = FIRE) -> list[tuple[int, int, str]]:
    found = [r for _, r in hub.journal.read(0) if isinstance(r, Transition) and r.alarm == alarm]
    return [(t.occurrence, t.n, t.input) for t in found]


def states(hub: House) -> dict[str, str]:
    return {a.last.alarm: a.last.state for a in hub.engine.alarms()}


def ack(occurrence: int = 1, **more: Any) -> OperatorAction:
    return OperatorAction("ack", FIRE, occurrence, "an", 0, **more)


async def test_an_alarm_is_on_disk_when_it_is_heard(tmp_path: Path):
    async with house(tmp_path) as hub:
        seen: list[Any] = []
        hub.alarming._publish = lambda records: seen.append(
            [r for _, r in hub.journal.read(0)][-len(records) :] == records
        )
        hub.say(ZONE, True)
        await hub.journal.flushed()
        assert seen == [True]
        assert hub.alarming.transitions == 1


async def test_an_action_is_answered_when_it_is_journaled(tmp_path: Path):
    async with house(tmp_path) as hub:
        hub.say(ZONE, True)
        await hub.told()
        outcome = await hub.alarming.act(ack())
        assert outcome.refused is None
        assert numbers(hub)[-1] == (1, 2, "ack")
        assert hub.state.alarm(FIRE).acked_by == "an"  # type: ignore[union-attr]


@pytest.mark.parametrize(("action", "why"), [(ack(2), "conflict"), (OperatorAction("ack", HOT, 1, "an", 0), "unknown")])
async def test_a_refused_action_changes_nothing(tmp_path: Path, action: OperatorAction, why: str):
    async with house(tmp_path) as hub:
        hub.say(ZONE, True)
        await hub.settled()
        assert (await hub.alarming.act(action)).refused == why
        await hub.settled()
        assert numbers(hub) == [(1, 1, "raise")]


async def test_a_request_that_is_sent_twice_is_journaled_once_and_answered_twice_alike(tmp_path: Path):
    async with house(tmp_path) as hub:
        hub.say(ZONE, True)
        await hub.told()
        first, second = await asyncio.gather(*(hub.alarming.act(ack(request="r1")) for _ in range(2)))
        later = await hub.alarming.act(ack(request="r1"))
        assert first == second == later
        assert [t.input for t in await hub.told()] == ["ack"]
        assert numbers(hub) == [(1, 1, "raise"), (1, 2, "ack")]


async def test_after_a_kill_the_alarms_are_the_fold_of_the_journal(tmp_path: Path):
    clock = ManualClock()
    async with house(tmp_path, clock=clock) as hub:
        hub.say(ZONE, True)
        hub.say(TEMPERATURE, 99.0)
        await hub.alarming.act(ack())
        before = {a.last.alarm: a for a in hub.engine.alarms()}
    async with restored(tmp_path, clock=clock) as again:
        assert {a.last.alarm: a for a in again.engine.alarms()} == before
        assert again.state.alarm(FIRE).acked_by == "an"  # type: ignore[union-attr]


async def test_numbers_go_on_without_a_gap_or_a_double_over_many_kills(tmp_path: Path):
    clock = ManualClock()
    for round_ in range(4):
        async with restored(tmp_path, clock=clock) as hub:
            if round_ % 2:
                async with alive(hub):
                    hub.say(ZONE, True)
                    hub.say(ZONE, False)
                    await hub.settled()
            else:
                hub.say(ZONE, True)
                hub.say(ZONE, False)
                await hub.settled()
            clock.advance(SECOND)
    async with restored(tmp_path, clock=clock) as hub:
        found = numbers(hub)
        assert [n for _, n, _ in found] == list(range(1, 9))


async def test_a_latched_fire_survives_a_kill_even_when_the_panel_says_nothing_yet(tmp_path: Path):
    clock = ManualClock()
    async with house(tmp_path, clock=clock) as hub:
        hub.say(ZONE, True)
        hub.say(ZONE, False)
        await hub.settled()
        assert states(hub) == {FIRE: "latched_unacknowledged"}
    async with restored(tmp_path, clock=clock) as again:
        assert states(again) == {FIRE: "latched_unacknowledged"}
        again.say(ZONE, False)
        await again.settled()
        assert states(again) == {FIRE: "latched_unacknowledged"}


async def test_a_delay_goes_on_over_a_kill_from_where_it_was(tmp_path: Path):
    clock = ManualClock()
    async with house(tmp_path, slow_rule(), clock=clock) as hub, alive(hub):
        hub.say("panel/zone", 9)
        clock.advance(60 * SECOND)
    clock.advance(20 * SECOND)
    async with restored(tmp_path, slow_rule(), clock=clock) as again:
        again.say("panel/zone", 9)
        assert SLOW not in states(again), "the minute and a half are not over"
        due = again.engine.due()
        assert due is not None
        assert due <= clock.now() + 10 * SECOND
        clock.advance(10 * SECOND)
        async with alive(again):
            await again.settled()
        assert states(again) == {SLOW: "unacknowledged"}


async def test_a_delay_is_kept_at_once_and_not_at_some_time(tmp_path: Path):
    async with house(tmp_path, slow_rule()) as hub:
        task = asyncio.create_task(hub.alarming.run())
        await asyncio.sleep(0)
        hub.say("panel/zone", 9)
        while hub.journal.restore("alarms") is None or SLOW.encode() not in hub.journal.restore("alarms")[1]:  # type: ignore[index]
            await asyncio.sleep(0.005)
            await hub.journal.flushed()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_checkpoints_keep_their_distance_however_much_happens(tmp_path: Path):
    async with house(tmp_path) as hub:
        kept: list[int] = []
        checkpoint = hub.journal.checkpoint
        hub.journal.checkpoint = lambda *a: (kept.append(1), checkpoint(*a))  # type: ignore[method-assign, assignment]
        task = asyncio.create_task(hub.alarming.run())
        for n in range(30):
            hub.say(ZONE, n % 2 == 0)
            await hub.settled()
            await asyncio.sleep(0)
            hub.clock.advance(10_000_000)
        assert 1 <= len(kept) <= 3
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_time_alone_raises_an_alarm_when_it_is_due(tmp_path: Path):
    async with house(tmp_path, slow_rule()) as hub:
        hub.say("panel/zone", 9)
        hub.clock.advance(91 * SECOND)
        async with alive(hub):
            await hub.settled()
        assert states(hub) == {SLOW: "unacknowledged"}


async def test_an_alarm_whose_rule_is_gone_is_removed_at_the_start_and_that_is_journaled(tmp_path: Path):
    clock = ManualClock()
    async with house(tmp_path, clock=clock) as hub:
        hub.say(ZONE, True)
        await hub.settled()
    without = a_site(list(small_site().devices.values()))
    async with restored(tmp_path, site=without, clock=clock) as again:
        heard = await again.told()
        assert [t.input for t in heard] == ["remove"]
        assert states(again) == {}
        assert numbers(again)[-1] == (1, 2, "remove")


async def test_a_damaged_checkpoint_costs_nothing_that_the_journal_still_has(tmp_path: Path):
    clock = ManualClock()
    async with house(tmp_path, clock=clock) as hub, alive(hub):
        hub.say(ZONE, True)
        await hub.settled()
    for body in (b"{", b'{"alarms": 7}', b"[]"):
        with sqlite3.connect(tmp_path / "journal.db") as other:
            other.execute("update checkpoint set body = ?", (body,))
        other.close()
        async with restored(tmp_path, clock=clock) as again:
            assert states(again) == {FIRE: "unacknowledged"}


async def test_what_is_in_a_checkpoint_may_be_trimmed_from_the_journal(tmp_path: Path):
    clock = ManualClock()
    async with house(tmp_path, clock=clock) as hub:
        async with alive(hub):
            hub.say(ZONE, True)
            await hub.settled()
        assert hub.alarming.checkpointed == hub.journal.last_seq == 1
        hub.journal.trim(hub.alarming.checkpointed)
        await hub.settled()
        assert hub.journal.read(0) == []
    async with restored(tmp_path, clock=clock) as again:
        assert states(again) == {FIRE: "unacknowledged"}
        again.say(ZONE, False)
        await again.settled()
        assert numbers(again) == [(1, 2, "return")]
