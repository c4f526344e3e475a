"""What configuration says about Modbus points: where a point lives, and what a device cannot bear.

Facts from "MODBUS Application Protocol Specification V1.1b3" (sections 4.3, 6) and "MODBUS Messaging on TCP/IP
Implementation Guide V1.0b"; both speak of zero-based addresses, and so does `register`.
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from hub.config.durations import Duration

Table = Literal["input", "holding", "coil", "discrete"]
Type = Literal[
    "bool", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64", "string"
]  # fmt: skip
Order = Literal["abcd", "badc", "cdab", "dcba"]

REGISTERS = {
    "bool": 1, "int16": 1, "uint16": 1, "int32": 2, "uint32": 2, "int64": 4, "uint64": 4, "float32": 2, "float64": 4,
}  # fmt: skip
"""How many registers each type occupies; a string's `length` says it."""
BIT_TABLES = ("coil", "discrete")
LARGEST_READ = 125
"""Registers that one reply can carry (V1.1b3, 6.3); bit tables carry 16 times as many, see `plan`."""


def _word(given: object) -> object:
    if isinstance(given, str):
        try:
            return int(given, 0)
        except ValueError:
            raise ValueError(f"{given!r} is neither a whole number nor hexadecimal such as 0xFFFF") from None
    return given


