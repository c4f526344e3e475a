"""`citywatch tap PATTERN`: the readings of a running hub as they come."""

import asyncio
import os
import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from drivers import REGISTRY
from hub.cli.ownhub import own_url
from hub.cli.stopping import run
from hub.config import load
from hub.model import PointId, Site

TOKEN = "CITYWATCH_TOKEN"


def tap(
    pattern: Annotated[str, typer.Argument(help="Points: panel-market/*, */temperature, panel-*/z0?.alarm.")],
    site: Annotated[Path, typer.Option("--site", help="Folder with site.yaml.", file_okay=False)] = Path(),
    url: Annotated[str, typer.Option("--url", help="Address of the hub; absent: as the site says.")] = "",
    seconds: Annotated[float, typer.Option("--seconds", help="How long; 0: until Ctrl-C.", min=0)] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON for each reading.")] = False,
) -> None:
    """Show live values of a running hub. / Xem giá trị trực tiếp của trung tâm đang chạy.

    The token stands in the environment variable CITYWATCH_TOKEN, for nobody to read on the command line:

      export CITYWATCH_TOKEN=$(citywatch token create tap --role viewer --state var/state/SITE)

      citywatch tap 'panel-market/*' --site SITE
    """
    from adapters.web.tapping import MOST

    loaded = load(site, REGISTRY)
    token = os.environ.get(TOKEN, "")
    points = matching(loaded, pattern)
    if not points:
        _stop(f"no point of {loaded.id} is called '{pattern}'; a pattern is DEVICE/POINT, with * and ?")
    if len(points) > MOST:
        _stop(f"'{pattern}' means {len(points)} points; no more than {MOST} can be shown: name fewer")
    if not token:
        _stop(f"{TOKEN} is not set; make a token with: citywatch token create NAME --role viewer --state DIR")
    told: list[str] = []
    run(lambda stop: _follow(url or own_url(loaded), token, points, seconds, as_json, (told, stop)))
    if told:
        _stop(told[0])


def matching(site: Site, pattern: str) -> list[PointId]:
    """Return the points whose id fits a pattern, in the order of the site; a device alone means all of its points."""
    wanted = pattern if "/" in pattern else f"{pattern}/*"
    return [point for point in site.points if fnmatchcase(point, wanted)]


async def _follow(
    url: str, token: str, points: Sequence[PointId], seconds: float, as_json: bool,
    end: tuple[list[str], asyncio.Event],
) -> int:  # fmt: skip
    told, stop = end
    telling = asyncio.create_task(_tell(url, token, points, as_json, told))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({telling, stopping}, timeout=seconds or None, return_when=asyncio.FIRST_COMPLETED)
    for task in (telling, stopping):
        task.cancel()
    await asyncio.gather(telling, stopping, return_exceptions=True)
    return 0


async def _tell(url: str, token: str, points: Sequence[PointId], as_json: bool, told: list[str]) -> None:
    from adapters.web.tapping import NotTapped, readings

    try:
        async for row in readings(url, token, points):
            sys.stdout.write((msgspec.json.encode(row).decode() if as_json else line(row)) + "\n")
            sys.stdout.flush()
    except NotTapped as error:
        told.append(str(error))


def line(row: dict[str, Any]) -> str:
    """Return one reading for a terminal, without characters that could command it."""
    value = "" if row.get("value") is None else row["value"]
    reason = "" if row.get("reason") in (None, "none") else f"  {row['quality']}: {row['reason']}"
    text = f"{row.get('time') or '':<25} {row['point']:<40} {value} {row.get('unit') or ''}".rstrip() + reason
    return "".join(c if c.isprintable() else "·" for c in text)


def _stop(message: str) -> None:
    typer.echo(f"citywatch: {message}", err=True)
    raise typer.Exit(1)
