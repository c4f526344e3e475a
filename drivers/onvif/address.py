"""What configuration says about ONVIF: the camera, where a point lives, where an event lives."""

import re
from collections.abc import Hashable
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from hub.config.durations import Duration
from hub.model.clock import MINUTE, SECOND

SUBTREE = "//."
"""At the end of a topic: it and everything below it (ONVIF Core, 9.7.3, ConcreteSet dialect)."""
_STEP = r"(?:[A-Za-z_][\w.\-]*:)?[A-Za-z_][\w.\-]*"
_TOPIC = re.compile(rf"{_STEP}(?:/{_STEP})*(?://\.)?\Z")


def _topic(given: str) -> str:
    if not _TOPIC.match(given):
        raise ValueError(
            "write a topic as ONVIF does: tns1:VideoSource/MotionAlarm, or tns1:VideoSource//. for all below"
        )
    return given


def _pull(given: int) -> int:
    if not SECOND <= given <= 10 * MINUTE:
        raise ValueError("pull is 1s to 10m")
    return given


def _path(given: str) -> str:
    if not re.match(r"/[^\s\x00-\x1f]*\Z", given):
        raise ValueError("a path begins with / and has no spaces")
    return given


def _user(given: str) -> str:
    if ":" in given:
        raise ValueError("a user name has no colon (RFC 7617)")
    return given


Topic = Annotated[str, AfterValidator(_topic)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Tls(_Strict):
    """How the camera is proven."""

    ca: str | None = Field(None, description="PEM file of the authority that signed the camera's certificate.")
    fingerprint: Annotated[str, Field(pattern=r"^(?:[0-9A-Fa-f]{2}:?){32}$")] | None = Field(
        None, description="SHA-256 of the camera's own certificate, for cameras that sign it themselves."
    )


class Connection(_Strict):
    """The camera or recorder, how to sign in, and which of its channels the device is."""

    host: str = Field(min_length=1, description="Name or address of the camera.", examples=["10.1.2.3"])
    port: int = Field(80, ge=1, le=65_535, description="TCP port of its ONVIF services; with tls the default is 443.")
    path: Annotated[str, AfterValidator(_path)] = Field(
        "/onvif/device_service", description="Path of the device service."
    )
    tls: Tls | Literal[True] | None = Field(None, description="HTTPS: true, or how the camera is proven.")
    user: Annotated[str, AfterValidator(_user)] | None = Field(
        None, description="ONVIF user; many cameras keep ONVIF users apart from those of their web page."
    )
    password: SecretStr | None = Field(None, description="Password, by reference: {secret: name}.")
    auth: Literal["auto", "digest", "token"] = Field(
        "auto", description="How to sign in: HTTP digest, WS-UsernameToken, or what the camera accepts."
    )
    source: str | None = Field(
        None,
        min_length=1,
        max_length=64,
        description="Video source token: the channel of a recorder that this device is.",
    )
    picture_port: int | None = Field(
        None, ge=1, le=65_535, description="TCP port of its pictures, when it is not that of its services."
    )
    pull: Annotated[Duration, AfterValidator(_pull)] = Field(
        20 * SECOND, description="How long the camera holds a question that it has no news for."
    )
    max_skew: Duration = Field(
        MINUTE, description="From which difference on a wrong clock of the camera makes it degraded."
    )

    @model_validator(mode="before")
    @classmethod
    def _tls_port(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("tls") and "port" not in data:
            return {**data, "port": 443}
        return data

    @model_validator(mode="after")
    def _pair(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password belong together: give both or neither")
        return self


class Address(_Strict):
    """Where one point lives: an item of a topic, or a property of the camera itself."""

    topic: Topic | None = Field(
        None,
        description="Topic of the message; a trailing //. takes everything below, too.",
        examples=["tns1:VideoSource/MotionAlarm"],
    )
    item: str | None = Field(
        None,
        min_length=1,
        description="Data item that has the value; absent: the only one there is.",
        examples=["State"],
    )
    source: dict[str, str] = Field(
        {}, description="Source or key items and what they must be.", examples=[{"InputToken": "din0"}]
    )
    type: Literal["auto", "bool", "int", "float", "text"] = Field("auto", description="What the item's text is.")
    relay: str | None = Field(
        None,
        min_length=1,
        max_length=64,
        description="Token of the relay output that is set when the point is written; absent: it cannot be.",
    )
    ptz: bool = Field(
        False, description="Whether writing the token or name of a preset to the point moves the camera there."
    )
    absent: bool | None = Field(
        None, description="What a message without a body means, for cameras that say so that there is no motion."
    )
    about: Literal["clock_offset", "manufacturer", "model", "firmware", "serial", "hardware", "presets"] | None = Field(
        None,
        description="Instead of a topic: what the camera says of itself; clock_offset in seconds, presets as a list.",
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.topic is None) == (self.about is None):
            raise ValueError("give a topic, or about; one of the two")
        topical = self.item is not None or self.source or self.relay is not None or self.ptz or self.absent is not None
        if self.about is not None and topical:
            raise ValueError("item, source, relay, ptz and absent belong to a topic")
        if self.relay is not None and self.ptz:
            raise ValueError("a point sets a relay or moves the camera, not both")
        return self

    def __hash__(self) -> int:
        how = self.type, self.relay, self.ptz, self.absent, self.about
        return hash((self.topic, self.item, tuple(self.source.items()), *how))


class Event(_Strict):
    """Where one kind of event lives: a topic, and what its items must be."""

    topic: Topic = Field(
        description="Topic of the message; a trailing //. takes everything below, too.",
        examples=["tns1:RuleEngine/LineDetector/Crossed"],
    )
    source: dict[str, str] = Field(
        {}, description="Source or key items and what they must be.", examples=[{"Rule": "gate"}]
    )
    where: dict[str, str] = Field({}, description="Data items and what they must be.", examples=[{"State": "true"}])

    def __hash__(self) -> int:
        return hash((self.topic, tuple(self.source.items()), tuple(self.where.items())))


def line(connection: Connection) -> Hashable:
    """Return what the channels of one recorder share: everything but the channel."""
    return connection.model_copy(update={"source": None})


def endpoint(connection: Connection) -> tuple[str, int]:
    """Return the camera's host and port."""
    return connection.host, connection.port


def redirect(connection: Connection, host: str, port: int) -> Connection:
    """Return the connection pointed at a simulator, which speaks in the clear."""
    return connection.model_copy(update={"host": host, "port": port, "tls": None})
