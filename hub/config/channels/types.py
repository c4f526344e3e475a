"""The shape of the five types of channel: e-mail, webhook, HTTP template, MQTT, CAP."""

from typing import Any, Literal

from pydantic import Field

from hub.config.channels.entries import ChannelEntry, Secret, Veiled
from hub.config.durations import Period
from hub.config.shape import Id, Strict, said

Scalar = str | int | float | bool


class _Url(ChannelEntry):
    url: str = said("Where it is sent.", "Địa chỉ nhận.", min_length=8, example="https://gateway.example/alarms")
    local: bool = said(
        "The receiver runs on this very machine.", "Bên nhận chạy trên chính máy này.", default=False, example=True
    )
    ca: str | None = said(
        "PEM file of the authority that signed the receiver's certificate; absent: the system's.",
        "Tệp PEM của CA.", default=None, example="tls/ca.pem",
    )  # fmt: skip
    timeout: Period = said(
        "How long one attempt may take.", "Hạn mỗi lần gửi.", default="10s", validate_default=True, example="10s"
    )


class EmailEntry(ChannelEntry):
    """E-mail over an SMTP server."""

    type: Literal["email"] = said("E-mail.", "Thư điện tử.", example="email")
    host: str = said("SMTP server.", "Máy chủ SMTP.", min_length=1, example="mail.tinh.example")
    port: int = said("TCP port.", "Cổng TCP.", default=587, ge=1, le=65535, example=587)
    security: Literal["starttls", "tls", "none"] = said(
        "TLS after STARTTLS, from the start (port 465), or none.", "Bảo mật.", default="starttls", example="starttls"
    )
    ca: str | None = said(
        "PEM file of the authority that signed the server's certificate; absent: the system's.",
        "Tệp PEM của CA.", default=None, example="tls/ca.pem",
    )  # fmt: skip
    user: str | None = said("User name at the server.", "Tên đăng nhập.", default=None, example="citywatch")
    password: Secret | None = said(
        "Password, by reference.", "Mật khẩu (tham chiếu).", default=None, example={"secret": "mail"}
    )
    sender: str = said(
        "Address it comes from.", "Người gửi.", alias="from", pattern=r"^\S+@\S+$", example="hub@tinh.example"
    )
    timeout: Period = said(
        "How long one attempt may take.", "Hạn mỗi lần gửi.", default="20s", validate_default=True, example="20s"
    )


class WebhookEntry(_Url):
    """CloudEvents 1.0 as JSON to a URL, signed."""

    type: Literal["webhook"] = said("Webhook.", "Webhook.", example="webhook")
    key: Secret = said(
        "Key of the HMAC-SHA256 signature, by reference; at least 24 characters.", "Khóa ký (tham chiếu).",
        example={"secret": "hook"},
    )  # fmt: skip


class ExpectEntry(Strict):
    """Which answer means that the message was taken."""

    status: list[int] | None = said(
        "HTTP status codes; absent: any 2xx.", "Mã trạng thái HTTP.", default=None, min_length=1, example=[200]
    )
    contains: str | None = said(
        "A text of the answer.", "Đoạn chữ trong câu trả lời.", default=None, min_length=1, example="OK"
    )
    json_values: dict[str, Scalar] = said(
        "Keys of the JSON answer (a.b for nested ones) and their values.", "Giá trị trong JSON trả về.",
        alias="json", default={}, example={"code": "100"},
    )  # fmt: skip


class HttpEntry(_Url):
    """A request made from a template, for SMS and Zalo gateways."""

    type: Literal["http"] = said("HTTP request from a template.", "Yêu cầu HTTP theo mẫu.", example="http")
    method: Literal["POST", "PUT", "GET"] = said("HTTP method.", "Phương thức.", default="POST", example="POST")
    query: dict[str, str] = said(
        "Parameters of the URL, with placeholders.", "Tham số URL.", default={}, example={"to": "{phone}"}
    )
    headers: dict[str, Veiled] = said(
        "Headers, with placeholders or by reference.",
        "Tiêu đề HTTP.",
        default={},
        example={"Authorization": {"secret": "sms"}},
    )
    secrets: dict[Id, Secret] = said(
        "Secrets that the body or headers name in braces.", "Giá trị mật dùng trong mẫu.", default={},
        example={"api_key": {"secret": "sms_key"}},
    )  # fmt: skip
    body: Any = Field(
        None, alias="json", description="Body sent as JSON, with placeholders. / Thân JSON theo mẫu.",
        examples=[{"to": "{phone}", "text": "{text}"}],
    )  # fmt: skip
    form: dict[str, str] | None = said(
        "Body sent as a form.", "Thân dạng biểu mẫu.", default=None, example={"to": "{phone}"}
    )
    text: str | None = said("Body sent as plain text.", "Thân văn bản.", default=None, example="{text}")
    expect: ExpectEntry = said(
        "Which answer means that it was taken.",
        "Câu trả lời hợp lệ.",
        default_factory=ExpectEntry,
        example={"json": {"code": "100"}},
    )
    longest: int = said("Characters of {text} at most.", "Số ký tự tối đa.", default=480, ge=20, le=20_000, example=320)


