"""Lines whose devices are asked: when, what happens to a silent one, a lost line, a stopped one."""

import asyncio
import itertools
from collections import Counter

from structlog.testing import capture_logs

from hub.model import SECOND, Lane, Misconfigured, NoAnswer, Reason
from tests.unit.drivers.pretend import a_device, a_point, lost, tell


def gateway(*names, **given):
    return [a_device(n, host="gateway", **given) for n in names]


def test_a_device_is_scanned_on_its_grid_and_told_online_once():
    async def story(world, notebook, runner):
        await asyncio.sleep(5.5)
        assert world.times("a") == [0, 1, 2, 3, 4, 5]
        assert notebook.states("a") == [("online", "")]
        assert {s.point for s in notebook.samples} == {"a/a", "a/$latency"}

    tell([a_device("a")], story)


def test_two_hundred_devices_are_spread_evenly_over_their_interval():
    async def story(world, notebook, runner):
        await asyncio.sleep(20)
        last = Counter(at for at, _ in world.reads if 10 <= at < 11)
        assert len(last) == 5
        assert set(last.values()) == {40}

    tell([a_device(f"d{n}") for n in range(200)], story)


def test_devices_of_one_gateway_are_spread_too():
    async def story(world, notebook, runner):
        await asyncio.sleep(3.9)
        assert [world.times(n)[-1] for n in "abcd"] == [3, 3.2, 3.4, 3.6]

    tell(gateway("a", "b", "c", "d"), story)


def test_points_with_their_own_interval_are_scanned_at_it():
    points = (a_point("a", "fast"), a_point("a", "slow", interval=5 * SECOND))

    async def story(world, notebook, runner):
        await asyncio.sleep(10.5)
        seen = [s.point for s in notebook.samples]
        assert (seen.count("a/fast"), seen.count("a/slow")) == (11, 3)

    tell([a_device("a", points=points)], story)


def test_a_slow_device_skips_whole_periods_and_counts_them_and_does_not_drift():
    async def story(world, notebook, runner):
        world.slow["a"] = 2.4
        await asyncio.sleep(10.1)
        assert world.times("a") == [0, 2.4, 4.8, 7.2, 9.6]
        world.slow["a"] = 0.0
        await asyncio.sleep(5)
        assert world.times("a")[-3:] == [13, 14, 15]
        assert runner.watch[0].counts.missed > 0

    tell([a_device("a")], story)


def test_a_silent_device_is_left_alone_for_a_growing_while_and_the_others_go_on():
    async def story(world, notebook, runner):
        await asyncio.sleep(10)
        world.answer["b"] = lambda: NoAnswer("unit 2 did not answer")
        world.slow["b"] = 0.3
        await asyncio.sleep(600)
        asked = world.times("b")[10:]
        assert len(asked) < 40
        assert max(b - a for a, b in itertools.pairwise(asked)) > 20
        assert len(world.times("a")) > 600
        assert notebook.states("a") == [("online", "")]
        assert notebook.states("b") == [("online", ""), ("degraded", "timeout"), ("offline", "timeout")]

    tell(gateway("a", "b", "c"), story)


def test_one_lost_answer_makes_a_device_degraded_not_offline():
    async def story(world, notebook, runner):
        await asyncio.sleep(3.5)
        errors = [NoAnswer("once")]
        world.answer["a"] = lambda: errors.pop() if errors else None
        await asyncio.sleep(3)
        assert notebook.states("a") == [("online", ""), ("degraded", "timeout"), ("online", "")]
        assert len(world.opens) == 1

    tell([a_device("a")], story)


def test_a_device_that_answers_again_is_back_with_one_log_line():
    async def story(world, notebook, runner):
        await asyncio.sleep(3)
        world.answer["b"] = lambda: NoAnswer("silent")
        await asyncio.sleep(300)
        del world.answer["b"]
        await asyncio.sleep(61)
        assert notebook.states("b")[-1] == ("online", "")

    with capture_logs() as logs:
        tell(gateway("a", "b", "c"), story)
    assert [entry["event"] for entry in logs] == ["device is silent", "device answers again"]


