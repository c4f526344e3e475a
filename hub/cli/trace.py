"""`citywatch trace DEVICE`: what a device and the hub say to each other, decoded, on a connection of its own."""

import asyncio
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from pydantic import BaseModel, SecretStr

from drivers import REGISTRY
from drivers.base import BoundDevice, DriverSpec, Seen
from drivers.bound import bind
from hub.cli.probe import default_state
from hub.config import load
from hub.config.origin import HIDDEN
from hub.config.problems import did_you_mean, known_are
from hub.model import DriverError, SystemClock
from hub.model.clock import MILLISECOND
from hub.model.masking import masked_bytes
from hub.model.masking import masked_text as plates_masked

SECRETIVE = re.compile(
    r'(?i)("?\w*(?:passw|passphrase|secret|token|api_?key|\bpin\b)\w*"?\s*[:=]\s*)("[^"]*"|[^\s,}&]+)'
)
"""A field of a message whose name says that its value is nobody's business."""
WIDEST = 64
"""Bytes shown in hex; what follows is counted."""
_SIGNS = {"sent": "→", "received": "←", "value": "=", "fault": "!"}


def trace(
    device: Annotated[str, typer.Argument(help="Id of the device.")],
    site: Annotated[Path, typer.Option("--site", help="Folder with site.yaml.", file_okay=False)] = Path(),
    seconds: Annotated[float, typer.Option(help="How long.", min=0.1, max=3600)] = 10.0,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON for each thing.")] = False,
) -> None:
    """Show what passes between a device and the hub; nothing is written. / Xem trao đổi với thiết bị."""
    loaded = load(site, REGISTRY)
    if device not in loaded.devices:
        hint = did_you_mean(device, loaded.devices, otherwise=known_are("devices", loaded.devices))
        typer.echo(f"there is no device '{device}'; {hint}", err=True)
        raise typer.Exit(1)
    spec = REGISTRY[loaded.devices[device].driver]
    if spec.trace is None:
        able = ", ".join(name for name, s in REGISTRY.items() if s.trace is not None)
        typer.echo(f"{device} speaks {spec.name}, which cannot be traced; {able} can", err=True)
        raise typer.Exit(1)
    bound = bind(loaded.devices[device], loaded.id, default_state(loaded))
    if not asyncio.run(follow(bound, spec, seconds, _printer(as_json))):
        raise typer.Exit(1)


async def follow(device: BoundDevice, spec: DriverSpec, seconds: float, show: Callable[[Seen], None]) -> bool:
    """Trace a device for some seconds; show what passes without its secrets. Return whether it could be reached."""
    assert spec.trace is not None
    secrets = tuple(secrets_of(device.connection))
    try:
        tracer = spec.trace()  # a library may take its time to be imported; that is none of the device's
        async with asyncio.timeout(seconds):
            await tracer(device, lambda seen: show(masked(seen, secrets)))
    except TimeoutError:
        return True
    except (DriverError, ImportError) as why:
        show(masked(Seen("fault", str(why)), secrets))
    return False


def secrets_of(connection: Any) -> Iterator[str]:
    """Yield every secret of a connection, however deep."""
    for _, value in connection if isinstance(connection, BaseModel) else ():
        if isinstance(value, SecretStr):
            yield value.get_secret_value()
        else:
            yield from secrets_of(value)


def masked(seen: Seen, secrets: tuple[str, ...]) -> Seen:
    """Return what was seen without secrets (those of the connection, and values of fields that are named like one)
    and without whole plates; bytes in which one stands are not shown at all.
    """
    says = masked_text(seen.says, secrets)
    return seen if says == seen.says and masked_bytes(seen.raw) is seen.raw else Seen(seen.way, says)


def masked_text(text: str, secrets: tuple[str, ...]) -> str:
    """Return a text without secrets."""
    text = SECRETIVE.sub(rf"\g<1>{HIDDEN}", text)
    for secret in filter(None, secrets):
        text = text.replace(secret, HIDDEN)
    return plates_masked(text)


def _printer(as_json: bool) -> Callable[[Seen], None]:
    clock = SystemClock()
    began = clock.monotonic()

    def show(seen: Seen) -> None:
        ms = round((clock.monotonic() - began) / MILLISECOND, 1)
        if as_json:
            row = {"ms": ms, "way": seen.way, "says": seen.says, "hex": seen.raw.hex()}
            line = msgspec.json.encode(row).decode()
        else:
            line = f"{ms:>9.1f} ms {_SIGNS[seen.way]} {_plain(seen.says)}" + _hex(seen.raw)
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    return show


def _plain(text: str) -> str:
    """Return a text of a device without the control characters that could command a terminal."""
    return "".join(c if c.isprintable() else "·" for c in text)


def _hex(raw: bytes) -> str:
    if not raw:
        return ""
    more = f" … {len(raw)} bytes" if len(raw) > WIDEST else ""
    return f"\n{'':>13}  {raw[:WIDEST].hex(' ')}{more}"
