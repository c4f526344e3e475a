"""The shape of what a site says about telling people: contacts, rosters, what all channels share, escalations."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, SecretStr, WithJsonSchema

from hub.config.durations import Duration, Period
from hub.config.shape import Id, Strict, said
from hub.config.site import REFERENCE_SCHEMA

EventWord = Literal["raised", "raised_again", "acknowledged", "returned", "closed"]

_CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"
_TEXT_OR_REFERENCE: dict[str, Any] = {"anyOf": [{"type": "string"}, REFERENCE_SCHEMA]}
Secret = Annotated[SecretStr, WithJsonSchema(REFERENCE_SCHEMA)]
Veiled = Annotated[SecretStr, WithJsonSchema(_TEXT_OR_REFERENCE)]
"""A text that may be written out or referred to, and is veiled either way."""
Shown = Annotated[str, WithJsonSchema(_TEXT_OR_REFERENCE)]
"""A text that may be written out or referred to."""


def _several(given: Any) -> Any:
    return [given] if isinstance(given, str) else given


def _words(pattern: str | None = None) -> Any:
    one: dict[str, Any] = {"type": "string"} | ({"pattern": pattern} if pattern else {})
    return WithJsonSchema({"anyOf": [one, {"type": "array", "items": one}]})


Names = Annotated[list[Id], BeforeValidator(_several), _words()]
"""One name, or a list of them."""
Stops = Annotated[list[Literal["acknowledged", "returned"]], BeforeValidator(_several), _words()]


class ContactEntry(Strict):
    """A person who can be told."""

    name: str = said("Name that people read.", "Họ tên.", min_length=1, example="Nguyễn Văn An")
    email: Shown | None = said("E-mail address.", "Địa chỉ thư điện tử.", default=None, example="an@tinh.example")
    phone: Shown | None = said(
        "Phone number, as the gateway wants it.", "Số điện thoại.", default=None, example="0912345678"
    )
    address: Shown | None = said(
        "Address on another network, such as a Zalo user id.", "Mã người dùng mạng khác, ví dụ Zalo.",
        default=None, example="8470912",
    )  # fmt: skip


class RosterEntry(Strict):
    """Who is on duty when."""

    calendar: str | None = said(
        "iCalendar file of the site whose events name contacts, by title or attendee.",
        "Tệp lịch iCalendar; tiêu đề hoặc người dự của sự kiện là người trực.", default=None, example="duty.ics",
    )  # fmt: skip
    fallback: Names = said(
        "Who is told when the calendar names nobody or cannot be read.",
        "Người nhận khi lịch không có ai hoặc không đọc được.", min_length=1, example=["an"],
    )  # fmt: skip


class QuietEntry(Strict):
    """Hours in which messages of lower priorities wait."""

    start: str = said("Begins, in the site's time.", "Bắt đầu.", alias="from", pattern=_CLOCK, example="22:00")
    end: str = said("Ends.", "Kết thúc.", alias="to", pattern=_CLOCK, example="06:00")
    priorities: list[Literal["high", "medium", "low"]] = said(
        "Which priorities wait; critical never does.", "Mức ưu tiên phải chờ; khẩn cấp không bao giờ chờ.",
        default=["medium", "low"], min_length=1, example=["medium", "low"],
    )  # fmt: skip


class GatherEntry(Strict):
    """How alarms are gathered into one message."""

    wait: Duration = said("For so long.", "Trong khoảng.", default="10s", validate_default=True, example="10s")
    by: Literal["rule", "zone", "device", "nothing"] = said(
        "What alarms of one message share.", "Gộp theo.", default="rule", example="rule"
    )


class ChannelEntry(Strict):
    """What every channel can say."""

    language: Literal["vi", "en"] | None = said(
        "Language of the messages; absent: the site's.", "Ngôn ngữ.", default=None, example="vi"
    )
    tells: list[EventWord] | None = said(
        "What is told; absent: people hear that it was raised, machines everything.",
        "Báo khi nào; bỏ trống: người nhận khi phát sinh, máy nhận tất cả.", default=None, min_length=1,
        example=["raised", "closed"],
    )  # fmt: skip
    to: Names = said("Contacts who are always told.", "Luôn gửi cho.", default=[], example=["an"])
    gather: GatherEntry | None = said(
        "Alarms that come together are one message.",
        "Gộp báo động.",
        default=None,
        example={"wait": "10s", "by": "rule"},
    )
    again: Duration = said(
        "After telling of an alarm its next occurrence waits so long; never for fire.",
        "Sau khi báo, lần phát sinh sau chờ.", default="5m", validate_default=True, example="5m",
    )  # fmt: skip
    give_up: Period = said(
        "A message that cannot be delivered for so long goes to the dead-letter list.",
        "Không gửi được trong thời gian này thì vào danh sách thư chết.",
        default="24h", validate_default=True, example="24h",
    )  # fmt: skip
    quiet: QuietEntry | None = said(
        "Quiet hours.", "Giờ yên lặng.", default=None, example={"from": "22:00", "to": "06:00", "priorities": ["low"]}
    )


class StepEntry(Strict):
    """One step of an escalation."""

    after: Duration = said(
        "So long after the alarm was raised.", "Sau khi phát sinh.", default="0s", validate_default=True, example="30s"
    )
    to: Names = said("Channels.", "Kênh.", min_length=1, example=["sms"])
    who: Names = said("Contacts and rosters.", "Người và lịch trực.", default=[], example="duty")
    unless: Stops = said("What stops it.", "Trừ khi.", default=[], example="acknowledged")
    repeat: Period | None = said("Taken again after so long.", "Nhắc lại sau.", default=None, example="3m")
    times: int | None = said(
        "How often at most; absent: 5 where it is repeated.", "Số lần tối đa.", default=None, ge=1, le=100, example=5
    )