def test_when_nobody_answers_the_connection_is_made_anew():
    async def story(world, notebook, runner):
        await asyncio.sleep(3)
        for name in "abc":
            world.answer[name] = lambda: NoAnswer("cable pulled")
        world.refuse_open["gateway"] = lost()
        await asyncio.sleep(5)
        assert [notebook.states(n)[-1] for n in "abc"] == [("offline", "unreachable")] * 3

    tell(gateway("a", "b", "c"), story)


def test_a_lost_line_takes_its_devices_offline_at_once_and_opens_again_for_ever():
    async def story(world, notebook, runner):
        await asyncio.sleep(20.5)
        world.answer["a"] = lost
        world.refuse_open["gateway"] = lost("connection refused")
        await asyncio.sleep(1)
        assert notebook.states("a") == notebook.states("b") == [("online", ""), ("offline", "unreachable")]
        await asyncio.sleep(3600)
        waits = [b - a for (a, _), (b, _) in zip(world.opens[1:], world.opens[2:], strict=False)]
        assert max(waits) <= 60.001
        assert 60 < len(world.opens) < 400
        world.answer.clear()
        world.refuse_open.clear()
        await asyncio.sleep(62)
        assert notebook.states("a")[-1] == ("online", "")

    with capture_logs() as logs:
        tell(gateway("a", "b"), story)
    assert [entry["event"] for entry in logs] == ["line is down", "line is back"]


def test_a_line_with_life_safety_points_is_tried_every_ten_seconds_at_least():
    async def story(world, notebook, runner):
        world.refuse_open["a"] = lost()
        await asyncio.sleep(600)
        waits = [b - a for (a, _), (b, _) in zip(world.opens, world.opens[1:], strict=False)]
        assert max(waits) <= 10.001

    tell([a_device("a", points=(a_point("a", "fire", kind="fire.alarm", lane=Lane.LIFE_SAFETY),))], story)


def test_three_hundred_lines_that_return_at_once_are_opened_fifty_a_second_at_most():
    devices = [a_device(f"d{n}") for n in range(300)]

    async def story(world, notebook, runner):
        await asyncio.sleep(10)
        for d in devices:
            world.answer[d.id] = lost
        await asyncio.sleep(5)
        world.answer.clear()
        before = len(world.opens)
        await asyncio.sleep(60)
        opens = [at for at, _ in world.opens]
        assert max(sum(1 for at in opens if second <= at < second + 1) for second in range(76)) <= 51
        assert before < len(opens)
        assert all(notebook.states(d.id)[-1] == ("online", "") for d in devices)

    tell(devices, story)


def test_dead_lines_do_not_slow_the_living_ones():
    async def story(world, notebook, runner):
        world.refuse_open["dead"] = lost()
        world.slow["stuck"] = 1e9
        await asyncio.sleep(100.5)
        assert len(world.times("alive")) == 100

    tell([a_device("dead"), a_device("stuck"), a_device("alive", interval=SECOND)], story)


def test_a_driver_that_never_comes_back_is_given_up_after_a_minute():
    async def story(world, notebook, runner):
        world.slow["a"] = 1e9
        await asyncio.sleep(65)
        assert notebook.states("a")[0] == ("offline", "unreachable")

    tell([a_device("a")], story)


def test_refused_points_make_a_device_degraded_and_name_them():
    points = [a_point("a", n) for n in ("one", "two", "three", "four")]

    async def story(world, notebook, runner):
        world.bad.update({"a/two": Reason.REFUSED, "a/one": Reason.NOT_PROGRAMMED})
        await asyncio.sleep(3)
        assert notebook.states("a") == [("degraded", "refused")]
        assert notebook.details == ["1 of 4 points give no value: two"]
        world.bad.clear()
        await asyncio.sleep(1)
        assert notebook.states("a")[-1] == ("online", "")

    tell([a_device("a", points=points)], story)


