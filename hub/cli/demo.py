"""`citywatch demo [SITE]`: a whole site on one machine: simulators, hub, embedded database, console."""

import asyncio
import errno
import os
import socket
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from msgspec import Struct
from msgspec.structs import replace
from rich.table import Table

from drivers import REGISTRY
from hub.app import Hub
from hub.cli import logs
from hub.cli.interpreter import spare_what_stays
from hub.cli.language import language
from hub.cli.progress import Progress
from hub.cli.simulate import announce, choose, end, hub_of, stage_of
from hub.cli.stopping import run
from hub.config import load, shipped
from hub.model import CitywatchError, Site, SystemClock
from simulators.control import Control
from simulators.fleet import Fleet
from simulators.onvif.discovery import Responder
from simulators.timeline import Scenario

STOP_WITHIN = 15.0
"""Seconds for an orderly stop; what is not done by then is left to the next start."""
ROLE = "operator"


class Plan(Struct, frozen=True):
    """What one run of the demo is to do."""

    site: Site
    state: Path
    port: int
    scenario: Scenario | None
    as_json: bool


def demo(
    site: Annotated[Path | None, typer.Argument(help="Folder with site.yaml; absent: thai-nguyen.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of the console; 0 takes a free one.")] = None,
    state: Annotated[Path | None, typer.Option(help="Folder for the state and the database.")] = None,
    scenario: Annotated[str | None, typer.Option(help="Scenario to play; absent: the site's tour.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON when everything is up.")] = False,
) -> None:
    """Run a simulated site with its console. / Chạy một hệ thống mô phỏng cùng bảng điều khiển."""
    logs.configure()
    loaded = load(site or shipped() / "sites" / "thai-nguyen", REGISTRY)
    # a demo keeps everything in its own folder, whatever database the real site uses
    loaded = replace(loaded, store=replace(loaded.store, url="embedded"))
    chosen = loaded.web.port if port is None else port
    plan = Plan(loaded, state or state_folder(loaded.id), chosen, choose(loaded, scenario), as_json)
    try:
        code = run(lambda stop: _demo(plan, stop))
    except CitywatchError as problem:
        typer.echo(f"citywatch demo: {problem}", err=True)
        code = 1
    except OSError as problem:
        typer.echo(f"citywatch demo: {_explain(problem, plan)}", err=True)
        code = 1
    if code:
        raise typer.Exit(code)


def state_folder(site: str) -> Path:
    """Return where a demo keeps its state: `var/demo` in a checkout, else the user's state folder (XDG)."""
    here = Path.cwd()
    if (here / "pyproject.toml").is_file() and (here / "config").is_dir() and os.access(here, os.W_OK):
        return here / "var" / "demo" / site
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "citywatch" / "demo" / site


async def _demo(plan: Plan, stop: asyncio.Event) -> int:
    if plan.port:
        _must_be_free(plan.site.web.host, plan.port)
    clock = SystemClock()
    fleet = Fleet(plan.site, clock=clock)
    with Progress(quiet=plan.as_json) as progress:
        progress(f"simulators of {len(plan.site.devices)} devices")
        await fleet.start()
        hub = Hub(fleet.redirected(plan.site), plan.state, clock=clock, port=plan.port, progress=progress)
        stage = stage_of(fleet, clock, progress.console)
        control = Control(fleet, stage, plan.state)
        announcing = Responder(())
        try:
            if not await _done_before(stop, asyncio.create_task(hub.start(), name="hub")):
                return 130
            fleet.aim(hub_of(plan.site, hub.port))
            announcing = await announce(plan.site, fleet)
            orders = await control.start()
            progress.finish()
            spare_what_stays()
            _ready(plan, hub, orders, progress)
            if plan.scenario is not None:
                stage.play(plan.scenario)
            await stop.wait()
        finally:
            progress("stopping")
            await _stop(progress, control.stop, stage.end, announcing.stop, hub.stop, fleet.stop)
    return 0


async def _done_before(stop: asyncio.Event, task: "asyncio.Task[None]") -> bool:
    """Wait for a task or for the wish to stop; a task that is not done by then is cancelled. Raises what it raised."""
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not task.done():
        await end(task)
        return False
    task.result()
    return True


async def _stop(progress: Progress, *parts: Callable[[], Awaitable[None]]) -> None:
    """Stop the parts one after the other, all within the time there is."""
    try:
        async with asyncio.timeout(STOP_WITHIN):
            for part in parts:
                await part()
    except TimeoutError:
        progress.console.print(f"not everything stopped within {STOP_WITHIN:.0f} s; the next start recovers")


def _ready(plan: Plan, hub: Hub, orders: Path, progress: Progress) -> None:
    sign_in = hub.sign_in(ROLE)
    if plan.as_json:
        line = {
            "ready": True,
            "url": hub.url,
            "sign_in": sign_in,
            "token": hub.token("demo", ROLE),
            "control": str(orders),
        }
        sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
        sys.stdout.flush()
        return
    words = _WORDS[language(plan.site.language)]
    progress.console.print(_table(plan, hub, orders, words))
    progress.console.print(f"\n  {words['open']}: [bold link={sign_in}]{sign_in}[/]", soft_wrap=True)
    progress.console.print(f"  [dim]{words['ready'].format(progress.elapsed)}[/dim]\n")


_WORDS = {
    "en": {
        "site": "site", "console": "console", "devices": "devices, simulated", "rules": "rules",
        "database": "database", "embedded": "PostgreSQL, embedded", "scenario": "scenario", "none": "none",
        "state": "state folder", "orders": "orders", "open": "Open this link, it signs in once",
        "ready": "ready after {:.1f} s; Ctrl-C stops everything",
    },
    "vi": {
        "site": "hệ thống", "console": "bảng điều khiển", "devices": "thiết bị mô phỏng", "rules": "quy tắc",
        "database": "cơ sở dữ liệu", "embedded": "PostgreSQL đi kèm", "scenario": "kịch bản", "none": "không",
        "state": "thư mục trạng thái", "orders": "nhận lệnh",
        "open": "Mở liên kết này, dùng một lần để đăng nhập",
        "ready": "sẵn sàng sau {:.1f} giây; Ctrl-C để dừng tất cả",
    },
}  # fmt: skip


def _table(plan: Plan, hub: Hub, orders: Path, words: dict[str, str]) -> Table:
    speaks = language(plan.site.language)
    drivers = Counter(device.driver for device in plan.site.devices.values())
    rows = {
        "site": plan.site.title.say(speaks),
        "console": hub.url,
        "devices": ", ".join(f"{n} {driver}" for driver, n in sorted(drivers.items())),
        "rules": str(len(plan.site.rules)),
        "database": words["embedded"],
        "scenario": plan.scenario.title.say(speaks) if plan.scenario else words["none"],
        "state": str(plan.state),
        "orders": str(orders),
    }
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2))
    for name, value in rows.items():
        table.add_row("", f"[bold]{words[name]}[/bold]", value)
    return table


def _must_be_free(host: str, port: int) -> None:
    """Raise OSError when the console's port cannot be had, before anything is started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))


def _explain(problem: OSError, plan: Plan) -> str:
    if problem.errno == errno.EADDRINUSE:
        return f"port {plan.port} is already in use; stop what uses it, or choose another port: --port {plan.port + 1}"
    if problem.errno == errno.EACCES and plan.port < 1024:
        return f"port {plan.port} needs administrator rights; choose another port: --port 8080"
    return f"{problem}; if it is about the state folder {plan.state}, name another with --state"
