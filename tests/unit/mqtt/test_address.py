"""What configuration may say about MQTT."""

import pytest
from pydantic import ValidationError

from drivers.mqtt import SPEC
from drivers.mqtt.address import Address, Connection
from drivers.mqtt.driver import client_id, settings_of
from tests.unit.mqtt.bound import device


def test_defaults_are_those_of_the_reference():
    c = Connection(host="broker")
    assert (c.port, c.version, c.keepalive, c.session_expiry, c.receive_max) == (
        1883,
        5,
        30 * 10**9,
        86_400 * 10**9,
        2000,
    )


def test_tls_moves_the_default_port_and_no_other():
    assert Connection(host="b", tls=True).port == 8883
    assert Connection(host="b", tls=True, port=1883).port == 1883
    assert Connection(host="b").port == 1883


def test_a_password_is_never_printed():
    assert "hunter2" not in repr(Connection(host="b", password="hunter2"))


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "host"),
        ({"host": "b", "port": 0}, "port"),
        ({"host": "b", "version": 4}, "version"),
        ({"host": "b", "keepalive": "30"}, "duration"),
        ({"host": "b", "keepalive": "0s"}, "keepalive"),
        ({"host": "b", "topic": "x/{name}"}, "unknown placeholder"),
        ({"host": "b", "name": "a/+/b"}, "name"),
        ({"host": "b", "tls": {"cert": "c.pem"}}, "cert and key belong together"),
        ({"host": "b", "hots": "b"}, "hots"),
    ],
)
def test_a_wrong_connection_says_what_is_wrong(given, why):
    with pytest.raises(ValidationError, match=why):
        Connection.model_validate(given)


def test_a_wrong_path_or_topic_is_found_before_anything_runs():
    with pytest.raises(ValidationError, match="column 2"):
        Address(path="a..b")
    with pytest.raises(ValidationError, match="last level"):
        Address(topic="a/#/b")


def test_devices_share_a_line_when_only_topic_and_name_differ():
    one = Connection(host="b", topic="a/{device}", name="x")
    two = Connection(host="b", topic="c/{device}")
    other = Connection(host="b", user="u")
    assert SPEC.line(one) == SPEC.line(two)
    assert hash(SPEC.line(one)) == hash(SPEC.line(two))
    assert SPEC.line(one) != SPEC.line(other)


def test_a_device_pointed_at_a_simulator_takes_no_secrets_there():
    assert SPEC.redirect is not None
    assert SPEC.endpoint is not None
    there = SPEC.redirect(Connection(host="b", tls=True, user="u", password="p", topic="t/{device}"), "127.0.0.1", 9)
    assert SPEC.endpoint(there) == ("127.0.0.1", 9)
    assert (there.tls, there.user, there.password, there.topic) == (None, None, None, "t/{device}")


def test_the_client_id_is_fixed_for_a_site_and_differs_between_sites():
    c = Connection(host="b")
    assert client_id("one", c) == client_id("one", Connection(host="b", topic="else"))
    assert client_id("one", c) != client_id("two", c)
    assert len(client_id("one", c)) <= 23
    assert client_id("one", c).isalnum()


def test_settings_come_from_the_connection_in_seconds():
    s = settings_of(device("a", connection=Connection(host="b", keepalive="90s", session_expiry="48h", client_id="me")))
    assert (s.keepalive, s.session_expiry, s.client_id, s.version) == (90, 172_800, "me", 5)
