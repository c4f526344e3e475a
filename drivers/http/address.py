"""What configuration says about HTTP: the server, how to sign in, where a point or an event lives in its JSON."""

from collections.abc import Hashable
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from drivers.http.place import ItemEvent, JsonPath, Resource, Strict, Timed, Where, resource
from hub.config.durations import Duration
from hub.model import HOUR, MINUTE

PLAIN_PORT, TLS_PORT = 80, 443
"""RFC 9110, 4.2.1 and 4.2.2."""
LARGEST = 64 * 1024 * 1024


class Tls(Strict):
    """How the server is proven, and how the hub proves itself."""

    ca: str | None = Field(
        None,
        description="PEM file of the authority that signed the server's certificate; absent: the system's authorities.",
        json_schema_extra={"vi": "Tệp PEM của cơ quan ký chứng thư máy chủ; bỏ trống: của hệ điều hành."},
    )
    cert: str | None = Field(
        None,
        description="PEM file with the hub's own certificate, where the server asks for one.",
        json_schema_extra={"vi": "Tệp PEM chứng thư của trung tâm, khi máy chủ yêu cầu."},
    )
    key: str | None = Field(
        None,
        description="PEM file with the private key of `cert`.",
        json_schema_extra={"vi": "Tệp PEM khóa riêng của `cert`."},
    )

    @model_validator(mode="after")
    def _pair(self) -> Self:
        if (self.cert is None) != (self.key is None):
            raise ValueError("cert and key belong together: give both or neither")
        return self


class OAuth2(Strict):
    """Client credentials (RFC 6749, 4.4): the hub asks the same server for a token and renews it in time."""

    resource: Resource = Field(
        description="Where the server gives tokens.",
        examples=["/oauth2/token"],
        json_schema_extra={"vi": "Đường dẫn cấp token trên cùng máy chủ."},
    )
    client_id: str = Field(
        min_length=1, description="The hub's name there.", json_schema_extra={"vi": "Tên của trung tâm ở đó."}
    )
    client_secret: SecretStr = Field(
        description="Its secret, by reference: {secret: name}.",
        json_schema_extra={"vi": "Mật khẩu, theo tham chiếu: {secret: tên}."},
    )
    scope: str | None = Field(None, description="Scope to ask for.", json_schema_extra={"vi": "Phạm vi xin cấp."})


