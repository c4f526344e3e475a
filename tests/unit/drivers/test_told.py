"""Lines whose devices report by themselves: who is online, silent, waiting, gone."""

import asyncio

from structlog.testing import capture_logs

from hub.model import SECOND, DeviceState, Intake, Sample
from tests.unit.drivers.pretend import a_device, a_point, lost, tell


def sensors(*names, silent_after=30 * SECOND):
    return [a_device(n, host="broker", driver="told", silent_after=silent_after) for n in names]


def word(device, value=1, point="a"):
    return Intake([Sample(f"{device}/{point}", value)])


def test_a_device_is_online_when_it_is_heard_and_waiting_before():
    async def story(world, notebook, runner):
        world.tell.put_nowait(word("a"))
        await asyncio.sleep(100)
        assert notebook.states("b") == []
        assert notebook.states("a")[0] == ("online", "")

    tell(sensors("a", "b"), story)


def test_a_device_that_is_silent_for_too_long_is_offline_and_back_when_heard():
    async def story(world, notebook, runner):
        world.tell.put_nowait(word("a"))
        await asyncio.sleep(29)
        assert notebook.states("a") == [("online", "")]
        await asyncio.sleep(4)
        assert notebook.states("a")[-1] == ("offline", "stale")
        world.tell.put_nowait(word("a"))
        await asyncio.sleep(1.5)
        assert notebook.states("a")[-1] == ("online", "")

    with capture_logs() as logs:
        tell(sensors("a"), story)
    assert [entry["event"] for entry in logs] == ["device is silent", "device is heard again"]


def test_a_step_of_the_wall_clock_makes_nobody_silent():
    async def story(world, notebook, runner):
        world.tell.put_nowait(word("a"))
        await asyncio.sleep(5)
        notebook.clock.shift = 3600 * SECOND
        world.clock.shift = 3600 * SECOND
        await asyncio.sleep(5)
        assert notebook.states("a") == [("online", "")]

    tell(sensors("a"), story)


def test_a_device_without_silent_after_is_never_silent():
    async def story(world, notebook, runner):
        world.tell.put_nowait(word("a"))
        await asyncio.sleep(100_000)
        assert notebook.states("a") == [("online", "")]

    tell(sensors("a", silent_after=None), story)


def test_a_lost_line_takes_everyone_offline_and_waits_for_their_next_word():
    async def story(world, notebook, runner):
        world.tell.put_nowait(word("a"))
        await asyncio.sleep(20)
        world.tell.put_nowait(lost())
        await asyncio.sleep(3)
        assert notebook.states("a") == [("online", ""), ("offline", "unreachable"), ("waiting", "waiting")]
        world.tell.put_nowait(word("a"))
        await asyncio.sleep(2)
        assert notebook.states("a")[-1] == ("online", "")
        assert notebook.states("b") == [("offline", "unreachable"), ("waiting", "waiting")]

    with capture_logs() as logs:
        tell(sensors("a", "b"), story)
    assert [entry["event"] for entry in logs] == ["line is down", "line is back"]


def test_a_device_that_does_not_come_back_with_the_line_is_silent_after_its_time():
    async def story(world, notebook, runner):
        world.tell.put_nowait(word("a"))
        await asyncio.sleep(20)
        world.tell.put_nowait(lost())
        await asyncio.sleep(40)
        assert notebook.states("a")[-1] == ("offline", "stale")

    tell(sensors("a"), story)


def test_a_last_will_is_a_word_but_not_a_sign_of_life():
    online = {"online": True, "offline": False}
    will = a_point("a", "$available", kind="$available", type="bool", mapping=online)
    device = a_device("a", driver="told", points=(a_point("a", "a"), will), silent_after=3600 * SECOND)

    async def story(world, notebook, runner):
        world.tell.put_nowait(word("a", "offline", "$available"))
        await asyncio.sleep(5)
        assert notebook.states("a") == []
        world.tell.put_nowait(word("a", "nonsense", "$available"))
        world.tell.put_nowait(word("a", "online", "$available"))
        await asyncio.sleep(5)
        assert notebook.states("a") == [("online", "")]

    tell([device], story)


def test_a_device_its_driver_complains_of_is_degraded_while_it_is_heard_until_the_complaint_is_over():
    async def story(world, notebook, runner):
        world.tell.put_nowait(word("a"))
        world.tell.put_nowait(("a", DeviceState.DEGRADED, "misconfigured", "one point is not there"))
        await asyncio.sleep(5)
        assert notebook.states("a")[-1] == ("degraded", "misconfigured")
        world.tell.put_nowait(("a", DeviceState.ONLINE))
        await asyncio.sleep(5)
        assert notebook.states("a")[-1] == ("online", "")
        world.tell.put_nowait(("a", DeviceState.DEGRADED, "misconfigured", "again"))
        world.tell.put_nowait(lost())
        await asyncio.sleep(5)
        world.tell.put_nowait(word("a"))
        await asyncio.sleep(3)
        assert notebook.states("a")[-1] == ("online", "")

    tell(sensors("a"), story)


def test_a_driver_that_stops_listening_is_opened_again():
    async def story(world, notebook, runner):
        for _ in range(5):
            world.tell.put_nowait(lost())
            await asyncio.sleep(70)
        assert len(world.opens) == 6
        assert world.closes == 5

    tell(sensors("a"), story)
