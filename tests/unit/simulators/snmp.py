"""A site with two simulated agents, one of version 2c and one of version 3, and a receiver of what they tell."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from drivers import REGISTRY
from hub.config import load
from hub.model import Clock, Site
from simulators.fleet import Fleet
from tests.integration.snmp.netsnmp import run, signs_in

SECRET = "made-up-for-tests"
WHO = "user: city, auth: {password: {secret: s}}, privacy: {password: {secret: s}}"
SITE = """\
version: 1
site: {id: one, name: One, timezone: Asia/Ho_Chi_Minh}
zones: [{id: z, name: Z}]
devices:
  - {id: traps, profile: net/snmp-traps, zone: z, connection: {communities: [{secret: s}]%s}}
  - id: switch
    profile: net/switch-ifmib
    zone: z
    interval: 1s
    with: {ports: 4, names: Gi1/0/, poe: 2}
    connection: {host: 10.1.1.1, version: 2c, community: {secret: s}}
  - id: ups
    profile: power/ups-rfc1628
    zone: z
    interval: 1s
    connection: {host: 10.1.1.2, user: city, auth: {password: {secret: s}}, privacy: {password: {secret: s}}}
  - id: ups-2
    profile: power/ups-rfc1628
    zone: z
    connection: {host: 10.1.1.3, user: city, auth: {password: {secret: s}}, privacy: {password: {secret: s}}}
"""
V3_RECEIVER = ", users: [{name: city, auth: {password: {secret: s}}, privacy: {password: {secret: s}}}]"


def site_in(folder: Path, receiver: str = "") -> Site:
    (folder / "site.yaml").write_text(SITE % receiver, encoding="utf-8")
    (folder / "secrets.yaml").write_text(f"s: {SECRET}\n")
    (folder / "secrets.yaml").chmod(0o600)
    return load(folder, REGISTRY)


@asynccontextmanager
async def running(site: Site, clock: Clock | None = None) -> AsyncIterator[Fleet]:
    fleet = Fleet(site, clock=clock)
    await fleet.start()
    try:
        yield fleet
    finally:
        await fleet.stop()


async def ask(fleet: Fleet, device: str, program: str, *oids: str, extra: tuple[str, ...] = ()) -> dict[str, str]:
    """Ask an agent with one of Debian's programs; OID → what it printed, type included."""
    host, port = fleet.where[device].host, fleet.where[device].port
    who = ("-v2c", "-c", SECRET) if device == "switch" else signs_in("city", "SHA-256", "AES", SECRET)
    words = (*who, "-On", "-Oe", "-t", "1", "-r", "0", *extra, f"{host}:{port}", *oids)
    code, said = await run(program, *words)
    if code:
        raise OSError(said)
    pairs = [line.partition(" = ") for line in said.splitlines() if " = " in line]
    return {name.strip().removeprefix("."): value for name, _, value in pairs}


async def get(fleet: Fleet, device: str, oid: str, *extra: str) -> str:
    return (await ask(fleet, device, "snmpget", oid, extra=extra))[oid]
