"""The calendar runs its jobs again and again, and one that fails does not end the others."""

import asyncio
import logging

import pytest

from hub.schedule import Calendar


async def test_jobs_run_again_and_again_also_after_one_failed(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.CRITICAL, "apscheduler")
    done: list[int] = []
    enough = asyncio.Event()

    async def good() -> None:
        done.append(1)
        if len(done) >= 3:
            enough.set()

    async def bad() -> None:
        raise RuntimeError("broken")

    running = asyncio.create_task(Calendar([(0.02, good), (0.02, bad)]).run())
    await asyncio.wait_for(enough.wait(), 20)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    before = len(done)
    await asyncio.sleep(0.05)
    assert len(done) <= before + 1
