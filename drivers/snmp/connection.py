"""What configuration says about an SNMP agent: how to reach it, how to sign in, what it cannot bear.

Security levels from RFC 3414 (USM); versions that sign in by a community (1, 2c) send it in clear text.
"""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

PORT = 161
"""The port that IANA has registered for SNMP agents."""
LARGEST_REQUEST = 100


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Authentication(_Strict):
    """How the hub proves who it is (RFC 3414, RFC 7860)."""

    protocol: Literal["SHA", "SHA224", "SHA256", "SHA384", "SHA512"] = Field(
        "SHA256",
        description="Hash that signs every message, as the agent has it for this user; SHA is SHA-1.",
        json_schema_extra={"vi": "Thuật toán băm ký mỗi thông điệp, như agent đặt cho người dùng này; SHA là SHA-1."},
    )
    password: SecretStr = Field(
        min_length=8,
        description="Authentication password by reference: {secret: name}; eight characters at least.",
        json_schema_extra={"vi": "Mật khẩu xác thực, viết tham chiếu {secret: tên}; ít nhất tám ký tự."},
    )


class Privacy(_Strict):
    """How messages are encrypted (RFC 3826; longer keys as in the Blumenthal draft, with C as Cisco makes them)."""

    protocol: Literal["AES128", "AES192", "AES256", "AES192C", "AES256C"] = Field(
        "AES128",
        description="Cipher as the agent has it for this user; names with C lengthen keys as Cisco does.",
        json_schema_extra={"vi": "Thuật toán mã hóa như agent đặt; tên có C kéo dài khóa theo cách của Cisco."},
    )
    password: SecretStr = Field(
        min_length=8,
        description="Privacy password by reference: {secret: name}; eight characters at least.",
        json_schema_extra={"vi": "Mật khẩu mã hóa, viết tham chiếu {secret: tên}; ít nhất tám ký tự."},
    )


class Writer(_Strict):
    """Who sets objects, where that is not who reads them."""

    community: SecretStr | None = Field(
        None,
        description="Community that may write, of versions 2c and 1, by reference: {secret: name}.",
        json_schema_extra={"vi": "Community được ghi của phiên bản 2c và 1, viết tham chiếu {secret: tên}."},
    )
    user: str | None = Field(
        None,
        min_length=1,
        max_length=32,
        description="User of version 3 that may write.",
        json_schema_extra={"vi": "Người dùng phiên bản 3 được ghi."},
    )
    auth: Authentication | None = Field(
        None, description="How its messages are signed.", json_schema_extra={"vi": "Cách ký thông điệp."}
    )
    privacy: Privacy | None = Field(
        None, description="How its messages are encrypted.", json_schema_extra={"vi": "Cách mã hóa thông điệp."}
    )


