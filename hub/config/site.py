"""The shape of `site.yaml` and of the files it includes: settings, zones, lists of devices and rules."""

from typing import Annotated, Any, Literal

from pydantic import WithJsonSchema, model_validator

from hub.config.durations import Period
from hub.config.figure import FigureEntry
from hub.config.plates import PlatesEntry, WatchListEntry
from hub.config.shape import Id, Place, Strict, Title, Words, said

_REFERENCE = {
    "type": "object",
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
    "properties": {
        "secret": {"type": "string", "description": "A name in secrets.yaml. / Tên trong secrets.yaml."},
        "env": {"type": "string", "description": "An environment variable. / Biến môi trường."},
        "file": {"type": "string", "description": "A file that holds it. / Tệp chứa giá trị."},
    },
}
REFERENCE_SCHEMA: dict[str, Any] = _REFERENCE
"""How editors see a reference to a secret."""


class SiteHead(Strict):
    """Who the site is."""

    id: Id = said("Short name of the site, for ever.", "Mã ngắn của hệ thống, không đổi.", example="thai-nguyen")
    name: Title | None = said("Name that people read.", "Tên hiển thị.", default=None, example="Trung tâm điều hành")
    timezone: str = said("Time zone of the site.", "Múi giờ.", default="Asia/Ho_Chi_Minh", example="Asia/Ho_Chi_Minh")
    language: Literal["vi", "en"] = said(
        "First language of the console.", "Ngôn ngữ mặc định.", default="vi", example="vi"
    )
    operators: int = said(
        "How many people watch the alarms at a time; alarm load is judged for each.",
        "Số trực ban cùng lúc; tải báo động tính trên mỗi người.",
        default=1,
        ge=1,
        le=1000,
        example=2,
    )


class Tls(Strict):
    """Certificate and key of the console."""

    cert: str = said("PEM file with the certificate chain.", "Tệp PEM chứng thư.", example="tls/hub.crt")
    key: str = said("PEM file with the private key.", "Tệp PEM khóa riêng.", example="tls/hub.key")


class WebEntry(Strict):
    """Where the console and the interfaces listen."""

    host: str = said(
        "Address to listen on; anything but loopback needs tls.",
        "Địa chỉ lắng nghe; ngoài loopback phải có tls.",
        default="127.0.0.1",
        example="127.0.0.1",
    )
    port: int = said("TCP port.", "Cổng TCP.", default=8080, ge=0, le=65535, example=8443)
    tls: Tls | None = said("Certificate and key.", "Chứng thư và khóa.", default=None)


class KeepEntry(Strict):
    """How long each class of records is kept."""

    readings: Period = said("Readings.", "Số đo.", default="90d", validate_default=True, example="90d")
    minutes: Period = said(
        "Readings rolled up to minutes.", "Số đo theo phút.", default="180d", validate_default=True, example="180d"
    )
    hours: Period = said(
        "Readings rolled up to hours.", "Số đo theo giờ.", default="5y", validate_default=True, example="5y"
    )
    device_events: Period = said(
        "Device events.", "Sự kiện thiết bị.", default="400d", validate_default=True, example="400d"
    )
    event_hours: Period = said(
        "Device events counted by hour.", "Số sự kiện theo giờ.", default="5y", validate_default=True, example="5y"
    )
    passages: Period = said(
        "Passages of vehicles.", "Lượt xe qua.", default="400d", validate_default=True, example="400d"
    )
    plates: Period = said(
        "Licence plates and pictures of passages; the passages stay.",
        "Biển số và ảnh của lượt xe; lượt xe vẫn giữ.",
        default="30d",
        validate_default=True,
        example="30d",
    )
    journal: Period = said(
        "Alarms and operator actions.", "Nhật ký báo động.", default="5y", validate_default=True, example="5y"
    )
    snapshots: Period = said(
        "Pictures that are kept with alarms.", "Ảnh giữ cùng báo động.",
        default="30d", validate_default=True, example="30d",
    )  # fmt: skip
    quarantine: Period = said(
        "Input that could not be understood.",
        "Dữ liệu không đọc được.",
        default="30d",
        validate_default=True,
        example="30d",
    )


