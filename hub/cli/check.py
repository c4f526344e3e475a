"""`citywatch check SITE`: every mistake of a site's files, and with `--connect` whether its devices can be reached."""

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from drivers import REGISTRY
from hub.cli import INVALID
from hub.config import Problem, inspect, render
from hub.model import Site


def check(
    site: Annotated[Path, typer.Argument(help="Folder with site.yaml.", file_okay=False)],
    connect: Annotated[bool, typer.Option("--connect", help="Also try DNS, TCP and one read of each device.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Check a site: every mistake at once, each with its line. / Kiểm tra cấu hình."""
    checked, problems = inspect(site, REGISTRY)
    found: list[dict[str, Any]] = []
    if checked is not None and connect:
        from hub.cli.probe import probe

        found = probe(checked, REGISTRY, progress=sys.stderr.isatty() and not as_json)
    typer.echo(_json(checked, problems, found) if as_json else _text(site, checked, problems, found), nl=False)
    if checked is None:
        raise typer.Exit(INVALID)
    if any(not row["ok"] for row in found):
        raise typer.Exit(1)


def _text(folder: Path, site: Site | None, problems: list[Problem], found: list[dict[str, Any]]) -> str:
    parts = [render(problems, color=sys.stdout.isatty()) + "\n"] if problems else []
    errors = sum(p.level == "error" for p in problems)
    if site is None:
        parts.append(f"{folder}: {errors} error{'s' if errors != 1 else ''}; nothing was started\n")
    else:
        warned = f", {len(problems)} warning{'s' if len(problems) != 1 else ''}" if problems else ""
        parts.append(f"{folder}: good{warned}\n{_summary(site)}")
    parts += [_line(row) for row in found]
    return "".join(parts)


def _summary(site: Site) -> str:
    models = Counter(device.profile for device in site.devices.values())
    lines = [
        f"  {site.title.vi} ({site.id})",
        f"  {len(site.zones)} zones, {len(site.devices)} devices, {len(site.points)} points, {len(site.rules)} rules",
        *(f"  {count:>5} × {profile}" for profile, count in models.most_common()),
        *(f"  {line}" for line in _to_come(site)),
    ]
    return "\n".join(lines) + "\n"


def _to_come(site: Site) -> list[str]:
    """Say how many points may come with rows that devices turn out to have."""
    finders = [device for device in site.devices.values() if device.found]
    most = sum(group.most * group.each for device in finders for group in device.found)
    tables = Counter(f"{device.profile} ({group.name})" for device in finders for group in device.found)
    named = ", ".join(f"{count} × {name}" for name, count in tables.most_common())
    return [f"up to {most} more points may come with rows that devices have: {named}"] if finders else []


def _line(row: dict[str, Any]) -> str:
    return f"  {'ok  ' if row['ok'] else 'FAIL'} {row['device']}: {row['detail']}\n"


def _json(site: Site | None, problems: list[Problem], found: list[dict[str, Any]]) -> str:
    counts = (
        {} if site is None else {name: len(getattr(site, name)) for name in ("zones", "devices", "points", "rules")}
    )
    if site is not None:
        groups = [group for device in site.devices.values() for group in device.found]
        counts["points_to_come"] = sum(group.most * group.each for group in groups)
    body = {"valid": site is not None, "problems": problems, "site": counts, "devices": found}
    return msgspec.json.encode(body).decode() + "\n"
