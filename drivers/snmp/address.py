"""Where a point lives in an SNMP agent: an object, a cell of a table, or a whole column."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from drivers.snmp import oid as oids

Oid = Annotated[str, BeforeValidator(oids.checked)]
Index = Annotated[str, BeforeValidator(oids.checked_index)]
Type = Literal[
    "auto", "integer", "gauge", "counter32", "counter64", "enum", "ticks", "float",
    "string", "mac", "oid", "ip", "date", "opaque",
]  # fmt: skip
Fold = Literal["mean", "sum", "max", "count"]
COUNTERS = {"counter32": 32, "counter64": 64}
"""Types whose values wrap, and after how many bits (RFC 2578, 7.1.6 and 7.1.10)."""
Scalar = bool | int | float | str


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Row(_Strict):
    """Which row of a table, found by what stands in one of its columns; the index may change, the name does not."""

    column_oid: Oid = Field(
        description="Column that is searched, whole OID without index.",
        examples=["1.3.6.1.2.1.31.1.1.1.1"],
        json_schema_extra={"vi": "Cột để tìm, OID đầy đủ không có chỉ số."},
    )
    equals: int | str = Field(
        description="What stands in that column of the row that is meant.",
        examples=["GigabitEthernet1/0/7"],
        json_schema_extra={"vi": "Giá trị ở cột đó của hàng cần đọc."},
    )
    nth: int = Field(
        1,
        ge=1,
        description="Which of several such rows, in the order of their indexes.",
        json_schema_extra={"vi": "Hàng thứ mấy trong các hàng như vậy, theo thứ tự chỉ số."},
    )
    found: bool = Field(
        False,
        description="Whether the hub found the row itself: one that is gone is no mistake then.",
        json_schema_extra={"vi": "Hàng do hệ thống tự tìm: nếu mất thì không phải lỗi cấu hình."},
    )


class Address(_Strict):
    """Where a point lives: an OID with its instance, a cell of a table, or a whole column."""

    oid: Oid | None = Field(
        None,
        description="OID with its instance; scalars end in .0.",
        examples=["1.3.6.1.2.1.1.3.0"],
        json_schema_extra={"vi": "OID kèm instance; đại lượng đơn kết thúc bằng .0."},
    )
    table: Oid | None = Field(
        None,
        description="OID of the table's entry, to which column and index are appended.",
        examples=["1.3.6.1.2.1.2.2.1"],
        json_schema_extra={"vi": "OID của entry trong bảng; cột và chỉ số được nối vào sau."},
    )
    column: int | None = Field(
        None, ge=1, description="Number of the column.", json_schema_extra={"vi": "Số của cột."}
    )  # fmt: skip
    index: Index | None = Field(
        None,
        description="Index of the row, where it is fixed.",
        json_schema_extra={"vi": "Chỉ số của hàng, khi nó cố định."},
    )
    row: Row | None = Field(
        None,
        description="The row by name, where its index is the agent's own affair.",
        json_schema_extra={"vi": "Hàng theo tên, khi chỉ số do agent tự đặt."},
    )
    holds: int | str | None = Field(
        None,
        description="The point is true while any row of the column has this value.",
        examples=["1.3.6.1.2.1.33.1.6.3.2"],
        json_schema_extra={"vi": "Điểm là đúng khi có hàng nào của cột mang giá trị này."},
    )
    fold: Fold | None = Field(
        None,
        description="The point is the mean, sum or largest value of the column, or how many rows it has.",
        json_schema_extra={"vi": "Điểm là trung bình, tổng, giá trị lớn nhất của cột, hoặc số hàng."},
    )
    type: Type = Field(
        "auto",
        description="What the agent sends; another type makes the value undecodable.",
        json_schema_extra={"vi": "Kiểu agent gửi; kiểu khác khiến giá trị không giải mã được."},
    )
    rate: bool = Field(
        False,
        description="The point is how much the counter grows in a second.",
        json_schema_extra={"vi": "Điểm là mức tăng của bộ đếm trong một giây."},
    )
    most: float | None = Field(
        None,
        gt=0,
        description="Largest rate that is believed; with a 32-bit counter it tells a wrap from a reset.",
        json_schema_extra={"vi": "Tốc độ lớn nhất được tin; với bộ đếm 32 bit để phân biệt tràn số và đặt lại."},
    )
    discontinuity: Oid | None = Field(
        None,
        description="OID that tells when the counter last began anew; in a table the column, without index.",
        examples=["1.3.6.1.2.1.31.1.1.1.19"],
        json_schema_extra={"vi": "OID cho biết bộ đếm bắt đầu lại khi nào; trong bảng là cột, không có chỉ số."},
    )
    percent_of: Oid | None = Field(
        None,
        description="The point is the value in percent of this OID's; in a table the column, without index.",
        json_schema_extra={"vi": "Điểm là phần trăm so với giá trị của OID này; trong bảng là cột, không có chỉ số."},
    )
    missing: tuple[Scalar, ...] = Field(
        (),
        description="Values that mean `there is nothing`, as the agent sends them.",
        json_schema_extra={"vi": "Giá trị nghĩa là `không có`, như agent gửi."},
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        wrong = _place_fault(self) or _rate_fault(self)
        if wrong:
            raise ValueError(wrong)
        return self

    @property
    def column_oid(self) -> str:
        """The column of a table's cell, without index."""
        return f"{self.table}.{self.column}"

    @property
    def whole_column(self) -> bool:
        """Whether the point needs every row of its column."""
        return self.holds is not None or self.fold is not None


def _place_fault(a: Address) -> str | None:
    rows = [word for word in ("index", "row", "holds", "fold") if getattr(a, word) is not None]
    if a.oid is not None:
        return f"an oid is complete: table, column and {rows[0] if rows else 'index'} are for tables" if (
            rows or a.table is not None or a.column is not None
        ) else None  # fmt: skip
    if a.table is None or a.column is None:
        return "give the oid, or the table with its column"
    if len(rows) != 1:
        return f"a cell needs one of index, row, holds and fold, this has {' and '.join(rows) or 'none'}"
    return None


def _rate_fault(a: Address) -> str | None:
    if a.rate and a.type not in COUNTERS:
        return f"a rate needs to know when the counter wraps: type counter32 or counter64, not {a.type}"
    if not a.rate and (a.most is not None or a.discontinuity is not None):
        return "most and discontinuity belong to a rate: write rate: true"
    if a.whole_column and (a.rate or a.percent_of):
        return "a whole column (holds, fold) gives neither a rate nor a percentage"
    return "a rate is no percentage" if a.rate and a.percent_of else None
