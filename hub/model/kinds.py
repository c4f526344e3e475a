"""Kinds: the vocabulary that makes protocols one. A point or device event of any protocol names one of these.

A site may add its own under `x.`; everything else must be in this list, so that one rule covers every protocol.
"""

from msgspec import Struct

from hub.model.lane import Lane
from hub.model.text import Text


class Kind(Struct, frozen=True):
    """What a point (or device event) means, the type and unit it is carried in, and how much it matters."""

    name: str
    type: str
    unit: str | None
    title: Text
    lane: Lane = Lane.LIVE


def _kind(name: str, type_: str, unit: str | None, vi: str, en: str, lane: Lane = Lane.LIVE) -> Kind:
    return Kind(name, type_, unit, Text(vi, en), lane)


_FIRE = Lane.LIFE_SAFETY
_ALARM = Lane.ALARM

POINT_KINDS: dict[str, Kind] = {
    k.name: k
    for k in (
        _kind("fire.alarm", "bool", None, "Báo cháy", "Fire alarm", _FIRE),
        _kind("fire.pre_alarm", "bool", None, "Tiền báo cháy", "Fire pre-alarm", _FIRE),
        _kind("fire.fault", "bool", None, "Lỗi hệ thống báo cháy", "Fire system fault", _FIRE),
        _kind("fire.disabled", "bool", None, "Vô hiệu hóa", "Disabled", _FIRE),
        _kind("fire.test", "bool", None, "Chế độ thử", "Test condition", _FIRE),
        _kind("fire.supervisory", "bool", None, "Tín hiệu giám sát", "Supervisory", _FIRE),
        _kind("fire.call_point", "bool", None, "Nút ấn báo cháy", "Manual call point", _FIRE),
        _kind("fire.sounders", "bool", None, "Chuông còi", "Sounders", _FIRE),
        _kind("fire.count", "int", None, "Số lượng", "Count", _FIRE),
        _kind("fire.heartbeat", "int", None, "Nhịp tim trung tâm", "Panel heartbeat", _FIRE),
        _kind("power.mains", "bool", None, "Điện lưới", "Mains present", _ALARM),
        _kind("power.battery", "bool", None, "Lỗi ắc quy", "Battery fault", _ALARM),
        _kind("power.battery_level", "float", "percent", "Mức pin", "Battery level"),
        _kind("power.minutes_left", "float", "min", "Thời gian lưu điện còn lại", "Minutes left on battery", _ALARM),
        _kind("power.voltage", "float", "V", "Điện áp", "Voltage"),
        _kind("power.current", "float", "A", "Dòng điện", "Current"),
        _kind("power.charger", "bool", None, "Lỗi bộ sạc", "Charger fault", _ALARM),
        _kind("power.fault", "bool", None, "Lỗi nguồn", "Power supply fault", _ALARM),
        _kind("link.status", "text", None, "Trạng thái liên kết", "Link status", _ALARM),
        _kind("link.in_octets", "float", "B/s", "Lưu lượng vào", "Octets in"),
        _kind("link.out_octets", "float", "B/s", "Lưu lượng ra", "Octets out"),
        _kind("link.quality", "float", None, "Chất lượng sóng", "Link quality"),
        _kind("traffic.flow", "float", "veh/h", "Lưu lượng xe", "Traffic flow"),
        _kind("traffic.speed", "float", "km/h", "Tốc độ", "Speed"),
        _kind("traffic.occupancy", "float", "percent", "Độ chiếm dụng", "Occupancy"),
        _kind("traffic.count", "int", None, "Số xe mỗi phút", "Vehicles a minute"),
        _kind("traffic.violations", "int", None, "Số vi phạm mỗi phút", "Violations a minute"),
        _kind("traffic.wrong_way", "int", None, "Số xe đi ngược chiều", "Vehicles going the wrong way", _ALARM),
        _kind("traffic.stopped", "int", None, "Số xe dừng", "Stopped vehicles", _ALARM),
        _kind("env.smoke", "bool", None, "Khói", "Smoke", _FIRE),
        _kind("env.smoke_density", "float", "percent/m", "Mật độ khói", "Smoke density", _FIRE),
        _kind("env.heat", "bool", None, "Nhiệt", "Heat", _FIRE),
        _kind("env.temperature", "float", "degC", "Nhiệt độ", "Temperature"),
        _kind("env.humidity", "float", "percent", "Độ ẩm", "Humidity"),
        _kind("env.pressure", "float", "hPa", "Áp suất", "Pressure"),
        _kind("env.water_level", "float", "m", "Mực nước", "Water level", _ALARM),
        _kind("env.pm25", "float", "ug/m3", "Bụi PM2.5", "PM2.5"),
        _kind("env.pm10", "float", "ug/m3", "Bụi PM10", "PM10"),
        _kind("env.aqi", "float", None, "Chỉ số VN_AQI", "Air quality index VN_AQI"),
        _kind("env.rain", "float", "mm", "Lượng mưa", "Rain"),
        _kind("env.co", "float", "ppm", "Khí CO", "Carbon monoxide", _ALARM),
        _kind("env.co_alarm", "bool", None, "Báo khí CO", "Carbon monoxide alarm", _FIRE),
        _kind("camera.motion", "bool", None, "Chuyển động", "Motion"),
        _kind("camera.tamper", "bool", None, "Che phá camera", "Camera tampering", _ALARM),
        _kind("camera.fire", "bool", None, "Camera phát hiện cháy", "Fire seen by camera", _FIRE),
        _kind("access.door", "bool", None, "Cửa mở", "Door open"),
        _kind("device.tamper", "bool", None, "Cạy phá", "Tamper", _ALARM),
        _kind("device.temperature", "float", "degC", "Nhiệt độ thiết bị", "Device temperature"),
        _kind("device.uptime", "float", "s", "Thời gian hoạt động", "Time since restart"),
        _kind("device.info", "text", None, "Thông tin thiết bị", "Device information", Lane.BULK),
        _kind("device.state", "text", None, "Trạng thái", "State"),
        _kind("device.count", "int", None, "Bộ đếm", "Counter"),
        _kind("device.value", "float", None, "Giá trị", "Value"),
        _kind("device.flag", "bool", None, "Cờ", "Flag"),
        _kind("report.open", "int", None, "Phản ánh chưa xử lý", "Open citizen reports", Lane.BULK),
        _kind("report.overdue", "int", None, "Phản ánh quá hạn", "Overdue citizen reports", Lane.BULK),
        _kind("press.mentions", "float", None, "Tin bài nhắc đến", "Mentions in the press", Lane.BULK),
        _kind("service.up", "bool", None, "Dịch vụ hoạt động", "Service up", _ALARM),
        _kind("indicator.value", "float", None, "Chỉ tiêu", "Indicator", Lane.BULK),
        _kind("feed.updated", "text", None, "Thời điểm số liệu", "When the data were made", Lane.BULK),
        _kind("$health", "text", None, "Tình trạng", "Health", _ALARM),
        _kind("$available", "bool", None, "Sẵn sàng", "Available", _ALARM),
        _kind("$latency", "float", "ms", "Độ trễ", "Latency", Lane.BULK),
        _kind("$channel", "text", None, "Kênh thông báo", "Notification channel", _ALARM),
        _kind("$clock_offset", "float", "s", "Lệch đồng hồ", "Clock offset"),
        _kind("$cert_days", "float", "d", "Số ngày chứng thư còn hạn", "Days until the certificate ends", Lane.BULK),
    )
}
"""Kinds of points."""

