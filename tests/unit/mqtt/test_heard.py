"""What a device has said is counted by device: messages, bytes, and what could not be understood."""

from collections.abc import Sequence
from typing import Any

from drivers.base import BoundDevice, BoundPoint
from drivers.mqtt.address import Address, Connection
from drivers.mqtt.driver import MqttDriver
from hub.model import Intake, ManualClock


def device(name: str) -> BoundDevice:
    connection = Connection.model_validate({"host": "b", "topic": "t/{device}"})
    addresses = {"value": {"path": "value"}, "plain": {"topic": "{topic}/plain"}}
    points = tuple(BoundPoint(f"{name}/{p}", name, Address.model_validate(a)) for p, a in addresses.items())
    return BoundDevice(name, connection, points)


def told(driver: MqttDriver, messages: Sequence[tuple[str, bytes]]) -> None:
    clock, intake = ManualClock(0), Intake()
    for topic, payload in messages:
        driver.routes.bindings[topic].take(topic, payload, False, intake, clock.now)


def heard(driver: MqttDriver, name: str) -> dict[str, Any]:
    return driver.statistics(name).told(2)


def test_messages_bytes_and_what_is_not_understood_are_counted_for_each_device() -> None:
    driver = MqttDriver([device("a"), device("b")])
    told(driver, [("t/a", b'{"value": 1}'), ("t/a", b"junk"), ("t/a", b'{"value": [1]}'), ("t/a/plain", b"7")])
    told(driver, [("t/b/plain", b"\xff\xfe")])
    assert heard(driver, "a") == {
        "messages": 4, "undecodable": 2, "reconnects": 2, "bytes_sent": 0, "bytes_received": 31,
    }  # fmt: skip
    assert (heard(driver, "b")["messages"], heard(driver, "b")["undecodable"]) == (1, 1)
    figures = {(f.name, f.labels.get("way")): f.value for f in driver.figures()}
    assert figures["citywatch_mqtt_bytes", "received"] == 33
    assert figures["citywatch_mqtt_undecodable", None] == 3
