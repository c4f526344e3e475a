"""A plan in words: what would change, what ends with it, what has to wait."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

WORDS = {
    "en": {
        "nothing": "nothing differs from what runs", "devices": "device", "rules": "rule", "reconnect": "reconnects",
        "others": "also differs", "ends": "alarm ends", "waits": "waits for a restart",
        "would": "nothing was changed yet", "did": "applied", "more": "… {} more",
    },
    "vi": {
        "nothing": "không có gì khác với cấu hình đang chạy", "devices": "thiết bị", "rules": "quy tắc",
        "reconnect": "kết nối lại", "others": "cũng khác", "ends": "cảnh báo kết thúc", "waits": "chờ khởi động lại",
        "would": "chưa thay đổi gì", "did": "đã áp dụng", "more": "… còn {}",
    },
}  # fmt: skip
MOST = 40
"""Lines of one sort; more are counted."""


def told(plan: Mapping[str, Any], speaks: str, mood: str) -> str:
    """Return a `PlanAnswer` as lines: `+` new, `~` changed, `-` gone. `mood` is `would` or `did`."""
    words = WORDS[speaks]
    lines = [*_difference(words["devices"], plan["devices"], words), *_difference(words["rules"], plan["rules"], words)]
    lines += [f"~ {words['others']}: {', '.join(plan['others'])}"] if plan["others"] else []
    lines += _some([f"  {words['reconnect']}: {device}" for device in plan["reconnect"]], words)
    lines += _some(
        [f"! {words['ends']}: {e['alarm']} ({e['priority']}, {e['state']}) {e['text']}" for e in plan["ends"]], words
    )
    lines += [f"? {words['waits']}: {', '.join(plan['waits'])}"] if plan["waits"] else []
    return "\n".join([*lines, words[mood] if plan["changes"] else words["nothing"]])


def _difference(what: str, found: Mapping[str, Any], words: Mapping[str, str]) -> Iterator[str]:
    yield from _some([f"+ {what} {name}" for name in found["added"]], words)
    yield from _some([f"~ {what} {name}: {', '.join(fields)}" for name, fields in found["changed"].items()], words)
    yield from _some([f"- {what} {name}" for name in found["removed"]], words)


def _some(lines: Sequence[str], words: Mapping[str, str]) -> list[str]:
    return [*lines] if len(lines) <= MOST else [*lines[:MOST], words["more"].format(len(lines) - MOST)]
