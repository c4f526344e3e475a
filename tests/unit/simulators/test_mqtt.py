"""Simulated MQTT sensors as a client that is not ours hears them."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from hub.model import SECOND, ManualClock
from hub.model.clock import iso
from simulators.fleet import Fleet
from tests.unit.simulators.site import START, sensor, site_of


class Ear:
    """A paho client that hears everything."""

    def __init__(self, port: int, user: str | None, password: str | None) -> None:
        self.heard: asyncio.Queue[tuple[str, bytes, bool]] = asyncio.Queue()
        self.signs_in = (user, password)
        self.answer: asyncio.Queue[str] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv311)
        if user:
            self._client.username_pw_set(user, password)
        self._client.on_connect = self._connected
        self._client.on_subscribe = lambda *_: self._loop.call_soon_threadsafe(self.answer.put_nowait, "listening")
        self._client.on_message = self._message
        self._client.connect_async("127.0.0.1", port)
        self._client.loop_start()

    def _connected(self, client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._loop.call_soon_threadsafe(self.answer.put_nowait, str(reason))
        else:
            client.subscribe("#", 1)

    def _message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        self._loop.call_soon_threadsafe(self.heard.put_nowait, (message.topic, message.payload, message.retain))

    async def next(self, topic: str) -> tuple[bytes, bool]:
        while True:
            async with asyncio.timeout(5):
                heard, payload, retained = await self.heard.get()
            if heard == topic:
                return payload, retained

    async def close(self) -> None:
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
async def fleet(clock: ManualClock) -> AsyncIterator[Fleet]:
    fleet = Fleet(site_of(sensor("one"), sensor("two", silent_after=6 * SECOND)), clock=clock)
    await fleet.start()
    yield fleet
    await fleet.stop()


@pytest.fixture
async def ear(fleet: Fleet) -> AsyncIterator[Ear]:
    where = fleet.where["one"]
    ear = Ear(where.port, where.extra["user"], where.extra["password"].get_secret_value())
    assert await asyncio.wait_for(ear.answer.get(), 5) == "listening"
    yield ear
    await ear.close()


async def caught_up(ear: Ear, battery: int) -> list[str]:
    """Return the topics heard until sensor one tells this battery level; one publisher's messages keep their order."""
    heard: list[str] = []
    while True:
        topic, payload, _ = await asyncio.wait_for(ear.heard.get(), 5)
        heard.append(topic)
        if topic == "city/one" and json.loads(payload)["battery"] == battery:
            return heard


async def test_nobody_signs_in_without_the_password(fleet: Fleet) -> None:
    for user, password in ((None, None), ("simulator", "wrong")):
        stranger = Ear(fleet.where["one"].port, user, password)
        assert await asyncio.wait_for(stranger.answer.get(), 5) != "listening"
        await stranger.close()


async def test_a_change_is_told_at_once_in_json_built_from_the_paths(fleet: Fleet, ear: Ear) -> None:
    fleet.set("one/temperature", 41.5)
    fleet.set("one/door", True)
    await ear.next("city/one")
    payload = json.loads((await ear.next("city/one"))[0])
    assert payload["values"] == [{"t": 41.5}]
    assert payload["contact"] is False
    assert payload["smoke"] is False
    assert payload["last_seen"] == iso(START)


async def test_a_point_without_a_path_is_the_payload_itself(fleet: Fleet, ear: Ear) -> None:
    fleet.set("one/plain", 1.75)
    assert (await ear.next("city/one/level"))[0] == b"1.75"


async def test_the_last_will_is_retained_and_told_on_coming_and_going(fleet: Fleet, ear: Ear) -> None:
    fleet.set("one/battery", 4)
    await caught_up(ear, 4)
    late = Ear(fleet.where["one"].port, *ear.signs_in)
    assert await late.next("city/one/availability") == (b"online", True)
    await late.close()
    fleet.fault("one", "cut")
    assert (await ear.next("city/one/availability"))[0] == b"offline"
    fleet.heal("one")
    assert (await ear.next("city/one/availability"))[0] == b"online"


async def test_a_sensor_reports_periodically_and_sooner_when_it_would_count_as_silent(
    fleet: Fleet, ear: Ear, clock: ManualClock
) -> None:
    fleet.set("one/battery", 4)
    await caught_up(ear, 4)
    for _ in range(20):
        clock.advance(SECOND // 2)
        fleet.step()
    fleet.set("one/battery", 3)
    heard = await caught_up(ear, 3)
    assert heard.count("city/one") == 3
    assert heard.count("city/two") == 5


async def test_a_silent_sensor_says_nothing_whatever_happens(fleet: Fleet, ear: Ear) -> None:
    fleet.fault("one", "silence")
    fleet.set("one/smoke", True)
    fleet.set("two/smoke", True)
    await ear.next("city/two")
    fleet.heal("one")
    fleet.set("one/battery", 50)
    assert json.loads((await ear.next("city/one"))[0])["battery"] == 50


async def test_faults_spoil_what_is_heard(fleet: Fleet, ear: Ear) -> None:
    fleet.set("one/smoke", False)
    whole = (await ear.next("city/one"))[0]
    fleet.fault("one", "half_frames")
    fleet.set("one/smoke", False)
    assert (await ear.next("city/one"))[0] == whole[: len(whole) // 2]
    fleet.heal("one")
    fleet.fault("one", "garbage")
    fleet.set("one/smoke", False)
    with pytest.raises(ValueError):
        json.loads((await ear.next("city/one"))[0])


async def test_a_wrong_clock_is_in_the_payload(fleet: Fleet, ear: Ear) -> None:
    fleet.fault("one", "clock", seconds=-7 * 3600)
    fleet.set("one/smoke", True)
    assert json.loads((await ear.next("city/one"))[0])["last_seen"] == iso(START - 7 * 3600 * SECOND)


async def test_a_frozen_sensor_repeats_itself(fleet: Fleet, ear: Ear) -> None:
    fleet.fault("one", "frozen")
    fleet.set("one/battery", 60)
    first = (await ear.next("city/one"))[0]
    fleet.set("one/battery", 10)
    assert (await ear.next("city/one"))[0] == first


async def test_a_late_message_comes_when_its_time_has_come(fleet: Fleet, ear: Ear, clock: ManualClock) -> None:
    fleet.fault("one", "delay", seconds=30)
    fleet.set("one/battery", 44)
    fleet.heal("one")
    fleet.set("one/battery", 45)
    assert json.loads((await ear.next("city/one"))[0])["battery"] == 45
    clock.advance(31 * SECOND)
    fleet.step()
    assert json.loads((await ear.next("city/one"))[0])["battery"] == 44
