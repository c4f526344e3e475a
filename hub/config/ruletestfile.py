"""The shape of a `*.test.yaml`."""

from typing import Any, Literal

from hub.config.durations import Duration, Period
from hub.config.rule import Clock
from hub.config.shape import Strict, said


class AlarmEntry(Strict):
    """Which alarm, by its rule and point."""

    rule: str = said("Id of the rule.", "Mã quy tắc.", example="fire")
    point: str | None = said("Point; absent for rules about devices.", "Điểm đo.", default=None, example="z07.alarm")
    key: str | None = said(
        "Value of the attribute that the rule counts by; '*' for all without an alarm of their own.",
        "Giá trị thuộc tính.", default=None, example="10.0.0.9",
    )  # fmt: skip


class ActionEntry(AlarmEntry):
    """What a person does to an alarm."""

    refused: str | None = said(
        "Word of the refusal that is expected.", "Lý do bị từ chối mong đợi.", default=None, example="condition_active"
    )
    by: str | None = said("Who does it; absent: the test.", "Người thực hiện.", default=None, example="lan")
    note: str | None = said("Note or reason.", "Ghi chú, lý do.", default=None, example="valve stuck")


class ShelveEntry(ActionEntry):
    """A person hides an alarm for a time; the note is the reason."""

    lasting: Period | None = said(
        "How long; absent: as long as the rule allows.", "Trong bao lâu.", default=None, alias="for", example="30m"
    )
    once: bool = said("Only until the condition is normal.", "Chỉ đến khi bình thường.", default=False)


class ServiceEntry(ActionEntry):
    """A person takes the alarm's point, device or zone out of service, or puts it back; the note is the reason."""

    of: Literal["point", "device", "zone"] | None = said(
        "What; absent: the point, or what is out of service there.", "Đối tượng.", default=None, example="device"
    )
    lasting: Period | None = said("How long.", "Trong bao lâu.", default=None, alias="for", example="2h")


class ExpectEntry(AlarmEntry):
    """An alarm that must be shown."""

    state: Literal["active", "latched", "returned", "normal"] = said("State.", "Trạng thái.", example="active")
    acked: bool | None = said("Whether acknowledged; absent: not asked.", "Đã xác nhận hay chưa.", default=None)
    acked_by: str | None = said("Who acknowledged it.", "Người xác nhận.", default=None, example="lan")
    hold: Literal["shelved", "suppressed", "out_of_service", "none"] | None = said(
        "What it is held by; none: by nothing; absent: not asked.", "Đang bị giữ bởi.", default=None, example="shelved"
    )
    folded_under: AlarmEntry | None = said("The alarm that it is folded under.", "Gộp dưới.", default=None)
    first: bool | None = said("Whether it is the first of its group.", "Báo động đầu tiên của nhóm.", default=None)
    mark: Literal["TEST"] | None = said("Raised under test.", "Báo động thử.", default=None, example="TEST")
    priority: Literal["critical", "high", "medium", "low"] | None = said(
        "Priority; absent: not asked.", "Mức ưu tiên.", default=None, example="critical"
    )


class EventEntry(Strict):
    """Something that a device tells."""

    kind: str = said("Kind of the event.", "Loại sự kiện.", example="security.auth_failure")
    device: str | None = said("Device; absent: the test's.", "Thiết bị.", default=None, example="switch-1")
    times: int = said("So often at once.", "Số lần.", default=1, ge=1, le=10_000, example=20)
    attributes: dict[str, Any] = said("Attributes.", "Thuộc tính.", default={}, example={"user": "admin"})


class SeriesEntry(Strict):
    """Values over time in compact notation."""

    every: Period = said("Interval of the values.", "Chu kỳ.", example="10s")
    start: Duration = said(
        "When it begins.", "Bắt đầu.", default="0s", validate_default=True, alias="from", example="0s"
    )
    values: dict[str, str] = said(
        "Point: values, such as 20x6 20+2x5 _ bad.", "Điểm: chuỗi giá trị.", example={"t": "20x6 20+2x5"}
    )


class StepEntry(Strict):
    """What happens at one instant, and what must be shown then."""

    at: Duration = said("Time since the test began.", "Thời điểm.", example="20s")
    values: dict[str, Any] = said(
        "Point: value.", "Điểm: giá trị.", default={}, alias="set", example={"z07.alarm": True}
    )
    quality: dict[str, str] = said("Point: quality or reason.", "Điểm: chất lượng.", default={}, example={"t": "bad"})
    events: list[EventEntry] = said("What the device tells.", "Sự kiện.", default=[])
    ack: ActionEntry | None = said("Acknowledge.", "Xác nhận.", default=None)
    reset: ActionEntry | None = said("Reset a latched alarm.", "Đặt lại.", default=None)
    comment: ActionEntry | None = said("Comment.", "Ghi chú.", default=None)
    shelve: ShelveEntry | None = said("Hide for a time.", "Tạm ẩn.", default=None)
    unshelve: ActionEntry | None = said("Show again.", "Hiện lại.", default=None)
    out_of_service: ServiceEntry | None = said("Take out of service.", "Ngừng sử dụng.", default=None)
    in_service: ServiceEntry | None = said("Put back into service.", "Đưa vào sử dụng lại.", default=None)
    expect: list[ExpectEntry] | None = said(
        "Every alarm that must be shown now.", "Mọi báo động phải hiển thị.", default=None
    )


class StoryEntry(Strict):
    """One test."""

    name: str = said("What is true, as a sentence.", "Tên, là một câu.", example="smoke latches until it is reset")
    device: str | None = said("Whose points are named.", "Thiết bị.", default=None, example="panel-market")
    start: Clock | None = said(
        "Time on the site's wall clock at which it begins, on a Tuesday.", "Giờ bắt đầu.", default=None, example="07:00"
    )
    series: list[SeriesEntry] = said("Values over time.", "Chuỗi giá trị.", default=[])
    steps: list[StepEntry] = said("What happens, in order of time.", "Các bước.", min_length=1)


class RuleTestFile(Strict):
    """A `*.test.yaml`: tests of the rule file beside it."""

    version: Literal[1] = said("Version of the grammar.", "Phiên bản cú pháp.", default=1, example=1)
    devices: list[Any] = said(
        "Devices for these tests alone; absent: the site's.", "Thiết bị riêng cho kiểm thử.", default=[]
    )
    tests: list[StoryEntry] = said("Tests.", "Các kiểm thử.", min_length=1)
