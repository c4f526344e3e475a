"""Dangerous commands wait for a second person, and no panel is silenced while its newest fire was not heard."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.commands.confirmations import LIFE
from hub.model import SECOND, Command, CommandResult, Reason, Refused
from hub.roles import Person, Role
from tests.unit.hub.counter import ANH, BINH, CHI, Counter, counter, refusal


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Counter]:
    async with counter(tmp_path) as made:
        yield made


async def asked(at: Counter, name: str = "flood", request: str = "r1") -> str:
    """Give a dangerous command; return the id under which it waits."""
    told = await at.desk.operate(ANH, "pump", name, "the cellar burns", request=request)
    assert (told.outcome, told.ok, told.reason) == ("awaiting", False, "second_person")
    return at.desk.awaiting()[-1].id


async def test_nothing_is_sent_until_somebody_else_confirms_and_the_journal_names_both(at: Counter) -> None:
    waiting = await asked(at)
    assert at.lines.written == []
    result = await at.desk.confirm(CHI, waiting, "I see the smoke too")
    assert (result.outcome, result.who, at.lines.written) == ("done", "anh", [("pump/switch", True)])
    waited, command, told = at.journaled()
    assert isinstance(waited, CommandResult)
    assert isinstance(command, Command)
    assert (waited.outcome, told.ok) == ("awaiting", True)  # type: ignore[union-attr]
    assert (command.who, command.confirmed_by) == ("anh", "chi")
    assert command.note == "the cellar burns / chi: I see the smoke too"
    assert at.desk.awaiting() == []


async def test_the_same_person_is_no_second_one_and_no_role_is_widened(at: Counter) -> None:
    waiting = await asked(at)
    assert await refusal(at.desk.confirm(ANH, waiting, "again")) == "same_person"
    assert await refusal(at.desk.confirm(BINH, waiting, "why")) == "not_allowed"
    assert await refusal(at.desk.confirm(Person("x", Role.VIEWER), waiting, "why")) == "not_allowed"
    assert await refusal(at.desk.confirm(CHI, waiting, " ")) == "no_note"
    assert await refusal(at.desk.confirm(CHI, "nonsense", "why")) == "not_waiting"
    assert at.lines.written == []
    assert (await at.desk.confirm(CHI, waiting, "why")).ok, "a refusal is not the end of it"


async def test_what_nobody_confirms_in_time_is_never_sent_and_that_is_journaled(at: Counter) -> None:
    waiting = await asked(at)
    at.clock.advance(LIFE)
    assert at.desk.awaiting() == []
    assert await refusal(at.desk.confirm(CHI, waiting, "late")) == "not_waiting"
    await at.house.settled()
    last = at.journaled()[-1]
    assert isinstance(last, CommandResult)
    assert (last.outcome, last.reason, last.who) == ("refused", "not_confirmed", "anh")
    assert at.lines.written == []


async def test_the_interlock_is_judged_anew_when_it_is_confirmed(at: Counter) -> None:
    await at.say("pump/running", False)
    waiting = await asked(at, "drain")
    await at.say("pump/running", True)
    assert await refusal(at.desk.confirm(CHI, waiting, "why")) == "interlock"
    assert at.lines.written == []


async def test_a_request_sent_twice_waits_once_and_hears_its_result(at: Counter) -> None:
    waiting = await asked(at)
    await asked(at)
    assert len(at.desk.awaiting()) == 1
    await at.desk.confirm(CHI, waiting, "why")
    again = await at.desk.operate(ANH, "pump", "flood", "the cellar burns", request="r1")
    assert again.outcome == "done"
    assert len(at.lines.written) == 1


async def test_one_command_waits_once_and_can_be_taken_back(at: Counter) -> None:
    waiting = await asked(at)
    assert await refusal(at.desk.operate(CHI, "pump", "flood", "me too")) == "busy"
    at.desk.withdraw(CHI, waiting)
    assert await refusal(at.desk.confirm(CHI, waiting, "why")) == "not_waiting"
    await at.house.settled()
    last = at.journaled()[-1]
    assert isinstance(last, CommandResult)
    assert (last.reason, last.detail) == ("withdrawn", "chi took it back; nothing was sent")


async def test_a_hub_that_stopped_in_between_has_sent_nothing_and_forgets_what_waited(at: Counter) -> None:
    waiting = await asked(at)
    desk = at.again()
    desk.restore()
    assert desk.awaiting() == []
    assert await refusal(desk.confirm(CHI, waiting, "why")) == "not_waiting"


@pytest.mark.parametrize(("after", "reason"), [(0, "new_fire"), (29, "new_fire"), (30, None)])
async def test_a_panel_is_not_silenced_soon_after_a_new_fire(at: Counter, after: int, reason: str | None) -> None:
    await at.say("panel/z01", True)
    at.clock.advance(after * SECOND)
    await at.say("panel/z01", True)
    if reason is None:
        assert at.desk.select(ANH, "panel", "hush").token
    else:
        with pytest.raises(Refused, match="must be heard first") as why:
            at.desk.select(ANH, "panel", "hush")
        assert why.value.reason == reason


async def test_another_zone_that_burns_makes_it_wait_again(at: Counter) -> None:
    await at.say("panel/z01", True)
    at.clock.advance(40 * SECOND)
    await at.say("panel/z02", True)
    with pytest.raises(Refused):
        at.desk.select(ANH, "panel", "hush")
    at.clock.advance(30 * SECOND)
    await at.say("panel/z01", None, reason=Reason.UNDECODABLE)
    await at.say("panel/z01", True)
    assert at.desk.select(ANH, "panel", "hush").token, "a value that was not known for a moment is no new fire"
