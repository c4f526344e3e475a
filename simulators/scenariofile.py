"""The shape of a scenario file, `scenarios/<name>.yaml` of a site."""

from pydantic import Field, model_validator

from hub.config.durations import Duration, Period, spell
from hub.config.shape import Id, Strict, Title, said
from hub.model import Value


class Head(Strict):
    """What a scenario is, and when and with whom it plays."""

    id: Id = said("Name of the scenario.", "Tên kịch bản.", example="tour")
    title: Title = said("Title for people.", "Tiêu đề.")
    loop: Period | None = said("Begin anew after this long.", "Lặp lại sau.", default=None, example="90s")
    begins: str | None = said(
        "What the clocks show at its start, ISO 8601 with offset; absent: any time.",
        "Giờ trên đồng hồ lúc bắt đầu, ISO 8601 có múi giờ; bỏ trống: lúc nào cũng được.",
        default=None,
        example="2025-10-07T06:00:00+07:00",
    )
    lasts: Period | None = said(
        "How long a drill watches; absent: until nothing is expected any more.",
        "Diễn tập theo dõi trong bao lâu; bỏ trống: đến khi không còn chờ gì.",
        default=None,
        example="10m",
    )
    on_stage: list[str] = said(
        "Devices that take part although no step names them.",
        "Thiết bị tham gia dù không bước nào nêu tên.",
        default=[],
        alias="with",
        example=["switch-market"],
    )
    watch: list[str] = said(
        "Invented plates that are looked for; the site's own lists are not used.",
        "Biển số bịa được theo dõi; danh sách thật của hệ thống không được dùng.",
        default=[],
        example=["20A-123.45"],
    )
    wire: Title | None = said(
        "Why only the wire can show it; absent: the virtual clock plays it, too.",
        "Vì sao chỉ đường truyền thật mới thể hiện được; bỏ trống: đồng hồ ảo cũng diễn được.",
        default=None,
    )


class Ramp(Strict):
    """A number that moves in a straight line."""

    to: int | float = said("Value to reach.", "Giá trị cần đạt.", example=71.5)
    over: Period = said("In a straight line over this long.", "Tăng đều trong.", example="10s")


class Fault(Strict):
    """A fault that begins."""

    device: str = said("Device to break.", "Thiết bị gặp lỗi.")
    kind: str = said("Kind of fault.", "Loại lỗi.", example="silence")
    args: dict[str, int | float] = said("Arguments of the fault.", "Tham số.", default={}, example={"seconds": 2})
    behind: bool = said(
        "Whether everything behind it in the network breaks with it.",
        "Mọi thiết bị phía sau nó trong mạng cũng gặp lỗi.",
        default=False,
    )


class Notice(Strict):
    """Something that a device tells by itself."""

    device: str = said("Device that tells something by itself.", "Thiết bị tự gửi thông báo.")
    event: str = said(
        "What the receiver's profile calls it.", "Tên sự kiện trong hồ sơ của bộ nhận.", example="link_down"
    )
    about: str | None = said("Point that it is about.", "Điểm liên quan.", default=None, example="switch/p03.status")
    times: int = said("So often at once.", "Số lần liền nhau.", default=1, ge=1, le=1000, example=8)


class Event(Strict):
    """An event that a device reports."""

    device: str = said("Device that reports it.", "Thiết bị báo sự kiện.")
    event: str = said("What its profile calls it.", "Tên sự kiện trong hồ sơ của thiết bị.", example="line_crossed")
    data: dict[str, str] = said("Items of the message.", "Các mục của bản tin.", default={})
    times: int = said("So often at once.", "Số lần liền nhau.", default=1, ge=1, le=1000, example=3)


