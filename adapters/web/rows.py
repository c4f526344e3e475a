"""From the hub's values to rows as interfaces say them: plain dictionaries in the shape of `wire`, cheap to encode."""

from collections.abc import Mapping
from typing import Any

from msgspec import to_builtins

from hub.kpi import Kpis
from hub.model import (
    Alarm,
    Awaiting,
    Command,
    CommandResult,
    CommandSpec,
    Device,
    DeviceStatus,
    Hold,
    Point,
    Quality,
    Reading,
    Reason,
    ServiceChange,
    SystemNote,
    Text,
    Timestamp,
    Zone,
    ZoneId,
)
from hub.model.clock import iso
from hub.model.masking import masked

JsonRow = dict[str, Any]


def time_or_none(at: Timestamp | None) -> str | None:
    """Write a time as ISO 8601, None as None."""
    return None if at is None else iso(at)


def text(words: Text) -> dict[str, str]:
    """Write words in both languages."""
    return {"vi": words.vi, "en": words.en}


def alarm_row(alarm: Alarm) -> JsonRow:
    """Return an `AlarmRow`."""
    t = alarm.last
    return {
        "alarm": t.alarm,
        "occurrence": t.occurrence,
        "rev": t.n,
        "rule": t.rule,
        "device": t.device,
        "point": t.point,
        "zone": t.zone,
        "category": t.category,
        "priority": t.priority.word,
        "state": t.state,
        "active": t.active,
        "acked": t.acked,
        "latched": t.latched,
        "hold": t.hold,
        "holds": [hold_row(hold) for hold in t.holds],
        "folded_under": t.folded_under,
        "group": t.group,
        "first": t.first,
        "mark": t.mark,
        "cameras": t.cameras,
        "raised": alarm.raised,
        "since": iso(alarm.since),
        "text": text(t.text),
        "cause": t.cause,
        "input": t.input,
        "by": t.who,
        "at": iso(t.at),
        "note": t.note,
        "acked_by": alarm.acked_by,
        "acked_at": time_or_none(alarm.acked_at),
        "returned_at": time_or_none(alarm.returned_at),
        "comments": alarm.comments,
        "instructions": t.instructions,
    }


def hold_row(hold: Hold) -> JsonRow:
    """Return a `HoldRow`."""
    return {
        "kind": hold.kind.value,
        "by": hold.by,
        "since": iso(hold.since),
        "until": time_or_none(hold.until),
        "once": hold.once,
        "who": hold.who,
        "why": hold.why,
    }


def service_detail(change: ServiceChange) -> JsonRow:
    """Return how a scope went out of service or came back."""
    return {
        "scope": change.scope,
        "out": change.out,
        "who": change.who,
        "note": change.note,
        "until": time_or_none(change.until),
    }


def device_row(device: Device, status: DeviceStatus, rev: int) -> JsonRow:
    """Return a `DeviceRow`; the connection (addresses, secrets) is never part of it."""
    return {
        "device": device.id,
        "title": text(device.title),
        "profile": device.profile,
        "driver": device.driver,
        "zone": device.zone,
        "state": status.state.value,
        "reason": status.reason,
        "detail": status.detail,
        "since": iso(status.since),
        "last_heard": time_or_none(status.last_heard),
        "behind": device.behind,
        "tags": sorted(device.tags),
        "at": device.at,
        "points": len(device.points),
        "rev": rev,
    }


def point_row(point: Point, reading: Reading | None) -> JsonRow:
    """Return a `PointRow`; a point that was never read is bad, waiting."""
    if reading is None:
        quality, reason = Quality.BAD, Reason.WAITING
        return _point(point, None, quality, reason, (None, None, None), 0)
    times = (reading.time, reading.source_time, reading.hub_time)
    return _point(point, reading.value, reading.quality, reading.reason, times, reading.seq)


def _point(
    point: Point,
    value: object,
    quality: Quality,
    reason: Reason,
    times: tuple[Timestamp | None, Timestamp | None, Timestamp | None],
    rev: int,
) -> JsonRow:
    filed, source, hub = times
    return {
        "point": point.id,
        "value": value,
        "quality": quality.name.lower(),
        "reason": reason.word,
        "unit": point.unit,
        "time": time_or_none(filed),
        "source_time": time_or_none(source),
        "hub_time": time_or_none(hub),
        "rev": rev,
    }


