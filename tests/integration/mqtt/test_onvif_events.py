"""Cameras that publish their ONVIF events at a broker: states kept, states deleted, instances below a topic, events."""

import asyncio
import json
from pathlib import Path

import pytest
from paho.mqtt.publish import single

from drivers import REGISTRY
from drivers.bound import bind
from drivers.mqtt.driver import MqttDriver
from hub.config import load
from hub.model import DeviceEvent, Reason, to_engineering
from tests.integration.mqtt.conftest import Told, listening
from tests.support.mosquitto import Mosquitto

pytestmark = pytest.mark.broker
SITE = """\
version: 1
site: {{id: one, name: One, timezone: Asia/Ho_Chi_Minh}}
zones: [{{id: z, name: Z}}]
devices:
  - {{id: gate, profile: onvif/camera-mqtt, zone: z, connection: {{host: 127.0.0.1, port: {port}, version: "3.1.1"}}}}
"""


def said(state: object, **source: str) -> str:
    return json.dumps({"UtcTime": "2026-03-02T00:01:00Z", "Source": source, "Data": state})


async def publish(broker: Mosquitto, topic: str, payload: str | None, *, retain: bool = True) -> None:
    name = f"gate/onvif-ej/{topic}"
    await asyncio.to_thread(single, name, payload, 1, retain, hostname="127.0.0.1", port=broker.port)


async def test_events_of_a_camera_over_a_broker_become_values_and_events(broker: Mosquitto, tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(SITE.format(port=broker.port), encoding="utf-8")
    device = load(tmp_path, REGISTRY).devices["gate"]
    points = {p.id: p for p in device.points}
    await publish(broker, "VideoSource/MotionAlarm/&0", said({"State": "true"}, Source="0"))
    sink = Told()

    def values(name: str) -> list[object]:
        found = [s for s in sink.samples if s.point == f"gate/{name}"]
        return [s.reason if s.value is None else to_engineering(points[s.point], s.value) for s in found]

    def events() -> list[DeviceEvent]:
        return [e for i in sink.intakes for e in i.events]

    async with listening(MqttDriver([bind(device)]), sink):
        await sink.until(lambda: values("motion") == [True])
        await publish(broker, "VideoSource/MotionAlarm/&0", said({"State": False}, Source="0"))
        await publish(broker, "RuleEngine/FieldDetector/ObjectsInside/&0/1/fence", said({"IsInside": 1}, Rule="fence"))
        crossed = said({"ObjectId": "17"}, VideoSource="0", Rule="gate")
        await publish(broker, "RuleEngine/LineDetector/Crossed/&0/1/gate", crossed, retain=False)
        await sink.until(lambda: values("motion") == [True, False] and values("in_field") == [True] and events())
        await publish(broker, "VideoSource/MotionAlarm/&0", None)
        await sink.until(lambda: values("motion")[-1] is Reason.NOT_PROGRAMMED)
    (event,) = events()
    assert (event.kind, event.attributes) == ("camera.line_crossed", {"rule": "gate", "object": "17"})
    assert [s for i in sink.intakes for s in i.strays] == []
