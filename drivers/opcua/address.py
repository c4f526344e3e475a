"""What configuration says about OPC UA: the server, where a point lives, which events a device tells.

Node ids are written as OPC 10000-6 (5.3.1.10) has them: `ns=2;s=Panel.Fire`, `nsu=http://vendor/panel;i=7`, `i=2267`.
Browse paths are names from the Root folder down, `namespace:name` each: `0:Objects/2:Panel/2:Zone1`.
"""

import re
from collections.abc import Hashable
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr, model_validator

from hub.config.durations import Duration, Period
from hub.config.shape import said
from hub.model.clock import MILLISECOND

PORT = 4840
"""The port that IANA has registered for OPC UA TCP."""
SERVER = "i=2253"
"""The Server object, which notifies of every event of a server (OPC 10000-5, 8.3.2)."""

Policy = Literal["Basic256Sha256", "Aes128Sha256RsaOaep", "Aes256Sha256RsaPss", "None"]
States = Literal["active", "acked", "latched", "suppressed"]

_NODE = re.compile(r"(?:ns=\d{1,5};|nsu=[^;]+;)?(?:i=\d{1,10}|s=.+|g=[0-9A-Fa-f-]{36}|b=[A-Za-z0-9+/=]+)\Z", re.DOTALL)
_STEP = re.compile(r"(?:\d{1,5}:)?[^/]+\Z")
_PIN = re.compile(r"sha256:[0-9a-fA-F]{64}\Z")


def _url(given: str) -> str:
    try:
        parts = urlsplit(given)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{given!r} is no address: {error}") from None
    if parts.scheme != "opc.tcp" or not parts.hostname:
        raise ValueError(f"expected opc.tcp://host:{PORT}/path, not {given!r}")
    if "@" in parts.netloc:
        raise ValueError("user and password have fields of their own, they do not belong into the url")
    return given if port else given.replace(parts.netloc, f"{parts.netloc.rstrip(':')}:{PORT}", 1)


def _node(given: str) -> str:
    if not _NODE.match(given):
        raise ValueError(f"{given!r} is no node id; expected ns=2;s=name, nsu=http://uri;s=name or i=2253")
    return given


def _path(given: str) -> str:
    if not all(_STEP.match(step) for step in given.strip("/").split("/")):
        raise ValueError(f"{given!r} is no browse path; expected names such as 0:Objects/2:Panel/2:Zone1")
    return given.strip("/")


def _place(given: str) -> str:
    return given if _NODE.match(given) else _path(given)


def _trust(given: str) -> str:
    if given.startswith("sha256:") and not _PIN.match(given):
        raise ValueError("a pinned certificate is sha256: and 64 hexadecimal digits")
    return given.lower() if _PIN.match(given) else given


