"""The shape of a profile file: what a device model has, what each number means and where it lives."""

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema, model_validator

from hub.config.commandentry import CommandEntry, Scalar
from hub.config.durations import Period
from hub.config.foundentry import FoundEntry
from hub.config.shape import Id, Place, Strict, Title, matching, said
from hub.model import Value

_RANGE = matching(
    lambda r: isinstance(r, list) and len(r) == 2 and all(type(x) in (int, float) for x in r) and r[0] < r[1],
    "[lowest, highest]",
)
Range = Annotated[
    list[float],
    _RANGE,
    WithJsonSchema({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}),
]
"""Lowest and highest value."""


Number = Annotated[float, WithJsonSchema({"type": ["number", "string"]})]
"""A number; in a profile also a `{…}` of parameters."""
PointTree = dict[str, Any]
"""A point as it is written; it becomes a PointEntry once its `{…}` are filled in."""
FEWEST_EXAMPLES = 5


class PointEntry(Strict):
    """One point: its meaning, and under `address` where the driver finds it."""

    kind: str = said("What it means, a word of the list of kinds.", "Loại dữ liệu.", example="fire.alarm")
    name: Title | None = said(
        "Name that people read; absent: the kind's.", "Tên hiển thị.", default=None, example="Vùng 7"
    )
    unit: str | None = said("Unit of the value; absent: the kind's.", "Đơn vị.", default=None, example="percent")
    type: Literal["bool", "int", "float", "text"] | None = said(
        "Type of the value, for a site's own kinds (x.…) only.",
        "Kiểu giá trị, chỉ cho loại x.…",
        default=None,
        example="int",
    )
    scale: Number = said("The raw number is multiplied by this.", "Hệ số nhân.", default=1.0, example=0.1)
    offset: Number = said("Then this is added.", "Cộng thêm.", default=0.0, example=-40)
    map: dict[str, Scalar] | None = said(
        "Raw value: value; other raw values are undecodable.",
        "Giá trị thô: giá trị.",
        default=None,
        example={"1": "up", "2": "down"},
    )
    invert: bool = said("Swap true and false.", "Đảo đúng sai.", default=False, example=True)
    range: Range | None = said(
        "What is normal to see; outside it the quality is uncertain.", "Khoảng hợp lý.", default=None, example=[0, 100]
    )
    deadband: float = said("Smaller changes are not reported.", "Ngưỡng thay đổi.", default=0.0, ge=0, example=0.5)
    interval: Period | None = said(
        "Time between scans; absent: the device's.", "Chu kỳ đọc.", default=None, example="10s"
    )
    stale_after: Period | None = said("Without news for this long: stale.", "Quá hạn sau.", default=None, example="30s")
    writable: bool = said(
        "Whether it can be set; profile and device must both say so.", "Cho phép ghi.", default=False, example=False
    )
    zone: str | None = said(
        "Zone, where it is not the device's.", "Vùng, nếu khác thiết bị.", default=None, example="tn/market/floor-7"
    )
    tags: list[str] = said("Labels for rules.", "Nhãn.", default=[], example=["basement"])
    address: Any = said("Where the driver finds it.", "Địa chỉ theo giao thức.", default=None)


class Parameter(Strict):
    """What a site may choose about a device of this profile."""

    type: Literal["int", "float", "text"] = said("Type.", "Kiểu.", example="int")
    default: Scalar | None = said("Value where the site says nothing.", "Mặc định.", default=None, example=16)
    min: float | None = said("Smallest value.", "Nhỏ nhất.", default=None, example=1)
    max: float | None = said("Largest value.", "Lớn nhất.", default=None, example=256)
    title: Title | None = said("What it is.", "Ý nghĩa.", default=None, example="Số vùng")

    @model_validator(mode="after")
    def _default_fits(self) -> "Parameter":
        if self.default is not None:
            self.accept(self.default)
        return self

    def accept(self, given: Value) -> Value:
        """Return a value for this parameter. Raises ValueError saying what was expected."""
        if self.type == "text":
            if not isinstance(given, str):
                raise ValueError("expected a text; quote it")
            return given
        if isinstance(given, bool | str) or (self.type == "int" and not isinstance(given, int)):
            raise ValueError(f"expected {'a whole number' if self.type == 'int' else 'a number'}")
        if (self.min is not None and given < self.min) or (self.max is not None and given > self.max):
            raise ValueError(
                f"expected a number from {self.min:g} to {self.max:g}"
                if self.min is not None and self.max is not None
                else f"{given} is out of bounds"
            )
        return given


