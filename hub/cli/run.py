"""`citywatch run SITE`: the hub on a site's real devices, until Ctrl-C or SIGTERM."""

import asyncio
import logging
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from drivers import REGISTRY
from hub.app import Hub
from hub.cli import logs
from hub.cli.hangup import follow, hangups
from hub.cli.interpreter import spare_what_stays
from hub.cli.progress import Progress
from hub.cli.stopping import run as run_until_signal
from hub.config import load_with_digest

SWITCH_S = 0.001
"""Seconds after which a thread that waits for the interpreter gets it (Python: 0.005): the journal is written by one
while the event loop is busy with readings, and each of its calls into SQLite would wait as long."""
STOP_WITHIN = 18.0
"""Seconds for an orderly stop; what is not done by then is left to the next start."""


def run(
    site: Annotated[Path, typer.Argument(help="Folder with site.yaml.", file_okay=False)],
    port: Annotated[int | None, typer.Option(help="Port of the console; absent: the site's; 0: a free one.")] = None,
    state: Annotated[Path | None, typer.Option(help="Folder for journal, spool and database.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON when everything is up.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what goes well, too.")] = False,
) -> None:
    """Run a site. / Chạy hệ thống."""
    sys.setswitchinterval(SWITCH_S)
    logs.configure(logging.INFO if verbose else logging.WARNING)
    source = partial(load_with_digest, site, REGISTRY)
    loaded, _ = source()
    folder = state or Path("var") / "state" / loaded.id

    def hub(progress: Progress) -> Hub:
        return Hub(loaded, folder, port=port, progress=progress, source=source)

    code = run_until_signal(lambda stop: _run(hub, as_json, stop))
    if code:
        raise typer.Exit(code)


async def _run(build: Callable[[Progress], Hub], as_json: bool, stop: asyncio.Event) -> int:
    with Progress(quiet=as_json) as progress, hangups() as again:
        hub = build(progress)
        starting = asyncio.create_task(hub.start(), name="hub")
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not stop.is_set():
                starting.result()
                progress.finish()
                spare_what_stays()
                reloading = asyncio.create_task(follow(hub, again), name="reloading")
                _announce(hub, as_json, progress)
                await stopping
                reloading.cancel()
        finally:
            progress("stopping")
            await _end(hub, starting, progress)
    return 0


async def _end(hub: Hub, starting: "asyncio.Task[None]", progress: Progress) -> None:
    try:
        async with asyncio.timeout(STOP_WITHIN):
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            await hub.stop()
    except TimeoutError:
        progress.console.print(f"not everything stopped within {STOP_WITHIN:.0f} s; the next start recovers")


def _announce(hub: Hub, as_json: bool, progress: Progress) -> None:
    sign_in = hub.sign_in("engineer")
    if as_json:
        sys.stdout.write(msgspec.json.encode({"ready": True, "url": hub.url, "sign_in": sign_in}).decode() + "\n")
        sys.stdout.flush()
    else:
        progress.console.print(f"\n  {hub.url}\n  Sign in (this link works once): {sign_in}\n", soft_wrap=True)