EVENT_KINDS: dict[str, Kind] = {
    k.name: k
    for k in (
        _kind("traffic.passage", "event", None, "Lượt xe qua", "Vehicle passage", Lane.MEDIA),
        _kind("traffic.violation", "event", None, "Vi phạm giao thông", "Traffic violation", Lane.BULK),
        _kind("traffic.incident", "event", None, "Sự cố giao thông", "Traffic incident", _ALARM),
        _kind("traffic.wrong_way_driver", "event", None, "Xe đi ngược chiều", "Vehicle going the wrong way", _ALARM),
        _kind(
            "traffic.watch_list", "event", None, "Biển số trong danh sách theo dõi", "Plate on the watch list", _ALARM
        ),
        _kind("security.auth_failure", "event", None, "Đăng nhập sai", "Authentication failure", _ALARM),
        _kind("net.new_mac", "event", None, "Địa chỉ MAC lạ", "New MAC address", _ALARM),
        _kind("net.config_changed", "event", None, "Cấu hình bị thay đổi", "Configuration changed", _ALARM),
        _kind("net.trap", "event", None, "Bẫy SNMP", "SNMP trap", Lane.BULK),
        _kind("camera.line_crossed", "event", None, "Vượt vạch", "Line crossed", Lane.BULK),
        _kind("report.citizen", "event", None, "Phản ánh của người dân", "Citizen report", Lane.BULK),
        _kind("report.closed", "event", None, "Phản ánh đã xử lý", "Citizen report closed", Lane.BULK),
        _kind("report.press", "event", None, "Tin báo chí", "Press report", Lane.BULK),
        _kind("device.message", "event", None, "Thông điệp thiết bị", "Device message", Lane.BULK),
        _kind("fire.event", "event", None, "Sự kiện báo cháy", "Fire panel event", _ALARM),
        _kind("alarm.acknowledged", "event", None, "Đã xác nhận tại thiết bị", "Acknowledged at the device", _ALARM),
    )
}
"""Kinds of device events."""
ACKNOWLEDGED = "alarm.acknowledged"
"""Somebody acknowledged at the device; attribute `point` names the point of the device whose alarm that is."""

VN_AQI_OF = {"env.pm25": "pm25", "env.pm10": "pm10", "env.co": "co"}
"""Kinds of which VN_AQI is made, and the substance that each measures."""

UNITS = frozenset(k.unit for k in POINT_KINDS.values() if k.unit) | {
    "mm",
    "cm",
    "km",
    "mV",
    "mA",
    "kW",
    "W",
    "kWh",
    "Hz",
    "s",
    "min",
    "h",
    "d",
    "m/s",
    "m3/h",
    "l/s",
    "lx",
    "dB",
    "bit/s",
    "mohm",
}
"""Units that configuration may name (UCUM-like words; percent and degC are spelled)."""


def is_own(kind: str) -> bool:
    """Tell whether a kind is a site's own (`x.…`)."""
    return kind.startswith("x.")
