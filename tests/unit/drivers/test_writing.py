"""Writes go out on the device's own line, between scans; what was not sent is said to be not sent."""

import asyncio

import pytest

from hub.model import CommandSpec, NoAnswer, PointValue, Refused, Text
from tests.unit.drivers.pretend import a_device, a_point, lost, tell


async def refusal(asked):
    with pytest.raises(Refused) as caught:
        await asked
    return caught.value.reason


def test_a_write_waits_for_the_scan_that_runs_and_goes_before_the_next():
    async def story(world, notebook, runner):
        world.slow["b"] = 0.4
        await asyncio.sleep(1.6)  # b is being read from 1.4 to 1.8
        await runner.write("a", "a/a", 7)
        assert world.writes == [(1.8, "a/a", 7)]

    tell([a_device("a", host="gateway"), a_device("b", host="gateway")], story)


def test_a_read_between_scans_is_one_of_that_point_alone():
    async def story(world, notebook, runner):
        await asyncio.sleep(0.5)
        sample = await runner.ask("a", "a/a")
        assert (sample.point, sample.value) == ("a/a", 1)
        world.answer["a"] = lambda: NoAnswer("silent")
        with pytest.raises(NoAnswer):
            await runner.ask("a", "a/a")

    tell([a_device("a")], story)


def test_a_device_that_reports_by_itself_cannot_be_asked_and_can_be_told():
    async def story(world, notebook, runner):
        await asyncio.sleep(0.5)
        assert await runner.ask("a", "a/a") is None
        await runner.write("a", "a/a", "on")
        assert world.writes == [(0.5, "a/a", "on")]

    tell([a_device("a", driver="told")], story)


def test_nothing_is_sent_on_a_line_that_is_down():
    async def story(world, notebook, runner):
        world.refuse_open["a"] = lost()
        world.answer["a"] = lost
        await asyncio.sleep(3)
        assert await refusal(runner.write("a", "a/a", 7)) == "unreachable"
        assert await refusal(runner.ask("a", "a/a")) == "unreachable"
        assert world.writes == []

    tell([a_device("a")], story)


def test_nothing_is_sent_when_the_line_stays_busy():
    async def story(world, notebook, runner):
        world.slow["a"] = 20
        await asyncio.sleep(1)
        assert await refusal(runner.write("a", "a/a", 7)) == "busy"
        assert (world.now(), world.writes) == (6, [])

    tell([a_device("a")], story)


def test_what_does_not_live_at_the_device_or_is_switched_off_cannot_be_written():
    async def story(world, notebook, runner):
        await asyncio.sleep(0.1)
        assert await refusal(runner.write("a", "a/$latency", 7)) == "not_writable"
        assert await refusal(runner.write("off", "off/a", 7)) == "out_of_service"
        assert world.writes == []

    tell([a_device("a"), a_device("off", enabled=False)], story)


def test_a_driver_is_told_which_points_may_be_written():
    names = "read", "set", "command", "arm", "forbidden"
    points = tuple(a_point("a", name, writable=name == "set") for name in names)
    given = CommandSpec("go", Text.same("go"), "a/command", 1, allowed=True, arm=PointValue("a/arm", 1))
    withheld = CommandSpec("no", Text.same("no"), "a/forbidden", 1)

    async def story(world, notebook, runner):
        bound = runner.watch[0].watched["a"].device.points
        assert [p.id for p in bound if p.writable] == ["a/set", "a/command", "a/arm"]

    tell([a_device("a", points=points, commands=(given, withheld))], story)