class Connection(_Strict):
    """The agent, and how to sign in; devices with equal connections share one line."""

    host: str = Field(
        min_length=1,
        description="Host name or IP address of the agent.",
        examples=["10.1.2.3"],
        json_schema_extra={"vi": "Tên máy hoặc địa chỉ IP của agent."},
    )
    port: int = Field(
        PORT, ge=1, le=65535, description="UDP port of the agent.", json_schema_extra={"vi": "Cổng UDP của agent."}
    )
    version: Literal[3, "2c", 1] = Field(
        3,
        description="3 signs and encrypts; 2c and 1 send the community in clear text and have to be written.",
        json_schema_extra={"vi": "3 có ký và mã hóa; 2c và 1 gửi community không mã hóa nên phải viết rõ."},
    )
    community: SecretStr | None = Field(
        None,
        description="Community of versions 2c and 1 by reference: {secret: name}.",
        json_schema_extra={"vi": "Community của phiên bản 2c và 1, viết tham chiếu {secret: tên}."},
    )
    user: str | None = Field(
        None,
        min_length=1,
        max_length=32,
        description="User name of version 3.",
        json_schema_extra={"vi": "Tên người dùng của phiên bản 3."},
    )
    auth: Authentication | None = Field(
        None,
        description="How messages of version 3 are signed.",
        json_schema_extra={"vi": "Cách ký thông điệp của phiên bản 3."},
    )
    privacy: Privacy | None = Field(
        None,
        description="How messages of version 3 are encrypted.",
        json_schema_extra={"vi": "Cách mã hóa thông điệp của phiên bản 3."},
    )
    security: Literal["privacy", "auth", "none"] = Field(
        "privacy",
        description="The least that is accepted of version 3: `auth` allows clear text, `none` unsigned messages.",
        json_schema_extra={
            "vi": "Mức tối thiểu của phiên bản 3: `auth` cho phép không mã hóa, `none` cho phép không ký."
        },
    )
    write: Writer | None = Field(
        None,
        description="Who sets objects (commands), where that is not who reads; the level of `security` holds too.",
        json_schema_extra={"vi": "Ai được ghi (lệnh), khi khác với người đọc; cùng mức `security`."},
    )
    retries: int = Field(
        2,
        ge=0,
        le=5,
        description="How often an unanswered request is sent again within the device's timeout.",
        json_schema_extra={"vi": "Số lần gửi lại yêu cầu chưa có trả lời, trong giới hạn timeout của thiết bị."},
    )
    largest: int = Field(
        20,
        ge=2,
        le=LARGEST_REQUEST,
        description="Most OIDs in one request.",
        json_schema_extra={"vi": "Số OID nhiều nhất trong một yêu cầu."},
    )

    @model_validator(mode="after")
    def _signs_in(self) -> Self:
        wrong = self._fault(self) or (self.write and self._fault(self.write, "write: "))
        if wrong:
            raise ValueError(wrong)
        return self

    def _fault(self, who: "Connection | Writer", place: str = "") -> str | None:
        wrong = _user_fault(who, self.security) if self.version == 3 else _community_fault(who, self.version)
        return place + wrong if wrong else None


def _community_fault(c: Connection | Writer, version: int | str) -> str | None:
    if c.community is None:
        return f"version {version} needs a community: {{secret: name}}"
    if c.user or c.auth or c.privacy:
        return f"version {version} has no users: user, auth and privacy belong to version 3"
    return None


def _user_fault(c: Connection | Writer, security: str) -> str | None:
    if c.community is not None:
        return "a community belongs to version 2c or 1: write version: 2c, or a user for version 3"
    if c.user is None:
        return "version 3 needs a user (write version: 2c if the agent has only a community)"
    if c.privacy is not None and c.auth is None:
        return "privacy needs auth: SNMP encrypts no message that is not signed"
    if c.auth is None and security != "none":
        return "without auth anybody can answer for the agent: give auth and privacy, or write security: none"
    if c.privacy is None and security == "privacy":
        return "without privacy values travel in clear text: give privacy, or write security: auth"
    return None


class Limits(_Strict):
    """`limits:` of an SNMP profile: what agents of the model cannot bear."""

    largest: int = Field(
        LARGEST_REQUEST,
        ge=2,
        le=LARGEST_REQUEST,
        description="Most OIDs in one request; the smaller of this and the connection's.",
        json_schema_extra={"vi": "Số OID nhiều nhất trong một yêu cầu; lấy số nhỏ hơn giữa đây và kết nối."},
    )
    largest_table: int = Field(
        5000,
        ge=1,
        le=100_000,
        description="Most rows of a column that are read; a larger table is given up.",
        json_schema_extra={"vi": "Số hàng nhiều nhất của một cột được đọc; bảng lớn hơn sẽ bị bỏ."},
    )
    repetitions: int = Field(
        20,
        ge=0,
        le=100,
        description="Rows asked for at once when a column is read; 0: one at a time (GETNEXT), for old agents.",
        json_schema_extra={"vi": "Số hàng hỏi một lần khi đọc cột; 0: từng hàng (GETNEXT), cho agent cũ."},
    )
