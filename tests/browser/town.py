"""A small town for the fake hub: enough of everything that each page of the console has something to show."""

import json
import math
from typing import Any

from tests.browser.fake import Fake, iso

Row = dict[str, Any]


def both(vi: str, en: str) -> Row:
    """Words in both languages."""
    return {"vi": vi, "en": en}


SITE = {
    "id": "starter", "title": both("Chợ Thái – Thái Nguyên", "Thai market – Thai Nguyen"),
    "timezone": "Asia/Ho_Chi_Minh", "language": "vi", "version": "0.1.0", "epoch": "e1", "seq": 1, "time": iso(),
    "zones": 4, "devices": 6, "points": 20, "rules": 4,
}  # fmt: skip


def zone(path: str, vi: str, en: str, at: tuple[float, float] | None = None) -> Row:
    """A place."""
    parent = path.rpartition("/")[0] or None
    return {"zone": path, "title": both(vi, en), "parent": parent, "at": at, "instructions": None}


ZONES = [
    zone("tn", "Thái Nguyên", "Thai Nguyen"),
    zone("tn/market", "Chợ Thái", "Thai market", (21.5942, 105.8482)),
    zone("tn/market/floor-7", "Tầng 7", "Floor 7"),
    zone("tn/river", "Bờ sông Cầu", "Cau riverbank", (21.5991, 105.8541)),
]


def device(name: str, vi: str, en: str, at: tuple[float, float], **change: Any) -> Row:
    """A device that is well unless `change` says otherwise."""
    return {
        "device": name, "title": both(vi, en), "profile": "fire/en54-modbus", "driver": "modbus", "zone": "tn/market",
        "state": "online", "reason": "", "detail": "", "since": iso(7200), "last_heard": iso(1), "behind": None,
        "tags": [], "at": at, "points": 4, "rev": 1,
    } | change  # fmt: skip


MARKET = (21.5942, 105.8482)
DEVICES = [
    device("panel-market", "Tủ báo cháy chợ Thái", "Fire panel, Thai market", MARKET),
    device("psu-market", "Bộ nguồn chợ Thái", "Power supply, Thai market", MARKET, profile="power/psu-modbus"),
    device("smoke-1", "Đầu báo khói tầng 7", "Smoke detector, floor 7", MARKET, driver="mqtt", profile="env/smoke"),
    device("water-1", "Đo mực nước sông Cầu", "Cau river level", (21.5991, 105.8541), driver="mqtt",
           profile="env/water", zone="tn/river"),
    device("air-1", "Trạm không khí", "Air station", (21.5921, 105.8441), driver="mqtt", profile="env/air",
           state="offline", reason="stale", since=iso(900), last_heard=iso(960),
           detail="Không nghe gì từ 16 phút; thường báo mỗi 60 giây. Kiểm tra nguồn và sóng của cảm biến."),
    device("door-1", "Cửa kho", "Warehouse door", (21.5951, 105.8461), driver="mqtt", profile="env/door",
           state="degraded", reason="refused", since=iso(300), detail="2 trong 4 điểm đo bị thiết bị từ chối trả lời."),
]  # fmt: skip


def point(owner: str, name: str, vi: str, en: str, kind: str, value: Any, **change: Any) -> Row:
    """A point with a good reading unless `change` says otherwise."""
    sort = "bool" if isinstance(value, bool) else "text" if isinstance(value, str) else "float"
    return {
        "point": f"{owner}/{name}", "value": value, "quality": "good", "reason": "none", "unit": None, "time": iso(2),
        "source_time": None, "hub_time": iso(2), "rev": 5, "device": owner, "name": name, "title": both(vi, en),
        "kind": kind, "type": sort, "zone": "tn/market", "writable": False, "range": None,
    } | change  # fmt: skip


POINTS = {
    "panel-market": [
        point("panel-market", f"z{n:02}.alarm", f"Vùng {n} – báo cháy", f"Zone {n} – fire", "fire.alarm", n == 7)
        for n in range(1, 17)
    ],
    "psu-market": [
        point("psu-market", "voltage", "Điện áp", "Voltage", "power.voltage", 27.31, unit="V"),
        point("psu-market", "battery_level", "Mức pin", "Battery level", "power.battery_level", 18, unit="percent"),
        point("psu-market", "mains", "Điện lưới", "Mains present", "power.mains", True),
        point("psu-market", "current", "Dòng điện", "Current", "power.current", 91.0, unit="A", quality="uncertain",
              reason="out_of_range"),
        point("psu-market", "charger", "Lỗi bộ sạc", "Charger fault", "power.charger", False, quality="bad",
              reason="no_communication", time=iso(400)),
        point("psu-market", "firmware", "Phiên bản", "Firmware", "device.info", "PSU-24/3.1"),
    ],
    "smoke-1": [
        point("smoke-1", "density", "Mật độ khói", "Smoke density", "env.smoke_density", 3.4, unit="percent/m"),
    ],
    "water-1": [point("water-1", "level", "Mực nước", "Water level", "env.water_level", 6.42, unit="m")],
    "air-1": [
        point("air-1", "pm25", "Bụi PM2.5", "PM2.5", "env.pm25", 88, unit="ug/m3", quality="bad",
              reason="no_communication", time=iso(960)),
    ],
    "door-1": [point("door-1", "door", "Cửa mở", "Door open", "access.door", False)],
}  # fmt: skip


