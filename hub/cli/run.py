"""`citywatch run SITE`: the hub on a site's real devices, until Ctrl-C or SIGTERM."""

import asyncio
import errno
import logging
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import structlog
import typer

from drivers import REGISTRY
from hub.app import Hub
from hub.cli.progress import Progress
from hub.cli.stopping import run as run_until_signal
from hub.config import load
from hub.model import Site


def run(
    site: Annotated[Path, typer.Argument(help="Folder with site.yaml.", file_okay=False)],
    port: Annotated[int | None, typer.Option(help="Port of the console; absent: the site's; 0: a free one.")] = None,
    state: Annotated[Path | None, typer.Option(help="Folder for journal, spool and database.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON when everything is up.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what goes well, too.")] = False,
) -> None:
    """Run a site. / Chạy hệ thống."""
    level = logging.INFO if verbose else logging.WARNING
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    loaded = load(site, REGISTRY)
    folder = state or Path("var") / "state" / loaded.id
    try:
        code = run_until_signal(lambda stop: _run(loaded, folder, port, as_json, stop))
    except OSError as problem:
        if problem.errno != errno.EADDRINUSE:
            raise
        wanted = loaded.web.port if port is None else port
        typer.echo(f"citywatch run: port {wanted} is already in use; choose another with --port", err=True)
        code = 1
    if code:
        raise typer.Exit(code)


async def _run(site: Site, folder: Path, port: int | None, as_json: bool, stop: asyncio.Event) -> int:
    with Progress(quiet=as_json) as progress:
        hub = Hub(site, folder, port=port, progress=progress)
        try:
            await hub.start()
            progress.finish()
            _announce(hub, as_json, progress)
            await stop.wait()
        finally:
            progress("stopping")
            await hub.stop()
    return 0


def _announce(hub: Hub, as_json: bool, progress: Progress) -> None:
    sign_in = hub.sign_in("engineer")
    if as_json:
        sys.stdout.write(msgspec.json.encode({"ready": True, "url": hub.url, "sign_in": sign_in}).decode() + "\n")
        sys.stdout.flush()
    else:
        progress.console.print(f"\n  {hub.url}\n  Sign in (this link works once): {sign_in}\n", soft_wrap=True)
