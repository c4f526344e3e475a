"""`citywatch doctor [DEVICE]`: step by step where the way to a device ends, and what cures it; nothing is written."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from drivers import REGISTRY
from drivers.bound import bind
from hub.cli.examining import Examination
from hub.cli.language import language
from hub.cli.ownhub import own_url
from hub.cli.probe import TOGETHER, default_state
from hub.cli.trace import masked_text, secrets_of
from hub.config import load
from hub.config.durations import positive
from hub.config.problems import did_you_mean, known_are
from hub.model import SECOND, Device, Site

WORDS = {
    "configuration": ("cấu hình", "configuration"),
    "name": ("tên máy (DNS)", "name (DNS)"),
    "port": ("cổng (TCP)", "port (TCP)"),
    "sign_in": ("kết nối, đăng nhập", "sign-in"),
    "read": ("đọc thử", "one read"),
    "listen": ("lắng nghe", "listening"),
    "decode": ("giải mã", "decoding"),
    "health": ("tình trạng", "health"),
}
SIGNS = {True: "ok  ", False: "FAIL", None: "–   "}


def doctor(
    device: Annotated[str, typer.Argument(help="Id of the device; absent: every device.")] = "",
    site: Annotated[Path, typer.Option("--site", help="Folder with site.yaml.", file_okay=False)] = Path(),
    listen: Annotated[str, typer.Option(help="How long to wait for a device that reports by itself.")] = "10s",
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Find out step by step what is wrong with a device, and what cures it. / Chẩn đoán thiết bị từng bước."""
    seconds = _seconds(listen)
    loaded = load(site, REGISTRY)
    if device and device not in loaded.devices:
        hint = did_you_mean(device, loaded.devices, otherwise=known_are("devices", loaded.devices))
        typer.echo(f"there is no device '{device}'; {hint}", err=True)
        raise typer.Exit(1)
    chosen = [loaded.devices[device]] if device else list(loaded.devices.values())
    spoken = language(loaded.language)
    found = asyncio.run(examine(loaded, chosen, spoken, seconds))
    typer.echo(_json(found) if as_json else _text(found, spoken, whole=bool(device)), nl=False)
    if not all(row["ok"] for row in found):
        raise typer.Exit(1)


async def examine(site: Site, devices: Sequence[Device], spoken: str, listen: float) -> list[dict[str, Any]]:
    """Examine devices, those of one line one after the other; return a row for each in their order."""
    gate = asyncio.Semaphore(TOGETHER)
    lines: dict[Any, list[Device]] = {}
    for device in devices:
        lines.setdefault((device.driver, REGISTRY[device.driver].line(device.connection)), []).append(device)

    async def one(line: list[Device]) -> list[dict[str, Any]]:
        async with gate:
            return [await _row(site, device, spoken, listen) for device in line]

    rows = {row["device"]: row for found in await asyncio.gather(*map(one, lines.values())) for row in found}
    return [rows[device.id] for device in devices]


async def _row(site: Site, device: Device, spoken: str, listen: float) -> dict[str, Any]:
    bound = bind(device, site.id, default_state(site))
    examination = Examination(
        device, bound, REGISTRY[device.driver], spoken, listen, (own_url(site), site.web.cert or "")
    )
    await examination.run()
    secrets = tuple(secrets_of(device.connection))
    steps = [
        {"step": s.name, "ok": s.ok, "says": masked_text(s.says, secrets), "fix": s.fix} for s in examination.steps
    ]
    return {"device": device.id, "ok": examination.ok, "steps": steps}


def _seconds(given: str) -> float:
    try:
        return positive(given) / SECOND
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong), param_hint="--listen") from None


def _text(found: list[dict[str, Any]], spoken: str, *, whole: bool) -> str:
    """Return every step of each device, or of the well ones only that they are well."""
    lines: list[str] = []
    for row in found:
        if row["ok"] and not whole:
            lines.append(f"{SIGNS[True]} {row['device']}: {row['steps'][-1]['says']}")
            continue
        lines.append(row["device"])
        for step in row["steps"]:
            name = WORDS[step["step"]][0 if spoken == "vi" else 1]
            lines.append(f"  {SIGNS[step['ok']]} {name}: {step['says']}")
            if step["fix"]:
                lines.append(f"       → {step['fix']}")
    return "".join(f"{line}\n" for line in lines)


def _json(found: list[dict[str, Any]]) -> str:
    return msgspec.json.encode(found).decode() + "\n"
