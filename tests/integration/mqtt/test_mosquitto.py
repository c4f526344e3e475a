"""The driver against a real Mosquitto, in both protocol versions: what is heard, and when it is acknowledged."""

import asyncio
import signal

import paho.mqtt.publish as paho_publish
import pytest
from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from drivers.mqtt.address import Connection
from drivers.mqtt.driver import MqttDriver
from hub.model import Reason
from tests.integration.mqtt.conftest import Told, listening, lost, sensors
from tests.support.mosquitto import Mosquitto
from tests.unit.mqtt.bound import device, event

pytestmark = pytest.mark.broker


async def publish(broker: Mosquitto, topic: str, payload: str | bytes, **options: object) -> None:
    await asyncio.to_thread(broker.publish, topic, payload, **options)


async def publish_many(broker: Mosquitto, topic: str, payloads: list[str]) -> None:
    messages = [{"topic": topic, "payload": p, "qos": 1} for p in payloads]
    await asyncio.to_thread(paho_publish.multiple, messages, hostname="127.0.0.1", port=broker.port)


async def test_values_flags_and_text_arrive_with_the_payloads_time(broker, version):
    sink = Told()
    async with listening(sensors(broker.port, version, "a", "b"), sink):
        await publish(broker, "site/a", '{"value": 21.5, "time": 1700000000000}')
        await publish(broker, "site/b", '{"value": true}')
        await publish(broker, "site/b/switch", "ON")
        await sink.until(lambda: len(sink.samples) == 3)
    assert sink.values == {"a/v": 21.5, "b/v": True, "b/switch": "ON"}
    assert sink.samples[0].source_time == 1_700_000_000_000_000_000


async def test_nothing_is_acknowledged_before_it_is_released(broker, version):
    deaf = Told(release=False)
    async with listening(sensors(broker.port, version, "a"), deaf):
        await publish(broker, "site/a", '{"value": 1.5}')
        await publish(broker, "site/a", '{"value": 2.5}')
        await deaf.until(lambda: len(deaf.samples) == 2)
    sink = Told()
    async with listening(sensors(broker.port, version, "a"), sink):
        await sink.until(lambda: len(sink.samples) == 2)
    assert [s.value for s in sink.samples] == [1.5, 2.5]
    third = Told()
    async with listening(sensors(broker.port, version, "a"), third):
        await publish(broker, "site/a", '{"value": 3.5}')
        await third.until(lambda: third.samples)
    assert [s.value for s in third.samples] == [3.5], "what was released is not sent again"


async def test_what_was_stored_before_an_acknowledgement_got_lost_is_acknowledged_and_not_told_again(broker, version):
    deaf = Told(release=False)
    async with listening(sensors(broker.port, version, "a"), deaf):
        await publish_many(broker, "site/a", ['{"value": 1.5}', '{"value": 2.5}'])
        await deaf.until(lambda: len(deaf.samples) == 2)
    stored = deaf.intakes[0].receipt
    sink = Told()
    sink.stored = stored.keys[:8]
    async with listening(sensors(broker.port, version, "a"), sink):
        await publish(broker, "site/a", '{"value": 1.5}')
        await sink.until(lambda: len(sink.samples) == 2)
    assert [s.value for s in sink.samples] == [2.5, 1.5], "the same words in a new message are news"
    third = Told()
    async with listening(sensors(broker.port, version, "a"), third):
        await publish(broker, "site/a", '{"value": 3.5}')
        await third.until(lambda: third.samples)
    assert [s.value for s in third.samples] == [3.5]


async def test_a_late_release_acknowledges_nothing_on_the_next_connection(broker, version):
    driver, deaf = sensors(broker.port, version, "a"), Told(release=False)
    async with listening(driver, deaf):
        await publish(broker, "site/a", '{"value": 1.5}')
        await deaf.until(lambda: deaf.samples)
    again = Told(release=False)
    async with listening(driver, again):
        await again.until(lambda: again.samples)
        for intake in deaf.intakes:
            intake.release()
    sink = Told()
    async with listening(driver, sink):
        await sink.until(lambda: sink.samples)
    assert sink.values == {"a/v": 1.5}


async def test_the_broker_keeps_messages_for_a_hub_that_is_away(broker, version):
    async with listening(sensors(broker.port, version, "a"), Told()):
        pass
    await publish_many(broker, "site/a", [f'{{"value": {n}}}' for n in range(3000)])
    sink = Told()
    async with listening(sensors(broker.port, version, "a"), sink):
        await sink.until(lambda: len(sink.samples) == 3000)
    assert [s.value for s in sink.samples] == list(range(3000))


async def test_messages_that_come_before_the_subscription_is_answered_are_not_lost(broker, version):
    driver = sensors(broker.port, version, "a")
    async with listening(driver, Told()):
        pass
    await publish(broker, "site/a", '{"value": 7}')
    await driver.open()
    sink = Told()
    task = asyncio.create_task(driver.subscribe(sink))
    await sink.until(lambda: sink.samples)
    task.cancel()
    await driver.close()
    assert sink.values == {"a/v": 7}


