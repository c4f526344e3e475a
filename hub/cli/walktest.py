"""`citywatch walktest SITE`: which detectors were seen in alarm while under test, and which were not."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import typer

from adapters.timescale.connections import opened
from adapters.timescale.rows import instant, timestamp
from drivers import REGISTRY
from hub.cli.since import since as how_far
from hub.cli.store import database
from hub.config import load
from hub.model import SECOND, PointId, Site, SystemClock, Timestamp
from rules.walktest import Walk, detectors, walk

RAISED = """
select at, body->>'point' from journal
where site = %(site)s and kind = 'transition' and at >= %(since)s
  and body->>'mark' = 'TEST' and body->>'input' = 'raise' and body->>'point' is not null
order by at, id
"""


def walk_test(
    site: Annotated[Path, typer.Argument(help="Folder with site.yaml.", file_okay=False)],
    state: Annotated[Path, typer.Option("--state", help="The hub's state folder, where an embedded database lies.")],
    since: Annotated[str, typer.Option("--since", help="How far back, such as 8h.")] = "8h",
    device: Annotated[str | None, typer.Option("--device", help="Only this panel.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Report a walk test; exit code 1 while a detector was not seen. / Báo cáo kiểm tra đầu báo."""
    span = how_far(since)
    loaded = load(site, REGISTRY)
    if device is not None and device not in loaded.devices:
        raise typer.BadParameter(f"there is no device '{device}'", param_hint="--device")
    raised = asyncio.run(_raised(site, state, loaded.id, SystemClock().now() - span))
    expected = detectors(loaded, device)
    found = walk(expected, [(at, point) for at, point in raised if point in set(expected)])
    typer.echo(msgspec.json.encode(found).decode() if as_json else _text(loaded, found))
    if found.not_seen:
        raise typer.Exit(1)


async def _raised(folder: Path, state: Path, site: str, since: Timestamp) -> list[tuple[Timestamp, PointId]]:
    async with database(folder, state) as dsn, opened(dsn) as connection:
        rows = await connection.execute(RAISED, {"site": site, "since": instant(since)})
        return [(timestamp(at), point) for at, point in await rows.fetchall()]


def _text(site: Site, found: Walk) -> str:
    zone = ZoneInfo(site.timezone)
    lines = [f"seen: {len(found.seen)}, not seen: {len(found.not_seen)}"]
    for one in found.seen:
        first = datetime.fromtimestamp(one.first // SECOND, zone)
        lines.append(
            f"  ok    {one.point}  {first:%d.%m. %H:%M:%S}" + (f", {one.times} times" if one.times > 1 else "")
        )
    return "\n".join([*lines, *(f"  MISSING  {point}" for point in found.not_seen)])
