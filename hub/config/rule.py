"""The shape of a rule, and rules as values: what they select, when they speak, what they say."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from hub.config.condition import Conditions
from hub.config.durations import Duration
from hub.config.holds import check_holds
from hub.config.library import Library
from hub.config.marks import Map, Mark, Seq
from hub.config.problems import Report, did_you_mean, known_are
from hub.config.shape import Id, Strict, Title, is_sentence, said
from hub.config.validate import describe, validate
from hub.model import Device, Point, Priority, Rule, Selector, Text, Zone
from hub.model.ids import within
from hub.model.kinds import POINT_KINDS, is_own

TEXT_NAMES = frozenset({"zone.name", "device.name", "point.name", "value", "unit"})
"""What may stand in braces in a rule's text; the same list as the rule engine's."""


class SelectorEntry(Strict):
    """For which points or devices there is one alarm each; everything given must match."""

    kind: str | None = said("Points of this kind.", "Điểm thuộc loại.", default=None, example="fire.alarm")
    profile: str | None = said(
        "Devices of this profile.", "Thiết bị theo hồ sơ.", default=None, example="fire/en54-modbus"
    )
    zone: str | None = said("In this zone and the zones in it.", "Trong vùng này.", default=None, example="tn/market")
    tag: str | None = said("With this label.", "Có nhãn.", default=None, example="kitchen")
    device: str | None = said("This device.", "Thiết bị.", default=None, example="panel-market")
    point: str | None = said("Points of this name.", "Điểm có tên.", default=None, example="battery")


class CamerasEntry(Strict):
    """Which cameras are shown beside the alarm."""

    of: Literal["zone", "device"] = said(
        "Of the alarm's zone or of its device.", "Theo vùng hoặc thiết bị.", default="zone", example="zone"
    )
    max: int = said("At most this many.", "Nhiều nhất.", default=3, ge=1, le=16, example=3)
    within: str | None = said(
        "No farther than this.", "Trong khoảng cách.", default=None, pattern=r"^\d+(m|km)$", example="150m"
    )


class RuleEntry(Strict):
    """One rule."""

    id: Id = said("Short name, for ever.", "Mã quy tắc, không đổi.", example="fire")
    category: Literal["fire", "supervisory", "fault", "process", "security", "traffic", "environment", "system"] = said(
        "What sort of alarm.", "Nhóm báo động.", example="fire"
    )
    priority: Literal["critical", "high", "medium", "low"] = said(
        "How soon people must act.", "Mức ưu tiên.", example="critical"
    )
    for_each: SelectorEntry = said("For which points or devices.", "Áp dụng cho.", example={"kind": "fire.alarm"})
    when: Any = said(
        "The condition: is, is_not, one_of, above, below, outside, stale_for, all, any, not.",
        "Điều kiện.",
        example={"above": 60, "deadband": 8},
    )
    on_delay: Duration = said(
        "Must hold this long first.", "Trễ khi bật.", default="0s", validate_default=True, example="3s"
    )
    off_delay: Duration = said(
        "Must be over this long first.", "Trễ khi tắt.", default="0s", validate_default=True, example="30s"
    )
    latch: bool = said("Stays until somebody resets it.", "Giữ đến khi đặt lại.", default=False, example=True)
    on_bad_quality: Literal["alarm", "hold", "normal"] = said(
        "What an unknown condition does.", "Khi không rõ giá trị.", default="hold", example="alarm"
    )
    text: Title = said(
        "What operators read; {zone.name}, {device.name}, {point.name}, {value}, {unit}.",
        "Nội dung báo động.",
        example={"vi": "BÁO CHÁY {zone.name}", "en": "FIRE {zone.name}"},
    )
    instructions: str | None = said(
        "What operators should do: a file of the site, or a sentence.",
        "Hướng dẫn xử lý: tệp của hệ thống, hoặc một câu.",
        default=None,
        example="sop/fire.md",
    )
    notify: str | None = said("Who is told.", "Thông báo cho.", default=None, example="fire")
    folds_under: Literal["behind"] | None = said(
        "Shown under the failure of the device it is behind.",
        "Gộp dưới lỗi thiết bị cha.",
        default=None,
        example="behind",
    )
    fold_grace: Duration = said(
        "How long consequences stay folded after the failure's end.",
        "Giữ gộp sau khi lỗi cha hết.",
        default="60s",
        validate_default=True,
        example="60s",
    )
    max_shelve: Duration = said(
        "The longest time it may be shelved; 0s: never.",
        "Thời gian tạm gác dài nhất; 0s: không được.",
        default="8h",
        validate_default=True,
        example="8h",
    )
    realarm_after: Duration = said(
        "An acknowledged alarm that still stands must be acknowledged again after so long; 0s: never.",
        "Báo lại nếu đã xác nhận mà chưa hết.",
        default="0s",
        validate_default=True,
        example="30m",
    )
    group: Literal["device", "zone"] | Id | None = said(
        "The group in which the first alarm is marked: of its device, of its zone, or a name.",
        "Nhóm để đánh dấu báo động đầu tiên.",
        default=None,
        example="device",
    )
    cameras: CamerasEntry | None = said(
        "Cameras beside the alarm.", "Camera liên quan.", default=None, example={"of": "zone", "max": 3}
    )


class Rules:
    """Everything under `rules:` of a site, checked against its zones and devices."""

    def __init__(
        self, folder: Path, devices: Mapping[str, Device], zones: Mapping[str, Zone], library: Library, report: Report
    ) -> None:
        self.found: list[Rule] = []
        self._folder = folder
        self._devices = devices
        self._zones = zones
        self._library = library
        self._report = report
        self._points: list[Point] = [p for d in devices.values() for p in d.points]
        self._by_kind: dict[str, list[Point]] = {}
        for point in self._points:
            self._by_kind.setdefault(point.kind, []).append(point)
        self._names = {p.name for p in self._points}
        self._tags = {t for p in self._points for t in p.tags}
        self._first: dict[str, Mark] = {}

    def add(self, items: Seq) -> None:
        """Read one `rules:` list."""
        for item, mark in zip(items, items.marks, strict=True):
            if not isinstance(item, Map):
                self._report.error(mark, f"expected a rule, found {describe(item)}")
                continue
            entry = validate(RuleEntry, item, self._report)
            if isinstance(item.get("id"), str):
                self._once(item)
            if entry is not None:
                self._rule(entry, item)

    def _once(self, tree: Map) -> None:
        mark = tree.value_marks["id"]
        first = self._first.setdefault(tree["id"], mark)
        if first is not mark:
            self._report.error(mark, f"the rule '{tree['id']}' is there already, at {first}", "give it another id")

    def _rule(self, entry: RuleEntry, tree: Map) -> None:
        selector = self._selector(entry.for_each, tree["for_each"])
        self._texts(entry.text.text, tree)
        self._instructions(entry.instructions, tree)
        check_holds(entry.category, tree, self._report)
        if selector is None:
            return
        chosen = self._chosen(selector)
        if not chosen and not tree.mark.source.shipped:
            self._report.warn(tree.value_marks["for_each"], f"the rule '{entry.id}' matches nothing in this site")
        anchored = selector.kind is not None or selector.point is not None
        conditions = Conditions(lambda of: chosen if of is None else self._beside(chosen, of), anchored, self._report)
        when = conditions.read(tree["when"], tree.value_marks["when"])
        if when is None:
            return
        self.found.append(
            Rule(
                id=entry.id,
                category=entry.category,
                priority=Priority[entry.priority.upper()],
                for_each=selector,
                when=when,
                text=entry.text.text,
                on_delay=entry.on_delay,
                off_delay=entry.off_delay,
                latch=entry.latch,
                on_bad_quality=entry.on_bad_quality,
                instructions=entry.instructions,
                notify=entry.notify,
                folds_under=entry.folds_under,
                fold_grace=entry.fold_grace,
                max_shelve=entry.max_shelve,
                realarm_after=entry.realarm_after,
                group=entry.group,
                cameras=entry.cameras.model_dump(exclude_none=True) if entry.cameras else {},
                origin=str(tree.value_marks["id"]),
            )
        )

    # -- selection --------------------------------------------------------------------------------------------------

    def _selector(self, entry: SelectorEntry, tree: Map) -> Selector | None:
        if all(value is None for value in tree.values()):
            self._report.error(
                tree.mark, "'for_each' selects nothing", "name a kind, profile, zone, tag, device or point"
            )
            return None
        known = [
            self._known("kind", "kinds", [*POINT_KINDS, *filter(is_own, self._by_kind)], tree),
            self._known("profile", "profiles", self._library.names, tree),
            self._known("zone", "zones", self._zones, tree),
            self._known("tag", "tags", self._tags, tree),
            self._known("device", "devices", self._devices, tree),
            self._known("point", "points", self._names, tree),
        ]
        return Selector(**entry.model_dump()) if all(known) else None

    def _known(self, key: str, plural: str, words: Any, tree: Map) -> bool:
        if tree.get(key) is None or tree[key] in words:
            return True
        if tree.mark.source.shipped and key != "kind":
            return True
        hint = did_you_mean(tree[key], set(words), otherwise=known_are(plural, set(words)))
        self._report.error(tree.value_marks[key], f"unknown {key} '{tree[key]}'", hint)
        return False

    def _chosen(self, selector: Selector) -> Sequence[Point]:
        """Return the points that a rule selects; without kind or point all points of the devices it selects."""
        among = self._points if selector.kind is None else self._by_kind.get(selector.kind, [])
        if selector == Selector(kind=selector.kind):
            return among
        return [p for p in among if self._selects(selector, p)]

    def _selects(self, s: Selector, point: Point) -> bool:
        device = self._devices[point.device]
        named = s.kind is not None or s.point is not None
        zone, tags = (point.zone, point.tags | device.tags) if named else (device.zone, device.tags)
        return (
            s.kind in (None, point.kind)
            and s.point in (None, point.name)
            and s.device in (None, device.id)
            and s.profile in (None, device.profile)
            and within(zone, s.zone)
            and (s.tag is None or s.tag in tags)
        )

    def _beside(self, chosen: Sequence[Point], of: Selector) -> Sequence[Point]:
        """Return the points of the selected devices that a part names; `smoke` is also the `smoke` of a group."""
        devices = {p.device for p in chosen}
        return [
            p
            for device in devices
            for p in self._devices[device].points
            if of.kind in (None, p.kind) and (of.point is None or p.name == of.point or p.name.endswith(f".{of.point}"))
        ]

    # -- texts ------------------------------------------------------------------------------------------------------

    def _texts(self, text: Text, tree: Map) -> None:
        node, at = tree["text"], tree.value_marks["text"]
        for language in ("vi", "en"):
            mark = node.value_marks.get(language, at) if isinstance(node, Map) else at
            for name in re.findall(r"\{([^{}]*)\}", text.say(language)):
                if name not in TEXT_NAMES:
                    hint = did_you_mean(name, TEXT_NAMES, otherwise=known_are("names for texts", TEXT_NAMES))
                    self._report.error(mark, f"{{{name}}} means nothing in a text", hint)

    def _instructions(self, path: str | None, tree: Map) -> None:
        """Check that instructions which are a path lead to a file."""
        if path is None or is_sentence(path) or (self._folder / path).is_file():
            return
        mark = tree.value_marks["instructions"]
        if mark.source.shipped:
            self._report.warn(mark, f"this site has no '{path}', so operators get no instructions", f"write {path}")
        else:
            self._report.error(mark, f"there is no file '{path}'", "instructions lie in the site's folder")
