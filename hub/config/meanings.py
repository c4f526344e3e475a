"""What each word of a condition means, for the schema that editors complete from."""

from typing import Any

from hub.config.condition import GROUPS, VERBS

Schema = dict[str, Any]
_SEVERAL: Schema = {"anyOf": [{"type": "array", "items": {"$ref": "#/$defs/Condition"}}, {"$ref": "#/$defs/Condition"}]}
_MEANINGS: dict[str, tuple[str, str, Schema]] = {
    "is": ("Equal to.", "Bằng.", {}),
    "is_not": ("Different from.", "Khác.", {}),
    "one_of": ("One of these.", "Một trong.", {"type": "array"}),
    "above": ("Greater than.", "Lớn hơn.", {"type": "number"}),
    "below": ("Less than.", "Nhỏ hơn.", {"type": "number"}),
    "outside": ("Outside [lowest, highest].", "Ngoài khoảng.", {"type": "array", "items": {"type": "number"}}),
    "stale_for": ("Not refreshed for this long.", "Không cập nhật trong.", {"type": "string", "examples": ["5m"]}),
    "unchanged_for": ("The same value for this long.", "Không đổi trong.", {"type": "string", "examples": ["6h"]}),
    "rises": ("Risen by at least this within the window.", "Tăng ít nhất.", {"type": "number"}),
    "falls": ("Fallen by at least this within the window.", "Giảm ít nhất.", {"type": "number"}),
    "flapping": ("Changed at least so often within the window.", "Số lần đổi.", {"type": "integer", "minimum": 1}),
    "count": ("Seen at least so often within the window.", "Số lần.", {"type": "integer", "minimum": 1}),
    "above_usual": ("More than so many times the usual.", "Gấp hơn mức thường.", {"type": "number"}),
    "below_usual": ("Less than this share of the usual.", "Dưới tỷ lệ thường.", {"type": "number"}),
    "expr": ("A computed comparison.", "Biểu thức.", {"type": "string", "examples": ["flow / lanes > 900"]}),
    "average": ("Mean over this window, by time.", "Trung bình trong.", {"type": "string", "examples": ["120s"]}),
    "median": ("Median over this window, by time.", "Trung vị trong.", {"type": "string", "examples": ["120s"]}),
    "min": ("Smallest in this window.", "Nhỏ nhất trong.", {"type": "string", "examples": ["10m"]}),
    "max": ("Greatest in this window.", "Lớn nhất trong.", {"type": "string", "examples": ["10m"]}),
    "sum": ("Sum of what was reported in this window.", "Tổng trong.", {"type": "string", "examples": ["1h"]}),
    "vn_aqi": ("VN_AQI of the last full hour.", "VN_AQI của giờ vừa qua.", {"enum": ["hour"]}),
    "within": ("Length of the window.", "Độ dài cửa sổ.", {"type": "string", "examples": ["5m"]}),
    "distinct": ("Count different values of this attribute.", "Đếm giá trị khác nhau.", {"type": "string"}),
    "where": ("What attributes of an event must be.", "Điều kiện thuộc tính.", {"type": "object"}),
    "floor": ("Usual values below this are not judged.", "Mức thường tối thiểu.", {"type": "number", "minimum": 0}),
    "with": ("What names of the expression stand for.", "Tên trong biểu thức.", {"type": "object"}),
    "in": ("Look at the whole zone of the alarm.", "Xét cả vùng.", {"enum": ["zone"]}),
    "at_least": ("At least n of these.", "Ít nhất n trong số.", {"type": "object", "required": ["n", "of"]}),
    "confirm_with": ("A second source that confirms.", "Nguồn xác nhận.", {"type": "object", "required": ["within"]}),
    "all": ("All of these.", "Tất cả.", _SEVERAL),
    "any": ("Any of these.", "Bất kỳ.", _SEVERAL),
    "not": ("The opposite.", "Phủ định.", {"$ref": "#/$defs/Condition"}),
    "kind": ("Point of this kind, of the same device.", "Điểm thuộc loại, cùng thiết bị.", {"type": "string"}),
    "point": ("Point of this name, of the same device.", "Điểm có tên, cùng thiết bị.", {"type": "string"}),
    "deadband": ("How far it must come back.", "Độ trễ trở về.", {"type": "number", "minimum": 0}),
}  # fmt: skip


def condition() -> Schema:
    """Return the schema of one condition."""
    properties = {
        word: {**shape, "title": word, "description": f"{en} / {vi}"} for word, (en, vi, shape) in _MEANINGS.items()
    }
    one = [{"required": [verb]} for verb in (*VERBS, *GROUPS)]
    description = "One comparison, or all, any, not of others. / Một điều kiện."
    return {
        "type": "object",
        "additionalProperties": False,
        "description": description,
        "properties": properties,
        "anyOf": one,
    }
