"""What a search may ask, and what messages of a broker give away."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.identify import identification
from hub.importing import devices, topics
from hub.importing.devices import CHOOSE, Device
from hub.importing.targets import targets


def said(**fields: object) -> bytes:
    return json.dumps(fields).encode()


HEARD = {
    "zigbee2mqtt/bridge/state": b'{"state":"online"}',
    "zigbee2mqtt/kitchen": said(smoke=False, battery=90),
    "zigbee2mqtt/kitchen/availability": b'{"state":"online"}',
    "z2m/bridge/info": b"{}",
    "z2m/back door": said(contact=True),
    "tele/plug7/LWT": b"Online",
    "tele/plug7/SENSOR": said(Time="2026", SI7021={"Temperature": 20}),
    "application/1/device/24E124126A148401/event/up": said(
        deviceInfo={"deviceName": "bridge-level"}, object={"distance": 1200}
    ),
    "homeassistant/binary_sensor/hall_smoke/config": said(device_class="smoke", state_topic="hall/smoke", name="Hall"),
    "homeassistant/sensor/kitchen_battery/config": said(device_class="battery", state_topic="zigbee2mqtt/kitchen"),
    "scada/pump/1/pressure": b"3.5",
    "scada/pump/2/pressure": b"3.4",
}


@pytest.mark.parametrize(
    ("text", "network", "port", "many"),
    [
        ("10.1.2.3", "10.1.2.3", 502, 1),
        ("panel.local:1502", "panel.local", 1502, 1),
        ("10.1.2.0/24", "10.1.2.0/24", 502, 254),
        ("10.1.2.0/30:502", "10.1.2.0/30", 502, 2),
        ("[fd00::5]:503", "fd00::5", 503, 1),
    ],
)
def test_a_target_is_a_host_or_a_network(text, network, port, many):
    found = targets(text, 502)
    assert (found.network, found.port, found.many, len(list(found.hosts()))) == (network, port, many, many)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("10.0.0.0/21", "2,046 addresses; name a part of it .* or say --yes"),
        ("10.0.0.0/8", "no more than 65,536"),
        ("10.0.0.0/33", "is no network"),
        ("10.0.0.1:99999", "a port is a number"),
        ("a b", "neither a host nor a network"),
    ],
)
def test_what_was_hardly_meant_is_refused(text, says):
    with pytest.raises(ValueError, match=says):
        targets(text, 502)
    assert targets("10.0.0.0/21", 502, large=True).many == 2046


def test_devices_of_four_conventions_are_told_and_the_rest_is_a_tree():
    found = {d.id: d for d in topics.devices(HEARD, {"host": "broker"})}
    assert {name: d.profile for name, d in found.items()} == {
        "kitchen": "mqtt/smoke",
        "back door": "mqtt/door-contact",
        "plug7": "mqtt/tasmota-sensor",
        "bridge-level": "mqtt/chirpstack-water-level",
        "hall_smoke": "mqtt/home-assistant-smoke",
    }
    assert found["back door"].connection == {"host": "broker", "topic": "z2m/{device}", "name": "back door"}
    assert found["plug7"].parameters == {"sensor": "SI7021"}
    assert found["bridge-level"].connection["name"] == "24e124126a148401"
    assert found["hall_smoke"].connection["topic"] == "hall/smoke"
    assert topics.tree(HEARD) == ["scada/pump: 2 topics"]


@given(st.dictionaries(st.text(max_size=40), st.binary(max_size=40), max_size=5))
def test_whatever_is_heard_makes_a_file(heard):
    assert devices.text(topics.devices(heard, {"host": "b"}), "x", topics.tree(heard)).startswith("#")


def test_what_a_device_says_cannot_leave_its_comment():
    text = devices.text([Device("a b", {"host": "h"}, says="x\ndevices: []\r\x85y")], "x")
    assert [line for line in text.splitlines() if not line.lstrip().startswith("#")] == [
        "devices:",
        f"  - {{id: a-b, profile: {CHOOSE}, zone: choose, connection: {{host: h}}}}",
    ]


@given(st.binary(max_size=40))
def test_whatever_a_device_answers_is_no_fault_of_ours(body):
    assert isinstance(identification(b"\x2b\x0e\x01\x01\x00\x00" + body), dict)