class StepEntry(Strict):
    """What happens at one moment."""

    at: Duration = said("When, after the start.", "Thời điểm sau khi bắt đầu.", example="5s")
    set: dict[str, bool | int | float | str | Ramp | None] = said(
        "Points (or patterns with *) and their values; null gives a point back.",
        "Điểm (hoặc mẫu có *) và giá trị; null để trả về bình thường.",
        default={},
    )
    fault: Fault | None = said("A fault that begins.", "Lỗi bắt đầu.", default=None)
    notify: Notice | None = said("A trap that is sent.", "Một trap được gửi.", default=None)
    happen: Event | None = said("An event that a device reports.", "Một sự kiện thiết bị báo về.", default=None)
    heal: list[str] = said("Devices whose faults end.", "Thiết bị hết lỗi.", default=[])
    say: Title | None = said("What to tell who watches.", "Lời thuyết minh.", default=None)


class ExpectEntry(Strict):
    """An alarm, or one for each of several places, that must be raised."""

    rule: str = said("Rule that must raise an alarm.", "Quy tắc phải báo động.")
    point: str | None = said("For which point (or pattern with *).", "Cho điểm nào (hoặc mẫu có *).", default=None)
    device: str | None = said("For which device, of a rule about devices.", "Cho thiết bị nào.", default=None)
    behind: str | None = said(
        "For each device behind this one in the network.", "Cho mỗi thiết bị phía sau thiết bị này.", default=None
    )
    after: Duration = said(
        "When its cause happens, after the start: it must not be raised before.",
        "Khi nguyên nhân xảy ra, tính từ lúc bắt đầu: không được báo trước đó.",
        default="0s",
        validate_default=True,
    )
    within: Period = said("At the latest this long after that.", "Chậm nhất sau đó.", example="30s")
    times: int = said("How often it is raised in all.", "Tổng số lần báo.", default=1, ge=1, le=1000)
    count: int | None = said("How many places the pattern means.", "Mẫu ứng với bao nhiêu nơi.", default=None)
    folded: str | None = said(
        "Folded as a consequence under an alarm of this device.",
        "Được gộp là hệ quả dưới báo động của thiết bị này.",
        default=None,
        example="switch-market",
    )
    returns: Period | None = said(
        "When its condition is over at the latest, after the start.",
        "Chậm nhất khi nào hết, tính từ lúc bắt đầu.",
        default=None,
        example="10m",
    )

    @model_validator(mode="after")
    def _one_place(self) -> "ExpectEntry":
        if sum(place is not None for place in (self.point, self.device, self.behind)) != 1:
            raise ValueError("say where: exactly one of `point`, `device`, `behind`")
        return self


class AllowEntry(Strict):
    """Alarms that may be raised and need not be."""

    rule: str = said("Rule whose alarms may come.", "Quy tắc được phép báo động.")
    point: str = said("Where (or pattern with *).", "Ở đâu (hoặc mẫu có *).", default="*")
    why: Title = said("Why that is right.", "Vì sao như vậy là đúng.")


class FloodEntry(Strict):
    """When an alarm flood must begin."""

    after: Duration = said("Not before, after the start.", "Không sớm hơn.", default="0s", validate_default=True)
    within: Period = said("At the latest this long after that.", "Chậm nhất sau đó.", example="2m")


class ScenarioFile(Strict):
    """A scenario file."""

    scenario: Head
    steps: list[StepEntry] = Field(min_length=1)
    expect: list[ExpectEntry] = Field(default=[])
    allow: list[AllowEntry] = Field(default=[])
    flood: FloodEntry | None = said(
        "An alarm flood that must begin; absent: none may.", "Cơn lũ báo động phải có; bỏ trống: không được có.",
        default=None,
    )  # fmt: skip

    @model_validator(mode="after")
    def _in_order(self) -> "ScenarioFile":
        times = [step.at for step in self.steps]
        if times != sorted(times):
            raise ValueError("the steps are not in the order of their times; sort them by `at`")
        if self.scenario.loop is not None and self.scenario.loop < times[-1]:
            raise ValueError(f"the last step is at {spell(times[-1])}, after the loop has begun anew")
        return self


Given = Value | Ramp | None
"""What a step sets a point to."""
