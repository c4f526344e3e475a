"""`citywatch show DEVICE`: what a device is in effect, and with `--origin` where each value was written."""

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from pydantic import SecretBytes, SecretStr

from drivers import REGISTRY
from hub.config import Origin, load, origins
from hub.config.durations import spell
from hub.config.origin import HIDDEN
from hub.config.problems import did_you_mean, known_are
from hub.model import Device, Point


def show(
    device: Annotated[str, typer.Argument(help="Id of the device.")],
    site: Annotated[Path, typer.Option("--site", help="Folder with site.yaml.", file_okay=False)] = Path(),
    origin: Annotated[bool, typer.Option("--origin", help="Each value with the file and line it comes from.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Show a device as the hub understands it. / Xem cấu hình hiệu lực của thiết bị."""
    found = load(site, REGISTRY).devices
    if device not in found:
        hint = did_you_mean(device, found, otherwise=known_are("devices", found))
        typer.echo(f"there is no device '{device}'; {hint}", err=True)
        raise typer.Exit(1)
    if origin:
        rows = origins(site, REGISTRY, device)
        typer.echo(msgspec.json.encode(rows).decode() if as_json else _origins(rows))
    else:
        typer.echo(msgspec.json.encode(_facts(found[device])).decode() if as_json else _text(found[device]))


def _origins(rows: list[Origin]) -> str:
    width = max(len(f"{row.path}: {row.value}") for row in rows)
    return "\n".join(f"{f'{row.path}: {row.value}':<{min(width, 70)}}  {row.file}:{row.line}" for row in rows)


def _facts(device: Device) -> dict[str, Any]:
    return {
        "id": device.id,
        "name": {"vi": device.title.vi, "en": device.title.en},
        "profile": device.profile,
        "driver": device.driver,
        "zone": device.zone,
        "connection": _veiled(device.connection.model_dump(by_alias=True, exclude_none=True)),
        "interval": spell(device.interval),
        "timeout": spell(device.timeout),
        "silent_after": None if device.silent_after is None else spell(device.silent_after),
        "behind": device.behind,
        "tags": sorted(device.tags),
        "at": device.at,
        "enabled": device.enabled,
        "with": device.parameters,
        "limits": device.limits,
        "cannot know": list(device.unknown_states),
        "origin": device.origin,
        "points": [_point(point) for point in device.points],
    }


def _veiled(value: Any) -> Any:
    """Return a connection as it may be shown: secrets are `***`."""
    if isinstance(value, SecretStr | SecretBytes):
        return HIDDEN
    return {key: _veiled(inner) for key, inner in value.items()} if isinstance(value, dict) else value


def _point(point: Point) -> dict[str, Any]:
    address = None if point.address is None else point.address.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {
        "name": point.name,
        "title": {"vi": point.title.vi, "en": point.title.en},
        "kind": point.kind,
        "type": point.type,
        "unit": point.unit,
        "zone": point.zone,
        "lane": point.lane.name.lower(),
        "address": address,
    }


def _text(device: Device) -> str:
    facts = _facts(device)
    points = facts.pop("points")
    facts["name"] = f"{device.title.vi} / {device.title.en}"
    lines = [f"{key + ':':<14}{value}" for key, value in facts.items() if value not in (None, [], {})]
    lines += ["points:"]
    for point in points:
        address = " ".join(f"{key}={value}" for key, value in (point["address"] or {"by": "hub"}).items())
        unit = f" [{point['unit']}]" if point["unit"] else ""
        lines.append(f"  {point['name']:<22}{point['kind']:<22}{point['title']['vi']}{unit}  {address}")
    return "\n".join(lines)
