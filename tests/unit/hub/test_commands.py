"""Commands: what is refused sends nothing and says why; what is sent is journaled first."""

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from hub.model import SECOND, Command, CommandResult, Reason, Refused
from hub.roles import Person, Role
from tests.unit.hub.counter import ANH, BINH, CHI, Counter, counter, refusal


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Counter]:
    async with counter(tmp_path) as made:
        yield made


# -- single points -----------------------------------------------------------------------------------------------------


async def test_a_point_is_set_in_raw_values_and_the_journal_says_who_and_why(at: Counter) -> None:
    await at.say("pump/level", 20)
    at.lines.asked["pump/level"] = 25
    result = await at.desk.write(ANH, "pump/level", 2.5, " too low ", "r1")
    assert (result.outcome, result.ok, result.request, result.after) == ("done", True, "anh/r1", 2.5)
    assert at.lines.written == [("pump/level", 25)]
    asked, told = at.journaled()
    assert isinstance(asked, Command)
    assert (asked.who, asked.note, asked.value, asked.before, asked.name) == ("anh", "too low", 2.5, 2.0, None)
    assert isinstance(told, CommandResult)
    assert (told.point, told.who, told.outcome) == ("pump/level", "anh", "done")


async def test_a_point_that_does_not_hold_what_was_written_is_not_called_done(at: Counter) -> None:
    await at.say("pump/level", 20)
    at.lines.asked["pump/level"] = 20
    result = await at.desk.write(ANH, "pump/level", 2.5, "too low")
    assert (result.outcome, result.reason, result.after) == ("unknown", "not_confirmed", 2.0)
    assert len(at.lines.written) == 1


async def test_a_word_becomes_the_raw_value_that_means_it(at: Counter) -> None:
    await at.desk.write(ANH, "pump/mode", "auto", "test")
    assert at.lines.written == [("pump/mode", 1)]


@pytest.mark.parametrize(
    ("person", "point", "value", "note", "reason"),
    [
        (BINH, "pump/level", 2.0, "why", "not_allowed"),
        (Person("root", Role.ADMIN), "pump/level", 2.0, "why", "not_allowed"),
        (ANH, "pump/speed", 2, "why", "not_writable"),
        (ANH, "pump/$health", "online", "why", "not_writable"),
        (ANH, "panel/silence", True, "why", "fire"),
        (ANH, "pump/nothing", 2, "why", "unknown"),
        (ANH, "pump/level", 8.1, "why", "value"),
        (ANH, "pump/level", True, "why", "value"),
        (ANH, "pump/level", float("nan"), "why", "value"),
        (ANH, "pump/level", 10**400, "why", "value"),
        (ANH, "pump/switch", 1, "why", "value"),
        (ANH, "pump/mode", "manual", "why", "value"),
        (ANH, "pump/level", 2.0, "  ", "no_note"),
    ],
)
async def test_a_write_that_may_not_be_sends_nothing_and_says_why(
    at: Counter, person: Person, point: str, value: object, note: str, reason: str
) -> None:
    assert await refusal(at.desk.write(person, point, value, note)) == reason  # type: ignore[arg-type]
    assert at.lines.written == []


# -- commands ----------------------------------------------------------------------------------------------------------


async def test_the_command_is_on_disk_before_the_device_hears_of_it(at: Counter) -> None:
    seen: list[int] = []
    at.lines.look = lambda: seen.append(len(at.journaled()))
    at.lines.asked["pump/running"] = True
    await at.desk.operate(BINH, "pump", "start", "water rises")
    assert seen == [1]


async def test_the_result_is_heard_after_it_is_on_disk(at: Counter) -> None:
    at.lines.asked["pump/running"] = True
    at.house.said()
    await at.desk.operate(BINH, "pump", "start", "water rises")
    heard = [r for r in at.house.said() if isinstance(r, Command | CommandResult)]
    assert heard == at.journaled()
    assert [type(r) for r in heard] == [Command, CommandResult]


@pytest.mark.parametrize(
    ("person", "name", "reason"),
    [
        (Person("x", Role.VIEWER), "start", "not_allowed"),
        (Person("x", Role.ADMIN), "start", "not_allowed"),
        (BINH, "chosen", "not_allowed"),
        (ANH, "off", "off"),
        (ANH, "fly", "unknown"),
        (ANH, "chosen", "not_selected"),
        (ANH, "guarded", "interlock"),
    ],
)
async def test_a_command_that_may_not_be_sends_nothing_and_says_why(
    at: Counter, person: Person, name: str, reason: str
) -> None:
    assert await refusal(at.desk.operate(person, "pump", name, "why")) == reason
    assert at.lines.written == []


