"""`citywatch discover modbus|opcua|snmp`: hosts are asked who they are; nothing is written to them."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
import typer

from hub.cli.connecting import Settings, connection
from hub.cli.proposals import AsJson, Replace, refuse, write
from hub.cli.stopping import run
from hub.cli.sweeping import progress, sweep
from hub.importing import devices
from hub.importing.devices import Device
from hub.importing.targets import Targets, targets
from hub.model import DriverError, SystemClock

PATIENCE = 1.0
"""Seconds for a host, and for each answer of it."""
Out = Annotated[
    Path | None, typer.Option("--output", "-o", help="File to write; absent: standard output.", dir_okay=False)
]
Yes = Annotated[bool, typer.Option("--yes", help="Search a network larger than a /22.")]
Network = Annotated[str, typer.Argument(help="HOST, HOST:PORT, or a network such as 10.1.2.0/24.")]
T = TypeVar("T")


def modbus(
    target: Network,
    out: Out = None,
    units: Annotated[str, typer.Option("--units", help="Unit ids to ask: 1, 1-16 or 1,5,255.")] = "1,255",
    yes: Yes = False,
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Find Modbus/TCP devices, their unit ids and what they say they are. / Tìm thiết bị Modbus/TCP.

    Each unit is asked for its identification (function 43/14) and nothing else. A device that answers with a refusal is
    there, too. At most 50 hosts a second, 32 at a time; Ctrl-C keeps what was found.
    """
    from drivers.modbus import identify

    wanted, numbers = targets_of(target, 502, yes), _numbers(units)

    async def ask(host: str) -> list[Device]:
        try:
            found = await identify.units(host, wanted.port, numbers, PATIENCE)
        except (OSError, TimeoutError):
            return []
        return [_modbus_device(host, wanted.port, unit.unit, unit.says) for unit in found]

    found, notes = search(wanted, ask)
    offer(found, f"Modbus at {target}", out, replace, as_json, notes)


def _modbus_device(host: str, port: int, unit: int, says: dict[str, str]) -> Device:
    told = ", ".join(f"{key} {value}" for key, value in says.items()) or "does not say what it is"
    return Device(f"modbus-{host}-{unit}", {"host": host, "port": port, "unit": unit}, says=told)


