"""A foreign ONVIF client, which checks every message against ONVIF's own schemas, at a simulated camera; and what our
driver asks, checked by the same schemas.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import onvif
import pytest
from lxml import etree
from zeep import Client, Transport
from zeep.exceptions import Fault

from drivers.base import BoundPoint
from drivers.onvif import SPEC
from hub.model import SystemClock
from tests.unit.onvif.rig import MOTION, PASSWORD, SOURCE, USER, Place, listening, place

WSDL = Path(onvif.__file__).parent / "wsdl"
SERVICES = ("devicemgmt", "media", "ptz", "events")
PLATE = {
    "Likelihood": "0.9", "LicensePlateInfo.PlateNumber": "20A-123.45", "LicensePlateInfo.PlateType": "Normal",
    "LicensePlateInfo.CountryCode": "VN", "VehicleInfo.Type": "Car", "Speed": "12.5",
}  # fmt: skip


@pytest.fixture
async def here() -> AsyncIterator[Place]:
    async with place() as made:
        made.clock.advance(SystemClock().now() - made.clock.now())
        made.camera.about = {"manufacturer": "Citywatch", "model": "simulated", "serial": "1"}
        made.camera.show(MOTION, SOURCE, {"State": "false"})
        made.camera.obey = lambda token, _: token == "R1"
        yield made


@pytest.fixture
async def peer(here: Place) -> AsyncIterator[Any]:
    client = onvif.ONVIFCamera("127.0.0.1", here.port.number, USER, PASSWORD)
    await client.update_xaddrs()
    yield client
    await client.close()


async def test_device_media_and_ptz_answer_a_foreign_client_as_their_schemas_say(here: Place, peer: Any) -> None:
    device, media, ptz = (
        await peer.create_devicemgmt_service(),
        await peer.create_media_service(),
        await peer.create_ptz_service(),
    )
    told = await device.GetSystemDateAndTime()
    assert told.UTCDateTime.Date.Year == datetime.fromtimestamp(here.clock.now() / 1e9, UTC).year
    assert (await device.GetDeviceInformation()).Manufacturer == "Citywatch"
    assert (await device.GetCapabilities({"Category": "All"})).Events.WSPullPointSupport is True
    profiles = await media.GetProfiles()
    assert [p.VideoSourceConfiguration.SourceToken for p in profiles] == ["video0", "video1"]
    uri = (await media.GetSnapshotUri({"ProfileToken": profiles[0].token})).Uri
    assert uri.startswith(here.port.base)
    assert [p.token for p in await ptz.GetPresets({"ProfileToken": profiles[0].token})] == ["1", "2", "3"]
    await ptz.GotoPreset({"ProfileToken": profiles[0].token, "PresetToken": "2"})
    await device.SetRelayOutputState({"RelayOutputToken": "R1", "LogicalState": "active"})
    with pytest.raises(Fault, match="Unknown relay token"):
        await device.SetRelayOutputState({"RelayOutputToken": "R9", "LogicalState": "active"})


async def test_its_picture_is_fetched_by_a_foreign_client(here: Place, peer: Any) -> None:
    profiles = await (await peer.create_media_service()).GetProfiles()
    body = await peer.get_snapshot(profiles[0].token)
    assert body == here.camera.eyes.picture("0")


async def test_states_and_plates_reach_a_foreign_client_through_a_pull_point(here: Place, peer: Any) -> None:
    manager = await peer.create_pullpoint_manager(timedelta(minutes=1), lambda: None)
    await manager.set_synchronization_point()
    here.camera.happen("tns1:RuleEngine/Recognition/LicensePlate", {"VideoSource": "0", "Rule": "1"}, PLATE)
    pulled = await manager.get_service().PullMessages({"Timeout": timedelta(seconds=1), "MessageLimit": 10})
    told = {m.Topic._value_1: m.Message._value_1 for m in pulled.NotificationMessage}
    assert told[MOTION].PropertyOperation == "Initialized"
    assert told[MOTION].Data.SimpleItem[0].Value == "false"
    plate = told["tns1:RuleEngine/Recognition/LicensePlate"].Data
    assert {i.Name for i in plate.ElementItem} == {"LicensePlateInfo", "VehicleInfo"}
    await manager.shutdown()


def element_of(client: Any, body: bytes) -> Any:
    """Return a request as the schema's own type reads it. Raises what zeep raises for what does not fit."""
    element = etree.fromstring(body)
    return client.wsdl.types.get_element(element.tag).parse(element, client.wsdl.types)


async def test_what_our_driver_asks_fits_the_schemas_of_each_service(here: Place) -> None:
    sent: list[bytes] = []
    preset = {"topic": "tns1:PTZController/PTZPresets/Reached", "item": "PresetToken", "type": "text", "ptz": True}
    relay = {"topic": MOTION, "type": "bool", "relay": "R1"}
    driver = here.driver(here.device(points={"preset": preset, "relay": relay, "presets": {"about": "presets"}}))
    driver.camera.tap = lambda way, place, body, answer: sent.append(body) if way == "sent" else None
    async with listening(driver) as (ear, task):
        await ear.until(lambda: ear.samples != [], task)
        for name, address, value in (("preset", preset, "2"), ("preset", preset, "home"), ("relay", relay, True)):
            await driver.write(BoundPoint(f"cam/{name}", "cam", SPEC.address.model_validate(address)), value)
        await driver.picture("cam")
        here.clock.advance(driver.connection.pull * 2 + 40 * 10**9)
        await ear.until(lambda: any(b"<Renew" in body for body in sent), task)
    asked = {etree.QName(etree.fromstring(body)).localname: body for body in sent}
    assert {"GetServices", "CreatePullPointSubscription", "PullMessages", "Renew", "Unsubscribe"} <= set(asked)
    clients = [await asyncio.to_thread(Client, str(WSDL / f"{name}.wsdl"), transport=Transport()) for name in SERVICES]
    for name, body in asked.items():
        tag = etree.fromstring(body).tag
        known = [c for c in clients if tag in {e.qname.text for e in c.wsdl.types.elements}]
        assert known, f"{name} is in no schema"
        element_of(known[0], body)