class StoreEntry(Strict):
    """Which database, and how long it keeps what."""

    url: Annotated[Any, WithJsonSchema({"anyOf": [{"type": "string"}, _REFERENCE]})] = said(
        "'embedded', or the URL of a PostgreSQL server, by reference if it holds a password.",
        "'embedded' hoặc URL PostgreSQL; có mật khẩu thì dùng tham chiếu.",
        default="embedded",
        example="embedded",
    )
    keep: KeepEntry = said("How long each class is kept.", "Thời gian lưu.", default_factory=KeepEntry)


class ZoneEntry(Strict):
    """A place of any size, and the places in it."""

    id: Id = said("Name within its parent; the path of names is the zone.", "Mã trong vùng cha.", example="market")
    name: Title | None = said(
        "Name that people read; absent: the id.", "Tên hiển thị.", default=None, example="Chợ Thái"
    )
    at: Place | None = said("Latitude and longitude.", "Vĩ độ và kinh độ.", default=None, example=[21.5942, 105.8482])
    outline: str | None = said(
        "GeoJSON file of the outline.", "Tệp GeoJSON ranh giới.", default=None, example="geo/market.geojson"
    )
    instructions: str | None = said(
        "What operators should do here.", "Hướng dẫn xử lý.", default=None, example="sop/market.md"
    )
    zones: list["ZoneEntry"] = said("Places inside this one.", "Các vùng con.", default=[])

    @property
    def title(self) -> Words:
        """The name, or the id where there is none."""
        return self.name or Words(vi=self.id, en=self.id)


MAY_BE_EMPTY = frozenset(
    {"zones", "devices", "rules", "figures", "include", "contacts", "rosters", "channels", "escalations", "watchlists"}
)
"""Keys of a part that may stand with nothing after them."""


class Part(Strict):
    """An included file: zones, devices, rules, and further includes."""

    version: Literal[1] = said("Version of the grammar.", "Phiên bản cú pháp.", default=1, example=1)
    include: list[str] = said(
        "Files to read too, relative to this one; 'shipped/…' comes with the hub.",
        "Các tệp đọc thêm, tính từ tệp này; 'shipped/…' đi kèm phần mềm.",
        default=[],
        example=["zones.yaml", "devices/*.yaml", "shipped/rules/fire.yaml"],
    )
    zones: list[ZoneEntry] = said("Places.", "Các vùng.", default=[])
    devices: list[Any] = said("Devices and tables of devices.", "Thiết bị và bảng thiết bị.", default=[])
    rules: list[Any] = said("Rules.", "Quy tắc báo động.", default=[])
    figures: list[FigureEntry] = said("Published numbers.", "Số liệu công bố.", default=[])
    contacts: dict[str, Any] = said("People who can be told.", "Người nhận thông báo.", default={})
    rosters: dict[str, Any] = said("Who is on duty when.", "Lịch trực.", default={})
    channels: dict[str, Any] = said("Ways to tell them.", "Kênh thông báo.", default={})
    escalations: dict[str, Any] = said("Who is told when.", "Các bước leo thang.", default={})
    watchlists: list[WatchListEntry] = said("Plates that are looked for.", "Biển số cần theo dõi.", default=[])

    @model_validator(mode="before")
    @classmethod
    def _empty_is_none(cls, given: Any) -> Any:
        """A key with nothing after it (everything in it commented out) is as good as absent."""
        if isinstance(given, dict) and None in given.values():
            return {k: v for k, v in given.items() if v is not None or k not in MAY_BE_EMPTY}
        return given


class SiteFile(Part):
    """`site.yaml`."""

    site: SiteHead = said("Who the site is.", "Thông tin hệ thống.")
    web: WebEntry = said("Where the console listens.", "Giao diện web.", default_factory=WebEntry)
    store: StoreEntry = said("The database.", "Cơ sở dữ liệu.", default_factory=StoreEntry)
    plates: PlatesEntry = said(
        "Who may look at whole plates.", "Ai được xem biển số đầy đủ.", default_factory=PlatesEntry
    )
    map: str | None = said(
        "GeoJSON drawn on the console's map.", "Tệp GeoJSON vẽ trên bản đồ.", default=None, example="map.geojson"
    )
