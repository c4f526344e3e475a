"""The shape of a rule, as it is written."""

import re
from typing import Annotated, Any, Literal

from pydantic import WithJsonSchema, field_validator

from hub.config.durations import Duration
from hub.config.playbook import Instructions
from hub.config.shape import Id, Strict, Title, matching, said
from hub.model import MINUTE

TEXT_NAMES = frozenset({"zone.name", "device.name", "point.name", "value", "unit"})
"""What may stand in braces in a rule's text; the same list as the rule engine's. `event.…` in rules about events."""
_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
_is_clock = matching(
    lambda x: isinstance(x, str) and bool(re.match(_CLOCK, x)), "a time of day such as '05:30', quoted"
)
Clock = Annotated[str, _is_clock, WithJsonSchema({"type": "string", "pattern": _CLOCK})]
"""A time on the wall clock."""


class SelectorEntry(Strict):
    """For which points or devices there is one alarm each; everything given must match."""

    kind: str | None = said("Points of this kind.", "Điểm thuộc loại.", default=None, example="fire.alarm")
    profile: str | None = said(
        "Devices of this profile.", "Thiết bị theo hồ sơ.", default=None, example="fire/en54-modbus"
    )
    zone: str | None = said("In this zone and the zones in it.", "Trong vùng này.", default=None, example="tn/market")
    tag: str | None = said("With this label.", "Có nhãn.", default=None, example="kitchen")
    device: str | None = said("This device.", "Thiết bị.", default=None, example="panel-market")
    point: str | None = said("Points of this name.", "Điểm có tên.", default=None, example="battery")
    event: str | None = said(
        "Devices that tell events of this kind.", "Sự kiện thuộc loại.", default=None, example="security.auth_failure"
    )
    by: str | None = said(
        "What the events are counted by: device, or an attribute of theirs.", "Đếm sự kiện theo.", default=None,
        pattern=r"^[a-z][a-z0-9_]{0,31}$", example="device",
    )  # fmt: skip


class HoursEntry(Strict):
    """When a rule applies, on the site's wall clock."""

    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = said(
        "Days; absent: every day.", "Các ngày; bỏ trống: mọi ngày.", default=[], example=["mon", "fri"]
    )
    start: Clock = said("Begin, quoted.", "Từ giờ.", alias="from", example="05:30")
    to: Clock = said("End, quoted; earlier than 'from': the next day.", "Đến giờ.", example="21:00")


class CamerasEntry(Strict):
    """Which cameras are shown beside the alarm."""

    of: Literal["zone", "device"] = said(
        "Of the alarm's zone or of its device.", "Theo vùng hoặc thiết bị.", default="zone", example="zone"
    )
    max: int = said("At most this many.", "Nhiều nhất.", default=3, ge=1, le=16, example=3)
    within: str | None = said(
        "No farther than this.", "Trong khoảng cách.", default=None, pattern=r"^\d+(m|km)$", example="150m"
    )
    before: Duration = said(
        "Pictures from this long before the alarm are kept with it; 0s: none, and none are taken in advance.",
        "Giữ ảnh trước báo động bấy lâu; 0s: không.",
        default="5s", validate_default=True, example="5s",
    )  # fmt: skip
    after: Duration = said(
        "And until this long after it.", "Và sau báo động bấy lâu.",
        default="10s", validate_default=True, example="10s",
    )  # fmt: skip

    @field_validator("before", "after")
    @classmethod
    def _short(cls, value: int) -> int:
        if value > MINUTE:
            raise ValueError("pictures are kept from a minute before to a minute after at most")
        return value


