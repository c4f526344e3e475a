"""The shape of a found group in a profile: points for each row of a table that the device itself has."""

from typing import Any

from hub.config.durations import Period
from hub.config.shape import Strict, said

MOST_ROWS = 1000


class FoundEntry(Strict):
    """A group of points repeated for each row that a device turns out to have; inside, `label` is the row's name."""

    address: Any = said("Which table, in the driver's words.", "Bảng nào, theo giao thức.")
    when: str | None = said(
        "Only where this parameter is neither 0 nor empty.",
        "Chỉ khi tham số này khác 0 và khác rỗng.",
        default=None,
        example="walk",
    )
    unless: str | None = said(
        "Not where this parameter is neither 0 nor empty: the rows are listed.",
        "Không dùng khi tham số này khác 0 và khác rỗng: các hàng đã được liệt kê.",
        default=None,
        example="ports",
    )
    most: int = said(
        "Rows that are taken, those that are gone included; a table with more is not taken.",
        "Số hàng nhiều nhất, kể cả hàng đã mất; bảng lớn hơn không được lấy.",
        default=128,
        ge=1,
        le=MOST_ROWS,
        example=96,
    )
    every: Period = said(
        "Time between two looks whether rows have come or gone.",
        "Chu kỳ xem hàng mới hoặc hàng mất.",
        default="1m",
        validate_default=True,
        example="1m",
    )
    simulated: list[str] = said(
        "Names of the rows of a simulated device.", "Tên các hàng của thiết bị mô phỏng.", default=[], example=["eth0"]
    )
    points: dict[str, dict[str, Any]] = said("Points of each row.", "Các điểm của mỗi hàng.", min_length=1)