NodeText = Annotated[str, AfterValidator(_node)]
PathText = Annotated[str, AfterValidator(_path)]
PlaceText = Annotated[str, AfterValidator(_place)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Connection(_Strict):
    """An OPC UA server, how it is proven, and how to sign in."""

    url: Annotated[str, AfterValidator(_url)] = said(
        "Address of the server.", "Địa chỉ máy chủ.", example="opc.tcp://10.1.2.3:4840/panel"
    )
    security: Policy = said(
        "Security policy; None, which anybody can read and change, only when it is written.",
        "Chính sách bảo mật; None (ai cũng đọc và sửa được) chỉ khi được ghi rõ.",
        default="Basic256Sha256",
    )
    mode: Literal["SignAndEncrypt", "Sign"] = said(
        "Whether messages are encrypted or only signed.", "Mã hóa hay chỉ ký thông điệp.", default="SignAndEncrypt"
    )
    user: str | None = said("User name.", "Tên đăng nhập.", default=None, min_length=1)
    password: SecretStr | None = said("Password, by reference: {secret: name}.", "Mật khẩu.", default=None)
    cert: str | None = said(
        "Certificate (PEM or DER file) that signs the user in.", "Chứng thư đăng nhập của người dùng.", default=None
    )
    key: str | None = said("Private key of `cert`.", "Khóa riêng của `cert`.", default=None)
    trust: Annotated[str, AfterValidator(_trust)] | None = said(
        "Folder of trusted certificates, or sha256:… of the server's; absent: the hub's own trust list.",
        "Thư mục chứng thư tin cậy, hoặc sha256:… của máy chủ; bỏ trống: danh sách của trung tâm.",
        default=None,
    )
    interval: Period = said(
        "How often the server may report changes.", "Chu kỳ máy chủ báo thay đổi.", default=500 * MILLISECOND,
        example="500ms",
    )  # fmt: skip
    acknowledge: bool = said(
        "Whether an alarm that is acknowledged here is acknowledged at the server too.",
        "Xác nhận cảnh báo tại trung tâm có được ghi xuống máy chủ hay không.",
        default=True,
    )
    base: PathText | None = said(
        "Browse path of the device's own object; paths of its points begin there.",
        "Đường dẫn tới đối tượng của thiết bị; đường dẫn của điểm bắt đầu từ đó.",
        default=None,
        example="0:Objects/2:Panel1",
    )

    @model_validator(mode="after")
    def _one_identity(self) -> Self:
        if (self.cert is None) != (self.key is None):
            raise ValueError("cert and key belong together: give both or neither")
        if self.user is not None and self.cert is not None:
            raise ValueError("sign in with user and password, or with cert and key, not with both")
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password belong together: give both or neither")
        return self


class Address(_Strict):
    """Where a point lives: a variable (node or path), a condition's state, a method, or a certificate's days."""

    node: NodeText | None = said("Node id of a variable.", "Mã nút của biến.", default=None, example="ns=2;s=Zone1")
    path: PathText | None = said(
        "Browse path of a variable, from the connection's base or the Root folder.", "Đường dẫn tới biến.",
        default=None, example="0:Objects/2:Panel/2:Zone1",
    )  # fmt: skip
    namespace: str | None = said(
        "URI of the namespace of names and ids that name none.", "URI không gian tên mặc định.", default=None
    )
    sampling: Duration = said(
        "How often the server looks at the variable; 0s: as fast as it can.", "Chu kỳ lấy mẫu tại máy chủ.",
        default=200 * MILLISECOND, example="200ms",
    )  # fmt: skip
    queue: int = said(
        "Changes the server keeps between reports.", "Số thay đổi máy chủ giữ.", default=10, ge=1, le=1000
    )
    deadband: float = said(
        "Changes no greater than this (raw) are not sent.", "Thay đổi thô nhỏ hơn thì không gửi.", default=0.0, ge=0
    )
    condition: str | None = said(
        "SourceName, or SourceName.ConditionName, of a condition.", "Tên nguồn (và điều kiện) của cảnh báo.",
        default=None, min_length=1, max_length=512, example="Zone1.Fire",
    )  # fmt: skip
    state: States = said("Which state of the condition.", "Trạng thái nào của điều kiện.", default="active")
    acknowledges: str | None = said(
        "SourceName, or SourceName.ConditionName, of the condition that a variable repeats: it is acknowledged at the "
        "server when the variable's alarm is acknowledged here.",
        "Tên nguồn (và điều kiện) mà biến lặp lại: được xác nhận tại máy chủ khi cảnh báo của biến được xác nhận.",
        default=None, min_length=1, max_length=512, example="Zone1.Fire",
    )  # fmt: skip
    notifier: NodeText = said("Node that tells of the condition.", "Nút phát sự kiện.", default=SERVER)
    method: PlaceText | None = said(
        "Node id or browse path of a method; writing the point calls it.", "Phương thức; ghi điểm là gọi nó.",
        default=None, example="ns=2;s=Panel.Reset",
    )  # fmt: skip
    owner: PlaceText | None = said("Object that `method` belongs to.", "Đối tượng chứa phương thức.", default=None)
    argument: bool = said(
        "Whether the value written is the method's argument; else it has none.", "Giá trị ghi là đối số hay không.",
        default=False,
    )  # fmt: skip
    certificate: Literal["server", "own"] | None = said(
        "Days for which this certificate is still valid.", "Số ngày chứng thư còn hạn.", default=None
    )

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        given = [w for w in ("node", "path", "condition", "method", "certificate") if getattr(self, w) is not None]
        if len(given) != 1:
            raise ValueError(f"give one of node, path, condition, method, certificate; found {given or 'none'}")
        if (self.method is None) != (self.owner is None):
            raise ValueError("method and owner belong together: a method is called on an object")
        if self.acknowledges is not None and self.node is None and self.path is None:
            raise ValueError("acknowledges belongs to a variable (node or path); a condition acknowledges itself")
        return self

    @property
    def acknowledged(self) -> str | None:
        """Which condition is acknowledged with an alarm of this point, or None."""
        return self.acknowledges or self.condition


class Event(_Strict):
    """Which events of the server are this device's."""

    notifier: NodeText = said("Node that tells of the events.", "Nút phát sự kiện.", default=SERVER)
    source: str | None = said(
        "SourceName, `*` for any run of letters; absent: every source.", "Tên nguồn.", default=None, example="Panel1.*"
    )
    severity: int = said(
        "Events below this severity are not taken.", "Mức nghiêm trọng thấp nhất.", default=1, ge=1, le=1000
    )


def line(connection: Connection) -> Hashable:
    """Return what devices must share to be served by one session: server, security and who signs in."""
    return connection.model_copy(update={"base": None, "interval": 0, "acknowledge": True})


def acknowledges(connection: Connection, address: Address) -> bool:
    """Tell whether an alarm of a point that is acknowledged here is acknowledged at the server."""
    return connection.acknowledge and address.acknowledged is not None


def endpoint(connection: Connection) -> tuple[str, int]:
    """Return the server's host and port."""
    parts = urlsplit(connection.url)
    return parts.hostname or "", parts.port or PORT


def redirect(connection: Connection, host: str, port: int) -> Connection:
    """Return the connection pointed at a simulator, which speaks in the clear and knows no secrets."""
    url = f"opc.tcp://{f'[{host}]' if ':' in host else host}:{port}{urlsplit(connection.url).path}"
    plain = {"security": "None", "user": None, "password": None, "cert": None, "key": None, "trust": None}
    return connection.model_copy(update={"url": url, **plain})
