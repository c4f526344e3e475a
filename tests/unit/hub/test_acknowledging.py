"""Acknowledgements travel to devices: journaled first, tried again within a bound, never one that nobody saw."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hub.commands import acknowledging
from hub.commands.acknowledging import Acknowledging
from hub.commands.ledger import Ledger
from hub.model import (
    Command,
    CommandResult,
    DeviceEvent,
    DeviceState,
    Intake,
    OperatorAction,
    Refused,
    Unreachable,
    Value,
)
from hub.model.kinds import ACKNOWLEDGED
from tests.unit.hub.house import FIRE, PATIENCE, House, house


class Lines:
    """Lines as a test plays them: each call takes the next answer, the last one stays."""

    def __init__(self, *answers: int | BaseException) -> None:
        self.answers = list(answers)
        self.told: list[tuple[str, str, int]] = []
        self.look: Callable[[], None] = lambda: None

    def acknowledges(self, device: str, point: str) -> bool:
        return device == "panel"

    async def acknowledge(self, device: str, point: str, comment: str, seen: int) -> int:
        self.look()
        self.told.append((point, comment, seen))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer


class Desk:
    def __init__(self, at: House, lines: Lines) -> None:
        self.house, self.lines = at, lines
        self.ledger = Ledger(at.state, at.journal, at.clock)
        self.part = Acknowledging(at.state, self.ledger, lines, at.alarming.act, at.clock)

    async def ack(self, note: str | None = "seen") -> None:
        alarm = self.house.state.alarm(FIRE)
        assert alarm is not None
        action = OperatorAction("ack", FIRE, alarm.last.occurrence, "binh", self.house.clock.now(), note)
        assert (await self.house.alarming.act(action)).refused is None

    async def fire(self, on: bool = True) -> None:
        self.house.say("panel/zone.alarm", on)
        await self.house.settled()

    def journaled(self, *kinds: type) -> list[Any]:
        return [r for _, r in self.house.journal.read(0) if isinstance(r, kinds)]

    def comments(self) -> list[tuple[str, str]]:
        return [(r.who, r.note) for _, r in self.house.journal.read(0) if getattr(r, "input", "") == "comment"]  # type: ignore[union-attr]

    async def until(self, look: Callable[[], Any]) -> Any:
        async with asyncio.timeout(PATIENCE):
            while not (found := look()):
                await asyncio.sleep(0)
                await self.house.settled()
            return found

    async def result(self) -> CommandResult:
        found: list[CommandResult] = await self.until(lambda: self.journaled(CommandResult))
        return found[0]


@asynccontextmanager
async def desk(folder: Path, *answers: int | BaseException) -> AsyncIterator[Desk]:
    async with house(folder) as at:
        made = Desk(at, Lines(*answers))
        at.state.restore((), [at.health.status(d) for d in at.site.devices])
        listening = asyncio.create_task(made.part.run())
        try:
            yield made
        finally:
            tasks = [listening, *made.ledger.tasks]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def test_the_device_is_told_who_and_why_after_the_journal_has_it(tmp_path: Path) -> None:
    async with desk(tmp_path, 1) as at:
        on_disk: list[int] = []
        at.lines.look = lambda: on_disk.append(len(at.journaled(Command)))
        await at.fire()
        await at.ack()
        assert (await at.result()).outcome == "done"
        assert at.lines.told == [("panel/zone.alarm", "binh: seen", at.house.clock.now())]
        assert on_disk == [1]
        assert at.comments() == []


async def test_a_device_that_shows_nothing_is_looked_at_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acknowledging, "SETTLE", 0.0)
    async with desk(tmp_path, 0) as at:
        await at.fire()
        await at.ack(None)
        assert (await at.result()).outcome == "done"
        assert [words for _, words, _ in at.lines.told] == ["binh", "binh"]


async def test_what_the_device_refuses_is_journaled_and_said_at_the_alarm(tmp_path: Path) -> None:
    async with desk(tmp_path, Refused("device", "BadUserAccessDenied")) as at:
        await at.fire()
        await at.ack()
        told = await at.result()
        assert (told.outcome, told.reason, told.detail) == ("refused", "device", "BadUserAccessDenied")
        (who, note), *_ = await at.until(at.comments)
        assert who == "hub"
        assert "BadUserAccessDenied" in note
        alarm = at.house.state.alarm(FIRE)
        assert alarm is not None
        assert alarm.last.acked, "here it stays acknowledged"


async def test_a_lost_device_is_told_when_it_is_back(tmp_path: Path) -> None:
    async with desk(tmp_path, Refused("unreachable", "down"), Unreachable("cut"), 1) as at:
        await at.fire()
        await at.ack()
        await at.until(at.comments)
        assert len(at.lines.told) == 1
        for state in (DeviceState.DEGRADED, DeviceState.ONLINE):
            at.house.road.report("panel", state, "x", "y")
            await at.until(lambda s=state: len(at.lines.told) > (1 if s is DeviceState.DEGRADED else 2))  # type: ignore[misc]
        assert (await at.result()).outcome == "done"
        assert len(at.comments()) == 1


async def test_trying_ends_after_ten_minutes_with_nobody_knowing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acknowledging, "PAUSE", 0.0)
    async with desk(tmp_path, Unreachable("cut")) as at:
        at.lines.look = lambda: at.house.clock.advance(acknowledging.WITHIN // 3)
        await at.fire()
        await at.ack()
        told = await at.result()
        assert (told.outcome, told.reason) == ("unknown", "timeout")
        assert len(at.lines.told) == 3


async def test_an_alarm_that_began_anew_is_not_acknowledged_at_the_device_by_the_ack_before(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path, Unreachable("cut")) as at:
        await at.fire()
        await at.ack()
        await at.until(at.comments)
        await at.fire(False)
        at.house.clock.advance(1)
        await at.fire()
        at.house.road.report("panel", DeviceState.ONLINE)
        told = await at.result()
        assert (told.outcome, told.reason) == ("refused", "overtaken")
        assert len(at.lines.told) == 1


async def test_what_was_acknowledged_just_before_a_crash_is_told_after_it_and_once(tmp_path: Path) -> None:
    async with desk(tmp_path, 1) as at:
        await at.fire()
        again = Desk(at.house, Lines(1))
        await at.ack()
        await at.result()
        listening = asyncio.create_task(again.part.run())
        await at.until(lambda: len(at.journaled(CommandResult)) == 2)
        assert len(again.lines.told) == 1
        known = Desk(at.house, Lines(1))
        known.ledger.restore()
        third = asyncio.create_task(known.part.run())
        await at.until(lambda: not known.part._heard._woken.is_set())
        assert known.lines.told == []
        for task in (listening, third):
            task.cancel()


async def test_an_ack_at_the_device_is_noted_once_and_only_where_none_was_given_here(tmp_path: Path) -> None:
    async with desk(tmp_path, 1) as at:
        said: dict[str, Value | None] = {"point": "zone.alarm", "user": "Lan", "comment": "checked"}
        event = DeviceEvent("panel", ACKNOWLEDGED, said, None, at.house.clock.now(), "e1")
        await at.fire()
        for _ in range(2):
            at.house.road.take(Intake(events=[event]))
        assert await at.until(at.comments) == [("device:panel", "acknowledged at the device (Lan): checked")]
        await at.ack()
        await at.result()
        at.house.road.take(Intake(events=[DeviceEvent("panel", ACKNOWLEDGED, said, None, 1, "e2")]))
        await at.house.settled()
        assert len(at.comments()) == 1
