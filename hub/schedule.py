"""The calendar: jobs that run every so often beside the road (housekeeping of the store, the disk reserve).

APScheduler keeps it, and lives here only. Scanning is never scheduled here: that is `drivers.runner`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from apscheduler.schedulers.asyncio import AsyncIOScheduler

Job = Callable[[], Awaitable[object]]


class Calendar:
    """Jobs with their periods in seconds. A job that is still running is not started a second time."""

    def __init__(self, jobs: Sequence[tuple[float, Job]]) -> None:
        self._jobs = jobs

    async def run(self) -> None:
        """Run the jobs until cancelled; a failing job is logged by the scheduler and tried again at its next time."""
        scheduler = AsyncIOScheduler(job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None})
        for seconds, job in self._jobs:
            scheduler.add_job(_until_stopped, "interval", args=(job,), seconds=seconds)
        scheduler.start()
        try:
            await asyncio.Event().wait()
        finally:
            scheduler.shutdown(wait=False)


async def _until_stopped(job: Job) -> None:
    """Run a job; that it is cut short when the hub stops is no failure to be logged."""
    with suppress(asyncio.CancelledError):
        await job()