def alarm(rule: str, where: str, priority: str, vi: str, en: str, **change: Any) -> Row:
    """An active alarm that nobody has acknowledged unless `change` says otherwise."""
    return {
        "alarm": f"{rule}:{where}", "occurrence": 1, "rev": 1, "rule": rule, "device": where.partition("/")[0],
        "point": where if "/" in where else None, "zone": "tn/market", "category": "fire", "priority": priority,
        "state": "unacknowledged", "active": True, "acked": False, "latched": False, "hold": None, "holds": [],
        "folded_under": None, "group": None, "first": False, "mark": None, "cameras": [], "raised": 1, "since": iso(95),
        "text": both(vi, en), "cause": {"value": True, "is": True}, "input": "raise", "by": None, "at": iso(95),
        "note": None, "acked_by": None, "acked_at": None, "returned_at": None, "comments": 0, "instructions": None,
    } | change  # fmt: skip


FIRE = alarm(
    "fire", "panel-market/z07.alarm", "critical", "BÁO CHÁY Chợ Thái – Tầng 7", "FIRE Thai market – floor 7",
    zone="tn/market/floor-7", latched=True,
    instructions="1. Gọi 114 và bảo vệ chợ.\n2. Kiểm tra camera tầng 7.\n3. Mở cổng phía sông cho xe chữa cháy.",
)  # fmt: skip
ALARMS = [
    alarm("water-high", "water-1/level", "high", "Mực nước sông Cầu vượt báo động 2", "Cau river above alert level 2",
          category="environment", zone="tn/river", since=iso(1500),
          cause={"value": 6.42, "above": 6.3, "deadband": 0.1, "unit": "m"}),
    alarm("device-lost", "air-1/$health", "medium", "Mất liên lạc Trạm không khí", "Air station is offline",
          category="fault", since=iso(840), cause={"value": "offline", "is": "offline"}),
    alarm("battery-low", "psu-market/battery_level", "medium", "Ắc quy yếu – Bộ nguồn chợ Thái",
          "Battery low, Thai market", category="fault", since=iso(5000), acked=True,
          state="acknowledged", acked_by="tam", acked_at=iso(4500),
          cause={"value": 18, "below": 20, "unit": "percent"}),
    alarm("door-open", "door-1/door", "low", "Cửa kho mở quá lâu", "Warehouse door open too long", category="security",
          since=iso(4000), active=False, state="returned", returned_at=iso(3000), input="return"),
]  # fmt: skip


def entry(seq: int, ago: float, row: Row, **change: Any) -> Row:
    """A journal entry of an alarm's transition."""
    keys = (
        "alarm",
        "occurrence",
        "active",
        "acked",
        "latched",
        "category",
        "rule",
        "device",
        "point",
        "zone",
        "text",
        "cause",
    )
    body = (
        {key: row[key] for key in keys}
        | {"priority": 1, "n": seq, "input": "raise", "who": None, "note": None}
        | change
    )
    return {"seq": seq, "at": iso(ago), "kind": "transition", "body": body}


def _ring(lat: float, lon: float, radius: float) -> list[list[float]]:
    turn = [math.tau * n / 9 for n in range(9)]
    ring = [[lon + radius * math.cos(a) * 1.3, lat + radius * math.sin(a) * (1 + 0.2 * math.cos(2 * a))] for a in turn]
    return [*ring, ring[0]]


def quiet() -> Row:
    """Return the load of a day on which nothing rang."""
    none: list[Row] = []
    return {
        "start": iso(86_400), "end": iso(), "operators": 1, "coverage": 1.0, "alarms": 0, "held": 0,
        "per_operator_10_min": 0.0, "per_operator_day": 0.0, "peak_10_min": 0.0, "peak_at": None,
        "intervals_over_10": 0.0, "in_flood": 0.0, "floods": none, "top": none, "top_share": 0.0, "chattering": none,
        "fleeting": 0, "standing_long": none, "priorities": {},
        "ack": {"acked": 0, "never": 0, "p50": None, "p90": None, "p95": None, "p99": None, "longest": None},
    }  # fmt: skip


def town() -> Fake:
    """Return a fake hub with the town in it, without the fire."""
    copies = json.loads(json.dumps([SITE, ZONES, DEVICES, POINTS, ALARMS]))
    fake = Fake(*copies)
    fake.load = quiet()
    fake.outlines = [
        {
            "type": "Feature",
            "properties": {"what": "outline"},
            "geometry": {"type": "Polygon", "coordinates": [_ring(*MARKET, r)]},
        }
        for r in (0.011, 0.0016)
    ]
    battery, water = ALARMS[2], ALARMS[0]
    fake.journal = [
        entry(9, 40, FIRE),
        entry(8, 1500, water),
        {"seq": 7, "at": iso(900), "kind": "device_change",
         "body": {"device": "air-1", "state": "offline", "reason": "stale", "detail": DEVICES[4]["detail"]}},
        entry(6, 4500, battery, input="ack", who="tam", note="Đã báo tổ điện, thay trong ca sáng", priority=3),
        entry(5, 5000, battery, priority=3),
        {"seq": 1, "at": iso(7200), "kind": "system_note", "body": {"what": "started", "detail": {"version": "0.1.0"}}},
    ]  # fmt: skip
    return fake
