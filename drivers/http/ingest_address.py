"""What configuration says about systems that push: the shared secret, what is borne of them, where points live."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from drivers.http.address import JsonPath, TimeFormat

LEAST_SECRET = 24
"""Characters; the Standard Webhooks specification asks for 24 to 64 bytes."""
FASTEST = 600
"""Requests a minute: more than the keys that are remembered would cover."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Connection(_Strict):
    """Who may push to `POST /api/v1/ingest/{device}`, and how much."""

    secret: SecretStr = Field(
        description="Shared secret of the signatures, at least 24 characters, by reference: {secret: name}.",
        json_schema_extra={"vi": "Khóa chung để ký, ít nhất 24 ký tự, theo tham chiếu: {secret: tên}."},
    )
    rate: int = Field(
        60,
        ge=1,
        le=FASTEST,
        description="Requests a minute, and as many at once.",
        json_schema_extra={"vi": "Số yêu cầu mỗi phút, và số yêu cầu liền một lúc."},
    )
    largest: int = Field(
        64 * 1024,
        ge=256,
        le=1024 * 1024,
        description="Bytes of a body.",
        json_schema_extra={"vi": "Số byte tối đa của nội dung."},
    )

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, given: SecretStr) -> SecretStr:
        if len(given.get_secret_value()) < LEAST_SECRET:
            raise ValueError(f"a secret for signatures has at least {LEAST_SECRET} characters")
        return given


class _Pushed(_Strict):
    time: JsonPath | None = Field(
        None,
        description="Path of the source's own time.",
        examples=["updated"],
        json_schema_extra={"vi": "Đường dẫn thời gian của nguồn."},
    )
    time_format: TimeFormat = Field(
        "iso",
        description="How that time is written: ISO 8601, or seconds or milliseconds since 1970.",
        json_schema_extra={"vi": "Cách ghi thời gian: ISO 8601, giây hoặc mili giây từ 1970."},
    )


class Address(_Pushed):
    """Where one point lives in what is pushed, and what must be there."""

    path: JsonPath = Field(
        description="Path into the JSON document.",
        examples=["summary.open"],
        json_schema_extra={"vi": "Đường dẫn trong tài liệu JSON."},
    )
    type: Literal["number", "text", "flag"] = Field(
        "number",
        description="What must be there: a number, a text, or true or false; null is nothing to say.",
        json_schema_extra={"vi": "Kiểu phải có: số, văn bản, hoặc đúng/sai; null là không có gì."},
    )


class Event(_Pushed):
    """Where one kind of event lives in what is pushed."""

    list: JsonPath = Field(
        description="Path of the list whose items are the events.",
        examples=["reports"],
        json_schema_extra={"vi": "Đường dẫn danh sách mà mỗi phần tử là một sự kiện."},
    )
    key: JsonPath = Field(
        description="Path of what tells an item from every other.",
        examples=["id"],
        json_schema_extra={"vi": "Đường dẫn của khóa phân biệt các phần tử."},
    )
    where: dict[JsonPath, bool | int | float | str] = Field(
        {},
        description="Paths and what must be there for an item to be this event.",
        examples=[{"state": "open"}],
        json_schema_extra={"vi": "Đường dẫn và giá trị phải có để phần tử là sự kiện này."},
    )
    present: tuple[JsonPath, ...] = Field(
        (),
        description="Paths that must hold something for an item to be meant.",
        examples=[["closed"]],
        json_schema_extra={"vi": "Đường dẫn phải có giá trị để phần tử được tính."},
    )

    def __hash__(self) -> int:
        return hash((self.list, self.key, self.present, tuple(self.where.items())))
