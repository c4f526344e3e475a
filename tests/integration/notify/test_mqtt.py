"""Alarms on MQTT topics, through a real Mosquitto that comes and goes."""

import json
import signal
from pathlib import Path

import pytest

from adapters.outbound import Away
from hub.model import SECOND
from hub.wire.mqtt import Settings, session
from tests.integration.notify.receivers import a_channel, a_message, opened
from tests.support import mosquitto
from tests.support.mosquitto import Mosquitto
from tests.unit.notify.station import a_told_site, station

pytestmark = pytest.mark.broker


@pytest.fixture
def broker(tmp_path: Path):
    if reason := mosquitto.available():
        pytest.skip(reason)
    with mosquitto.running(tmp_path / "broker") as running:
        yield running


class Ear:
    """A subscriber that remembers."""

    def __init__(self, broker: Mosquitto) -> None:
        self.heard: list[tuple[str, dict[str, object]]] = []
        self._session = session(Settings("127.0.0.1", broker.port, "ear", session_expiry=86_400))

    async def __aenter__(self) -> "Ear":
        await self._session.open()
        await self._session.listen(("#",), self._take)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    def _take(self, messages, _damaged, release) -> None:
        self.heard += [(m.topic, json.loads(m.payload)) for m in messages]
        release()


@pytest.mark.parametrize("version", [5, "3.1.1"])
async def test_an_alarm_is_a_cloud_event_on_the_topic_of_the_template(broker, version, tmp_path: Path):
    topic = "city/{site}/{zone}/{rule}/{priority}"
    channel = a_channel("mqtt", host="127.0.0.1", port=broker.port, version=version, topic=topic)
    async with Ear(broker) as ear, station(tmp_path / "s", a_told_site(channel)) as run:
        await run.alarm(zone="town+#x")
        await run.alarm(2, input="ack", acked=True, zone="town+#x")
        await run.until(lambda: len(ear.heard) == 2)
    assert [topic for topic, _ in ear.heard] == ["city/test/town__x/fire/critical"] * 2
    assert [event["data"]["event"] for _, event in ear.heard] == ["raised", "acknowledged"]


async def test_a_broker_that_is_killed_delays_and_loses_nothing(broker, tmp_path: Path):
    channel = a_channel("mqtt", host="127.0.0.1", port=broker.port, topic="a/{event}", retain=True)
    async with station(tmp_path / "s", a_told_site(channel)) as run:
        await run.alarm()
        await run.until(lambda: "sent" in run.outcomes())
        broker.stop(signal.SIGKILL)
        await run.alarm(2, input="ack", acked=True)
        await run.until(lambda: "failed" in run.outcomes())
        broker.start()
        await run.until(lambda: run.outcomes().count("sent") == 2, step=SECOND)
    async with Ear(broker) as ear:
        await run.until(lambda: ("a/acknowledged") in {topic for topic, _ in ear.heard})


async def test_a_broker_that_came_back_in_a_quiet_hour_is_found_at_once(broker):
    channel = a_channel("mqtt", host="127.0.0.1", port=broker.port)
    sender = opened(channel)
    assert await sender.send(a_message(channel)) == "citywatch/test/alarms/panel/fire"
    broker.stop()
    broker.start()
    assert await sender.send(a_message(channel)), "the lost connection is no failure of this message"
    broker.stop()
    with pytest.raises(Away, match="MQTT broker"):
        await sender.send(a_message(channel))
    await sender.close()
