"""What configuration says about MQTT: the connection, where a point lives, where an event lives."""

import re
from collections.abc import Hashable
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)

from drivers.mqtt import topic as topics
from hub.config.durations import Duration
from hub.model.clock import DAY, HOUR, SECOND
from hub.wire import path as paths

PLAIN_PORT = 1883
TLS_PORT = 8883
"""The ports that IANA has registered for MQTT without and with TLS."""


LONGEST_SESSION = 49_710 * DAY
"""The largest Session Expiry Interval that is a number of seconds and not "for ever" (MQTT 5.0, 3.1.2.11.2)."""


def _keepalive(given: int) -> int:
    if not SECOND <= given <= 18 * HOUR:
        raise ValueError("keepalive is 1s to 18h")
    return given


def _expiry(given: int) -> int:
    if given > LONGEST_SESSION:
        raise ValueError(f"session_expiry is at most {LONGEST_SESSION // DAY}d")
    return given


def _connection_topic(given: str) -> str:
    return topics.checked(given, frozenset({"device"}))


def _address_topic(given: str) -> str:
    return topics.checked(given, frozenset({"device", "topic"}))


def _command_topic(given: str) -> str:
    if topics.has_wildcard(given):
        raise ValueError("a command goes to one topic: no + and no #")
    return _address_topic(given)


def _path(given: str) -> str:
    paths.steps(given)
    return given


def _name(given: str) -> str:
    if re.search(r"[+#{}\x00-\x1f\x7f]", given):
        raise ValueError("the name that {device} stands for has no + # { } and no control characters")
    return given


JsonPath = Annotated[str, AfterValidator(_path)]
TimeFormat = Literal["iso", "s", "ms"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Tls(_Strict):
    """How the broker is proven, and how the hub proves itself."""

    ca: str | None = Field(
        None,
        description="PEM file of the authority that signed the broker's certificate; absent: the system's authorities.",
    )
    cert: str | None = Field(
        None, description="PEM file with the hub's own certificate, where the broker asks for one."
    )
    key: str | None = Field(None, description="PEM file with the private key of `cert`.")

    @model_validator(mode="after")
    def _pair(self) -> Self:
        if (self.cert is None) != (self.key is None):
            raise ValueError("cert and key belong together: give both or neither")
        return self


class Connection(_Strict):
    """The broker, how to sign in, and where the device publishes."""

    host: str = Field(
        min_length=1, description="Name or address of the broker.", examples=["broker.example", "10.1.2.3"]
    )
    port: int = Field(PLAIN_PORT, ge=1, le=65_535, description="TCP port of the broker; with tls the default is 8883.")
    version: Literal[5, "3.1.1"] = Field(5, description="Protocol version the broker speaks.")
    user: str | None = Field(None, description="User name at the broker.")
    password: SecretStr | None = Field(None, description="Password at the broker, by reference: {secret: name}.")
    tls: Tls | Literal[True] | None = Field(None, description="TLS: true, or the files to use.")
    client_id: str | None = Field(
        None,
        min_length=1,
        max_length=64,
        description="Name of the hub's session at the broker; absent: made from the site and the broker's address.",
    )
    keepalive: Annotated[Duration, AfterValidator(_keepalive)] = Field(
        30 * SECOND,
        description="Longest silence before the hub asks whether the broker is there.",
    )
    session_expiry: Annotated[Duration, AfterValidator(_expiry)] = Field(
        DAY, description="How long the broker keeps messages for a hub that is away."
    )
    receive_max: int = Field(
        2000, ge=1, le=65_535, description="Messages that may be under way unacknowledged (MQTT 5)."
    )
    topic: Annotated[str, AfterValidator(_connection_topic)] = Field(
        "{device}", description="Where the device publishes; {device} is its name.", examples=["zigbee2mqtt/{device}"]
    )
    name: Annotated[str, AfterValidator(_name)] | None = Field(
        None, min_length=1, max_length=256, description="What {device} stands for; absent: the id of the device."
    )

    @model_validator(mode="before")
    @classmethod
    def _tls_port(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("tls") and "port" not in data:
            return {**data, "port": TLS_PORT}
        return data


class _Place(_Strict):
    topic: Annotated[str, AfterValidator(_address_topic)] = Field(
        "{topic}",
        description="Topic of the messages; {topic} is the connection's, {device} the device's name.",
        examples=["{topic}/availability", "tele/{device}/LWT"],
    )
    time: JsonPath | None = Field(None, description="Path of the payload's own time.", examples=["time"])
    time_format: TimeFormat = Field(
        "iso", description="How that time is written: ISO 8601, or seconds or milliseconds since 1970."
    )


VALUE = "$value"
"""What stands for the raw value in the payload of a command."""


class Command(_Strict):
    """How a point is set: what is published, and where."""

    topic: Annotated[str, AfterValidator(_command_topic)] = Field(
        description="Topic to publish to; {topic} is the connection's, {device} the device's name.",
        examples=["{topic}/set", "cmnd/{device}/POWER"],
    )
    payload: Any = Field(
        VALUE,
        description="What is published; $value stands for the raw value. An object or a list is written as JSON.",
        examples=[VALUE, {"state": VALUE}],
    )
    retain: bool = Field(
        False, description="Whether the broker keeps it; then a device that comes back gets the command again."
    )

    def __hash__(self) -> int:
        return hash((self.topic, repr(self.payload), self.retain))


class Address(_Place):
    """Where one point lives: a topic, and a path into its payload."""

    path: JsonPath | None = Field(
        None,
        description="Path into the JSON payload; absent: the payload itself is the value.",
        examples=["a.b[0]", "battery"],
    )
    retained: Literal["use", "mark", "ignore"] = Field(
        "mark", description="What a retained message is worth on connecting: a value, an uncertain value, nothing."
    )
    command: Command | None = Field(
        None, description="How the point is set; absent: it cannot be. Its topic says what became of it."
    )


class Event(_Place):
    """Where one kind of event lives: a topic, what its payload must hold, and what tells two events apart."""

    key: JsonPath | None = Field(
        None, description="Path of what tells this event from every other; the same key twice is stored once."
    )
    where: dict[JsonPath, bool | int | float | str] = Field(
        {}, description="Paths and what must be there for a message to be this event.", examples=[{"action": "single"}]
    )

    def __hash__(self) -> int:
        return hash((self.topic, self.time, self.time_format, self.key, tuple(self.where.items())))


def line(connection: Connection) -> Hashable:
    """Return what devices must share to be served by one session: everything but the topic and the name."""
    return connection.model_copy(update={"topic": "", "name": None})


def endpoint(connection: Connection) -> tuple[str, int]:
    """Return the broker's host and port."""
    return connection.host, connection.port


def redirect(connection: Connection, host: str, port: int) -> Connection:
    """Return the connection pointed at a simulator's broker, which speaks 3.1.1 in the clear and knows no secrets."""
    plain = {"version": "3.1.1", "tls": None, "user": None, "password": None}
    return connection.model_copy(update={"host": host, "port": port, **plain})
