"""What configuration says about files: the folder, how its tables are written, which column holds what."""

from collections.abc import Hashable
from fnmatch import fnmatchcase
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator

from hub.config.durations import Duration
from hub.model import DAY, HOUR, SECOND

Delimiter = Literal["auto", "comma", "semicolon", "tab"]
TimeFormat = Literal["iso", "dmy", "s", "ms"]
LARGEST = 64 * 1024 * 1024


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Connection(_Strict):
    """The folder that a system lays its files in."""

    folder: str = Field(
        min_length=1,
        description="Folder; a relative one lies in the hub's state folder.",
        examples=["/srv/drop/education"],
        json_schema_extra={"vi": "Thư mục; đường dẫn tương đối tính từ thư mục trạng thái của trung tâm."},
    )
    pattern: str = Field(
        "*.csv",
        description="Which names are meant; names that begin with a dot or end in .tmp or .part never are.",
        examples=["education-*.csv"],
        json_schema_extra={"vi": "Tên tệp được nhận; tệp bắt đầu bằng dấu chấm hoặc đuôi .tmp, .part luôn bị bỏ qua."},
    )
    every: Duration = Field(
        5 * SECOND,
        description="How often the folder is looked at.",
        json_schema_extra={"vi": "Chu kỳ xem thư mục."},
    )
    delimiter: Delimiter = Field(
        "auto",
        description="What stands between two cells; auto: whichever of comma, semicolon and tab gives the columns.",
        json_schema_extra={"vi": "Dấu phân cách; auto: dấu nào cho đúng các cột."},
    )
    zone: str | None = Field(
        None,
        description="IANA time zone of times that are written without one; absent: such times are refused.",
        examples=["Asia/Ho_Chi_Minh"],
        json_schema_extra={"vi": "Múi giờ của thời gian ghi không kèm múi giờ; bỏ trống: bị từ chối."},
    )

    @field_validator("every")
    @classmethod
    def _often(cls, given: int) -> int:
        if not SECOND <= given <= HOUR:
            raise ValueError("every is from 1s to 1h")
        return given

    @field_validator("pattern")
    @classmethod
    def _name(cls, given: str) -> str:
        if "/" in given or "\\" in given:
            raise ValueError("pattern is of names in the folder itself, without / or \\")
        return given

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, given: str | None) -> str | None:
        try:
            return given if given is None else ZoneInfo(given).key
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"{given!r} is no IANA time zone, such as Asia/Ho_Chi_Minh") from None

    def means(self, name: str) -> bool:
        """Tell whether a file of that name is meant."""
        unfinished = name.startswith(".") or name.endswith((".tmp", ".part", ".crdownload", "~"))
        return not unfinished and fnmatchcase(name, self.pattern)


class _Place(_Strict):
    where: dict[str, str] = Field(
        {},
        description="Columns and what must stand there for a row to be meant.",
        examples=[{"Mã": "GRDP"}],
        json_schema_extra={"vi": "Cột và giá trị phải có để dòng được tính."},
    )
    time: str | None = Field(
        None,
        description="Column of the source's own time.",
        examples=["Cập nhật"],
        json_schema_extra={"vi": "Cột thời gian của nguồn."},
    )
    time_format: TimeFormat = Field(
        "iso",
        description="How that time is written: ISO 8601, day/month/year [hour:minute], or seconds or ms since 1970.",
        json_schema_extra={
            "vi": "Cách ghi thời gian: ISO 8601, ngày/tháng/năm [giờ:phút], giây hoặc mili giây từ 1970."
        },
    )


class Address(_Place):
    """In which column, of which rows, one point stands."""

    column: str = Field(
        min_length=1,
        description="Title of the column.",
        examples=["Giá trị"],
        json_schema_extra={"vi": "Tên cột."},
    )
    type: Literal["number", "text", "flag"] = Field(
        "number",
        description="What must stand there; an empty cell says nothing.",
        json_schema_extra={"vi": "Kiểu giá trị phải có; ô trống là không có gì."},
    )
    decimal: Literal["point", "comma"] = Field(
        "point",
        description="How fractions are written: 6.5 or 6,5; thousands are not set apart.",
        json_schema_extra={"vi": "Dấu thập phân: 6.5 hay 6,5; không dùng dấu phân cách hàng nghìn."},
    )

    def __hash__(self) -> int:
        return hash((self.column, tuple(self.where.items()), self.time, self.time_format, self.type, self.decimal))


class Event(_Place):
    """Which rows are events of one kind, and what tells two of them apart."""

    key: tuple[str, ...] = Field(
        (),
        max_length=8,
        description="Columns that tell a row from every other; absent: the file's hash and the number of the row.",
        examples=[["Mã phản ánh"]],
        json_schema_extra={"vi": "Các cột phân biệt dòng này với dòng khác; bỏ trống: mã băm của tệp và số dòng."},
    )
    present: tuple[str, ...] = Field(
        (),
        description="Columns that must hold something for a row to be meant.",
        examples=[["Ngày đóng"]],
        json_schema_extra={"vi": "Cột phải có giá trị để dòng được tính."},
    )
    numbers: tuple[str, ...] = Field(
        (),
        description="Columns of attributes that are numbers, not texts.",
        examples=[["Số lượng"]],
        json_schema_extra={"vi": "Các cột thuộc tính là số."},
    )

    def __hash__(self) -> int:
        return hash((self.key, self.present, tuple(self.where.items())))


class Limits(_Strict):
    """What is borne of a folder."""

    largest: int = Field(
        8 * 1024 * 1024,
        ge=64,
        le=LARGEST,
        description="Bytes of a file; a larger one is not read.",
        json_schema_extra={"vi": "Số byte tối đa của tệp."},
    )
    rows: int = Field(
        20_000,
        ge=1,
        le=200_000,
        description="Rows of a file; a longer one is refused whole.",
        json_schema_extra={"vi": "Số dòng tối đa của tệp."},
    )
    settle: Duration = Field(
        5 * SECOND,
        description="How long a file must have been left alone before it is taken.",
        json_schema_extra={"vi": "Thời gian tệp phải không đổi trước khi được nhận."},
    )
    keep: Duration = Field(
        30 * DAY,
        description="How long taken and refused files are kept.",
        json_schema_extra={"vi": "Thời gian giữ tệp đã nhận và bị từ chối."},
    )


def line(connection: Connection) -> Hashable:
    """Return what devices must share to be served together: the folder."""
    return connection.folder


def redirect(connection: Connection, host: str, port: int) -> Connection:
    """Return the connection as it is: a folder has no host and port; the simulator's is another folder."""
    del host, port
    return connection