def test_a_misconfigured_device_is_stopped_and_its_neighbours_go_on():
    async def story(world, notebook, runner):
        world.answer["a"] = lambda: Misconfigured("limits: largest_read must be at most 125")
        await asyncio.sleep(5.5)
        assert notebook.states("a") == [("offline", "misconfigured")]
        assert notebook.details[0] == "limits: largest_read must be at most 125"
        assert len(world.times("a")) == 1
        assert len(world.times("b")) >= 5

    tell(gateway("a", "b"), story)


def test_a_misconfigured_line_is_stopped_for_good():
    async def story(world, notebook, runner):
        world.refuse_open["gateway"] = Misconfigured("wrong password")
        await asyncio.sleep(500)
        assert len(world.opens) == 1
        assert notebook.states("a") == notebook.states("b") == [("offline", "misconfigured")]

    tell(gateway("a", "b"), story)


def test_a_fault_of_a_driver_is_survived_and_told():
    async def story(world, notebook, runner):
        await asyncio.sleep(2.5)
        world.answer["a"] = lambda: ZeroDivisionError("a bug")
        await asyncio.sleep(1)
        assert notebook.states("a")[-1] == ("offline", "protocol_error")
        world.answer.clear()
        await asyncio.sleep(20)
        assert notebook.states("a")[-1] == ("online", "")

    with capture_logs() as logs:
        tell([a_device("a")], story)
    assert "part failed and is started again" in [entry["event"] for entry in logs]


def test_a_device_is_reached_where_it_is_redirected():
    async def story(world, notebook, runner):
        await asyncio.sleep(1)
        assert {host for _, host in world.opens} == {"simulator", "b"}

    tell([a_device("a"), a_device("b")], story, redirect={"a": ("simulator", 5020)})


def test_a_disabled_device_is_out_of_service_and_never_asked():
    async def story(world, notebook, runner):
        await asyncio.sleep(3)
        assert notebook.states("a") == [("out_of_service", "disabled")]
        assert not world.reads

    tell([a_device("a", enabled=False)], story)


def test_what_lines_do_is_counted_by_driver():
    async def story(world, notebook, runner):
        world.refuse_open["b"] = lost()
        await asyncio.sleep(9.5)
        counted = {f.name: f.value for f in runner.figures()}
        assert counted["citywatch_lines"] == 2
        assert counted["citywatch_lines_connected"] == counted["citywatch_lines_opened"] == 1
        assert counted["citywatch_lines_scans"] == 10
        assert counted["citywatch_lines_lost"] > 2
        assert runner.lines == {"polled a:1 (a)": True, "polled b:1 (b)": False}

    tell([a_device("a"), a_device("b")], story)


def test_latency_is_told_every_ten_seconds_and_is_the_longest_of_them():
    async def story(world, notebook, runner):
        world.slow["a"] = 0.02
        await asyncio.sleep(4.5)
        world.slow["a"] = 0.25
        await asyncio.sleep(1)
        world.slow["a"] = 0.01
        await asyncio.sleep(10)
        assert [s.value for s in notebook.samples if s.point == "a/$latency"] == [20.0, 250.0]

    tell([a_device("a")], story)


def test_answers_of_one_moment_travel_together_and_before_the_news_of_their_device():
    takes = []

    async def story(world, notebook, runner):
        take = notebook.take
        notebook.take = lambda intake: (takes.append((len(intake.samples), len(notebook.reports))), take(intake))
        await asyncio.sleep(8)

    tell([a_device(f"d{n}") for n in range(200)], story)
    assert max(size for size, _ in takes) == 40
    assert takes[0][1] == 0, "the first samples are told before the device is reported online"