Raw = Annotated[int, BeforeValidator(_word)]
"""A raw bit pattern or number; text such as `0xFFFF` is read too."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Address(_Strict):
    """Where a point lives in the tables of a Modbus device, and how its bits are to be read."""

    table: Table = Field(
        description="Which of the four tables: input and holding hold 16-bit registers, coil and discrete single bits.",
        json_schema_extra={
            "vi": "Bảng nào trong bốn bảng: input và holding chứa thanh ghi 16 bit, coil và discrete chứa từng bit."
        },
    )
    number: int = Field(
        alias="register",
        ge=0,
        le=65535,
        description="Zero-based address as it travels on the wire; the manual's 40001 is 0 of `holding`.",
        json_schema_extra={
            "vi": "Địa chỉ tính từ 0 như trên đường truyền; số 40001 trong tài liệu là 0 của `holding`."
        },
    )
    type: Type = Field(
        "uint16",
        description="How the registers are read. Default: bool for coil, discrete and `bit`, else uint16.",
        json_schema_extra={"vi": "Cách đọc thanh ghi. Mặc định: bool cho coil, discrete và `bit`, còn lại là uint16."},
    )
    order: Order = Field(
        "abcd",
        description="Order of bytes on the wire, `a` the most significant: abcd big-endian, cdab low word first, "
        "badc bytes swapped in each word, dcba little-endian.",
        json_schema_extra={
            "vi": "Thứ tự byte trên đường truyền, `a` là byte cao nhất: abcd, cdab (từ thấp trước), badc, dcba."
        },
    )
    bit: int | None = Field(
        None,
        ge=0,
        le=15,
        description="The point is this one bit of the register, 0 the least significant.",
        json_schema_extra={"vi": "Điểm là một bit của thanh ghi, 0 là bit thấp nhất."},
    )
    bits: tuple[int, int] | None = Field(
        None,
        description="The point is an unsigned number inside the register: [first bit, how many bits].",
        examples=[[8, 4]],
        json_schema_extra={"vi": "Điểm là số không dấu nằm trong thanh ghi: [bit đầu, số bit]."},
    )
    length: int | None = Field(
        None,
        ge=1,
        le=LARGEST_READ,
        description="How many registers a string occupies (two characters each).",
        json_schema_extra={"vi": "Số thanh ghi của một chuỗi (mỗi thanh ghi hai ký tự)."},
    )
    missing: tuple[Raw, ...] = Field(
        (),
        description="Raw values that mean `not programmed`: of the field for `bits`, of the whole register otherwise; "
        "for floats the bit pattern.",
        examples=[["0xFFFF"], [-32768]],
        json_schema_extra={
            "vi": "Giá trị thô nghĩa là `chưa lập trình`; với `bits` là giá trị trường bit, với số thực là mẫu bit."
        },
    )

    @model_validator(mode="before")
    @classmethod
    def _default_type(cls, given: object) -> object:
        if isinstance(given, dict) and "type" not in given:
            single = given.get("table") in BIT_TABLES or given.get("bit") is not None
            return {**given, "type": "bool" if single else "uint16"}
        return given

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        wrong = _bit_table_fault(self) if self.table in BIT_TABLES else _register_fault(self)
        if wrong:
            raise ValueError(wrong)
        return self

    @property
    def count(self) -> int:
        """How many registers (or bits, in coil and discrete) the point occupies."""
        return self.length or REGISTERS[self.type]

    @property
    def end(self) -> int:
        """The first address after the point."""
        return self.number + self.count


def _bit_table_fault(a: Address) -> str | None:
    if a.type != "bool":
        return f"a {a.table} holds one bit; its type is bool, not {a.type}"
    if a.bit is not None or a.bits or a.length or a.missing:
        return f"a {a.table} holds one bit; bit, bits, length and missing belong to input and holding"
    return None


def _register_fault(a: Address) -> str | None:
    if (a.type == "string") != (a.length is not None):
        return (
            "a string needs its length in registers"
            if a.type == "string"
            else f"length is for strings, not for {a.type}"
        )
    if a.type == "string" and (a.missing or a.order in ("cdab", "dcba")):
        return "a string has no missing values, and its order is abcd or badc"
    if a.end > 65536:
        return f"register {a.number} and {a.count - 1} more reach beyond register 65535"
    if (a.type == "bool") != (a.bit is not None):
        return "a bool in a register needs its bit (0..15)" if a.type == "bool" else f"bit makes a bool, not a {a.type}"
    return _bits_fault(a) if a.bits else None


def _bits_fault(a: Address) -> str | None:
    if a.type not in ("uint16", "uint32", "uint64"):
        return f"bits are taken from uint16, uint32 or uint64, not from {a.type}"
    first, many = a.bits or (0, 1)
    if first < 0 or many < 1 or first + many > 16 * a.count:
        return f"bits [{first}, {many}] do not fit into the {16 * a.count} bits of {a.type}"
    return None


class Forbidden(_Strict):
    """Addresses that must never be read, first and last included."""

    table: Table = Field(description="The table.", json_schema_extra={"vi": "Bảng."})
    first: int = Field(
        alias="from", ge=0, le=65535, description="First address.", json_schema_extra={"vi": "Địa chỉ đầu."}
    )
    last: int = Field(
        alias="to", ge=0, le=65535, description="Last address.", json_schema_extra={"vi": "Địa chỉ cuối."}
    )


class Limits(_Strict):
    """`limits:` of a Modbus profile: what the device can bear in one read."""

    largest_read: int = Field(
        LARGEST_READ,
        ge=1,
        le=LARGEST_READ,
        description="Most registers in one read; of coils and discretes 16 times as many.",
        json_schema_extra={"vi": "Số thanh ghi nhiều nhất trong một lần đọc; với coil và discrete gấp 16 lần."},
    )
    largest_gap: int = Field(
        8,
        ge=0,
        le=LARGEST_READ,
        description="Unused registers that may be read along rather than asking twice.",
        json_schema_extra={"vi": "Số thanh ghi không dùng được đọc kèm thay vì hỏi hai lần."},
    )
    forbidden: tuple[Forbidden, ...] = Field(
        (),
        description="Ranges that must never be read, not even along the way.",
        json_schema_extra={"vi": "Các vùng không bao giờ được đọc, kể cả đọc kèm."},
    )
    pause: Duration = Field(
        0,
        description="Least time between an answer of the device and the next request to it.",
        examples=["1s"],
        json_schema_extra={"vi": "Thời gian nghỉ ít nhất giữa một câu trả lời và yêu cầu kế tiếp."},
    )
    one_field: bool = Field(
        False,
        description="Ask for each point by itself, for devices that answer nothing longer.",
        json_schema_extra={"vi": "Hỏi riêng từng điểm, cho thiết bị không trả lời yêu cầu dài hơn."},
    )
