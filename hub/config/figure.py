"""The shape of a figure: of what, put together how, over which window, compared with which."""

from typing import Annotated, Any, Literal

from pydantic import Field

from hub.config.shape import Id, Strict, Title, said

Share = Annotated[float, Field(ge=0, le=1, strict=False)]


class FigureSource(Strict):
    """Of which points, or of which device events; everything given must match."""

    kind: str | None = said("Points of this kind.", "Điểm thuộc loại.", default=None, example="env.temperature")
    event: str | None = said("Device events of this kind.", "Sự kiện.", default=None, example="traffic.passage")
    profile: str | None = said("Of this profile.", "Theo hồ sơ.", default=None, example="traffic/radar")
    zone: str | None = said("In this zone and the zones in it.", "Trong vùng này.", default=None, example="tn/market")
    tag: str | None = said("With this label.", "Có nhãn.", default=None, example="kitchen")
    device: str | None = said("Of this device.", "Thiết bị.", default=None, example="radar-1")
    point: str | None = said("Points of this name.", "Điểm có tên.", default=None, example="speed")
    attribute: str | None = said(
        "Which number of an event is put together.", "Thuộc tính của sự kiện.", default=None, example="speed"
    )
    where: dict[str, Any] = said(
        "Attributes that an event must have.", "Điều kiện thuộc tính.", default={}, example={"class": "truck"}
    )


class FigureEntry(Strict):
    """One published number."""

    id: Id = said("Short name, for ever.", "Mã số liệu, không đổi.", example="market-heat")
    title: Title | None = said(
        "Name that people read; absent: the id.", "Tên hiển thị.", default=None, example="Nhiệt độ chợ Thái"
    )
    of: FigureSource = said("Of what.", "Nguồn.", example={"kind": "env.temperature", "zone": "tn/market"})
    aggregate: Literal["mean", "min", "max", "sum", "count", "good_share"] = said(
        "How it is put together.", "Cách tính.", example="mean"
    )
    window: Literal["hour", "day", "week", "month"] = said(
        "Over which time, in the site's time zone.", "Khoảng thời gian.", example="day"
    )
    divide: Annotated[float, Field(gt=0, strict=False)] = said(
        "By what the result is divided: a sum of vehicles an hour, told each minute, by 60.", "Chia kết quả cho.",
        default=1.0, example=60,
    )  # fmt: skip
    compare: Literal["none", "previous", "day", "week", "year"] = said(
        "With which window: the one before, or the same a day, week or year earlier.",
        "So sánh với.", default="previous", example="week",
    )  # fmt: skip
    tolerance: Share = said(
        "Coverages that differ by more are not compared.", "Chênh lệch độ phủ cho phép.", default=0.05, example=0.05
    )
    least: Share = said(
        "Windows covered less than this are not compared.", "Độ phủ tối thiểu.", default=0.5, example=0.5
    )
