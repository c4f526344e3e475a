"""One timer for all who wait for the same moment."""

import asyncio

from drivers.bells import Bells
from hub.model import SECOND
from tests.support.virtual_loop import VirtualClock, virtual_run


def test_whoever_waits_for_one_moment_is_woken_in_it_and_who_was_woken_before_stays_so():
    async def story() -> None:
        clock = VirtualClock()
        bells, began = Bells(clock), clock.monotonic()
        due = began + 2 * SECOND
        first, second, later = bells.at(due), bells.at(due), bells.at(due + SECOND)
        first.set_result(None)
        await second
        assert clock.monotonic() - began == 2 * SECOND
        assert not later.done()
        await later
        assert clock.monotonic() - began == 3 * SECOND

    virtual_run(story())


def test_a_moment_that_is_past_is_now():
    async def story() -> None:
        clock = VirtualClock()
        await asyncio.wait_for(Bells(clock).at(clock.monotonic() - SECOND), 1)

    virtual_run(story())
