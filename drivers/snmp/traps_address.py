"""What configuration says about a receiver of traps and informs: where it listens, whom it believes, what it counts."""

import ipaddress
from collections.abc import Hashable
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

from drivers.snmp import oid as oids
from drivers.snmp.connection import Authentication, Privacy
from hub.model import DeviceId, Reason, Value

TRAP_PORT = 162
"""The UDP port that IANA has registered for SNMP notifications."""

Count = Literal[
    "traps", "informs", "unmatched", "unknown", "flooded", "refused", "damaged", "overrun", "strangers", "engine"
]


def _literal(given: str) -> str:
    ipaddress.ip_address(given)
    return given


def _engine(given: str) -> str:
    if not 5 <= len(bytes.fromhex(given)) <= 32:
        raise ValueError("an engine id has 5 to 32 bytes, written in hex (RFC 3411 5)")
    return bytes.fromhex(given).hex()


EngineId = Annotated[str, AfterValidator(_engine)]
Oid = Annotated[str, BeforeValidator(oids.checked)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class User(_Strict):
    """A user of version 3. Messages below the level written here are refused."""

    name: str = Field(
        min_length=1,
        max_length=32,
        description="User name as the devices have it.",
        json_schema_extra={"vi": "Tên người dùng như trên thiết bị."},
    )
    auth: Authentication | None = Field(
        None, description="How its messages are signed.", json_schema_extra={"vi": "Cách ký thông điệp."}
    )
    privacy: Privacy | None = Field(
        None, description="How its messages are encrypted.", json_schema_extra={"vi": "Cách mã hóa thông điệp."}
    )
    security: Literal["privacy", "auth", "none"] = Field(
        "privacy",
        description="The least that is accepted: `auth` allows messages in clear text, `none` unsigned ones.",
        json_schema_extra={"vi": "Mức tối thiểu: `auth` cho phép không mã hóa, `none` cho phép không ký."},
    )
    engines: tuple[EngineId, ...] = Field(
        (),
        description="Engine ids of the devices that use it, in hex; absent: learnt from messages that were proven.",
        json_schema_extra={"vi": "Engine id (hex) của các thiết bị dùng tài khoản này; bỏ trống: tự học."},
    )

    @model_validator(mode="after")
    def _levels(self) -> Self:
        if self.privacy is not None and self.auth is None:
            raise ValueError("privacy needs auth: SNMP encrypts no message that is not signed")
        if self.auth is None and self.security != "none":
            raise ValueError("without auth anybody can send in its name: give auth and privacy, or security: none")
        if self.privacy is None and self.security == "privacy":
            raise ValueError("without privacy messages travel in clear text: give privacy, or write security: auth")
        return self


class Connection(_Strict):
    """One receiver: an address to listen on and whom to believe."""

    listen: Annotated[str, AfterValidator(_literal)] = Field(
        "127.0.0.1",
        description="Address of this machine to listen on.",
        examples=["127.0.0.1", "10.1.0.5"],
        json_schema_extra={"vi": "Địa chỉ của máy này để lắng nghe."},
    )
    port: int = Field(
        TRAP_PORT, ge=1, le=65_535, description="UDP port to listen on.", json_schema_extra={"vi": "Cổng UDP."}
    )
    communities: tuple[SecretStr, ...] = Field(
        (),
        description="Communities of versions 1 and 2c, by reference; absent: those versions are refused.",
        json_schema_extra={"vi": "Community của phiên bản 1 và 2c, viết tham chiếu; bỏ trống: từ chối."},
    )
    users: tuple[User, ...] = Field(
        (),
        description="Users of version 3; absent: version 3 is refused.",
        json_schema_extra={"vi": "Người dùng phiên bản 3; bỏ trống: từ chối phiên bản 3."},
    )
    sources: dict[DeviceId, str] = Field(
        {},
        description="Device and the host its notifications come from; snmp devices of the site are known by theirs.",
        examples=[{"switch-market": "10.1.2.1"}],
        json_schema_extra={"vi": "Thiết bị và máy gửi; thiết bị snmp của site được biết theo host của chúng."},
    )
    rate: int = Field(
        500,
        ge=1,
        le=100_000,
        description="Notifications a second that are read from one source; those beyond are counted.",
        json_schema_extra={"vi": "Số thông báo mỗi giây được đọc từ một nguồn; phần vượt chỉ được đếm."},
    )
    engine: EngineId | None = Field(
        None,
        description="The receiver's own engine id in hex, for informs of version 3; absent: made from its name.",
        json_schema_extra={"vi": "Engine id (hex) của bộ nhận, cho inform phiên bản 3; bỏ trống: tạo từ tên."},
    )

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not self.communities and not self.users:
            raise ValueError("nobody would be believed: give users (version 3) or communities (versions 1 and 2c)")
        names = [user.name for user in self.users]
        if len(names) != len(set(names)):
            raise ValueError("two users have the same name")
        return self


class Address(_Strict):
    """One of the receiver's own observations."""

    count: Count = Field(
        description="What is counted; `strangers` names unknown sources, `engine` is the receiver's engine id.",
        json_schema_extra={"vi": "Đại lượng được đếm; `strangers` liệt kê nguồn lạ, `engine` là engine id."},
    )


class Event(_Strict):
    """Which notifications are this event."""

    oid: Oid = Field(
        description="snmpTrapOID, in digits.",
        examples=["1.3.6.1.6.3.1.1.5.3"],
        json_schema_extra={"vi": "snmpTrapOID, viết bằng số."},
    )
    below: bool = Field(
        False,
        description="Also every notification whose OID lies below, where no event is nearer.",
        json_schema_extra={"vi": "Gồm cả các thông báo có OID nằm dưới, khi không có mục nào gần hơn."},
    )
    variables: bool = Field(
        False,
        description="Keep every variable as an attribute named by its OID.",
        json_schema_extra={"vi": "Giữ mọi biến thành thuộc tính mang tên OID."},
    )


def line(connection: Connection) -> Hashable:
    """Return what two receivers may not share: the port they listen on."""
    return connection.listen, connection.port


def redirect(connection: Connection, host: str, port: int) -> Connection:
    """Return the receiver listening elsewhere."""
    return connection.model_copy(update={"listen": host, "port": port})


def example(address: Address, raw: Any) -> Value | Reason:
    """Return what a count written as an example gives. Raises ValueError, TypeError."""
    if address.count in ("strangers", "engine"):
        if not isinstance(raw, str):
            raise TypeError(f"{address.count} is a text")
        return raw
    if isinstance(raw, bool) or not isinstance(raw, int) or raw < 0:
        raise ValueError("a count is a whole number")
    return raw
