"""What configuration may say of OPC UA."""

from typing import Any

import pytest
from pydantic import ValidationError

from drivers.opcua import SPEC
from drivers.opcua.address import Address, Connection


def connection(**given: Any) -> Connection:
    return Connection.model_validate({"url": "opc.tcp://10.1.2.3", **given})


def test_a_url_without_a_port_means_4840_and_keeps_its_path() -> None:
    assert connection(url="opc.tcp://panel/x/y").url == "opc.tcp://panel:4840/x/y"
    assert SPEC.endpoint is not None
    assert SPEC.endpoint(connection(url="opc.tcp://[::1]:53530/x")) == ("::1", 53530)


@pytest.mark.parametrize(
    "url", ["http://panel", "opc.tcp://", "opc.tcp://u:p@panel", "opc.tcp://panel:99999999", "panel"]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        connection(url=url)


def test_security_is_on_unless_none_is_written() -> None:
    assert connection().security == "Basic256Sha256"
    assert connection(security="None").security == "None"
    with pytest.raises(ValidationError):
        connection(security="Basic256")


@pytest.mark.parametrize(
    "given",
    [{"user": "a"}, {"password": "b"}, {"cert": "c"}, {"user": "a", "password": "b", "cert": "c", "key": "d"},
     {"trust": "sha256:12"}],
)  # fmt: skip
def test_half_an_identity_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        connection(**given)


def test_a_secret_does_not_show() -> None:
    assert "hunter2" not in repr(connection(user="a", password="hunter2"))


def test_devices_share_a_session_by_server_security_and_user() -> None:
    line = SPEC.line
    assert line(connection(base="0:Objects/2:A")) == line(connection(base="0:Objects/2:B", interval="1s"))
    assert line(connection()) != line(connection(security="None"))
    assert line(connection()) != line(connection(user="a", password="b"))


@pytest.mark.parametrize(
    "given",
    [
        {"node": "ns=2;s=Zone 1; a=b"}, {"node": "nsu=http://x/y;i=7"}, {"node": "i=2267"},
        {"node": "g=72962B91-FA75-4AE6-8D28-B404DC7DAF63"}, {"path": "/0:Objects/2:Panel"},
        {"path": "Zone1/PresentValue"},
        {"condition": "Zone1.Fire", "state": "acked"}, {"method": "ns=2;s=Reset", "owner": "2:Panel"},
        {"certificate": "own"},
    ],
)  # fmt: skip
def test_a_point_lives_at_one_place(given: dict[str, Any]) -> None:
    assert Address.model_validate(given)


@pytest.mark.parametrize(
    "given",
    [
        {}, {"node": "i=1", "path": "a"}, {"node": "zone"}, {"node": "ns=x;s=a"}, {"path": ""}, {"path": "a//b"},
        {"method": "i=1"}, {"owner": "i=1", "node": "i=2"}, {"condition": ""}, {"node": "i=1", "queue": 0},
        {"node": "i=1", "sampling": "fast"}, {"condition": "a", "state": "shelved"},
    ],
)  # fmt: skip
def test_no_place_or_two_or_a_wrong_one_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Address.model_validate(given)


def test_a_device_pointed_at_its_simulator_takes_no_secret_along() -> None:
    assert SPEC.redirect is not None
    moved = SPEC.redirect(connection(url="opc.tcp://panel/a", user="u", password="p", trust="/x"), "127.0.0.1", 5)
    assert (moved.url, moved.security, moved.user, moved.password) == ("opc.tcp://127.0.0.1:5/a", "None", None, None)


def test_an_alarm_is_acknowledged_at_the_server_where_a_condition_is_named_and_the_connection_allows_it() -> None:
    assert SPEC.acknowledges is not None
    repeats = Address.model_validate({"path": "Zone1", "acknowledges": "Zone1.Fire"})
    shows, plain = Address.model_validate({"condition": "Zone1"}), Address.model_validate({"path": "Zone1"})
    assert [SPEC.acknowledges(connection(), a) for a in (repeats, shows, plain)] == [True, True, False]
    assert not SPEC.acknowledges(connection(acknowledge=False), repeats)
    with pytest.raises(ValidationError):
        Address.model_validate({"condition": "Zone1", "acknowledges": "Zone1"})
