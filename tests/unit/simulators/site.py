"""A small site made in code: one Modbus line with two units, one broker with three sensors."""

from typing import Any

from drivers.modbus.address import Address as ModbusAddress
from drivers.modbus.connection import Connection as ModbusConnection
from drivers.mqtt.address import Address as MqttAddress
from drivers.mqtt.address import Connection as MqttConnection
from hub.model import SECOND, Device, Lane, Point, Site, StoreSettings, Text, WebSettings


def point(device: str, name: str, kind: str, type_: str, address: Any, **more: Any) -> Point:
    return Point(
        f"{device}/{name}", device, name, Text.same(name), kind, "city", Lane.LIVE, type=type_, address=address, **more
    )


def modbus(device: str, name: str, kind: str, type_: str, more: dict[str, Any] | None = None, **address: Any) -> Point:
    return point(device, name, kind, type_, ModbusAddress.model_validate(address), **(more or {}))


def mqtt(device: str, name: str, kind: str, type_: str, more: dict[str, Any] | None = None, **address: Any) -> Point:
    given = {"topic": "{topic}", **address}
    return point(device, name, kind, type_, MqttAddress.model_validate(given), **(more or {}))


def panel(device: str = "panel", unit: int = 1) -> Device:
    held: dict[str, Any] = {"table": "holding", "type": "float32"}
    points = (
        modbus(device, "heartbeat", "fire.heartbeat", "int", table="input", register=1),
        modbus(device, "state", "device.value", "int", table="input", register=2),
        modbus(device, "fire", "fire.alarm", "bool", table="input", register=2, bit=0),
        modbus(device, "fault", "fire.fault", "bool", table="input", register=2, bit=2),
        modbus(device, "level", "device.value", "int", table="input", register=3, bits=[4, 4]),
        modbus(device, "battery", "power.voltage", "float", {"scale": 0.01}, table="input", register=10),
        modbus(
            device, "temperature", "env.temperature", "float", {"scale": 0.1},
            table="input", register=11, type="int16",
        ),
        modbus(device, "flow", "device.value", "float", register=20, **held),
        modbus(device, "flow_swapped", "device.value", "float", register=22, order="cdab", **held),
        modbus(device, "flow_bytes", "device.value", "float", register=24, order="badc", **held),
        modbus(device, "flow_little", "device.value", "float", register=26, order="dcba", **held),
        modbus(device, "total", "device.count", "int", table="holding", register=28, type="uint64"),
        modbus(device, "deep", "device.value", "float", table="holding", register=32, type="float64"),
        modbus(device, "debt", "device.value", "int", table="holding", register=36, type="int32"),
        modbus(device, "name", "device.info", "text", table="holding", register=40, type="string", length=6),
        modbus(device, "door", "access.door", "bool", table="discrete", register=5),
        modbus(device, "mains", "power.mains", "bool", {"invert": True}, table="discrete", register=21),
        modbus(device, "sounders", "fire.sounders", "bool", table="coil", register=3),
        modbus(
            device, "mode", "device.state", "text",
            {"mapping": {"0": "day", "1": "night"}}, table="input", register=200,
        ),
    )  # fmt: skip
    connection = ModbusConnection(host="10.1.2.3", port=502, unit=unit)
    return Device(device, Text.same(device), "test/panel", "modbus", "city", connection, points, timeout=SECOND // 2)


def sensor(device: str, *, silent_after: int | None = None) -> Device:
    more = {"mapping": {"online": True, "offline": False}}
    points = (
        mqtt(device, "smoke", "env.smoke", "bool", path="smoke", time="last_seen"),
        mqtt(device, "temperature", "env.temperature", "float", path="values[0].t", time="last_seen"),
        mqtt(device, "battery", "power.battery_level", "int", path="battery"),
        mqtt(device, "door", "access.door", "bool", {"mapping": {"true": False, "false": True}}, path="contact"),
        mqtt(device, "plain", "env.water_level", "float", topic="{topic}/level"),
        mqtt(device, "$available", "$available", "bool", more, topic="{topic}/availability", retained="use"),
    )
    connection = MqttConnection(host="10.1.2.4", topic="city/{device}")
    return Device(
        device, Text.same(device), "test/sensor", "mqtt", "city", connection, points, silent_after=silent_after
    )


def site_of(*devices: Device) -> Site:
    return Site(
        "test", Text.same("Test"), "Asia/Ho_Chi_Minh", "vi", ".", WebSettings(), StoreSettings(), {},
        {d.id: d for d in devices}, {p.id: p for d in devices for p in d.points}, (),
    )  # fmt: skip


START = 1_700_000_000 * SECOND
