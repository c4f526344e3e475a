"""Where things live in a JSON document, said alike for systems that are asked and for systems that push."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from hub.wire import path as paths


def _path(given: str) -> str:
    paths.steps(given)
    return given


def _resource(given: str) -> str:
    if not given.startswith("/") or given.startswith("//") or not given.isascii() or not given.isprintable():
        raise ValueError("a resource begins with one / and is written in ASCII, the rest percent-encoded")
    if "#" in given or " " in given:
        raise ValueError("a resource has no # and no spaces")
    return given


JsonPath = Annotated[str, AfterValidator(_path)]
Resource = Annotated[str, AfterValidator(_resource)]
TimeFormat = Literal["iso", "s", "ms"]
Where = dict[JsonPath, bool | int | float | str]


class Strict(BaseModel):
    """A model that knows its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Timed(Strict):
    """What may carry the source's own time."""

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


class ItemEvent(Timed):
    """Where one kind of event lives: a list, which of its items are meant, and what tells two of them apart."""

    list: JsonPath = Field(
        description="Path of the list whose items are the events.",
        examples=["reports"],
        json_schema_extra={"vi": "Đường dẫn danh sách mà mỗi phần tử là một sự kiện."},
    )
    key: JsonPath = Field(
        description="Path of what tells an item from every other; the same key twice is one event.",
        examples=["id"],
        json_schema_extra={"vi": "Đường dẫn của khóa phân biệt các phần tử; trùng khóa là một sự kiện."},
    )
    where: Where = Field(
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


def resource() -> Any:
    """Return the field that names another resource than the connection's."""
    return Field(
        None,
        description="Resource that it lives in; absent: the connection's `path`.",
        json_schema_extra={"vi": "Tài nguyên chứa nó; bỏ trống: `path` của kết nối."},
    )
