"""The order of the road, in one place: normalise → rules → commit → release the source → publish.

Everything a driver hands over arrives here in batches and leaves here in batches. Nothing waits: the journal and the
spool call back when a batch is durable, and only then is its source released and anyone hears of it. Alarms do not wait
for the spool, and readings do not wait for the journal; the source is released when both have their part.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import structlog
from msgspec.structs import replace

from hub.aging import Aging
from hub.alarming import Alarming
from hub.health import Health
from hub.journal import Journal
from hub.layout import Columns
from hub.metrics import Counters
from hub.model import (
    SECOND,
    Clock,
    DeviceChange,
    DeviceEvent,
    DeviceId,
    DeviceState,
    Intake,
    Kept,
    Lane,
    PointId,
    Quality,
    Reading,
    Reason,
    Record,
    Release,
    Sheet,
    Site,
    Stray,
    SystemNote,
    Timestamp,
    point_id,
)
from hub.model.masking import masked_bytes, masked_text
from hub.normalise import Track, believed, tell, worsen
from hub.passing import Passed, Passing
from hub.spool import Rows, Spool
from hub.state import State
from hub.tracks import Part, Told, Tracks
from hub.wire.copy import encode_events, encode_readings, encode_strays

log = structlog.get_logger(__name__)

LAST_WILL = "last_will"


class _Waiting:
    """A batch on its way: released when every part of it is durable."""

    __slots__ = ("left", "release")

    def __init__(self, release: Release, parts: int) -> None:
        self.release = release
        self.left = parts

    def settle(self) -> None:
        self.left -= 1
        if not self.left:
            self.release()


class Road:
    """The Sink of every driver of a site."""

    def __init__(
        self,
        site: Site,
        *,
        alarming: Alarming,
        journal: Journal,
        spool: Spool,
        state: State,
        health: Health,
        clock: Clock,
    ) -> None:
        self.counters = Counters()
        self.passing: Passing | None = None
        """Makes passages of reads; without it they are stored as the events that they came as."""
        self._site = site
        self._alarming = alarming
        self._watched = alarming.watched
        self._told_of = alarming.told_of
        self._journal = journal
        self._spool = spool
        self._state = state
        self._health = health
        self._clock = clock
        self._tracks = Tracks(site, alarming.aged, self.counters, health.heard, alarming.watched)
        self._untold: dict[int, DeviceChange] = {}
        self._aging = Aging(self._tracks.all(), clock)

    def describe(self, site: Site, strange: frozenset[PointId] = frozenset()) -> None:
        """Take a changed site, after the rules have; `strange` are points whose last value means nothing any more."""
        self._site = site
        self._watched, self._told_of = self._alarming.watched, self._alarming.told_of
        self._tracks.describe(site, self._alarming.aged, self._watched, strange)
        self._aging.watch(self._tracks.all())
        if self.passing is not None:
            self.passing.describe(site)

    def take(self, intake: Intake) -> None:
        """Take one batch from a driver; `intake.release` runs once all of it is durable."""
        now = self._clock.now()
        told = self._tracks.take(intake.samples, now, intake.blocks)
        self._commit(told, self._passed(intake.events, now) if intake.events else None, intake, now)
        for track, reading in told.notable:
            self._availability(track, reading)

    def report(self, device: DeviceId, state: DeviceState, reason: str = "", detail: str = "") -> None:
        """Take the health of a device as it is seen now; a change is journaled, told, and marks the device's points."""
        now = self._clock.now()
        if not self._health.knows(device):
            return  # the last word of a line that was taken out of the configuration
        change = self._health.report(device, state, reason, detail, now)
        if change is not None:
            self._tell_change(change, now)

    def last_heard(self, device: DeviceId) -> Timestamp | None:
        """Return when a device last said something."""
        return self._health.last_heard(device)

    async def receipts(self, source: str) -> bytes:
        """Return the keys of the messages of a source that are durable here (see `Receipt`), oldest first."""
        return await self._spool.receipts(source)

    def age(self) -> None:
        """Mark every point that was not refreshed in its time as stale."""
        now = self._clock.now()
        step = self._aging.follow_clock(now)
        self._alarming.follow_clock(now)
        if step:
            self._say_clock_stepped(step, now)
        self._tell_minutes(now)
        self._own(
            [r for t in self._aging.late(now) if (r := worsen(t, Reason.STALE, now, self._tracks.next_seq()))], now
        )

    def tell_unrecorded(self) -> None:
        """Let every waiting change of a device's health be heard though the journal cannot take it."""
        for key in list(self._untold):
            self._told(key)

    def _say_clock_stepped(self, step: int, now: Timestamp) -> None:
        log.warning("the clock of this machine was set", seconds=step / SECOND)
        note = SystemNote("clock_stepped", {"seconds": round(step / SECOND, 3)}, now)
        self._journal.append([note], lambda: self._publish([note]))

    def _commit(
        self, told: Told, passed: Passed | None, intake: Intake, now: Timestamp, rows: Sequence[Rows] = ()
    ) -> None:
        """Alarms are on their way to the journal before the first row for the store is made."""
        events = passed.events if passed is not None else ()
        readings, sheets = told.readings, [sheet for _, sheet in told.sheets]
        watched = self._watched
        heard = [r for r in readings if r.point in watched]
        for columns, sheet in told.sheets:
            heard += columns.watched(sheet)
        counted = [e for e in events if (e.device, e.kind) in self._told_of] if events else ()
        waiting = _Waiting(intake.release or _nothing, 2)
        if not ((heard or counted) and self._alarming.step(heard, now, waiting.settle, counted)):
            waiting.settle()
        parts = [*rows, *self._rows_of(told.lanes), *self._sheet_rows(told.sheets)]
        if passed is not None:
            parts += passed.rows + self._event_rows(passed.stored)
        if intake.strays:
            parts.append(self._stray_rows(intake.strays))
        kept = intake.kept if passed is None else passed.kept
        if not parts and kept is None:
            waiting.settle()
            return
        publish = partial(self._state.publish, now, readings, events, sheets)
        then: Callable[[], None] = partial(_then, publish, waiting.settle)
        if self._spool.file.trouble is not None:
            # A full disk, of which a system note tells: what is seen is shown, though it cannot be kept yet.
            publish()
            then = waiting.settle
        must = intake.release is not None
        if not self._spool.append_all(parts, then, must=must, receipt=intake.receipt, kept=kept):
            then()

    def _rows_of(self, lanes: Mapping[Lane, Part]) -> list[Rows]:
        rows = [_rows_in(lane, part) for lane, part in lanes.items()]
        self.counters.spooled += sum(r.n for r in rows)
        return rows

    def _sheet_rows(self, sheets: Sequence[tuple[Columns, Sheet]]) -> list[Rows]:
        by_lane: dict[Lane, list[bytes]] = {}
        counts: Counter[Lane] = Counter()
        for columns, sheet in sheets:
            by_lane.setdefault(columns.lane, []).append(columns.mold.rows(sheet))
            counts[columns.lane] += len(sheet)
        self.counters.spooled += counts.total()
        at = sheets[0][1].hub_time if sheets else 0
        return [Rows("reading", lane, counts[lane], at, at, b"".join(bodies)) for lane, bodies in by_lane.items()]

    def _passed(self, events: Sequence[DeviceEvent], now: Timestamp) -> Passed:
        found = [believed(event) for event in events]
        self.counters.reasons[Reason.CLOCK] += sum(a is not b for a, b in zip(found, events, strict=True))
        for event in found:
            self._health.heard(event.device, event.hub_time)
        if self.passing is None:
            return Passed(found, found, [], None)
        passed = self.passing.take(found, now)
        self.counters.passages += sum(rows.n for rows in passed.rows)
        return passed

    def _tell_minutes(self, now: Timestamp) -> None:
        """Tell the minutes of passages that are over."""
        told = self.passing.close(now, self._health.is_online) if self.passing is not None else None
        if told is not None:
            late = told.history(self._tracks, now)
            self.counters.make(sum(rows.n for rows in late))
            self._own(told.news(self._tracks, now), now, told.kept, late)

    def _event_rows(self, events: Sequence[DeviceEvent]) -> list[Rows]:
        self.counters.events += len(events)
        by_lane: dict[Lane, list[DeviceEvent]] = {}
        for event in events:
            by_lane.setdefault(event.lane, []).append(event)
        return [self._events_in(lane, part) for lane, part in by_lane.items()]

    def _events_in(self, lane: Lane, events: Sequence[DeviceEvent]) -> Rows:
        times = [e.hub_time if e.source_time is None else e.source_time for e in events]
        return Rows("device_event", lane, len(times), min(times), max(times), encode_events(events, self._site.id))

    def _stray_rows(self, strays: Sequence[Stray]) -> Rows:
        self.counters.strays += len(strays)
        shown = [replace(s, source=masked_text(s.source), body=masked_bytes(s.body)) for s in strays]
        times = [s.at for s in strays]
        return Rows("quarantine", Lane.BULK, len(times), min(times), max(times), encode_strays(shown, self._site.id))

    def _availability(self, track: Track, reading: Reading) -> None:
        if reading.quality is Quality.GOOD and reading.value is False:
            self.report(track.device, DeviceState.OFFLINE, LAST_WILL, "the device's last will says it is gone")
        elif reading.quality is Quality.GOOD:
            self.report(track.device, DeviceState.ONLINE)

    def _tell_change(self, change: DeviceChange, now: Timestamp) -> None:
        key = id(change)
        self._untold[key] = change
        self._journal.append([change], partial(self._told, key))
        if self._journal.file.trouble is not None:
            self.tell_unrecorded()
        readings = [self._health_reading(change, now)]
        if change.state in (DeviceState.OFFLINE, DeviceState.OUT_OF_SERVICE):
            offline = change.state is DeviceState.OFFLINE
            reason = Reason.NO_COMMUNICATION if offline else Reason.OUT_OF_SERVICE
            # a last will is heard: that the device is not available is then known, and not out of date
            known = {"$health", "$available"} if change.reason == LAST_WILL else {"$health"}
            tracks = [t for t in self._tracks.of(change.device) if t.point.kind not in known]
            readings += [r for t in tracks if (r := worsen(t, reason, now, self._tracks.next_seq()))]
        self._own(readings, now)

    def _told(self, key: int) -> None:
        change = self._untold.pop(key, None)
        if change is not None:
            self._publish([change])

    def _health_reading(self, change: DeviceChange, now: Timestamp) -> Reading:
        track = self._tracks[point_id(change.device, "$health")]
        return tell(track, str(change.state), Reason.NONE, None, now, self._tracks.next_seq())

    def _own(
        self, readings: Sequence[Reading], now: Timestamp, kept: Kept | None = None, rows: Sequence[Rows] = ()
    ) -> None:
        """Send the hub's own observations down the same road."""
        if readings or rows:
            made = list(readings)
            self.counters.own += len(made)
            self.counters.reasons.update(r.reason for r in made if r.reason)
            lanes = self._tracks.sort(made)
            self._commit(Told(made, lanes, []), None, Intake(kept=kept), now, rows)

    def _publish(self, records: Sequence[Record]) -> None:
        self._state.publish(self._clock.now(), (), records)


def _rows_in(lane: Lane, part: Part) -> Rows:
    times = [r.hub_time if r.source_time is None else r.source_time for r in part.readings]
    return Rows("reading", lane, len(times), min(times), max(times), encode_readings(part.readings, part.rows))


def _nothing() -> None:
    pass


def _then(publish: Callable[[], object], settle: Callable[[], None]) -> None:
    publish()
    settle()
