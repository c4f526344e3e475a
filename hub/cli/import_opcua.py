"""`citywatch import opcua`: what an OPC UA server or a NodeSet2 file has becomes a profile for review."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from drivers.opcua import SPEC
from hub.cli.connecting import Settings, connection
from hub.cli.proposals import AsJson, Name, Out, Replace, named, offer, refuse, source, stop_if_wrong, titled
from hub.config.problems import Report
from hub.importing import nodeset, variables
from hub.importing.variables import Found
from hub.model import DriverError, SystemClock

PATIENCE = 5.0
"""Seconds for one answer."""


def opcua(
    server: Annotated[str, typer.Argument(help="opc.tcp://HOST:PORT/PATH, or a NodeSet2 XML file.")],
    out: Out = None,
    name: Name = "",
    under: Annotated[str, typer.Option("--under", help="Node id or browse path where to begin.")] = "0:Objects",
    settings: Settings = [],  # noqa: B006 - typer reads it, nobody changes it
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Make a profile of an OPC UA server's variables. / Tạo hồ sơ từ máy chủ OPC UA hoặc tệp NodeSet2.

    Units come from EngineeringUnits, ranges from EURange, maps from enumerations, examples from the present values;
    conditions that the server shows become points of their own. Nothing is written to the server.

      citywatch import opcua opc.tcp://10.1.2.3:4840 --under 0:Objects/2:Panel --connection security=None -o p.yaml

    A secure connection needs the hub's certificate (citywatch certs make --state DIR); name DIR with
    --connection state=DIR. At most 20,000 nodes, 12 levels and a minute are looked at.
    """
    online = server.startswith("opc.tcp:")
    found = _browsed(server, under, settings) if online else _read(Path(server))
    profile = named(name, out, server.partition("://")[2].partition(":")[0] if online else server, "opcua")
    where = f"variables of {server}, below {under}" if online else f"node set {Path(server).name}"
    try:
        proposal = variables.propose(found, profile, titled(profile), where)
    except ValueError as error:
        refuse(f"{server}: {error}")
    offer(proposal, out, replace, as_json)


def _read(path: Path) -> Found:
    report = Report()
    found = nodeset.read(source(path), report)
    stop_if_wrong(report)
    return found


def _browsed(url: str, under: str, settings: list[str]) -> Found:
    state = next((s.partition("=")[2] for s in settings if s.startswith("state=")), "")
    wanted = connection(SPEC.connection, {"url": url}, [s for s in settings if not s.startswith("state=")])
    try:
        return asyncio.run(browse(wanted, under, state, _progress))
    except (DriverError, TimeoutError) as error:
        refuse(f"{url}: {error or 'no answer'}")


async def browse(wanted: object, under: str, state: str, tell: object) -> Found:
    """Return what a server has below a node. Raises DriverError."""
    from drivers.opcua.browsing import Bounds, Browser
    from drivers.opcua.security import trust_of
    from drivers.opcua.session import Session

    clock = SystemClock()
    session = Session(wanted, trust_of(wanted, state), PATIENCE, clock)  # type: ignore[arg-type]
    try:
        await session.open()
        return await Browser(session, Bounds(), clock, tell).search(under)  # type: ignore[arg-type]
    finally:
        await session.close()


def _progress(nodes: int) -> None:
    if sys.stderr.isatty():
        typer.echo(f"\r{nodes} nodes", nl=False, err=True)