class MqttTlsEntry(Strict):
    """Files of a TLS connection to a broker."""

    ca: str | None = said("PEM file of the authority.", "Tệp PEM của CA.", default=None, example="tls/ca.pem")
    cert: str | None = said(
        "PEM file of the hub's certificate.", "Chứng thư của hub.", default=None, example="tls/hub.pem"
    )
    key: str | None = said("PEM file of its key.", "Khóa riêng.", default=None, example="tls/hub.key")


class MqttEntry(ChannelEntry):
    """Messages to an MQTT broker, QoS 1."""

    type: Literal["mqtt"] = said("MQTT.", "MQTT.", example="mqtt")
    host: str = said("Name or address of the broker.", "Máy chủ MQTT.", min_length=1, example="broker.example")
    port: int = said("TCP port.", "Cổng TCP.", default=1883, ge=1, le=65535, example=8883)
    version: Literal[5, "3.1.1"] = said("Protocol version of the broker.", "Phiên bản MQTT.", default=5, example=5)
    user: str | None = said("User name at the broker.", "Tên đăng nhập.", default=None, example="citywatch")
    password: Secret | None = said(
        "Password, by reference.", "Mật khẩu (tham chiếu).", default=None, example={"secret": "mqtt"}
    )
    tls: MqttTlsEntry | Literal[True] | None = said(
        "TLS: true, or the files to use.", "TLS.", default=None, example=True
    )
    topic: str = said(
        "Topic, with placeholders.", "Chủ đề, theo mẫu.",
        default="citywatch/{site}/alarms/{device}/{rule}", min_length=1, example="citywatch/{site}/alarms/{zone}",
    )  # fmt: skip
    retain: bool = said(
        "The broker keeps the last message of each topic.", "Broker giữ thông điệp cuối.", default=False, example=True
    )
    timeout: Period = said(
        "How long one attempt may take.", "Hạn mỗi lần gửi.", default="10s", validate_default=True, example="10s"
    )


class CapEntry(ChannelEntry):
    """CAP 1.2 messages: files in a folder, and an Atom feed that the hub serves."""

    type: Literal["cap"] = said("Common Alerting Protocol 1.2.", "Giao thức cảnh báo chung CAP 1.2.", example="cap")
    folder: str | None = said(
        "Folder for the files; absent: in the hub's state folder.",
        "Thư mục chứa tệp.",
        default=None,
        example="/srv/cap",
    )
    sender: str = said(
        "Who sends, worldwide unique, without spaces or commas.",
        "Bên gửi.",
        pattern=r"^[^\s,<&]+$",
        example="ioc@tinh.example",
    )
    status: Literal["Actual", "Exercise", "System", "Test"] = said(
        "Status of the messages; Actual is for whoever may warn.", "Trạng thái.", default="Test", example="Test"
    )
    scope: Literal["Public", "Restricted", "Private"] = said(
        "For whom.", "Phạm vi.", default="Restricted", example="Restricted"
    )
    restriction: str = said(
        "The rule of a restricted scope.",
        "Quy định hạn chế.",
        default="For the operations centre and its partners",
        example="IOC",
    )
    radius_km: float = said(
        "Radius of the area around a place.", "Bán kính vùng.", default=0.2, ge=0, le=500, example=0.5
    )
    expires: Period = said(
        "How long a message is valid.", "Hiệu lực.", default="6h", validate_default=True, example="6h"
    )
    keep: int = said("Files that are kept.", "Số tệp giữ lại.", default=500, ge=10, le=10_000, example=500)


CHANNELS: dict[str, type[ChannelEntry]] = {
    "email": EmailEntry, "webhook": WebhookEntry, "http": HttpEntry, "mqtt": MqttEntry, "cap": CapEntry,
}  # fmt: skip
MACHINES = frozenset({"webhook", "mqtt", "cap"})
"""Types whose receivers are programs: they are told everything, one alarm at a time."""
