"""From records of the stream to rows of the topics: alarm state is folded here once, for every console."""

from adapters.base import View
from adapters.web import rows
from adapters.web.board import Board, Change, Facts, Row
from adapters.web.eventrows import event_row
from hub.model import (
    Alarm,
    Command,
    CommandResult,
    Device,
    DeviceChange,
    DeviceEvent,
    DeviceStatus,
    Record,
    ServiceChange,
    Site,
    SystemNote,
    Transition,
    fold,
)

REMEMBER = {"alarms": 10_000, "devices": 5_000, "events": 2_000, "system": 500}
"""Changes kept for clients that come back."""


class Boards:
    """The boards of all topics at one position of the stream."""

    def __init__(self, view: View) -> None:
        self._view = view
        self.site: Site = view.site
        self.epoch = view.epoch
        self.position = view.seq
        self.topics = {
            topic: Board(self.position, keeps=topic in ("alarms", "devices"), remember=most)
            for topic, most in REMEMBER.items()
        }
        self._alarms: dict[str, Alarm] = {}
        for alarm in view.alarms():
            self._alarms[alarm.last.alarm] = alarm
            self.topics["alarms"].rows[alarm.last.alarm] = alarm_row(alarm)
        for device in self.site.devices.values():
            self.topics["devices"].rows[device.id] = device_row(device, view.device(device.id), 0)

    def take(self, seq: int, record: Record) -> tuple[str, Change] | None:
        """Follow one record; return the topic and the change that its consoles hear of, None for none."""
        self.position = seq
        found = self._change(seq, record)
        if found is not None:
            self.topics[found[0]].take(found[1])
        return found

    def _change(self, seq: int, record: Record) -> tuple[str, Change] | None:
        match record:
            case Transition():
                alarm = self._folded(record)
                return "alarms", Change(seq, alarm_row(alarm), gone=not alarm.retained)
            case DeviceChange():
                return self._device(seq, record)
            case DeviceEvent():
                return "events", Change(seq, self._event(f"{self.epoch}-{seq}", record))
            case Command() | CommandResult() | ServiceChange() | SystemNote():
                id_ = f"{self.epoch}-{seq}"
                return "system", Change(seq, Row(id_, seq, Facts(), lambda: _note(record, id_)))
        return None

    def _folded(self, t: Transition) -> Alarm:
        known = self._view.alarm(t.alarm)
        # Where the hub is already further, the fold says how the alarm stood in between.
        current = known is not None and known.last.n == t.n
        after = known if known is not None and current else fold(self._alarms.get(t.alarm), t)
        self._alarms[t.alarm] = after
        return after

    def _device(self, seq: int, change: DeviceChange) -> tuple[str, Change] | None:
        device = self.site.devices.get(change.device)
        if device is None:
            return None
        heard = self._view.device(device.id).last_heard
        status = DeviceStatus(device.id, change.state, change.reason, change.detail, change.at, heard)
        return "devices", Change(seq, device_row(device, status, seq))

    def _event(self, id_: str, event: DeviceEvent) -> Row:
        device = self.site.devices.get(event.device)
        facts = Facts(zone=device.zone if device else "", device=event.device, kind=event.kind)
        return Row(id_, 0, facts, lambda: event_row(event, id_))

    def inside(self, zone: str, outer: str | None) -> bool:
        """Tell whether a zone is `outer` or lies within it."""
        return rows.inside(zone, outer, self.site.zones)


def _note(record: Command | CommandResult | ServiceChange | SystemNote, id_: str) -> rows.JsonRow:
    if isinstance(record, ServiceChange):
        record = SystemNote("service_change", rows.service_detail(record), record.at)
    return rows.note_row(record, id_) if isinstance(record, SystemNote) else rows.command_note(record, id_)


def alarm_row(alarm: Alarm) -> Row:
    """Return the row of an alarm."""
    t = alarm.last
    facts = Facts(
        zone=t.zone, device=t.device, category=t.category, priority=t.priority.word,
        unacked=not t.acked and not t.holds,
    )  # fmt: skip
    return Row(t.alarm, t.n, facts, lambda: rows.alarm_row(alarm))


def device_row(device: Device, status: DeviceStatus, rev: int) -> Row:
    """Return the row of a device; `rev` is the stream seq of its last change."""
    facts = Facts(zone=device.zone, device=device.id)
    return Row(device.id, rev, facts, lambda: rows.device_row(device, status, rev))
