"""Commands over MQTT, from the desk to a simulated relay and back by its own state topic."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drivers import REGISTRY
from hub.app import Hub
from hub.config import load
from hub.model import Refused
from hub.roles import Person, Role
from simulators.fleet import Fleet

BINH = Person("binh", Role.OPERATOR)
SITE = """
version: 1
site: {id: relays, name: {vi: Rơ-le, en: Relays}, timezone: Asia/Ho_Chi_Minh, language: en}
web: {host: 127.0.0.1, port: 0}
store: {url: "postgresql://127.0.0.1:1/none"}
zones: [{id: town, name: {vi: Phố, en: Town}}]
devices:
  - {id: siren, profile: mqtt/tasmota-relay, zone: town, connection: {host: 10.0.0.1}, commands: {allow: ["on", "off"]}}
  - {id: lamp, profile: mqtt/tasmota-relay, zone: town, connection: {host: 10.0.0.1}}
"""


class Relays:
    def __init__(self, hub: Hub, fleet: Fleet) -> None:
        self.hub, self.fleet = hub, fleet
        self.desk = hub._commands

    async def reads(self, point: str, value: object) -> None:
        async with asyncio.timeout(20):
            while (reading := self.hub._state.reading(point)) is None or reading.value != value:
                await asyncio.sleep(0.02)


@pytest.fixture
async def relays(tmp_path: Path) -> AsyncIterator[Relays]:
    (tmp_path / "site.yaml").write_text(SITE, encoding="utf-8")
    site = load(tmp_path, REGISTRY)
    fleet = Fleet(site)
    await fleet.start()
    hub = Hub(fleet.redirected(site), tmp_path / "state", port=0)
    try:
        await hub.start()
        made = Relays(hub, fleet)
        await made.reads("siren/$health", "online")
        yield made
    finally:
        await hub.stop()
        await fleet.stop()


async def test_a_command_is_published_and_its_effect_seen_on_the_state_topic(relays: Relays) -> None:
    result = await relays.desk.operate(BINH, "siren", "on", "fire next door")
    assert (result.outcome, result.after, result.detail) == ("done", True, "relay is true")
    assert relays.fleet.get("siren/relay") is True
    assert relays.fleet.get("lamp/relay") is False
    assert (await relays.desk.operate(BINH, "siren", "off", "over")).outcome == "done"


async def test_a_device_that_does_not_say_that_it_did_it_is_unknown(relays: Relays) -> None:
    relays.fleet.fault("siren", "silence")
    result = await relays.desk.operate(BINH, "siren", "on", "fire next door")
    assert (result.outcome, result.reason) == ("unknown", "not_confirmed")


async def test_a_relay_that_the_site_does_not_allow_is_not_switched(relays: Relays) -> None:
    with pytest.raises(Refused) as why:
        await relays.desk.operate(BINH, "lamp", "on", "test")
    assert why.value.reason == "off"
