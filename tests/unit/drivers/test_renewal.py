"""When devices change, only lines that would be made of something else end; the others do not notice."""

import asyncio

from msgspec.structs import replace

from drivers.runner import Runner
from hub.model import DeviceState, Text
from tests.unit.drivers.pretend import Notebook, World, a_device, a_point, tell


def nothing() -> None:
    """Do nothing between."""


def test_an_unchanged_line_keeps_its_connection_and_its_grid() -> None:
    one, two = a_device("one"), a_device("two")

    async def story(world: World, _notebook: Notebook, runner: Runner) -> None:
        await asyncio.sleep(3.5)
        renamed = replace(one, title=Text.same("another name"), zone="elsewhere")
        renewal = runner.renewal([renamed, replace(two, timeout=9_000_000_000), a_device("three")])
        assert sorted(renewal.touched) == ["three", "two"]
        before, opened = world.times("one"), len(world.opens)
        await runner.renew(renewal, nothing)
        await asyncio.sleep(3)
        assert [host for _, host in world.opens[opened:]] == ["two", "three"]
        steps = {round(b - a, 3) for a, b in zip(world.times("one"), world.times("one")[1:], strict=False)}
        assert steps == {1.0}, "its scans went on as if nothing had happened"
        assert len(world.times("one")) > len(before)

    tell([one, two], story)


def test_a_device_that_is_gone_is_not_asked_and_not_spoken_of_any_more() -> None:
    async def story(world: World, notebook: Notebook, runner: Runner) -> None:
        await asyncio.sleep(2.5)
        await runner.renew(runner.renewal([a_device("one")]), nothing)
        asked, told = len(world.times("two")), len(notebook.states("two"))
        await asyncio.sleep(5)
        assert len(world.times("two")) == asked
        assert len(notebook.states("two")) == told
        assert list(runner.lines) == ["polled one:1 (one)"]
        assert world.closes == 1

    tell([a_device("one"), a_device("two")], story)


def test_when_what_comes_between_fails_the_old_lines_run_again() -> None:
    async def story(world: World, _notebook: Notebook, runner: Runner) -> None:
        await asyncio.sleep(2.5)

        def fail() -> None:
            raise ValueError("a rule")

        try:
            await runner.renew(runner.renewal([replace(a_device("one"), interval=7_000_000_000)]), fail)
        except ValueError:
            asked = len(world.times("one"))
        await asyncio.sleep(3.5)
        assert len(world.times("one")) >= asked + 3, "once a second, as before"
        assert runner.renewal([a_device("one")]).goes == []

    tell([a_device("one")], story)


def test_devices_that_share_a_line_keep_it_until_one_of_them_changes() -> None:
    one, two = a_device("one", host="gateway"), a_device("two", host="gateway")

    async def story(_world: World, _notebook: Notebook, runner: Runner) -> None:
        assert runner.renewal([one, two]).touched == []
        other = replace(two, points=(a_point("two", "b"),))
        assert sorted(runner.renewal([one, other]).touched) == ["one", "two"]
        assert runner.renewal([one]).goes == list(runner.watch)

    tell([one, two], story)


def test_switching_a_device_off_and_on_says_so() -> None:
    one = a_device("one")

    async def story(_world: World, notebook: Notebook, runner: Runner) -> None:
        await asyncio.sleep(2.5)
        await runner.renew(runner.renewal([replace(one, enabled=False)]), nothing)
        assert notebook.states("one")[-1] == ("out_of_service", "disabled")
        await runner.renew(runner.renewal([one]), nothing)
        await asyncio.sleep(2.5)
        assert [s for s, _ in notebook.states("one")[-2:]] == [str(DeviceState.WAITING), str(DeviceState.ONLINE)]

    tell([one], story)