class EachEntry(Strict):
    """A group of points repeated `count` times; inside, `n` counts from 1."""

    count: Annotated[Any, WithJsonSchema({"type": ["integer", "string"]})] = said(
        "How many: a number or a parameter.", "Số lần lặp.", example="zones"
    )
    name: str = said("Name of each; its points are called name.point.", "Tên của mỗi nhóm.", example="z{n:02}")
    points: dict[str, PointTree] = said("Points of each.", "Các điểm.")


class EventEntry(Strict):
    """Which message of the device is which device event."""

    kind: str = said("What it means.", "Loại sự kiện.", example="device.message")
    address: Any = said("Where the driver finds it.", "Địa chỉ theo giao thức.", default=None)
    attributes: dict[str, str] = said(
        "Attribute: where it is in the message.", "Thuộc tính.", default={}, example={"plate": "data.plate"}
    )


class Example(Strict):
    """One raw value as the device's document writes it, and what it must become."""

    point: str | None = said("Name of a point.", "Tên điểm.", default=None, example="z01.alarm")
    event: str | None = said("Or name of an event.", "Hoặc tên sự kiện.", default=None, example="passage")
    raw: Any = said("What the device sends, in the driver's words.", "Giá trị thô.", example=[1])
    value: Scalar | None = said("The value it means.", "Giá trị đúng.", default=None, example=True)
    reason: str | None = said("Or why there is none.", "Hoặc lý do không có.", default=None, example="not_programmed")
    gives: dict[str, Scalar | None] | None = said(
        "Attributes of the event; of a passage, in the hub's own form.",
        "Thuộc tính của sự kiện; với lượt xe là dạng chuẩn của hệ thống.",
        default=None,
        example={"plate": "20A12345", "speed": 61.2},
    )

    @model_validator(mode="after")
    def _says_something(self) -> "Example":
        if (self.point is None) == (self.event is None):
            raise ValueError("an example is of a 'point' or of an 'event'; name one of the two")
        if self.event is not None:
            if self.gives is None or self.value is not None or self.reason is not None:
                raise ValueError("an example of an event needs 'gives', and nothing else")
            return self
        if self.gives is not None:
            raise ValueError("'gives' belongs to an example of an event")
        if self.value is None and self.reason is None:
            raise ValueError("an example needs 'value', or 'reason' where there is no value")
        return self


class ProfileFile(Strict):
    """A device model."""

    profile: str = said(
        "Name: family/model, as the file is called.",
        "Tên hồ sơ: họ/kiểu.",
        pattern=r"^[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_.-]*)+$",
        example="fire/en54-modbus",
    )
    title: Title = said("Name that people read.", "Tên hiển thị.", example="Tủ báo cháy")
    driver: str = said("Driver that speaks to it.", "Giao thức.", example="modbus")
    source: str = said(
        "Document that the addresses come from.", "Tài liệu gốc.", example="Vendor manual LS10015, section 4"
    )
    unknown_states: list[str] = said(
        "Kinds it cannot tell: none is no 'normal'.", "Trạng thái không báo được.", default=[], example=["fire.test"]
    )
    parameters: dict[str, Parameter] = said("What a site may choose.", "Tham số.", default={})
    connection: dict[str, Any] = said("Defaults of the connection.", "Kết nối mặc định.", default={})
    interval: Period = said("Time between scans.", "Chu kỳ đọc.", default="1s", validate_default=True, example="1s")
    timeout: Period = said(
        "Longest wait for an answer.", "Thời gian chờ.", default="3s", validate_default=True, example="3s"
    )
    silent_after: Period | None = said(
        "Without a word for this long: offline, for devices that report by themselves.",
        "Mất tin sau.",
        default=None,
        example="25h",
    )
    limits: dict[str, Any] = said(
        "What the device cannot bear, in the driver's words.", "Giới hạn thiết bị.", default={}
    )
    points: dict[str, PointTree] = said("Points.", "Các điểm.", default={})
    each: list[EachEntry] = said("Repeated groups of points.", "Nhóm điểm lặp lại.", default=[])
    found: dict[str, FoundEntry] = said("Points for rows that the device has.", "Điểm cho các hàng tự tìm.", default={})
    events: dict[str, EventEntry] = said("Device events.", "Sự kiện.", default={})
    commands: dict[str, CommandEntry] = said("Commands.", "Lệnh.", default={})
    examples: list[Example] = said(
        "At least five raw values and what they mean.", "Ít nhất năm ví dụ giá trị thô và ý nghĩa.", default=[]
    )