async def test_a_refusal_leaves_an_entry_and_may_be_asked_again(at: Counter) -> None:
    assert await refusal(at.desk.operate(ANH, "pump", "guarded", "why", request="r1")) == "interlock"
    await at.house.settled()
    (entry,) = at.journaled()
    assert isinstance(entry, CommandResult)
    assert (entry.outcome, entry.reason, entry.who, entry.name) == ("refused", "interlock", "anh", "guarded")
    await at.say("pump/remote", True)
    await at.say("pump/running", False)
    assert (await at.desk.operate(ANH, "pump", "guarded", "why", request="r1")).ok


async def test_what_is_armed_first_is_written_first(at: Counter) -> None:
    await at.desk.operate(ANH, "pump", "armed", "why")
    assert at.lines.written == [("pump/level", 15), ("pump/switch", True)]


# -- interlocks --------------------------------------------------------------------------------------------------------


async def test_an_interlock_permits_only_what_is_known_and_true(at: Counter) -> None:
    async def may() -> bool:
        with suppress(Refused):
            return (await at.desk.operate(ANH, "pump", "guarded", "why")).ok
        return False

    assert not await may()
    await at.say("pump/remote", True)
    assert not await may()  # running is not known
    await at.say("pump/running", False)
    assert await may()
    await at.say("pump/running", True)
    assert not await may()
    await at.say("pump/running", None, reason=Reason.REFUSED)
    assert not await may()
    await at.say("pump/running", False, reason=Reason.RETAINED)
    assert not await may()  # an old value is not known to hold
    await at.say("pump/running", False)
    assert await may()
    assert len(at.lines.written) == 2


# -- select before operate ---------------------------------------------------------------------------------------------


async def test_fire_commands_are_selected_then_given_once(at: Counter) -> None:
    token = at.desk.select(ANH, "panel", "silence").token
    assert (await at.desk.operate(ANH, "panel", "silence", "false alarm", token=token)).ok
    assert await refusal(at.desk.operate(ANH, "panel", "silence", "again", token=token)) == "not_selected"
    assert at.lines.written == [("panel/silence", True)]


async def test_a_selection_is_bound_to_person_device_and_command(at: Counter) -> None:
    token = at.desk.select(ANH, "panel", "silence").token
    assert await refusal(at.desk.operate(CHI, "panel", "silence", "why", token=token)) == "not_selected"
    assert await refusal(at.desk.operate(ANH, "panel", "reset", "why", token=token)) == "not_selected"
    assert await refusal(at.desk.operate(ANH, "pump", "chosen", "why", token=token)) == "not_selected"
    assert (await at.desk.operate(ANH, "panel", "silence", "why", token=token)).ok


async def test_a_selection_ends_after_ten_seconds_and_when_another_is_made(at: Counter) -> None:
    first = at.desk.select(ANH, "panel", "silence")
    assert first.expires == at.clock.now() + 10 * SECOND
    second = at.desk.select(ANH, "panel", "silence")
    assert await refusal(at.desk.operate(ANH, "panel", "silence", "why", token=first.token)) == "not_selected"
    at.clock.advance(10 * SECOND)
    assert await refusal(at.desk.operate(ANH, "panel", "silence", "why", token=second.token)) == "not_selected"
    assert at.lines.written == []


@pytest.mark.parametrize(("name", "reason"), [("off", "off"), ("guarded", "interlock")])
async def test_what_cannot_be_given_cannot_be_selected(at: Counter, name: str, reason: str) -> None:
    with pytest.raises(Refused) as caught:
        at.desk.select(ANH, "pump", name)
    assert caught.value.reason == reason


async def test_only_so_many_selections_are_open(at: Counter) -> None:
    for n in range(256):
        at.desk.select(Person(f"p{n}", Role.ENGINEER), "panel", "silence")
    with pytest.raises(Refused) as caught:
        at.desk.select(ANH, "panel", "silence")
    assert caught.value.reason == "busy"
    at.clock.advance(10 * SECOND)
    at.desk.select(ANH, "panel", "silence")


async def test_in_a_drill_no_device_is_told_anything(at: Counter) -> None:
    at.desk = at.again(drill=True)
    await at.say("pump/level", 20)
    assert await refusal(at.desk.write(ANH, "pump/level", 2.5, "too low")) == "drill"
    assert await refusal(at.desk.operate(BINH, "pump", "start", "water rises")) == "drill"
    assert at.lines.written == []