def opcua(
    target: Annotated[str, typer.Argument(help="HOST, HOST:PORT, opc.tcp://HOST:PORT, or a network.")],
    out: Out = None,
    yes: Yes = False,
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Find OPC UA servers, their endpoints and how each is secured. / Tìm máy chủ OPC UA.

    Asks FindServers and GetEndpoints, which need no sign-in; shows endpoints that anybody can read and change (None).
    """
    from drivers.opcua.finding import endpoints

    wanted = targets_of(target.removeprefix("opc.tcp://").partition("/")[0], 4840, yes)

    async def ask(host: str) -> list[Device]:
        shown = f"[{host}]" if ":" in host else host
        try:
            found = await endpoints(f"opc.tcp://{shown}:{wanted.port}", 2 * PATIENCE)
        except (DriverError, TimeoutError):
            return []
        return [_opcua_device(host, found)] if found else []

    found, notes = search(wanted, ask)
    offer(found, f"OPC UA at {target}", out, replace, as_json, notes)


def _opcua_device(host: str, found: Sequence[Any]) -> Device:
    lines = [
        f"{e.application}: {e.url} {e.policy} {e.mode}, sign-in: {', '.join(e.users) or 'none'}"
        + (f", certificate sha256:{e.certificate}" if e.certificate else "")
        for e in found
    ]
    order = ("Aes256Sha256RsaPss", "Aes128Sha256RsaOaep", "Basic256Sha256", "None")
    best = min(found, key=lambda e: order.index(e.policy) if e.policy in order else len(order))
    given: dict[str, Any] = {"url": best.url, "security": best.policy if best.policy in order else "Basic256Sha256"}
    return Device(f"opcua-{host}", given, says="\n".join(lines))


def snmp(
    target: Network,
    settings: Settings,
    out: Out = None,
    yes: Yes = False,
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Find SNMP agents with the credentials given, and match them to shipped profiles. / Tìm thiết bị SNMP.

      citywatch discover snmp 10.1.2.0/24 --connection version=2c --connection community=env:COMMUNITY -o new.yaml

    Agents are silent to wrong credentials: what does not answer may be there all the same.
    """
    from drivers.snmp.connection import Connection
    from drivers.snmp.finding import identify

    wanted = targets_of(target, 161, yes)
    base = connection(Connection, {"host": "0.0.0.0", "port": wanted.port, "retries": 1}, settings)

    async def ask(host: str) -> list[Device]:
        try:
            found = await identify(base.model_copy(update={"host": host}), PATIENCE, SystemClock())
        except (DriverError, TimeoutError):
            return []
        given = {"host": host, "port": wanted.port, **_named_secrets(settings)}
        says = f"{found.name}: {found.description} ({found.object_id})"
        return [Device(found.name or f"snmp-{host}", given, found.profile or devices.CHOOSE, says)]

    found, notes = search(wanted, ask)
    offer(found, f"SNMP at {target}", out, replace, as_json, notes)


def _named_secrets(settings: Sequence[str]) -> dict[str, Any]:
    """Return the connection as a site writes it: secrets by name."""
    made: dict[str, Any] = {}
    for pair in settings:
        key, _, value = pair.partition("=")
        *above, last = key.split(".")
        here = made
        for step in above:
            here = here.setdefault(step, {})
        secret = last in ("password", "community")
        here[last] = {"secret": "snmp_" + "_".join([*above, last]).removesuffix("_password")} if secret else value
    return made


def targets_of(text: str, port: int, large: bool) -> Targets:
    """Return what a person wrote as hosts. Ends the command where it is neither host nor network."""
    try:
        return targets(text, port, large=large)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="TARGET") from None


def _numbers(text: str) -> list[int]:
    found: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"(\d{1,3})(?:-(\d{1,3}))?", part.strip())
        if match is None or not int(match[1]) <= int(match[2] or match[1]) <= 255:
            raise typer.BadParameter(f"'{part}' is no unit id; write 1, 1-16 or 1,5,255", param_hint="--units")
        found += range(int(match[1]), int(match[2] or match[1]) + 1)
    return list(dict.fromkeys(found))


def search(wanted: Targets, ask: Callable[[str], Awaitable[list[T]]]) -> tuple[list[T], list[str]]:
    """Return what a search finds, and in a sentence how much was not looked at when it was stopped."""
    found: list[T] = []
    notes: list[str] = []
    asked = 0

    def tell(now: int, many: int) -> None:
        nonlocal asked
        asked = now
        progress(now, many)

    async def main(stop: asyncio.Event) -> int:
        found.extend(await sweep(wanted.hosts(), ask, stop, tell))
        if stop.is_set():
            notes.append(f"The search was stopped after {asked} of {wanted.many} addresses; the rest was not asked.")
        return 0

    run(main)
    return found, notes


def offer(
    found: list[Device], what: str, out: Path | None, replace: bool, as_json: bool, notes: Sequence[str] = ()
) -> None:
    """Write or print what was found; exit with 1 when it is nothing."""
    text = devices.text(found, what, notes)
    if out is not None and (found or notes):
        write(out, text, replace)
    if as_json:
        body = {"found": found, "notes": notes, "file": None if out is None else str(out)}
        typer.echo(msgspec.json.encode(body).decode())
    elif out is None:
        typer.echo(text, nl=False)
    else:
        typer.echo(f"{out}: {len(found)} found; read the comments at its head before a site includes it", err=True)
    if not found and not notes:
        refuse(f"{what}: nobody answered")
