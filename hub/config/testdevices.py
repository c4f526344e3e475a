"""Devices that exist only in a rule test: of a profile, or bare (nothing but points and their kinds)."""

from collections.abc import Mapping
from pathlib import Path

from hub.config.devices import Devices
from hub.config.files import Files
from hub.config.library import Library
from hub.config.marks import Map, Mark, Seq, merge
from hub.config.points import own_point
from hub.config.problems import Report, did_you_mean, known_are
from hub.config.registry import DriverLike
from hub.config.secrets import Secrets
from hub.config.shape import Id, Strict, Title, said
from hub.config.validate import validate
from hub.model import Device, EventMap, Point, Text, point_id
from hub.model.kinds import EVENT_KINDS, POINT_KINDS, is_own

BENCH = "test"
"""The zone of a test's devices when they name none."""


class BareDevice(Strict):
    """A device for a test that needs no profile."""

    id: Id = said("Short name.", "Mã thiết bị.", example="panel")
    name: Title | None = said("Name that people read.", "Tên hiển thị.", default=None)
    zone: str = said("Zone.", "Vùng.", default=BENCH, example="tn/market")
    behind: Id | None = said("Network parent.", "Thiết bị mạng phía trước.", default=None, example="switch")
    tags: list[str] = said("Labels.", "Nhãn.", default=[], example=["river"])
    points: dict[str, str] = said("Point: kind.", "Điểm: loại.", default={}, example={"z07.alarm": "fire.alarm"})
    events: list[str] = said(
        "Kinds of events that it tells.", "Loại sự kiện.", default=[], example=["security.auth_failure"]
    )


def read_devices(
    items: Seq, folder: Path, files: Files, drivers: Mapping[str, DriverLike], report: Report
) -> dict[str, Device]:
    """Return a test's own devices; host and zone need not be given. `folder` is where tables are looked for."""
    full = Devices(files, Library(files, drivers, report), Secrets(files, report), report)
    with_profile, bare = Seq(items.mark), {}
    for item, mark in zip(items, items.marks, strict=True):
        if isinstance(item, Map) and not {"profile", "table"} & set(item):
            device = _bare(item, report)
            if device is not None:
                bare[device.id] = device
        else:
            with_profile.add(_with_defaults(item) if isinstance(item, Map) else item, mark)
    full.add(with_profile, folder)
    return full.found | bare


def _with_defaults(item: Map) -> Map:
    """Return a device with the zone and host that a test need not say."""
    mark, base, connection = item.mark, Map(item.mark), Map(item.mark)
    connection.put("host", "127.0.0.1", mark, mark)
    base.put("zone", BENCH, mark, mark)
    if "table" not in item:
        base.put("connection", connection, mark, mark)
    return merge(base, item)


def _bare(tree: Map, report: Report) -> Device | None:
    entry = validate(BareDevice, tree, report)
    if entry is None:
        return None
    tags, kinds = frozenset(entry.tags), tree.get("points") or Map(tree.mark)
    points = [_point(entry, name, kind, kinds.value_marks[name], tags, report) for name, kind in entry.points.items()]
    for kind, mark in zip(entry.events, tree["events"].marks if entry.events else (), strict=True):
        if kind not in EVENT_KINDS and not is_own(kind):
            hint = did_you_mean(kind, EVENT_KINDS, otherwise=known_are("kinds of events", EVENT_KINDS))
            report.error(mark, f"unknown kind of event '{kind}'", hint)
    own = own_point("$health", entry.id, entry.zone, tags)
    return Device(
        id=entry.id,
        title=entry.name.text if entry.name else Text.same(entry.id),
        profile="",
        driver="",
        zone=entry.zone,
        connection=None,
        points=(*points, own),
        events=tuple(EventMap(kind, kind, None) for kind in entry.events),
        tags=tags,
        behind=entry.behind,
        origin=str(tree.mark),
    )


def _point(entry: BareDevice, name: str, kind: str, at: Mark, tags: frozenset[str], report: Report) -> Point:
    known = POINT_KINDS.get(kind)
    if known is None:
        hint = did_you_mean(kind, POINT_KINDS, otherwise=known_are("kinds", POINT_KINDS))
        report.error(at, f"unknown kind '{kind}'", hint)
        known = POINT_KINDS["device.value"]
    return Point(
        id=point_id(entry.id, name),
        device=entry.id,
        name=name,
        title=known.title,
        kind=kind,
        zone=entry.zone,
        lane=known.lane,
        unit=known.unit,
        type=known.type,
        tags=tags,
    )