class RuleEntry(Strict):
    """One rule."""

    id: Id = said("Short name, for ever.", "Mã quy tắc, không đổi.", example="fire")
    category: Literal["fire", "supervisory", "fault", "process", "security", "traffic", "environment", "system"] = said(
        "What sort of alarm.", "Nhóm báo động.", example="fire"
    )
    priority: Literal["critical", "high", "medium", "low"] = said(
        "How soon people must act.", "Mức ưu tiên.", example="critical"
    )
    for_each: SelectorEntry = said("For which points or devices.", "Áp dụng cho.", example={"kind": "fire.alarm"})
    when: Any = said(
        "The condition: one comparison, or all, any, not, at_least of several.",
        "Điều kiện.",
        example={"above": 60, "deadband": 8},
    )
    on_delay: Duration = said(
        "Must hold this long first.", "Trễ khi bật.", default="0s", validate_default=True, example="3s"
    )
    off_delay: Duration = said(
        "Must be over this long first.", "Trễ khi tắt.", default="0s", validate_default=True, example="30s"
    )
    latch: bool = said("Stays until somebody resets it.", "Giữ đến khi đặt lại.", default=False, example=True)
    on_bad_quality: Literal["alarm", "hold", "normal"] = said(
        "What an unknown condition does.", "Khi không rõ giá trị.", default="hold", example="alarm"
    )
    text: Title = said(
        "What operators read; {zone.name}, {device.name}, {point.name}, {value}, {unit}.",
        "Nội dung báo động.",
        example={"vi": "BÁO CHÁY {zone.name}", "en": "FIRE {zone.name}"},
    )
    instructions: Instructions | None = said(
        "What operators should do: a file of the site, a sentence, or a checklist.",
        "Hướng dẫn xử lý: tệp của hệ thống, một câu, hoặc danh sách việc.",
        default=None,
        example="sop/fire.md",
    )
    notify: str | None = said("Who is told.", "Thông báo cho.", default=None, example="fire")
    folds_under: Literal["behind"] | None = said(
        "Shown under the failure of the device it is behind.",
        "Gộp dưới lỗi thiết bị cha.",
        default=None,
        example="behind",
    )
    fold_grace: Duration = said(
        "How long consequences stay folded after the failure's end.",
        "Giữ gộp sau khi lỗi cha hết.",
        default="60s",
        validate_default=True,
        example="60s",
    )
    max_shelve: Duration = said(
        "The longest time it may be shelved; 0s: never.",
        "Thời gian tạm gác dài nhất; 0s: không được.",
        default="8h",
        validate_default=True,
        example="8h",
    )
    realarm_after: Duration = said(
        "An acknowledged alarm that still stands must be acknowledged again after so long; 0s: never.",
        "Báo lại nếu đã xác nhận mà chưa hết.",
        default="0s",
        validate_default=True,
        example="30m",
    )
    group: Literal["device", "zone"] | Id | None = said(
        "The group in which the first alarm is marked: of its device, of its zone, or a name.",
        "Nhóm để đánh dấu báo động đầu tiên.",
        default=None,
        example="device",
    )
    active: HoursEntry | None = said(
        "Hours in which the rule applies; absent: always.",
        "Khung giờ áp dụng.",
        default=None,
        example={"days": ["mon"], "from": "05:30", "to": "21:00"},
    )
    mute_during: Any = said(
        "Hours, or a condition, in which its alarms are suppressed: evaluated, shown apart, told to nobody.",
        "Khung giờ hoặc điều kiện mà báo động bị khóa theo thiết kế: vẫn đánh giá, không thông báo.",
        default=None,
        example={"days": ["sat", "sun"], "from": "00:00", "to": "08:00"},
    )
    mute_at_most: Duration | None = said(
        "The longest time for which one lasting state of mute_during mutes; 8h if absent.",
        "Thời gian khóa dài nhất; mặc định 8h.",
        default=None,
        example="2h",
    )
    test_during: Any = said(
        "While this is true, what is raised is marked TEST and told to nobody outside.",
        "Khi đang thử: báo động được đánh dấu THỬ.",
        default=None,
        example={"kind": "fire.test", "is": True},
    )
    cameras: CamerasEntry | None = said(
        "Cameras beside the alarm.", "Camera liên quan.", default=None, example={"of": "zone", "max": 3}
    )
