"""SIGHUP: take the site's files over, as `citywatch reload` does; what is wrong with them is said on standard error."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from hub.app import Hub
from hub.config import render
from hub.model import ConfigError, Refused

log = structlog.get_logger(__name__)

WHO = "SIGHUP"
"""What the journal says of who applied it: the signal does not tell who sent it."""


@contextmanager
def hangups() -> Iterator[asyncio.Event]:
    """Give an event that each SIGHUP sets, also one that comes while the hub starts."""
    again, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, again.set)
    try:
        yield again
    finally:
        loop.remove_signal_handler(signal.SIGHUP)


async def follow(hub: Hub, again: asyncio.Event) -> None:
    """Apply whenever asked, for ever."""
    while True:
        await again.wait()
        again.clear()
        try:
            plan = await hub.apply(WHO)
            log.warning("the files were taken over", changed=plan.changes, digest=plan.digest)
        except ConfigError as error:
            log.error("not reloaded: the files have mistakes, and nothing was changed")
            sys.stderr.write(render(error.problems, color=False) + "\n")  # type: ignore[arg-type]
        except Refused as refused:
            log.error("not reloaded", why=str(refused))
