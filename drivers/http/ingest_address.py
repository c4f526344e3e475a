"""What configuration says about systems that push: the shared secret, what is borne of them, where points live."""

from typing import Literal

from pydantic import Field, SecretStr, field_validator

from drivers.http.place import ItemEvent, JsonPath, Strict, Timed

LEAST_SECRET = 24
"""Characters; the Standard Webhooks specification asks for 24 to 64 bytes."""
FASTEST = 600
"""Requests a minute: more than the keys that are remembered would cover."""


class Connection(Strict):
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


class Address(Timed):
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


class Event(ItemEvent):
    """Where one kind of event lives in what is pushed."""
