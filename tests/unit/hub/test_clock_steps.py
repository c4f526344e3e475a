"""The wall clock is set, by a person or by NTP: no delay ends early or late, no order breaks, and an event says so."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.model import SECOND, OperatorAction, Reading, SystemNote, Transition
from hub.model.clock import DAY, HOUR, MINUTE, ManualClock, Steps
from tests.support.sites import a_rule
from tests.unit.hub.house import HOT, House, house

SLOW, COUNT, TEMPERATURE = "slow:panel/zone", "panel/zone", "sensor/temperature"
DELAY = 90
STEPS = [HOUR, -HOUR, DAY, -DAY, -30 * 365 * DAY, 30 * 365 * DAY, 3 * SECOND, -3 * SECOND]


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path, a_rule("slow", "fire.count", "above", 5, on_delay=DELAY * SECOND)) as made:
        yield made


def raised(hub: House, alarm: str) -> bool:
    found = hub.engine.alarm(alarm)
    return found is not None and found.last.active


def pass_time(hub: House, seconds: int) -> None:
    """Let time pass as it does: readings come, and the sweep looks at the clock."""
    for _ in range(seconds):
        hub.clock.advance(SECOND)
        hub.road.age()
        hub.say(TEMPERATURE, 20.0)


@pytest.mark.parametrize("step", STEPS)
async def test_a_delay_lasts_as_long_as_it_was_told_to_however_the_clock_is_set(hub: House, step: int) -> None:
    hub.say(COUNT, 9)
    pass_time(hub, DELAY // 2)
    hub.clock.step(step)
    pass_time(hub, DELAY // 2 - 1)
    assert not raised(hub, SLOW), "not early"
    pass_time(hub, 1)
    assert raised(hub, SLOW), "not late"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.integers(1, 30), st.sampled_from(STEPS)), max_size=6))
def test_a_delay_is_the_same_after_any_number_of_steps(
    steps: list[tuple[int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    async def live() -> None:
        slow = a_rule("slow", "fire.count", "above", 5, on_delay=DELAY * SECOND)
        async with house(tmp_path_factory.mktemp("clock"), slow) as hub:
            hub.say(COUNT, 9)
            left = DELAY - 1
            for seconds, step in steps:
                pass_time(hub, min(seconds, left))
                left -= min(seconds, left)
                hub.clock.step(step)
            pass_time(hub, left)
            assert not raised(hub, SLOW)
            pass_time(hub, 1)
            assert raised(hub, SLOW)

    asyncio.run(live())


async def test_the_step_is_seen_by_whoever_comes_first_a_reading_or_a_person(hub: House) -> None:
    hub.say(COUNT, 9)
    hub.clock.step(HOUR)
    hub.say(TEMPERATURE, 20.0)
    assert not raised(hub, SLOW)
    hub.clock.step(HOUR)
    await hub.alarming.act(OperatorAction("ack", SLOW, 1, "an", hub.clock.now()))
    assert not raised(hub, SLOW)


async def test_shelving_ends_at_the_instant_that_was_named_by_the_clock_that_was_put_right(hub: House) -> None:
    hub.say(TEMPERATURE, 99.0)
    until = hub.clock.now() + 30 * MINUTE
    shelved = await hub.alarming.act(OperatorAction("shelve", HOT, 1, "an", hub.clock.now(), note="works", until=until))
    assert shelved.refused is None
    running = asyncio.create_task(hub.alarming.run())
    await asyncio.sleep(0)
    hub.clock.step(-HOUR)
    hub.road.age()
    await asyncio.sleep(0)
    await hub.settled()
    assert inputs(hub)[-1] == "shelve", "an hour longer by the clock that was wrong"
    hub.clock.step(HOUR + 31 * MINUTE)
    hub.road.age()
    while inputs(hub)[-1] != "unshelve":
        await hub.settled()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def inputs(hub: House) -> list[str]:
    return [r.input for _, r in hub.journal.read(0) if isinstance(r, Transition) and r.alarm == HOT]


@pytest.mark.parametrize("step", STEPS)
async def test_the_order_of_readings_and_transitions_is_theirs_and_not_the_clocks(hub: House, step: int) -> None:
    hub.say(TEMPERATURE, 20.0)
    await hub.told()
    hub.clock.step(step)
    hub.road.age()
    for value in (70.0, 20.0):
        hub.clock.advance(SECOND)
        hub.say(TEMPERATURE, value)
    heard = await hub.told()
    assert [r.value for r in heard if isinstance(r, Reading) and r.point == TEMPERATURE] == [70.0, 20.0]
    assert hub.state.reading(TEMPERATURE).value == 20.0  # type: ignore[union-attr]
    assert [n.what for n in heard if isinstance(n, SystemNote)] == ["clock_stepped"]
    assert inputs(hub) == ["raise", "return"]
    numbers = [seq for seq, _ in hub.journal.read(0)]
    assert numbers == sorted(numbers)


def test_drift_is_no_step_and_each_step_is_told_once() -> None:
    clock = ManualClock()
    steps = Steps(clock)
    clock.advance(HOUR)
    clock.step(SECOND)
    assert steps.since(clock.now()) == 0
    clock.step(-HOUR)
    assert steps.since(clock.now()) == -HOUR
    assert steps.since(clock.now()) == 0
