"""A table whose rows nobody listed: which column says what rows there are, and what each is called."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

from drivers.snmp.address import Oid, Row
from hub.model import FoundRow

MOST_NAMES = 4
BY_INDEX = "index"
"""In place of a column: the row has no name but its index."""


class Table(BaseModel):
    """Which rows a table has, and where their names stand."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    walk: Oid = Field(
        description="Column that every row of the table has, whole OID without index.",
        examples=["1.3.6.1.2.1.2.2.1.8"],
        json_schema_extra={"vi": "Cột mà hàng nào cũng có, OID đầy đủ không có chỉ số."},
    )
    where: int | str | None = Field(
        None,
        description="Only rows that have this value in it.",
        json_schema_extra={"vi": "Chỉ lấy các hàng có giá trị này ở cột đó."},
    )
    names: tuple[Oid, ...] = Field(
        (),
        max_length=MOST_NAMES,
        description="Columns that name rows: the first that says something is believed; none: rows go by their index.",
        examples=[["1.3.6.1.2.1.31.1.1.1.1", "1.3.6.1.2.1.2.2.1.2"]],
        json_schema_extra={"vi": "Các cột đặt tên hàng, lấy cột đầu tiên có chữ; không có thì dùng chỉ số."},
    )
    changed: tuple[Oid, ...] = Field(
        (),
        max_length=4,
        description="Objects that change when rows come or go (a time of last change, a number of rows).",
        examples=[["1.3.6.1.2.1.31.1.5.0", "1.3.6.1.2.1.2.1.0"]],
        json_schema_extra={"vi": "Các đối tượng thay đổi khi có hàng thêm hoặc bớt."},
    )


def cell(table: Table, row: FoundRow) -> Mapping[str, object]:
    """Return what the address of a point takes from its row: the row by name, or the index."""
    if row.by == BY_INDEX or not table.names:
        return {"index": row.label}
    return {"row": Row(column_oid=row.by or table.names[0], equals=row.label, nth=row.nth, found=True)}
