"""What becomes of a command that was sent: done, refused or unknown, once, and never tried again."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.model import SECOND, Command, CommandResult, ManualClock, Misconfigured, NoAnswer, Refused, Unreachable
from tests.unit.hub.counter import ANH, BINH, CHI, Counter, counter, refusal


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Counter]:
    async with counter(tmp_path) as made:
        yield made


# -- what becomes of it ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "outcome", "reason"),
    [
        (Refused("device", "the device says no"), "refused", "device"),
        (Misconfigured("no such register"), "refused", "misconfigured"),
        (NoAnswer("silence"), "unknown", "no_answer"),
        (Unreachable("the line is lost"), "unknown", "no_answer"),
    ],
)
async def test_a_write_that_fails_is_refused_or_unknown_and_never_tried_again(
    at: Counter, fault: Exception, outcome: str, reason: str
) -> None:
    at.lines.fault = fault
    result = await at.desk.operate(ANH, "pump", "start", "why")
    assert (result.outcome, result.reason, result.ok) == (outcome, reason, False)
    assert str(fault) in result.detail
    assert len(at.lines.written) == 1


async def test_a_device_that_was_armed_and_then_refused_is_said_to_be_armed(at: Counter) -> None:
    at.lines.look = lambda: setattr(at.lines, "fault", Refused("device", "no") if at.lines.written else None)
    result = await at.desk.operate(ANH, "pump", "armed", "why")
    assert (result.outcome, result.detail) == ("refused", "the device was armed, and then refused: no")


async def test_the_effect_is_read_from_the_device_until_it_shows(at: Counter) -> None:
    at.lines.asked["pump/running"] = False
    looks = 0
    ask = at.lines.ask

    async def slowly(device: str, point: str) -> object:
        nonlocal looks
        looks += 1
        at.lines.asked["pump/running"] = looks > 3
        return await ask(device, point)

    at.lines.ask = slowly  # type: ignore[method-assign,assignment]
    result = await at.desk.operate(BINH, "pump", "start", "why")
    assert (result.outcome, result.after, looks) == ("done", True, 4)


async def test_an_effect_that_does_not_show_in_time_is_unknown(at: Counter) -> None:
    at.lines.asked["pump/running"] = False
    begun = at.clock.now()
    result = await at.desk.operate(BINH, "pump", "start", "why")
    assert (result.outcome, result.reason, result.after) == ("unknown", "not_confirmed", False)
    assert "running did not become true within 5 s" in result.detail
    assert 5 * SECOND <= at.clock.now() - begun < 6 * SECOND
    assert at.lines.written == [("pump/switch", True)]


async def test_a_device_that_cannot_be_asked_confirms_by_what_it_says_afterwards(at: Counter) -> None:
    await at.say("pump/running", True)  # said before: proves nothing
    pauses = 0

    async def pause(seconds: float) -> None:
        nonlocal pauses
        pauses += 1
        at.clock.advance(round(seconds * SECOND))
        if pauses == 3:
            await at.say("pump/running", True)

    at.desk._sender._pause = pause
    result = await at.desk.operate(BINH, "pump", "start", "why")
    assert (result.outcome, result.after, pauses) == ("done", True, 3)


# -- once --------------------------------------------------------------------------------------------------------------


async def test_the_same_request_twice_has_the_effect_of_once(at: Counter) -> None:
    token = at.desk.select(ANH, "panel", "silence").token
    first = await at.desk.operate(ANH, "panel", "silence", "why", request="r1", token=token)
    again = await at.desk.operate(ANH, "panel", "silence", "why", request="r1", token=token)
    assert first == again
    assert len(at.lines.written) == 1
    assert len(at.journaled()) == 2


async def test_the_same_request_at_the_same_time_waits_for_the_one_result(at: Counter) -> None:
    at.lines.wait = asyncio.Event()
    both = [asyncio.create_task(at.desk.operate(ANH, "pump", "armed", "why", request="r1")) for _ in range(2)]
    await at.house.settled()
    at.lines.wait.set()
    first, second = await asyncio.gather(*both)
    assert first == second
    assert len(at.lines.written) == 2  # armed, then written: once each


async def test_the_request_of_another_command_is_not_taken_for_this_one(at: Counter) -> None:
    await at.desk.operate(ANH, "pump", "armed", "why", request="r1")
    assert await refusal(at.desk.operate(ANH, "pump", "start", "why", request="r1")) == "conflict"
    assert await refusal(at.desk.write(ANH, "pump/level", 1.0, "why", "r1")) == "conflict"
    at.lines.asked["pump/running"] = True
    assert (await at.desk.operate(BINH, "pump", "start", "why", request="r1")).ok  # another person's r1


async def test_one_device_gets_one_command_at_a_time(at: Counter) -> None:
    at.lines.wait = asyncio.Event()
    first = asyncio.create_task(at.desk.operate(ANH, "pump", "armed", "why"))
    while not at.lines.written:
        await asyncio.sleep(0)
    assert await refusal(at.desk.operate(CHI, "pump", "armed", "why")) == "busy"
    at.lines.wait.set()
    assert (await first).ok
    assert (await at.desk.operate(CHI, "pump", "armed", "why")).ok


async def test_whoever_asked_may_leave_and_the_command_goes_on(at: Counter) -> None:
    at.lines.wait = asyncio.Event()
    asked = asyncio.create_task(at.desk.operate(ANH, "pump", "armed", "why", request="r1"))
    while not at.lines.written:
        await asyncio.sleep(0)
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    at.lines.wait.set()
    assert (await at.desk.operate(ANH, "pump", "armed", "why", request="r1")).ok
    assert len(at.lines.written) == 2


# -- crashes and disks -------------------------------------------------------------------------------------------------


async def test_a_restart_remembers_requests_and_says_of_a_command_cut_short_that_nothing_is_known(
    tmp_path: Path,
) -> None:
    clock = ManualClock()
    async with counter(tmp_path, clock) as at:
        await at.desk.operate(ANH, "pump", "armed", "why", request="r1")
        cut = Command("pump/switch", True, "anh", clock.now(), "why", "anh/r2", "armed")
        at.house.journal.append([cut])
        await at.house.settled()
    async with counter(tmp_path, clock) as at:
        at.desk.restore()
        assert (await at.desk.operate(ANH, "pump", "armed", "why", request="r1")).ok
        late = await at.desk.operate(ANH, "pump", "armed", "why", request="r2")
        assert (late.outcome, late.reason) == ("unknown", "stopped")
        assert at.lines.written == []
        await at.house.settled()
        assert at.journaled()[-1] == late
    async with counter(tmp_path, clock) as at:
        at.desk.restore()
        await at.house.settled()
        assert len(at.journaled()) == 4  # it is said once


async def test_a_command_that_the_journal_cannot_take_is_not_sent(at: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.commands.ledger.JOURNAL_SECONDS", 0.05)
    at.house.disks[0].fill()
    result = await at.desk.operate(ANH, "pump", "armed", "why", request="r1")
    assert (result.outcome, result.reason) == ("refused", "not_recorded")
    assert at.lines.written == []
    at.house.disks[0].free()
    await at.house.settled()
    assert (await at.desk.operate(ANH, "pump", "armed", "why", request="r1")).ok


async def test_what_is_under_way_when_the_hub_stops_is_unknown(at: Counter) -> None:
    at.lines.wait = asyncio.Event()
    asked = asyncio.create_task(at.desk.operate(ANH, "pump", "armed", "why"))
    while not at.lines.written:
        await asyncio.sleep(0)
    await at.desk.stop()
    await asyncio.gather(asked, return_exceptions=True)
    await at.house.settled()
    last = at.journaled()[-1]
    assert isinstance(last, CommandResult)
    assert last.outcome == "unknown"


async def test_every_end_is_counted(at: Counter) -> None:
    at.lines.asked["pump/running"] = True
    await at.desk.operate(ANH, "pump", "start", "why")
    await refusal(at.desk.operate(ANH, "pump", "off", "why"))
    at.lines.fault = NoAnswer("silence")
    await at.desk.operate(ANH, "pump", "start", "why")
    counted = {figure.labels["outcome"]: figure.value for figure in at.desk.figures()}
    assert counted == {"done": 1, "refused": 1, "unknown": 1, "awaiting": 0}
