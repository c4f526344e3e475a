"""What is published to set an MQTT point: the topic, and the payload that the profile describes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from drivers.base import BoundDevice, BoundPoint
from drivers.mqtt.address import Address, Connection
from drivers.mqtt.commands import payload_of, publication
from hub.model import Refused


def told(address: dict[str, Any], value: Any, **connection: Any) -> tuple[str, bytes, bool]:
    c = Connection.model_validate({"host": "b", **connection})
    point = BoundPoint("lamp/state", "lamp", Address.model_validate(address), True)
    return publication(BoundDevice("lamp", c, (point,)), point, value)


@pytest.mark.parametrize(
    ("payload", "value", "sent"),
    [
        ("$value", "ON", b"ON"),
        ("$value", True, b"true"),
        ("$value", 12.5, b"12.5"),
        ({"state": "$value"}, "ON", b'{"state":"ON"}'),
        ({"state": "$value"}, 'O"N', b'{"state":"O\\"N"}'),
        ({"warning": {"mode": "fire", "level": "$value"}, "list": [1, "$value"]}, 3,
         b'{"warning":{"mode":"fire","level":3},"list":[1,3]}'),
        ("start", True, b"start"),
        ({"khói": "$value"}, "có", '{"khói":"có"}'.encode()),
    ],
)  # fmt: skip
def test_the_payload_holds_the_value_where_the_profile_says(payload: Any, value: Any, sent: bytes) -> None:
    assert payload_of(payload, value) == sent


@given(st.text())
def test_no_value_can_break_out_of_its_place(value: str) -> None:
    assert json.loads(payload_of({"a": "$value", "b": 1}, value)) == {"a": value, "b": 1}


def test_the_topic_is_the_device_s_own() -> None:
    command = {"command": {"topic": "{topic}/set", "payload": {"state": "$value"}, "retain": True}}
    assert told(command, "ON", topic="zigbee2mqtt/{device}", name="Hall") == (
        "zigbee2mqtt/Hall/set",
        b'{"state":"ON"}',
        True,
    )
    assert told({"command": {"topic": "cmnd/{device}/POWER"}}, "ON")[0] == "cmnd/lamp/POWER"


def test_a_point_without_command_topic_is_refused_and_says_what_to_write() -> None:
    with pytest.raises(Refused, match="command topic") as why:
        told({"path": "state"}, "ON")
    assert why.value.reason == "not_writable"


def test_a_command_never_goes_to_a_wildcard() -> None:
    with pytest.raises(ValidationError, match="one topic"):
        Address.model_validate({"command": {"topic": "a/+/set"}})
    with pytest.raises(Refused, match="one topic"):
        told({"command": {"topic": "{topic}/set"}}, "ON", topic="a/+/b")
