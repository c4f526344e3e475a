"""Simulated cameras as a client that is not ours sees them: plain HTTP and the standard library's XML."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import aiohttp
import pytest

from drivers import REGISTRY
from hub.config import load
from hub.model import ManualClock
from hub.model.clock import from_iso
from simulators.fleet import Fleet
from tests.unit.simulators.site import START

SITE = """\
version: 1
site: {id: one, name: One, timezone: Asia/Ho_Chi_Minh}
zones: [{id: z, name: Z}]
devices:
  - {id: gate, profile: onvif/camera, zone: z, connection: {host: 10.9.8.7}}
  - {id: yard, profile: onvif/camera, zone: z, connection: {host: 10.9.8.8, source: yard1}}
"""
TEV = "{http://www.onvif.org/ver10/events/wsdl}"
TT = "{http://www.onvif.org/ver10/schema}"
WSNT = "{http://docs.oasis-open.org/wsn/b-2}"
CREATE = '<e:CreatePullPointSubscription xmlns:e="http://www.onvif.org/ver10/events/wsdl"/>'
PULL = '<e:PullMessages xmlns:e="http://www.onvif.org/ver10/events/wsdl"><e:Timeout>PT1S</e:Timeout></e:PullMessages>'
CLOCK = '<d:GetSystemDateAndTime xmlns:d="http://www.onvif.org/ver10/device/wsdl"/>'
NAMED = '<x:SubscriptionId xmlns:x="http://www.axis.com/2009/event">1</x:SubscriptionId>'
Said = dict[str, tuple[str, dict[str, str]]]


class Client:
    """Speaks to one camera."""

    def __init__(self, port: int, http: aiohttp.ClientSession) -> None:
        self._url = f"http://127.0.0.1:{port}/onvif/device_service"
        self._http = http

    async def ask(self, body: str) -> tuple[int, bytes]:
        envelope = (
            '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">'
            f"<s:Header>{NAMED}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
        )
        async with self._http.post(self._url, data=envelope, allow_redirects=False) as answer:
            return answer.status, await answer.read()

    async def said(self) -> Said:
        """Return what a pull gives: topic → operation and data."""
        _, body = await self.ask(PULL)
        found: Said = {}
        for one in ElementTree.fromstring(body).iter(f"{WSNT}NotificationMessage"):
            message = next(one.iter(f"{TT}Message"))
            items = message.findall(f"{TT}Data/{TT}SimpleItem")
            data = {item.attrib["Name"]: item.attrib["Value"] for item in items}
            found[one.findtext(f"{WSNT}Topic") or ""] = message.attrib.get("PropertyOperation", ""), data
        return found


@pytest.fixture
async def fleet(tmp_path: Path) -> AsyncIterator[Fleet]:
    (tmp_path / "site.yaml").write_text(SITE, encoding="utf-8")
    made = Fleet(load(tmp_path, REGISTRY), clock=ManualClock(START))
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def client(fleet: Fleet) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as http:
        yield Client(fleet.where["gate"].port, http)


async def everything(client: Client) -> Said:
    await client.ask(CREATE)
    found: Said = {}
    while said := await client.said():
        found |= said
    return found


async def test_every_property_of_the_profile_is_told_at_first_and_quiet(fleet: Fleet, client: Client) -> None:
    said = await everything(client)
    topics = {
        p.address.topic.removesuffix("//.")
        for p in fleet.site.devices["gate"].points
        if p.address and p.address.topic and not p.address.ptz
    }
    assert set(said) == topics
    assert {operation for operation, _ in said.values()} == {"Initialized"}
    assert said["tns1:VideoSource/MotionAlarm"][1] == {"State": "false"}


async def test_a_value_that_somebody_sets_is_a_change_at_once(fleet: Fleet, client: Client) -> None:
    await everything(client)
    fleet.set("gate/storage_failure", True)
    assert await client.said() == {"tns1:Device/HardwareFailure/StorageFailure": ("Changed", {"Failed": "true"})}


async def test_an_event_of_the_profile_happens_once(fleet: Fleet, client: Client) -> None:
    await everything(client)
    line: Any = fleet._line_of["gate"]
    line.happen("gate", "line_crossed", {"ObjectId": "5"}, START)
    assert await client.said() == {"tns1:RuleEngine/LineDetector/Crossed": ("", {"ObjectId": "5"})}


async def test_its_clock_can_be_wrong(fleet: Fleet, client: Client) -> None:
    fleet.fault("gate", "clock", seconds=-15_724_800)
    _, body = await client.ask(CLOCK)
    date = next(ElementTree.fromstring(body).iter(f"{TT}Date"))
    year, month, day = (int(date.findtext(f"{TT}{part}") or "0") for part in ("Year", "Month", "Day"))
    assert from_iso(f"{year:04}-{month:02}-{day:02}") < START - 15_000_000 * 10**9


@pytest.mark.parametrize(
    ("kind", "status", "shows"),
    [
        ("exception", 500, b"HardwareFailure"),
        ("unauthorized", 401, b""),
        ("garbage", 200, b"<\\"),
        ("entities", 200, b"<!DOCTYPE"),
    ],
)
async def test_what_is_wrong_shows_on_the_wire(
    fleet: Fleet, client: Client, kind: str, status: int, shows: bytes
) -> None:
    fleet.fault("gate", kind)
    told, body = await client.ask(CLOCK)
    assert (told, shows in body) == (status, True)
    fleet.heal("gate")
    told, body = await client.ask(CLOCK)
    assert (told, b"UTCDateTime" in body) == (200, True)


@pytest.mark.parametrize("kind", ["half_frames", "cut"])
async def test_a_connection_can_break(fleet: Fleet, client: Client, kind: str) -> None:
    fleet.fault("gate", kind)
    with pytest.raises(aiohttp.ClientError):
        await client.ask(CLOCK)


async def test_a_silent_camera_says_nothing(fleet: Fleet, client: Client) -> None:
    fleet.fault("gate", "silence")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await client.ask(CLOCK)


@pytest.mark.parametrize("kind", ["reboot", "forgotten"])
async def test_pull_points_are_forgotten_once(fleet: Fleet, client: Client, kind: str) -> None:
    await everything(client)
    fleet.fault("gate", kind)
    status, body = await client.ask(PULL)
    assert (status, b"ResourceUnknownFault" in body) == (500, True)
    assert fleet.faults.all() == {}


async def test_a_liar_names_an_address_where_nobody_is(fleet: Fleet, client: Client) -> None:
    fleet.fault("gate", "false_address")
    _, body = await client.ask(CREATE)
    assert b"http://192.0.2.66:8000/onvif/subscription" in body
