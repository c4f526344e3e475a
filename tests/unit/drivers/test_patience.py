"""Patience: a read that never comes back is given up, whoever else wants to end it."""

import asyncio

import pytest

from drivers.patience import Patience
from tests.support.virtual_loop import virtual_run


async def wait_with(patience, seconds):
    with patience:
        await asyncio.sleep(seconds)
    return "came"


def test_what_comes_back_in_time_is_left_alone_however_often():
    async def story():
        patience = Patience(60)
        return [await wait_with(patience, 50) for _ in range(5)]

    assert virtual_run(story()) == ["came"] * 5


def test_what_does_not_come_back_is_given_up_on_time_also_late_in_the_life_of_a_line():
    async def story():
        loop, patience = asyncio.get_running_loop(), Patience(60)
        for _ in range(7):
            await wait_with(patience, 9)
            await asyncio.sleep(3)
        began = loop.time()
        with pytest.raises(TimeoutError):
            await wait_with(patience, 1000)
        assert loop.time() - began == pytest.approx(60)
        assert await wait_with(patience, 59) == "came"

    virtual_run(story())


def test_a_task_that_others_cancel_is_cancelled():
    async def story():
        task = asyncio.create_task(wait_with(Patience(60), 1000))
        await asyncio.sleep(10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    virtual_run(story())
