"""Which tables of a switch say who is plugged in, and when a stranger among them is an event."""

from pydantic import BaseModel, ConfigDict, Field

from drivers.snmp.address import Oid


class Strangers(BaseModel):
    """`address:` of an event that a MAC address makes which was never seen at the device before."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tables: tuple[Oid, ...] = Field(
        min_length=1,
        max_length=4,
        description="Columns of ports, one row for each address that was learnt; the first that has rows is believed.",
        examples=[["1.3.6.1.2.1.17.7.1.2.2.1.2", "1.3.6.1.2.1.17.4.3.1.2"]],
        json_schema_extra={"vi": "Các cột cổng, mỗi địa chỉ đã học một hàng; lấy cột đầu tiên có hàng."},
    )
    interfaces: Oid | None = Field(
        None,
        description="Column that gives a port's interface index.",
        examples=["1.3.6.1.2.1.17.1.4.1.2"],
        json_schema_extra={"vi": "Cột cho chỉ số giao diện của cổng."},
    )
    names: Oid | None = Field(
        None,
        description="Column that gives an interface's name.",
        examples=["1.3.6.1.2.1.31.1.1.1.1"],
        json_schema_extra={"vi": "Cột cho tên giao diện."},
    )
    learn: float = Field(
        24.0,
        ge=0,
        le=24 * 366,
        description="Hours from the first look in which addresses are only learnt; 0: nobody looks.",
        json_schema_extra={"vi": "Số giờ chỉ học địa chỉ, kể từ lần đọc đầu; 0: không xem."},
    )
    every: float = Field(
        60.0,
        ge=1,
        le=86_400,
        description="Seconds between two looks.",
        json_schema_extra={"vi": "Số giây giữa hai lần đọc."},
    )
    most: int = Field(
        4096,
        ge=1,
        le=65_536,
        description="Addresses that are remembered; beyond, the one that was not seen for longest is forgotten.",
        json_schema_extra={"vi": "Số địa chỉ được nhớ; quá số đó thì quên địa chỉ lâu nhất không thấy."},
    )