def point_detail(point: Point, reading: Reading | None) -> JsonRow:
    """Return a `PointDetail`."""
    return point_row(point, reading) | {
        "device": point.device,
        "name": point.name,
        "title": text(point.title),
        "kind": point.kind,
        "type": point.type,
        "zone": point.zone,
        "writable": point.writable,
        "range": point.range,
    }


def command_row(device: Device, spec: CommandSpec, role: str) -> JsonRow:
    """Return a `CommandRow` for somebody of a role."""
    return {
        "device": device.id,
        "name": spec.name,
        "title": text(spec.title),
        "point": spec.point,
        "value": spec.value,
        "danger": spec.danger,
        "roles": list(spec.roles),
        "select": spec.select,
        "fire": spec.fire,
        "confirm": spec.confirm,
        "allowed": spec.allowed,
        "may": spec.allowed and role in spec.roles,
        "interlock": spec.interlock is not None,
        "read_back": spec.read_back.point if spec.read_back else None,
    }


def awaiting_row(spec: CommandSpec, asked: Awaiting, who: str, role: str) -> JsonRow:
    """Return an `AwaitingRow` for somebody of a role."""
    return {
        "id": asked.id,
        "device": asked.device,
        "name": asked.name,
        "title": text(spec.title),
        "danger": spec.danger,
        "who": asked.who,
        "note": asked.note,
        "at": iso(asked.at),
        "expires": iso(asked.expires),
        "may": who != asked.who and role in spec.roles,
    }


def command_result(result: CommandResult) -> JsonRow:
    """Return a `CommandRecord`."""
    return {
        "request": result.request,
        "outcome": result.outcome,
        "ok": result.ok,
        "reason": result.reason,
        "detail": result.detail,
        "point": result.point,
        "name": result.name,
        "who": result.who,
        "after": result.after,
        "at": iso(result.at),
    }


def command_note(record: Command | CommandResult, id_: str) -> JsonRow:
    """Return a `NoteRow` that says of a command that it was asked for, or what became of it."""
    detail = {"point": record.point, "name": record.name, "who": record.who, "request": record.request}
    if isinstance(record, Command):
        detail |= {"value": record.value, "note": record.note}  # type: ignore[dict-item]
        if record.confirmed_by is not None:
            detail["confirmed_by"] = record.confirmed_by
        return {"id": id_, "what": "command", "detail": masked(detail), "at": iso(record.at)}
    detail |= {"outcome": record.outcome, "reason": record.reason, "detail": record.detail}
    return {"id": id_, "what": "command_result", "detail": masked(detail), "at": iso(record.at)}


def note_row(note: SystemNote, id_: str) -> JsonRow:
    """Return a `NoteRow`."""
    return {"id": id_, "what": note.what, "detail": masked(note.detail), "at": iso(note.at)}


def kpi_row(found: Kpis) -> JsonRow:
    """Return a `KpiAnswer`."""
    row: JsonRow = to_builtins(found)
    spans = [{"start": iso(span.start), "end": iso(span.end), "alarms": span.alarms} for span in found.floods]
    times = {"start": iso(found.start), "end": iso(found.end), "peak_at": time_or_none(found.peak_at)}
    return row | times | {"floods": spans}


def zone_row(zone: Zone) -> JsonRow:
    """Return a `ZoneRow`."""
    return {
        "zone": zone.id,
        "title": text(zone.title),
        "parent": zone.parent,
        "at": zone.at,
        "instructions": zone.instructions,
    }


def inside(zone: ZoneId, outer: ZoneId | None, zones: Mapping[ZoneId, Zone]) -> bool:
    """Tell whether a zone is `outer` or lies anywhere within it; None holds everything."""
    if outer is None or zone == outer:
        return True
    seen = zones.get(zone)
    while seen is not None and seen.parent is not None:
        if seen.parent == outer:
            return True
        seen = zones.get(seen.parent)
    return False
