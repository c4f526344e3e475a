"""From the hub's journal into the database: the records for search, and what they fold into: alarms, device health."""

from collections.abc import Callable
from typing import Any

import msgspec
import psycopg
import structlog
from psycopg.types.json import Jsonb

from adapters.outbound import Load
from adapters.timescale.connections import Connection, away_on_error, is_about_a_row, say
from adapters.timescale.cursor import Cursor
from adapters.timescale.gaps import keep_ledger
from adapters.timescale.rows import instant
from hub.journal import Journal
from hub.model import (
    Command,
    CommandResult,
    DeviceChange,
    JournalRecord,
    OperatorAction,
    ServiceChange,
    Site,
    SystemNote,
    Transition,
    row_id,
    split_point,
)
from hub.model.looking import PlateLook
from hub.model.notify import Delivery
from hub.model.playbook import StepRecord

log = structlog.get_logger(__name__)

LIMIT = 2000

JOURNAL = """
insert into journal (journal_id, seq, site, at, kind, device, zone, category, alarm, body)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing
"""
ALARM = """
insert into alarm as a (site, alarm, occurrence, n, rule, device, point, zone, category, priority, state,
  active, acked, latched, raised_at, changed_at, returned_at, acked_at, acked_by, comments, text_vi, text_en, cause,
  hold, hold_until, hold_who, hold_why, folded_under, alarm_group, first_out, raised_hold, first_acked_at)
values (%(site)s, %(alarm)s, %(occurrence)s, %(n)s, %(rule)s, %(device)s, %(point)s, %(zone)s, %(category)s,
  %(priority)s, %(state)s, %(active)s, %(acked)s, %(latched)s, %(at)s, %(at)s, %(returned_at)s, %(acked_at)s, %(who)s,
  %(comments)s, %(text_vi)s, %(text_en)s, %(cause)s,
  %(hold)s, %(hold_until)s, %(hold_who)s, %(hold_why)s, %(folded_under)s, %(group)s, %(first)s, %(raised_hold)s,
  %(acked_at)s)
on conflict (site, alarm, occurrence) do update set
  n = excluded.n, priority = excluded.priority, state = excluded.state, zone = excluded.zone,
  active = excluded.active, acked = excluded.acked, latched = excluded.latched, changed_at = excluded.changed_at,
  returned_at = case %(input)s when 'return' then excluded.changed_at when 'raise' then null else a.returned_at end,
  acked_at = case when %(input)s::text = 'ack' then excluded.changed_at
    when excluded.acked or %(input)s::text in ('comment', 'return') then a.acked_at end,
  acked_by = case when %(input)s::text = 'ack' then excluded.acked_by
    when excluded.acked or %(input)s::text in ('comment', 'return') then a.acked_by end,
  first_acked_at = coalesce(a.first_acked_at, excluded.first_acked_at),
  hold = excluded.hold, hold_until = excluded.hold_until, hold_who = excluded.hold_who, hold_why = excluded.hold_why,
  folded_under = excluded.folded_under,
  comments = a.comments + excluded.comments,
  text_vi = excluded.text_vi, text_en = excluded.text_en, cause = excluded.cause
where a.n < excluded.n
"""
DEVICE_CHANGE = """
insert into device_change (journal_id, seq, device_id, at, state, reason, detail)
values (%s, %s, %s, %s, %s, %s, %s) on conflict do nothing
"""

REFUSED = """
insert into dead_letter (target, sqlstate, error, source_id, seq, body) values ('journal', %s, %s, %s, %s, %s)
"""

About = tuple[str | None, str | None, str | None, str | None]
"""Device, zone, category, alarm."""
Numbered = tuple[int, JournalRecord]