class Connection(Strict):
    """The server and how to sign in; devices that agree in all but `path` share one line."""

    host: str = Field(
        min_length=1,
        description="Name or address of the server.",
        examples=["feeds.example"],
        json_schema_extra={"vi": "Tên hoặc địa chỉ máy chủ."},
    )
    port: int = Field(
        PLAIN_PORT,
        ge=1,
        le=65_535,
        description="TCP port; with tls the default is 443.",
        json_schema_extra={"vi": "Cổng TCP; với tls mặc định là 443."},
    )
    tls: Tls | Literal[True] | None = Field(
        None,
        description="HTTPS: true, or the files to use.",
        json_schema_extra={"vi": "HTTPS: true, hoặc các tệp dùng cho TLS."},
    )
    path: Resource = Field(
        "/",
        description="Resource that points and events live in, unless they name their own.",
        examples=["/api/v1/reports?area=market"],
        json_schema_extra={"vi": "Tài nguyên chứa các điểm và sự kiện, trừ khi chúng tự nêu."},
    )
    user: str | None = Field(
        None,
        description="User name (basic authentication, RFC 7617).",
        json_schema_extra={"vi": "Tên đăng nhập (basic)."},
    )
    password: SecretStr | None = Field(
        None,
        description="Password, by reference: {secret: name}.",
        json_schema_extra={"vi": "Mật khẩu, theo tham chiếu: {secret: tên}."},
    )
    token: SecretStr | None = Field(
        None,
        description="Token, by reference: {secret: name}.",
        json_schema_extra={"vi": "Token, theo tham chiếu: {secret: tên}."},
    )
    token_header: str = Field(
        "Authorization",
        pattern=r"^[A-Za-z0-9-]{1,64}$",
        description="Header that carries the token: `Authorization` (as Bearer, RFC 6750), or the server's own.",
        examples=["X-Api-Key"],
        json_schema_extra={"vi": "Tiêu đề mang token: `Authorization` (Bearer) hoặc của riêng máy chủ."},
    )
    oauth2: OAuth2 | None = Field(
        None,
        description="Client credentials to get a token with.",
        json_schema_extra={"vi": "Thông tin xin token (client credentials)."},
    )
    also: tuple[int, ...] = Field(
        (),
        max_length=8,
        description="Further status codes whose body is an answer too; 503 of a server that says DOWN.",
        examples=[[503]],
        json_schema_extra={"vi": "Mã trạng thái khác mà nội dung vẫn là câu trả lời, như 503 khi dịch vụ báo DOWN."},
    )

    @field_validator("also")
    @classmethod
    def _error_codes(cls, given: tuple[int, ...]) -> tuple[int, ...]:
        if any(not 400 <= code <= 599 or code in (401, 407) for code in given):
            raise ValueError("also: lists codes from 400 to 599, without 401 and 407")
        return given

    @model_validator(mode="before")
    @classmethod
    def _tls_port(cls, given: Any) -> Any:
        return {"port": TLS_PORT, **given} if isinstance(given, dict) and given.get("tls") else given

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password belong together: give both or neither")
        if sum(way is not None for way in (self.user, self.token, self.oauth2)) > 1:
            raise ValueError("sign in one way: user and password, or token, or oauth2")
        return self

    @property
    def where(self) -> str:
        """What a person calls the server: `https://feeds.example:443`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"


class Address(Timed):
    """Where one point lives: a resource, an item of a list in it where that is needed, and a path."""

    resource: Resource | None = resource()
    list: JsonPath | None = Field(
        None,
        description="Path of a list; the point's path then leads into one of its items.",
        examples=["indicators"],
        json_schema_extra={"vi": "Đường dẫn đến danh sách; đường dẫn của điểm tính từ một phần tử."},
    )
    where: Where = Field(
        {},
        description="Paths and what must be there for an item of the list to be meant.",
        examples=[{"code": "GRDP"}],
        json_schema_extra={"vi": "Đường dẫn và giá trị phải có để chọn phần tử của danh sách."},
    )

    path: JsonPath = Field(
        description="Path into the JSON document, or into the item of `list`.",
        examples=["reports.open", "indicators[0].value"],
        json_schema_extra={"vi": "Đường dẫn trong tài liệu JSON, hoặc trong phần tử của `list`."},
    )

    @model_validator(mode="after")
    def _chosen(self) -> Self:
        if self.where and self.list is None:
            raise ValueError("where chooses an item of a list: give `list` too")
        return self

    def __hash__(self) -> int:
        return hash((self.resource, self.time, self.time_format, self.list, tuple(self.where.items()), self.path))


class Event(ItemEvent):
    """Where one kind of event lives: a list, which of its items are meant, and what tells two of them apart."""

    resource: Resource | None = resource()

    def __hash__(self) -> int:
        return hash((self.resource, super().__hash__()))


class Limits(Strict):
    """What is borne of a server."""

    largest: int = Field(
        1024 * 1024,
        ge=1024,
        le=LARGEST,
        description="Bytes of an answer; a larger one is cut off and refused.",
        json_schema_extra={"vi": "Số byte tối đa của câu trả lời; lớn hơn bị từ chối."},
    )
    items: int = Field(
        5000,
        ge=1,
        le=50_000,
        description="Items of a list that are looked at, and keys that are remembered of each device.",
        json_schema_extra={"vi": "Số phần tử danh sách được xét và số khóa được nhớ."},
    )
    persons: Literal["refuse", "pass"] = Field(
        "refuse",
        description="What becomes of an answer that has fields about persons (names, phones, identity numbers).",
        json_schema_extra={"vi": "Xử lý câu trả lời có trường về cá nhân (họ tên, điện thoại, số định danh)."},
    )
    rest: Duration = Field(
        10 * MINUTE,
        description="Longest time that a server may ask to be left alone (Retry-After).",
        json_schema_extra={"vi": "Thời gian dài nhất máy chủ được yêu cầu chờ (Retry-After)."},
    )

    @field_validator("rest")
    @classmethod
    def _bearable(cls, given: int) -> int:
        if given > HOUR:
            raise ValueError("rest is at most 1h")
        return given


def line(connection: Connection) -> Hashable:
    """Return what devices must share to be served over one line: everything but the resource."""
    return connection.model_copy(update={"path": "/"})


def endpoint(connection: Connection) -> tuple[str, int]:
    """Return the server's host and port."""
    return connection.host, connection.port


def redirect(connection: Connection, host: str, port: int) -> Connection:
    """Return the connection pointed at a simulator, which speaks in the clear and knows no secrets."""
    plain = {"tls": None, "user": None, "password": None, "token": None, "oauth2": None}
    return connection.model_copy(update={"host": host, "port": port, **plain})
