"""`citywatch discover onvif`: cameras that answer a probe, or a question at their port; nothing is written to them."""

import asyncio
import re
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

import typer
from msgspec import Struct

from drivers.onvif.address import Connection
from drivers.onvif.finding import GROUP, PORT, Found, asked, probed
from hub.cli.connecting import Settings, connection
from hub.cli.discover_network import PATIENCE, Out, Yes, offer, search, targets_of
from hub.cli.proposals import AsJson, Replace, refuse
from hub.cli.stopping import run
from hub.importing.devices import Device
from hub.importing.targets import Targets
from hub.model import SystemClock

LISTEN = 4.0
"""Seconds for answers to a probe of everybody."""
TOGETHER = 16
"""Cameras asked at the same time who they are."""
_PATH = "/onvif/device_service"
Networks = Annotated[
    list[str] | None,
    typer.Argument(help="HOST, HOST:PORT or networks such as 10.1.2.0/24; absent: a probe to everybody on this one."),
]


def onvif(
    target: Networks = None,
    settings: Settings = [],  # noqa: B006 - typer copies it
    probe: Annotated[
        str,
        typer.Option(metavar="[ADDRESS][:PORT]", help="Address of the network card that asks; UDP port that is asked."),
    ] = f":{PORT}",
    out: Out = None,
    yes: Yes = False,
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Find ONVIF cameras and recorders. / Tìm camera và đầu ghi ONVIF.

      citywatch discover onvif
      citywatch discover onvif 10.1.2.0/24 10.1.3.0/24 --connection user=hub --connection password=env:CAMERAS

    Without a target everybody on this network is asked by WS-Discovery, which does not cross routers; with targets each
    address is asked by a probe of its own and at its port (80). Who answers is asked who it is, with the user if one is
    given. At most 50 hosts a second, 32 at a time; Ctrl-C keeps what was found.
    """
    given = list(settings)
    base = connection(Connection, {"host": "0.0.0.0"}, given)
    way = _way(probe)
    if target:
        found, notes = _swept([targets_of(text, 80, yes) for text in target], base, way)
    else:
        found, notes = _everybody(base, way), []
    where = " ".join(target) if target else "this network (WS-Discovery)"
    named = {"user": base.user, "password": {"secret": "cameras"}} if base.user else {}
    offer([_device(f, named) for f in found], f"ONVIF at {where}", out, replace, as_json, notes)


class Way(Struct, frozen=True):
    """Where probes leave from and go to."""

    interface: str
    port: int


def _way(text: str) -> Way:
    address, _, port = text.partition(":")
    if (
        not re.fullmatch(r"(?:\d{1,3}(?:\.\d{1,3}){3})?", address)
        or not 0 < int(port if port.isdecimal() else "0") < 65536
    ):
        problem = f"'{text}' is no address of this machine and UDP port; write 10.1.2.3:{PORT}, or :{PORT}"
        raise typer.BadParameter(problem, param_hint="--probe")
    return Way(address, int(port))


def _swept(wanted: Sequence[Targets], base: Connection, way: Way) -> tuple[list[Found], list[str]]:
    found: list[Found] = []
    notes: list[str] = []
    for targets in wanted:
        more, said = search(targets, partial(_asked, targets.port, base, way))
        found += more
        notes += said
    return found, notes


async def _asked(port: int, base: Connection, way: Way, host: str) -> list[Found]:
    told = await _probed(host, way)
    some = [await asked(f, base, PATIENCE, SystemClock()) for f in told or [Found(host, port, _PATH)]]
    return [f for f in some if f is not None]


async def _probed(host: str, way: Way) -> list[Found]:
    try:
        return await probed(host, PATIENCE, port=way.port, interface=way.interface)
    except OSError:
        return []


def _everybody(base: Connection, way: Way) -> list[Found]:
    found: list[Found] = []

    async def main(_: asyncio.Event) -> int:
        gate = asyncio.Semaphore(TOGETHER)

        async def ask(one: Found) -> Found:
            async with gate:
                return await asked(one, base, PATIENCE, SystemClock()) or one

        told = await probed(GROUP, LISTEN, port=way.port, interface=way.interface)
        found.extend(await asyncio.gather(*(ask(one) for one in sorted(told, key=lambda f: (f.host, f.port)))))
        return 0

    try:
        run(main)
    except OSError as error:
        refuse(f"no probe could be sent{f' from {way.interface}' if way.interface else ''}: {error.strerror or error}")
    return found


def _device(found: Found, named: dict[str, Any]) -> Device:
    about = found.about
    who = " ".join(filter(None, (about.get("manufacturer"), about.get("model"), about.get("firmware"))))
    serial = f"serial {about['serial']}" if about.get("serial") else ""
    profiles = f"profiles {', '.join(found.profiles)}" if found.profiles else ""
    says = ", ".join(filter(None, (found.name, who or found.hardware, serial, found.location, profiles)))
    lines = [says or "does not say what it is"]
    lines += [f"asked who it is: {found.refuses}"] if found.refuses else []
    lines += [f"names another address for itself: {found.elsewhere}"] if found.elsewhere else []
    given: dict[str, Any] = {"host": found.host, **({} if found.port == 80 else {"port": found.port})}
    given |= {} if found.path == _PATH else {"path": found.path}
    name = found.name or about.get("model") or "camera"
    return Device(f"{name}-{found.host}".replace(".", "-"), {**given, **named}, "onvif/camera", "\n".join(lines))
