"""`citywatch report looks SITE`: who looked at whole plates, why and at what, and whether the record of it is whole."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from adapters.timescale.connections import away_on_error, opened
from adapters.timescale.lookup import looks_between
from drivers import REGISTRY
from hub.cli.language import language
from hub.cli.store import database
from hub.config import load
from hub.config.durations import duration
from hub.model import Refused, Site, SystemClock, Timestamp
from hub.model.clock import iso
from hub.model.looking import PlateLook, broken

WHOLE = ("{n} lượt xem, hồ sơ nguyên vẹn", "{n} looks, and their record is whole")
BROKEN = (
    "HỒ SƠ KHÔNG NGUYÊN VẸN: bản ghi lúc {at} của {who} bị sửa, hoặc thiếu bản ghi ngay trước",
    "THE RECORD IS NOT WHOLE: that of {at} by {who} was changed, or the one before it is missing",
)


def looks(
    site: Annotated[Path, typer.Argument(metavar="SITE", help="Folder with site.yaml.", file_okay=False)],
    state: Annotated[Path, typer.Option("--state", help="The hub's state folder, where an embedded database lies.")],
    since: Annotated[str, typer.Option(help="How far back: 24h, 30d.")] = "30d",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show who looked at whole plates and why, and check the record. / Ai đã xem biển số, và kiểm tra hồ sơ."""
    loaded, now = load(site, REGISTRY), SystemClock().now()
    try:
        start = now - duration(since)
    except ValueError as wrong:
        raise Refused("bad_period", f"--since: {wrong}") from None
    found = asyncio.run(_found(site, state, loaded, start, now))
    wrong_at = broken(found)
    if as_json:
        told = {
            "looks": [msgspec.to_builtins(look) | {"at": iso(look.at)} for look in found],
            "whole": wrong_at is None,
        }
        sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
    else:
        typer.echo(text(found, ("vi", "en").index(language(loaded.language))))
    if wrong_at is not None:
        raise typer.Exit(1)


def text(found: Sequence[PlateLook], tongue: int) -> str:
    """Return a line a look, and what is to be said of the record."""
    lines = [_line(look) for look in found]
    wrong_at = broken(found)
    if wrong_at is None:
        return "\n".join([*lines, WHOLE[tongue].format(n=len(found))])
    wrong = found[wrong_at]
    return "\n".join([*lines, BROKEN[tongue].format(at=iso(wrong.at), who=wrong.who)])


def _line(look: PlateLook) -> str:
    asked = " ".join(f"{name}={value}" for name, value in look.query.items() if name != "limit")
    what = look.refused or str(look.rows)
    said = f"{iso(look.at)}  {look.who} ({look.role})  {what}  {look.purpose}  [{asked}]"
    return "".join(c if c.isprintable() else "·" for c in said)


async def _found(site: Path, state: Path, loaded: Site, start: Timestamp, end: Timestamp) -> list[PlateLook]:
    async with database(site, state) as dsn:
        with away_on_error():
            async with opened(dsn) as connection:
                return await looks_between(connection, loaded, start, end)