class AllowEntry(Strict):
    """Which of its profile's commands may be given to a device."""

    allow: list[str] = said("Names of commands.", "Tên các lệnh.", example=["silence"])


class DeviceEntry(Strict):
    """One device."""

    id: Id = said("Short name, for ever.", "Mã thiết bị, không đổi.", example="panel-market")
    profile: str = said("Device model.", "Hồ sơ thiết bị.", example="fire/en54-modbus")
    name: Title | None = said(
        "Name that people read; absent: the id.", "Tên hiển thị.", default=None, example="Tủ báo cháy Chợ Thái"
    )
    zone: str = said("Where it is: path of zones.", "Vùng.", example="tn/market")
    connection: dict[str, Any] = said(
        "How it is reached, in the driver's words.", "Kết nối.", default={}, example={"host": "10.1.2.3"}
    )
    interval: Period | None = said("Time between scans.", "Chu kỳ đọc.", default=None, example="1s")
    timeout: Period | None = said("Longest wait for an answer.", "Thời gian chờ.", default=None, example="3s")
    silent_after: Period | None = said(
        "Without a word for this long: offline.", "Mất tin sau.", default=None, example="25h"
    )
    parameters: dict[str, Any] = Field(
        default={},
        alias="with",
        description="Parameters of the profile. / Tham số của hồ sơ.",
        examples=[{"zones": 16}],
    )
    points: dict[str, dict[str, Any]] = said(
        "Points that differ from the profile, or are added.",
        "Điểm thay đổi hoặc thêm.",
        default={},
        example={"z07.alarm": {"name": "Tầng 7"}},
    )
    limits: dict[str, Any] = said("What differs from the profile's limits.", "Giới hạn riêng.", default={})
    commands: AllowEntry | None = said(
        "Commands that may be given to it.", "Các lệnh được phép.", default=None, example={"allow": ["silence"]}
    )
    behind: str | None = said(
        "Device through which it is reached.", "Nằm sau thiết bị.", default=None, example="switch-market"
    )
    tags: list[str] = said("Labels for rules.", "Nhãn.", default=[], example=["kitchen"])
    at: Place | None = said("Latitude and longitude.", "Vĩ độ và kinh độ.", default=None, example=[21.5942, 105.8482])
    enabled: bool = said("Whether it is spoken to.", "Đang sử dụng.", default=True, example=True)


class TableEntry(Strict):
    """Many devices from a spreadsheet: one row each."""

    table: str = said("A CSV file, or the rows themselves.", "Tệp CSV hoặc các dòng.", example="cameras.csv")
    profile: str | None = said(
        "Device model of every row.", "Hồ sơ thiết bị chung.", default=None, example="mqtt/smoke"
    )
    zone: str | None = said("Zone of every row.", "Vùng chung.", default=None, example="tn/market")
    columns: dict[str, str] = said(
        "Our key: header of the column.", "Khóa: tên cột.", default={}, example={"id": "Mã", "connection.host": "IP"}
    )
    values: dict[str, Any] = Field(
        default={},
        alias="set",
        description="The same for every row; a column wins. / Giá trị chung, cột được ưu tiên.",
        examples=[{"interval": "5s"}],
    )
