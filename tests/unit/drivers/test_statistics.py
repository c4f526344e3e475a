"""What became of the requests to each device: counters, and percentiles over a bounded window."""

import asyncio

from drivers.statistics import Statistics
from hub.model import MILLISECOND, NoAnswer, Reason, Sample
from tests.unit.drivers.pretend import a_device, tell


def test_what_became_of_a_devices_requests_is_counted_with_its_answer_times():
    async def story(world, notebook, runner):
        world.slow["b"] = 0.25
        await asyncio.sleep(2.3)  # b is asked at 0.4, 1.4, …
        world.answer["b"] = lambda: NoAnswer("silent")
        await asyncio.sleep(0.9)
        assert runner.statistics("a") == {
            "tries": 4, "good": 4, "timeouts": 0, "exceptions": 0,
            "reconnects": 0, "rtt_p50_ms": 0.0, "rtt_p95_ms": 0.0, "bytes_sent": None,
            "bytes_received": None,
        }  # fmt: skip
        told = runner.statistics("b")
        assert (told["tries"], told["good"], told["timeouts"]) == (3, 2, 1)
        assert told["rtt_p95_ms"] == 250.0
        figures = {f.name: f.value for f in runner.figures()}
        assert figures["citywatch_lines_slowest_ms"] == 250.0
        assert runner.statistics("nobody") is None

    tell([a_device("a"), a_device("b")], story)


def test_refused_values_are_counted_and_the_window_of_answer_times_is_bounded():
    statistics = Statistics()
    for took in range(1000):
        statistics.answered([Sample("d/a", None, None, Reason.REFUSED)], took * MILLISECOND)
    assert statistics.exceptions == 1000
    assert (statistics.percentile(50), statistics.percentile(95)) == (935.0, 993.0)
