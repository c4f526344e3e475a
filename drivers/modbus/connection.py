"""How a Modbus device is reached: over TCP, over TLS, or through a serial port.

Facts from "MODBUS Messaging on TCP/IP Implementation Guide V1.0b", "MODBUS/TCP Security Protocol Specification V2.1"
(port 802; the same frames inside TLS) and "MODBUS over Serial Line V1.02" (2.5.1: 19200 baud and even parity are the
default; 2.5.1.1: frames are apart by 3.5 characters, above 19200 baud by 1.75 ms).
"""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

PLAIN_PORT = 502
TLS_PORT = 802


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Tls(_Strict):
    """How the device is proven, and how the hub proves itself."""

    ca: str | None = Field(
        None,
        description="PEM file of the authority that signed the device's certificate; absent: the system's authorities.",
        json_schema_extra={"vi": "Tệp PEM của cơ quan ký chứng thư thiết bị; bỏ trống: của hệ điều hành."},
    )
    cert: str | None = Field(
        None,
        description="PEM file with the hub's own certificate; most devices ask for one.",
        json_schema_extra={"vi": "Tệp PEM chứng thư của trung tâm; đa số thiết bị yêu cầu."},
    )
    key: str | None = Field(
        None,
        description="PEM file with the private key of `cert`.",
        json_schema_extra={"vi": "Tệp PEM khóa riêng của `cert`."},
    )
    name: str | None = Field(
        None,
        min_length=1,
        description="Name that the device's certificate carries, where that is not `host`.",
        json_schema_extra={"vi": "Tên ghi trong chứng thư của thiết bị, khi khác `host`."},
    )

    @model_validator(mode="after")
    def _pair(self) -> Self:
        if (self.cert is None) != (self.key is None):
            raise ValueError("cert and key belong together: give both or neither")
        return self


class Connection(_Strict):
    """How a Modbus device is reached; devices with equal host, port, framing and tls share one connection."""

    host: str = Field(
        "",
        description="Host name or IP address of the device or of its gateway.",
        examples=["10.1.2.3"],
        json_schema_extra={"vi": "Tên máy hoặc địa chỉ IP của thiết bị hay của gateway."},
    )
    port: int = Field(
        PLAIN_PORT,
        ge=1,
        le=65535,
        description="TCP port; with tls the default is 802.",
        json_schema_extra={"vi": "Cổng TCP; với tls mặc định là 802."},
    )
    unit: int = Field(
        1,
        ge=0,
        le=255,
        description="Unit id: which device behind a gateway; many devices that stand alone answer to 1, 0 or 255.",
        json_schema_extra={
            "vi": "Mã đơn vị (unit id): thiết bị nào phía sau gateway; thiết bị đơn thường là 1, 0 hoặc 255."
        },
    )
    framing: Literal["tcp", "rtu"] = Field(
        "tcp",
        description="`tcp` for Modbus TCP; `rtu` for serial frames (with CRC) that a converter carries over TCP, and "
        "on a serial port.",
        json_schema_extra={
            "vi": "`tcp` cho Modbus TCP; `rtu` cho khung nối tiếp (có CRC) mà bộ chuyển đổi truyền qua TCP, và trên "
            "cổng nối tiếp."
        },
    )
    tls: Tls | Literal[True] | None = Field(
        None,
        description="Modbus/TCP Security: true, or the files to use.",
        json_schema_extra={"vi": "Modbus/TCP Security: true, hoặc các tệp dùng cho TLS."},
    )
    serial: str | None = Field(
        None,
        min_length=1,
        description="Serial port, in place of `host`; devices on one port share it.",
        examples=["/dev/ttyS0"],
        json_schema_extra={"vi": "Cổng nối tiếp, thay cho `host`; các thiết bị cùng cổng dùng chung."},
    )
    baud: int = Field(
        19_200,
        ge=300,
        le=4_000_000,
        description="Speed of the serial port, in bits per second.",
        json_schema_extra={"vi": "Tốc độ cổng nối tiếp, bit mỗi giây."},
    )
    parity: Literal["N", "E", "O"] = Field(
        "E",
        description="Parity on the serial port: none, even or odd.",
        json_schema_extra={"vi": "Bit chẵn lẻ: không (N), chẵn (E), lẻ (O)."},
    )
    stop: Literal[1, 2] = Field(
        1, description="Stop bits on the serial port.", json_schema_extra={"vi": "Số bit dừng."}
    )

    @model_validator(mode="before")
    @classmethod
    def _defaults(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        if given.get("serial"):
            return {"framing": "rtu", **given}
        return {"port": TLS_PORT, **given} if given.get("tls") else given

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.serial is None:
            if not self.host:
                raise ValueError("a Modbus device has a host, or a serial port: give `host` or `serial`")
            if self.tls and self.framing == "rtu":
                raise ValueError("tls carries Modbus TCP frames: leave out framing: rtu")
            if self.model_fields_set & {"baud", "parity", "stop"}:
                raise ValueError("baud, parity and stop belong to `serial`; a converter on the network has its own")
        elif self.host or self.tls or self.framing == "tcp" or "port" in self.model_fields_set:
            raise ValueError("a serial port has baud, parity and stop; host, port, tls and framing: tcp do not fit it")
        return self

    @property
    def where(self) -> str:
        """What a person calls the place: `10.1.2.3:502` or `/dev/ttyS0`."""
        return self.serial or f"{self.host}:{self.port}"

    @property
    def silence(self) -> float:
        """Seconds of silence between two frames: of 3.5 characters of 11 bits, 1.75 ms when they are faster."""
        if self.serial is None:
            return 0.0
        return 0.00175 if self.baud > 19_200 else 38.5 / self.baud
