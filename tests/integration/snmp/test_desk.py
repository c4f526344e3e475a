"""An object set through the desk, on Debian's snmpd: selected, operated, read back, journaled, and only by who may."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hub.model import Command, CommandResult
from tests.integration.snmp.test_setting import RW, WRITER
from tests.integration.snmp.whole import HEAD, Whole, whole
from tests.support import snmpd
from tests.support.snmpd import AUTH_PASSWORD, COMMUNITY, PRIVACY_PASSWORD, Snmpd

PROFILE = (
    """
profile: test/room
title: Room
driver: snmp
source: this test
interval: 200ms
timeout: 2s
points:
  place: {kind: device.info, writable: true, address: {oid: 1.3.6.1.2.1.1.6.0, type: string}}
  name: {kind: device.info, writable: true, address: {oid: 1.3.6.1.2.1.1.5.0, type: string}}
commands:
  move: {point: place, value: cellar, danger: 3, select: true, read_back: {point: place, value: cellar, within: 5s}}
  rename: {point: name, value: new, danger: 1, read_back: {point: name, value: new, within: 5s}}
examples:
"""
    + 5 * "  - {point: place, raw: attic, value: attic}\n"
)
READS = "version: %s, community: {secret: reads}"
V3 = "auth: {protocol: SHA256, password: {secret: auth}}, privacy: {protocol: %s, password: {secret: privacy}}"
SIGN_IN = {
    1: READS % 1 + ", write: {community: {secret: writes}}",
    2: READS % "2c" + ", write: {community: {secret: writes}}",
    3: f"user: sha256-aes256, {V3 % 'AES256'}, write: {{user: writer, {V3 % 'AES128'}}}",
}
DEVICE = (
    "devices:\n  - {id: room, profile: test/room, zone: z, connection: {host: 127.0.0.1, port: %s, %s},"
    "\n     points: {place: {writable: true}, name: {writable: true}}, commands: {allow: [move, rename]}}\n"
)
SECRETS = f"reads: {COMMUNITY}\nwrites: {WRITER}\nauth: {AUTH_PASSWORD}\nprivacy: {PRIVACY_PASSWORD}\n"


@pytest.fixture(scope="module")
def agent(tmp_path_factory) -> Iterator[Snmpd]:
    if reason := snmpd.available():
        pytest.skip(reason)
    with snmpd.running(tmp_path_factory.mktemp("agent"), lines=RW) as running:
        yield running


@asynccontextmanager
async def room(folder: Path, agent: Snmpd, version: int) -> AsyncIterator[Whole]:
    site = HEAD + DEVICE % (agent.port, SIGN_IN[version])
    async with whole(folder, {"site.yaml": site, "secrets.yaml": SECRETS, "profiles/test/room.yaml": PROFILE}) as hub:
        await hub.reads("room/name", "exam")
        yield hub


async def put(hub: Whole, role: str, value: str) -> tuple[int, dict[str, object]]:
    return await hub.ask(role, "POST", "/points/room/place/write", {"value": value, "note": f"{role} tidies up"})


@pytest.mark.parametrize("version", SIGN_IN)
async def test_who_may_sets_an_object_after_selecting_it_and_the_agent_says_that_it_is_set(agent, tmp_path, version):
    async with room(tmp_path, agent, version) as hub:
        status, told = await put(hub, "engineer", f"attic {version}")
        assert (status, told["result"]["outcome"], told["result"]["after"]) == (200, "done", f"attic {version}")
        path = "/devices/room/commands/move"
        assert (await hub.ask("engineer", "POST", f"{path}/operate", {"note": "x"}))[1]["code"] == "not_selected"
        status, chosen = await hub.ask("engineer", "POST", f"{path}/select")
        assert status == 200
        status, told = await hub.ask("engineer", "POST", f"{path}/operate", {"note": "x", "token": chosen["token"]})
        assert (status, told["result"]["outcome"], told["result"]["after"]) == (200, "done", "cellar")
        await hub.reads("room/place", "cellar")
        said = [r for r in hub.journaled() if isinstance(r, Command | CommandResult)]
        asked = [r.value for r in said if isinstance(r, Command)]
        assert asked == [f"attic {version}", "cellar"]
        assert [r.outcome for r in said if isinstance(r, CommandResult)] == ["done", "refused", "done"]
        assert {r.who for r in said if isinstance(r, Command)} == {"engineer"}


async def test_who_may_not_is_refused_before_anything_is_sent(agent, tmp_path):
    async with room(tmp_path, agent, 2) as hub:
        before = hub.reading("room/place")
        assert (await put(hub, "viewer", "nowhere"))[0] == 403
        assert (await put(hub, "operator", "nowhere"))[0] == 403
        assert (await hub.ask("operator", "POST", "/devices/room/commands/move/select"))[0] == 403
        assert before is not None
        await hub.reads("room/place", before.value)
        assert not [r for r in hub.journaled() if isinstance(r, CommandResult) and r.outcome == "done"]


@pytest.mark.parametrize("version", SIGN_IN)
async def test_what_the_agent_refuses_is_told_by_its_name_and_journaled(agent, tmp_path, version):
    async with room(tmp_path, agent, version) as hub:
        path = "/devices/room/commands/rename/operate"
        status, told = await hub.ask("engineer", "POST", path, {"note": "x"})
        assert (status, told["result"]["outcome"]) == (200, "refused")
        assert ("noSuchName" if version == 1 else "notWritable") in told["result"]["detail"]
        assert [r.outcome for r in hub.journaled() if isinstance(r, CommandResult)] == ["refused"]
        assert hub.reading("room/name").value == "exam"
