"""The shape of a command in a profile file: what is written, who may, and what must hold before and after."""

from typing import Annotated, Any, Literal

from pydantic import WithJsonSchema

from hub.config.durations import Duration, Period
from hub.config.shape import Strict, Title, matching, said


def _scalar(given: Any) -> bool:
    return isinstance(given, str | bool | int | float)


Plain = Annotated[Any, matching(_scalar, "a text, a number, true or false")]
_VALUE_SCHEMA = {"type": ["string", "number", "boolean"]}
Scalar = Annotated[Plain, WithJsonSchema(_VALUE_SCHEMA)]
"""One value of any type."""


class PointValueEntry(Strict):
    """A point and a value of it."""

    point: str = said("Name of a point.", "Tên điểm.", example="arm")
    value: Scalar = said("Its value, in engineering units.", "Giá trị.", example=True)


class ReadBackEntry(PointValueEntry):
    """What shows that a command had its effect."""

    within: Period = said("Longest wait for it.", "Chờ tối đa.", default="5s", validate_default=True, example="5s")


class CommandEntry(Strict):
    """Something that people may ask the device to do, where the site allows it."""

    title: Title | None = said("Name that people read.", "Tên hiển thị.", default=None, example="Tắt còi")
    point: str = said("Point that is written; it is writable.", "Điểm được ghi.", example="silence")
    value: Scalar = said("Value that is written, in engineering units.", "Giá trị ghi.", example=True)
    danger: int = said("0 harmless … 5 endangers life.", "Mức nguy hiểm 0–5.", default=3, ge=0, le=5, example=2)
    roles: list[Literal["operator", "engineer"]] = said(
        "Who may.", "Vai trò được phép.", default=["engineer"], min_length=1, example=["engineer"]
    )
    select: bool | None = said(
        "Must be selected first; always so for fire protection and from danger 4 on.",
        "Phải chọn trước khi ra lệnh.",
        default=None,
        example=True,
    )
    confirm: bool | None = said(
        "A second person must confirm it within a minute; always so from danger 4 on.",
        "Cần người thứ hai xác nhận trong một phút; luôn cần từ mức 4.",
        default=None,
        example=True,
    )
    after_fire: Duration | None = said(
        "Not within this long after a new fire of the same device; fire protection from danger 4 on: 30s.",
        "Không được ra lệnh trong khoảng này sau khi có báo cháy mới tại cùng thiết bị; từ mức 4: 30s.",
        default=None,
        example="30s",
    )
    interlock: Any = said(
        "A condition on points of the same device that must hold; unknown forbids.",
        "Điều kiện liên động.",
        default=None,
        example={"point": "remote", "is": True},
    )
    arm: PointValueEntry | None = said(
        "What is written immediately before.", "Ghi trước đó.", default=None, example={"point": "arm", "value": True}
    )
    read_back: ReadBackEntry | None = said(
        "What shows the effect.",
        "Điểm xác nhận.",
        default=None,
        example={"point": "silenced", "value": True, "within": "5s"},
    )
    timeout: Period = said(
        "Longest wait for the device's answer.", "Thời gian chờ.", default="10s", validate_default=True, example="10s"
    )