class JournalSource:
    """The journal as the chain reads it. It is never trimmed from here: the hub restores alarms from it."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    @property
    def last(self) -> int:
        """The number of the newest record."""
        return self._journal.last_seq

    async def wait_beyond(self, seq: int) -> None:
        """Wait for a record after `seq`."""
        await self._journal.wait_beyond(seq)

    async def read(self, after: int) -> Load[Numbered]:
        """Return the next records; damaged ones are passed over."""
        newest = self._journal.last_seq
        records = self._journal.read(after, LIMIT)
        last = records[-1][0] if records else max(after, newest)
        return Load(records, last, len(records), len(records) >= LIMIT)

    def trim(self, seq: int) -> None:
        """Keep everything."""


class JournalWriter:
    """One connection that takes journaled records."""

    def __init__(self, connection: Connection, cursor: Cursor, site: Callable[[], Site]) -> None:
        self._connection = connection
        self._cursor = cursor
        self._site_now = site

    @property
    def _site(self) -> Site:
        return self._site_now()

    @property
    def mark(self) -> int:
        """The last record that is stored."""
        return self._cursor.seq

    async def send(self, load: Load[Numbered]) -> None:
        """Store records, what follows from them, and how far they go, as one. Raises Away."""
        with away_on_error():
            try:
                async with self._connection.transaction():
                    await self._store(load.items)
                    await self._cursor.advance(load.last)
            except psycopg.Error as trouble:
                if not is_about_a_row(trouble):
                    raise
                await self._store_one_by_one(load)
        self._cursor.seq = load.last

    async def _store(self, records: list[Numbered]) -> None:
        alarms = [_alarm_row(self._site.id, record) for _, record in records if isinstance(record, Transition)]
        changes = [self._change_row(seq, record) for seq, record in records if isinstance(record, DeviceChange)]
        async with self._connection.cursor() as cursor:
            await cursor.executemany(JOURNAL, [self._journal_row(seq, record) for seq, record in records])
            if alarms:
                await cursor.executemany(ALARM, alarms)
            if changes:
                await cursor.executemany(DEVICE_CHANGE, changes)
            for _, record in records:
                told = storable(record.detail) if isinstance(record, SystemNote) else None
                await keep_ledger(cursor, self._site.id, record, told)

    async def _store_one_by_one(self, load: Load[Numbered]) -> None:
        async with self._connection.transaction():
            for seq, record in load.items:
                try:
                    async with self._connection.transaction():
                        await self._store([(seq, record)])
                except psycopg.Error as trouble:
                    if not is_about_a_row(trouble):
                        raise
                    log.error("record is refused and kept in dead_letter", seq=seq, reason=say(trouble))
                    row = (trouble.sqlstate, say(trouble), self._cursor.source, seq, msgspec.json.encode(record))
                    await self._connection.execute(REFUSED, row)
            await self._cursor.advance(load.last)

    def _journal_row(self, seq: int, record: JournalRecord) -> tuple[object, ...]:
        body = msgspec.to_builtins(record)
        device, zone, category, alarm = self._about(record)
        return (
            self._cursor.source, seq, self._site.id, instant(record.at), body["type"], device, zone, category, alarm,
            storable(body),
        )  # fmt: skip

    def _about(self, record: JournalRecord) -> About:
        about: About
        match record:
            case Transition():
                about = record.device, record.zone, record.category, record.alarm
            case DeviceChange():
                about = record.device, self._zone(record.device), None, None
            case Command() | CommandResult() if record.point:
                about = self._at(split_point(record.point)[0])
            case ServiceChange():
                kind, _, name = record.scope.partition(":")
                about = (None, name, None, None) if kind == "zone" else self._at(name.partition("/")[0])
            case OperatorAction() | StepRecord():
                rule, _, watched = record.alarm.partition(":")
                about = *self._at(watched.partition("/")[0])[:2], self._category(rule), record.alarm
            case PlateLook() if isinstance(record.query.get("device"), str):
                about = self._at(str(record.query["device"]))
            case Delivery() if len(record.covers) == 1:
                about = None, None, None, record.covers[0].alarm
            case _:
                about = None, None, None, None
        return about

    def _at(self, device: str) -> About:
        return device, self._zone(device), None, None

    def _category(self, rule: str) -> str | None:
        return next((known.category for known in self._site.rules if known.id == rule), None)

    def _zone(self, device: str) -> str | None:
        known = self._site.devices.get(device)
        return known.zone if known else None

    def _change_row(self, seq: int, record: DeviceChange) -> tuple[object, ...]:
        key = row_id(self._site.id, record.device)
        detail = clean(record.detail)
        return self._cursor.source, seq, key, instant(record.at), record.state.value, record.reason, detail


def _alarm_row(site: str, t: Transition) -> dict[str, object]:
    at = instant(t.at)
    return {
        "site": site, "alarm": t.alarm, "occurrence": t.occurrence, "n": t.n, "rule": t.rule, "device": t.device,
        "point": t.point, "zone": t.zone, "category": t.category, "priority": int(t.priority), "state": t.state,
        "active": t.active, "acked": t.acked, "latched": t.latched, "at": at, "input": t.input,
        "returned_at": at if t.input == "return" else None,
        "acked_at": at if t.input == "ack" else None,
        "who": t.who if t.input == "ack" else None,
        "comments": int(t.input == "comment"),
        "text_vi": clean(t.text.vi), "text_en": clean(t.text.en), "cause": storable(t.cause),
        "group": t.group, "first": t.first, "folded_under": t.folded_under,
        "raised_hold": _hushed(t), **_hold_row(t),
    }  # fmt: skip


def _hushed(t: Transition) -> str | None:
    """Return why an alarm did not ring when it was raised: its hold, or that it was a test."""
    if t.input != "raise":
        return None
    return t.hold or (None if t.mark is None else t.mark.lower())


def _hold_row(t: Transition) -> dict[str, object]:
    """Return the hold that people are shown, with its end and its words."""
    shown = next((hold for hold in t.holds if hold.kind == t.hold), None)
    if shown is None:
        return {"hold": None, "hold_until": None, "hold_who": None, "hold_why": None}
    until = None if shown.until is None else instant(shown.until)
    return {
        "hold": shown.kind.value, "hold_until": until, "hold_who": shown.who,
        "hold_why": None if shown.why is None else clean(shown.why),
    }  # fmt: skip


def clean(text: str) -> str:
    """Return text that a column can hold: U+0000 and lone surrogates become visible replacements."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def storable(value: object) -> Jsonb:
    """Return a value for a jsonb column."""
    return Jsonb(_clean_deep(value), dumps=msgspec.json.encode)


def _clean_deep(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {_clean_deep(key): _clean_deep(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean_deep(item) for item in value]
    return value
