"""What configuration says about an event buffer: registers that show the oldest record that a device still keeps.

No standard describes one; what is common to those that exist is that a register says how many records wait, that the
oldest stands in fixed registers with a number of its own, and that writing a register lets the next one come up. The
record is read in one request, so that it is never half of one and half of the next.
"""

from typing import Literal, Self

from pydantic import Field, model_validator

from drivers.modbus.address import LARGEST_READ, Address, Order, _Strict

WIDTH = {"uint16": 16, "uint32": 32}


class Part(Address):
    """One number or text of a record."""

    map: dict[str, str] = Field(
        {},
        description="Number: word; a number that is not listed is told as it is.",
        examples=[{"1": "fire", "2": "fault"}],
        json_schema_extra={"vi": "Số: từ; số không có trong danh sách được báo nguyên như vậy."},
    )


class Advance(_Strict):
    """What is written, once a record is stored, to let the next one come up."""

    number: int = Field(
        alias="register",
        ge=0,
        le=65535,
        description="Zero-based holding register.",
        json_schema_extra={"vi": "Thanh ghi holding, tính từ 0."},
    )
    type: Literal["uint16", "uint32"] = Field(
        "uint16", description="Its width.", json_schema_extra={"vi": "Độ rộng thanh ghi."}
    )
    order: Order = Field("abcd", description="Order of its bytes.", json_schema_extra={"vi": "Thứ tự byte."})
    value: Literal["number", "next"] | int = Field(
        "number",
        description="`number`: the record's own number (all up to it are forgotten); `next`: the one after it; "
        "or a constant, for devices that move on by one record at each write.",
        examples=["number", "next", 1],
        json_schema_extra={
            "vi": "`number`: số của bản ghi; `next`: số kế tiếp; hoặc một hằng số cho thiết bị tiến một bản ghi mỗi "
            "lần ghi."
        },
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if isinstance(self.value, int) and not 0 <= self.value < 1 << WIDTH[self.type]:
            raise ValueError(f"{self.value} does not fit into {self.type}")
        return self


class Buffer(_Strict):
    """An event buffer of a device."""

    present: Literal[0, 1] = Field(
        1,
        description="Whether the device has it; 0 turns it off, often by a parameter of the profile.",
        json_schema_extra={"vi": "Thiết bị có bộ đệm này không; 0 là không."},
    )
    waiting: Address = Field(
        description="Register that says how many records wait; 0: none.",
        json_schema_extra={"vi": "Thanh ghi cho biết còn bao nhiêu bản ghi."},
    )
    number: Address = Field(
        description="The oldest record's own number.", json_schema_extra={"vi": "Số của bản ghi cũ nhất."}
    )
    time: Address | None = Field(
        None,
        description="When it happened, in seconds since 1970; 0: not known.",
        json_schema_extra={"vi": "Thời điểm xảy ra, tính bằng giây từ 1970; 0: không biết."},
    )
    parts: dict[str, Part] = Field(
        min_length=1,
        description="What else the record says: name: where it is.",
        json_schema_extra={"vi": "Các phần của bản ghi: tên: địa chỉ."},
    )
    advance: Advance = Field(
        description="What lets the next record come up.", json_schema_extra={"vi": "Cách chuyển sang bản ghi kế tiếp."}
    )

    @property
    def places(self) -> dict[str, Address]:
        """Every address by a name that no part can have (`#…`), or by the part's own."""
        own = {"#waiting": self.waiting, "#number": self.number, **({"#time": self.time} if self.time else {})}
        return {**own, **self.parts}

    @model_validator(mode="after")
    def _one_read(self) -> Self:
        places = self.places.values()
        if len({p.table for p in places}) > 1 or self.waiting.table not in ("input", "holding"):
            raise ValueError("waiting, number, time and parts lie in one table, input or holding")
        if any(not p.type.startswith(("int", "uint")) for p in (self.waiting, self.number, self.time) if p):
            raise ValueError("waiting, number and time are whole numbers")
        span = max(p.end for p in places) - min(p.number for p in places)
        if span > LARGEST_READ:
            raise ValueError(f"a record is read at once: its {span} registers are more than {LARGEST_READ}")
        return self
