"""Playbooks: steps with their owners and times, journaled, late also over a kill, and over when the alarm is."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hub.journal import Journal
from hub.model import MINUTE, SECOND, ManualClock, Refused, Text
from hub.model.playbook import PlayStep, StepRecord
from hub.playbooks import Playbooks
from tests.support.sites import a_rule
from tests.unit.hub.transitions import a_transition

FIRE = "fire:panel/zone.alarm"
STEPS = (
    PlayStep("call", Text("Gọi xác minh", "Call the site"), "operator", 60 * SECOND),
    PlayStep("brigade", Text("Gọi 114", "Call 114"), "shift lead", 3 * MINUTE),
    PlayStep("log", Text("Ghi sổ", "Write it down")),
)
RULES = [
    a_rule("fire", "fire.alarm", "is", True, category="fire", playbook=STEPS),
    a_rule("hot", "env.heat", "is", True),
]


class Desk:
    """Playbooks on a real journal."""

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        self.clock = clock
        self.journal = Journal(folder / "journal.db", reserve_bytes=0)
        self.playbooks = Playbooks(RULES, self.journal, clock)

    async def alarm(self, n: int = 1, **more: Any) -> None:
        self.journal.append([a_transition(n, at=self.clock.now(), **more)])
        await self.journal.flushed()
        await self.until(lambda: self.playbooks._mark == self.journal.last_seq)

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(20):
            while not holds():
                await asyncio.sleep(0.002)

    def records(self) -> list[tuple[str, str | None, str | None]]:
        return [(r.what, r.step, r.who) for _, r in self.journal.read(0) if isinstance(r, StepRecord)]

    def stands(self) -> dict[str, tuple[bool, str | None]]:
        found = self.playbooks.of(FIRE)
        return {} if found is None else {s.step.id: (s.late, s.by) for s in found.steps}


@asynccontextmanager
async def desk(folder: Path, clock: ManualClock | None = None) -> AsyncIterator[Desk]:
    made = Desk(folder, clock or ManualClock())
    made.playbooks.restore()
    task = asyncio.create_task(made.playbooks.run())
    try:
        yield made
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        made.journal.close()


async def test_the_first_step_begins_the_playbook_and_each_is_journaled(tmp_path: Path):
    async with desk(tmp_path) as d:
        await d.alarm()
        await d.playbooks.act(FIRE, 1, "done", "an", "call", "nobody answers")
        found = await d.playbooks.act(FIRE, 1, "done", "binh", "brigade")
        assert d.records() == [("started", None, "an"), ("done", "call", "an"), ("done", "brigade", "binh")]
        assert (found.started_by, found.steps[0].note, found.steps[2].by) == ("an", "nobody answers", None)


async def test_the_same_mark_twice_has_the_effect_of_once_and_can_be_taken_back(tmp_path: Path):
    async with desk(tmp_path) as d:
        await d.alarm()
        for who in ("an", "binh"):
            await d.playbooks.act(FIRE, 1, "done", who, "call")
        assert d.stands()["call"] == (False, "an")
        await d.playbooks.act(FIRE, 1, "undone", "binh", "call")
        await d.playbooks.act(FIRE, 1, "undone", "binh", "call")
        assert d.stands()["call"] == (False, None)
        assert [what for what, _, _ in d.records()] == ["started", "done", "undone"]


async def test_a_step_that_is_not_done_in_its_time_is_late_and_once(tmp_path: Path):
    clock = ManualClock()
    async with desk(tmp_path, clock) as d:
        await d.alarm()
        await d.playbooks.act(FIRE, 1, "done", "an", "brigade")
        clock.advance(61 * SECOND)
        await d.alarm(1, alarm="hot:x", rule="hot")  # something happens: it looks again
        await d.until(lambda: ("late", "call", None) in d.records())
        clock.advance(10 * MINUTE)
        await d.alarm(2, alarm="hot:x", rule="hot")
        await d.playbooks.act(FIRE, 1, "done", "an", "call")
        assert [r for r in d.records() if r[0] == "late"] == [("late", "call", None)]
        assert d.stands()["call"] == (True, "an")


async def test_what_was_late_while_the_hub_was_down_is_late_when_it_is_back(tmp_path: Path):
    clock = ManualClock()
    async with desk(tmp_path, clock) as d:
        await d.alarm()
        await d.playbooks.act(FIRE, 1, "started", "an")
    clock.advance(5 * MINUTE)
    async with desk(tmp_path, clock) as d:
        await d.until(lambda: len(d.records()) == 3)
        assert {(what, step) for what, step, _ in d.records()} == {
            ("started", None),
            ("late", "call"),
            ("late", "brigade"),
        }
    async with desk(tmp_path, clock) as d:
        assert d.stands() == {"call": (True, None), "brigade": (True, None), "log": (False, None)}
        assert len(d.records()) == 3


async def test_the_end_of_the_alarm_ends_its_playbook_and_a_new_occurrence_begins_one(tmp_path: Path):
    async with desk(tmp_path) as d:
        await d.alarm()
        await d.playbooks.act(FIRE, 1, "done", "an", "call")
        await d.alarm(2, input="ack", acked=True)
        assert d.stands()["call"] == (False, "an")
        await d.alarm(3, input="return", acked=True, active=False)
        assert d.playbooks.of(FIRE) is None
        await d.alarm(4, occurrence=2)
        assert d.stands()["call"] == (False, None)


async def test_a_drill_is_marked_as_one_in_every_record(tmp_path: Path):
    async with desk(tmp_path) as d:
        await d.alarm(mark="DRILL")
        found = await d.playbooks.act(FIRE, 1, "started", "an")
        assert found.mark == "DRILL"
        assert [r.mark for _, r in d.journal.read(0) if isinstance(r, StepRecord)] == ["DRILL"]


@pytest.mark.parametrize(
    ("alarm", "occurrence", "step", "why"),
    [("hot:x", 1, "call", "unknown"), (FIRE, 2, "call", "conflict"), (FIRE, 1, "dance", "unknown")],
)
async def test_what_cannot_be_marked_is_refused_and_nothing_is_journaled(
    tmp_path: Path, alarm: str, occurrence: int, step: str, why: str
):
    async with desk(tmp_path) as d:
        await d.alarm()
        with pytest.raises(Refused) as refused:
            await d.playbooks.act(alarm, occurrence, "done", "an", step)
        assert refused.value.reason == why
        assert d.records() == []
