"""`citywatch inbox SITE`: what devices said and nobody understood, with lines for a profile where these can be made."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from adapters.timescale.connections import opened
from adapters.timescale.quarantine import NotUnderstood, not_understood
from drivers import REGISTRY
from hub.cli.store import database
from hub.config import load
from hub.config.durations import positive
from hub.config.problems import did_you_mean, known_are
from hub.model import SECOND, SystemClock
from hub.model.clock import DAY

WIDEST = 400
"""Characters that are shown of a message that is no stub."""


def inbox(
    site: Annotated[Path, typer.Argument(metavar="SITE", help="Folder with site.yaml.", file_okay=False)],
    state: Annotated[Path, typer.Option("--state", help="The hub's state folder.")],
    device: Annotated[str | None, typer.Option("--device", help="Only what this device said.")] = None,
    since: Annotated[str, typer.Option("--since", help="How far back, such as 7d.")] = "",
    limit: Annotated[int, typer.Option("--limit", help="Most things shown.", min=1, max=1000)] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what devices said and nobody understood. / Xem những gì thiết bị gửi mà chưa ai hiểu.

    Topics that no profile maps come with the lines that would map them: write a kind and names, put them into a profile
    of your own, and `citywatch apply`.
    """
    devices = load(site, REGISTRY).devices
    if device is not None and device not in devices:
        hint = did_you_mean(device, devices, otherwise=known_are("devices", devices))
        raise typer.BadParameter(f"there is no device '{device}'; {hint}", param_hint="--device")
    found = asyncio.run(_found(site, state, device, _since(since), limit))
    if as_json:
        typer.echo(msgspec.json.encode(found).decode())
    else:
        typer.echo("\n".join(_text(one) for one in found) or "nothing was set aside")


def _since(given: str) -> datetime:
    try:
        span = positive(given) if given else 7 * DAY
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--since") from None
    return datetime.fromtimestamp((SystemClock().now() - span) / SECOND, UTC)


async def _found(site: Path, state: Path, device: str | None, since: datetime, limit: int) -> list[NotUnderstood]:
    async with database(site, state) as dsn, opened(dsn) as connection:
        return await not_understood(connection, since, device, limit)


def _text(one: NotUnderstood) -> str:
    times = f"{one.times} times, last" if one.times > 1 else "once,"
    head = f"{one.device or 'no device'}: {one.source} – {one.reason} ({times} {one.last:%Y-%m-%d %H:%M} UTC)"
    body = one.body if one.body.startswith("# seen: ") else one.body[:WIDEST]
    return "\n".join([head, *(f"  {line}" for line in body.rstrip().splitlines())])
