"""`citywatch simulate SITE`: only the simulators, every device of the site on the wire."""

import asyncio
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import msgspec
import structlog
import typer
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from drivers import REGISTRY
from hub.cli.language import language
from hub.cli.ownhub import own_url
from hub.cli.progress import Progress
from hub.cli.stopping import run
from hub.config import load
from hub.model import Clock, Site, SystemClock, Text
from simulators.base import Hub
from simulators.control import Control
from simulators.fleet import Fleet
from simulators.onvif.discovery import Responder, responder
from simulators.scenario import load as load_scenario
from simulators.scenario import names as scenario_names
from simulators.stage import Stage
from simulators.timeline import Scenario

log = structlog.get_logger(__name__)


def simulate(
    site: Annotated[Path, typer.Argument(help="Folder with site.yaml.")],
    scenario: Annotated[str, typer.Option(help="Scenario to play, from the site's scenarios folder.")] = "",
    seed: Annotated[int, typer.Option(help="The same seed gives the same values.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the addresses as one line of JSON.")] = False,
) -> None:
    """Put every device of a site on the wire. / Mô phỏng mọi thiết bị của một hệ thống trên đường truyền."""
    loaded = load(site, REGISTRY)
    played = load_scenario(loaded, scenario) if scenario else None
    code = run(lambda stop: _simulate(loaded, played, seed, as_json, stop))
    if code:
        raise typer.Exit(code)


async def _simulate(site: Site, scenario: Scenario | None, seed: int, as_json: bool, stop: asyncio.Event) -> int:
    clock = SystemClock()
    fleet = Fleet(site, seed=seed, clock=clock)
    with Progress(quiet=as_json) as progress:
        progress(f"simulators of {len(site.devices)} devices")
        await fleet.start()
    fleet.aim(hub_of(site))
    announcing = await announce(site, fleet)
    stage = stage_of(fleet, clock, Console(stderr=True, quiet=as_json))
    control = Control(fleet, stage)
    socket = await control.start()
    if as_json:
        typer.echo(msgspec.json.encode({"ready": True, "control": str(socket), "devices": addresses(fleet)}).decode())
    else:
        show(fleet, socket)
    if scenario is not None:
        stage.play(scenario)
    await stop.wait()
    await control.stop()
    await stage.end()
    await announcing.stop()
    await fleet.stop()
    return 0


async def announce(site: Site, fleet: Fleet) -> Responder:
    """Let the cameras of a fleet answer WS-Discovery, unless somebody on this machine answers it already."""
    made = responder(site, fleet.where)
    try:
        await made.start()
    except OSError as why:
        log.warning("simulated cameras do not answer discovery", why=str(why))
        await made.stop()
    return made


def stage_of(fleet: Fleet, clock: Clock, console: Console) -> Stage:
    """Return the stage of a fleet, which tells on the console what happens."""
    speaks = language(fleet.site.language)

    def tell(text: Text) -> None:
        console.print(f"  [dim]{time.strftime('%H:%M:%S')}[/dim] {text.say(speaks)}")

    return Stage(fleet, clock, tell)


def hub_of(site: Site, port: int = 0) -> Hub:
    """Return where a site's hub on this machine takes what is pushed to it."""
    return Hub(own_url(site, port), site.web.cert or "")


async def end(task: "asyncio.Task[None] | None") -> None:
    """Cancel a task and wait until it is gone; an error it had is raised."""
    if task is not None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def choose(site: Site, name: str | None) -> Scenario | None:
    """Return the scenario asked for; without a name the site's `tour`, or none. Raises ConfigError."""
    if name is None:
        return load_scenario(site, "tour") if "tour" in scenario_names(site) else None
    return load_scenario(site, name)


def addresses(fleet: Fleet) -> dict[str, dict[str, Any]]:
    """Return where each device answers, with what is needed to connect (made anew at each start)."""
    return {
        device: {"host": o.host, "port": o.port, **{key: _plain(value) for key, value in o.extra.items() if value}}
        for device, o in fleet.where.items()
    }


def _place(site: Site, at: dict[str, Any]) -> str:
    if at["port"]:
        return f"{at['host']}:{at['port']}"
    return str(at.get("folder") or f"pushes to {hub_of(site).url}")


def _plain(value: object) -> object:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def show(fleet: Fleet, socket: Path) -> None:
    """Print where each device answers, and where the simulators take orders."""
    table = Table("device", "profile", "address", box=None, header_style="bold", pad_edge=False)
    signs_in: dict[str, str] = {}
    for name, at in addresses(fleet).items():
        table.add_row(name, fleet.site.devices[name].profile, _place(fleet.site, at))
        if "password" in at:
            signs_in[f"{at['host']}:{at['port']}"] = f"user {at['user']}, password {at['password']}"
    for name in fleet.missing:
        table.add_row(name, fleet.site.devices[name].profile, "no simulator for its protocol")
    console = Console()
    console.print(table)
    for address, words in signs_in.items():
        console.print(f"MQTT {address}: {words}", soft_wrap=True, highlight=False)
    console.print(f"orders: {socket}", soft_wrap=True, highlight=False)
    console.print("Ctrl-C stops all.", style="dim")