async def test_a_last_will_says_that_the_device_is_gone(broker, version):
    sink = Told()
    async with listening(sensors(broker.port, version, "a"), sink):
        sensor = Client(CallbackAPIVersion.VERSION2, client_id="sensor", protocol=MQTTv311)
        sensor.will_set("site/a/availability", "offline", qos=1, retain=True)
        await asyncio.to_thread(sensor.connect, "127.0.0.1", broker.port)
        sensor.loop_start()
        sensor.publish("site/a/availability", "online", qos=1, retain=True)
        await sink.until(lambda: sink.values.get("a/$available") == "online")
        sensor.socket().shutdown(2)
        await sink.until(lambda: sink.values.get("a/$available") == "offline")
        await asyncio.to_thread(sensor.loop_stop)


async def test_a_retained_message_is_marked_used_or_ignored(broker, version):
    await publish(broker, "site/a", '{"value": 5.5}', retain=True)
    await publish(broker, "site/a/switch", "ON", retain=True)
    await publish(broker, "site/a/availability", "offline", retain=True)
    sink = Told()
    async with listening(sensors(broker.port, version, "a"), sink):
        await sink.until(lambda: len(sink.samples) == 2)
        await publish(broker, "site/a", '{"value": 6.5}', retain=True)
        await sink.until(lambda: len(sink.samples) == 3)
    found = {(s.point, s.value): s.reason for s in sink.samples}
    assert found == {
        ("a/v", 5.5): Reason.RETAINED,
        ("a/$available", "offline"): Reason.NONE,
        ("a/v", 6.5): Reason.NONE,  # published with the flag while we listen: news, not memory
    }


async def test_events_arrive_once_and_retained_ones_are_history(broker, version):
    passage = event("passage", "traffic.passage", {"plate": "plate"}, topic="{topic}/event", key="id")
    connection = Connection(host="127.0.0.1", port=broker.port, version=version, topic="cam/{device}")
    await publish(broker, "cam/c1/event", '{"id": 1, "plate": "OLD"}', retain=True)
    sink = Told()
    async with listening(MqttDriver([device("c1", connection=connection, events=(passage,))]), sink):
        await publish(broker, "cam/c1/event", '{"id": 2, "plate": "20A-1"}')
        await sink.until(lambda: any(i.events for i in sink.intakes))
    events = [e for i in sink.intakes for e in i.events]
    assert [(e.kind, e.attributes, e.dedupe_key) for e in events] == [("traffic.passage", {"plate": "20A-1"}, "2")]


async def test_bad_payloads_end_in_quality_and_strays_and_the_line_lives_on(broker, version):
    sink = Told()
    async with listening(sensors(broker.port, version, "a"), sink):
        for payload in (b"\xff\xfe", b"junk", b'{"value": [1]}', b'{"value": NaN}', b'{"value": null}', b"[" * 50_000):
            await publish(broker, "site/a", payload)
        await publish(broker, "site/a", '{"value": 1.5}')
        await sink.until(lambda: len(sink.samples) == 7)
    reasons = [s.reason for s in sink.samples]
    assert reasons == [Reason.UNDECODABLE] * 4 + [Reason.NOT_PROGRAMMED, Reason.UNDECODABLE, Reason.NONE]
    words = [s.reason for s in sink.strays]
    assert words == ["not UTF-8", "not JSON", "no value for a/v", "no value for a/v", "nested too deeply"]


async def test_ten_megabytes_hurt_nobody(broker, version):
    sink = Told()
    async with listening(sensors(broker.port, version, "a", "b"), sink):
        await publish(broker, "site/a", b"\xab" * 10_000_000)
        await publish(broker, "site/b", '{"value": 1.5}')
        await sink.until(lambda: sink.values.get("b/v") == 1.5)
    # Mosquitto keeps what exceeds the announced size of MQTT 5 to itself; in 3.1.1 nobody can announce one.
    assert all(s.reason.startswith("too large") and len(s.body) == 4096 for s in sink.strays)
    assert len(sink.strays) == (0 if version == 5 else 1)


async def test_one_wildcard_serves_many_devices_and_strangers_are_listed(broker, version):
    names = [f"s{n}" for n in range(50)]
    driver, sink = sensors(broker.port, version, *names), Told()
    assert driver.routes.filters == ["site/+", "site/+/availability", "site/+/switch"]
    async with listening(driver, sink):
        await publish(broker, "site/stranger", '{"value": 9}')
        await publish_many(broker, "site/s7", ['{"value": 7.5}'])
        await publish_many(broker, "site/s49", ['{"value": 49.5}'])
        await sink.until(lambda: len(sink.samples) == 2)
    assert sink.values == {"s7/v": 7.5, "s49/v": 49.5}
    assert dict(driver.routes.unknown) == {"site/stranger": 1}
    assert {f.name: f.value for f in driver.figures()}["citywatch_mqtt_unknown"] == 1


async def test_a_broker_that_is_killed_and_comes_back_finds_the_hub_again(broker, version):
    driver, sink = sensors(broker.port, version, "a"), Told()
    async with listening(driver, sink) as task:
        await asyncio.to_thread(broker.stop, signal.SIGKILL)
        assert f"127.0.0.1:{broker.port}" in await lost(task)
        await asyncio.to_thread(broker.start)
        async with listening(driver, sink):
            await publish(broker, "site/a", '{"value": 2.5}')
            await sink.until(lambda: sink.values.get("a/v") == 2.5)
