"""Playbooks of standing alarms: who did which step when, and which steps are late; a fold of the journal.

Like notifications it reads the journal from its own watermark, so whatever a crash interrupts is read again, and what
was late while the hub was down is found late when it is back.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

import msgspec
import structlog
from msgspec import Struct, field

from hub.journal import Journal
from hub.model import SECOND, Alarm, AlarmId, Clock, JournalRecord, Refused, Rule, Timestamp, Transition
from hub.model.playbook import Checklist, PlayStep, StepRecord, StepState

log = structlog.get_logger(__name__)

CHECKPOINT = "playbooks"
KEEP_NS = 5 * SECOND
RECORD_SECONDS = 5.0


class Running(Struct):
    """The playbook of one standing alarm."""

    rule: str
    occurrence: int
    since: Timestamp
    mark: str | None = None
    started: StepRecord | None = None
    done: dict[str, StepRecord] = field(default_factory=dict)
    late: list[str] = field(default_factory=list)


class Playbooks:
    """Every standing alarm whose rule has a checklist. `run` is a supervised part."""

    def __init__(self, rules: Sequence[Rule], journal: Journal, clock: Clock) -> None:
        self.checkpointed = 0
        """Every record up to this number is in a checkpoint: a restart does not need it."""
        self._steps: Mapping[str, tuple[PlayStep, ...]] = _checklists(rules)
        self._journal = journal
        self._clock = clock
        self._running: dict[AlarmId, Running] = {}
        self._mark = 0
        self._soonest: Timestamp | None = 0
        """When something may become late; 0: look at once."""
        self._keeping = False
        self._next_keep = 0

    def describe(self, rules: Sequence[Rule], standing: Iterable[Alarm], now: Timestamp) -> None:
        """Take changed rules; an alarm that stands and has a checklist from now on has time for it from now on."""
        self._steps = _checklists(rules)
        self._running = {alarm: running for alarm, running in self._running.items() if running.rule in self._steps}
        for t in (alarm.last for alarm in standing):
            if t.rule in self._steps and t.alarm not in self._running:
                self._running[t.alarm] = Running(t.rule, t.occurrence, now, t.mark)
        self._soonest = 0

    def restore(self) -> None:
        """Take up where the last run ended."""
        kept = self._journal.restore(CHECKPOINT)
        if kept is not None:
            with suppress(msgspec.DecodeError):
                self._running = msgspec.json.decode(kept[1], type=dict[AlarmId, Running])
                self._mark = self.checkpointed = kept[0]
        self._read()

    async def run(self) -> None:
        """Notice what is late, until cancelled."""
        while True:
            self._read()
            now = self._clock.now()
            if self._soonest is not None and self._soonest <= now and (late := self._late(now)):
                await self._journaled(late)
                continue
            self._may_keep()
            await self._wait(self._soonest, now)

    def _late(self, now: Timestamp) -> list[StepRecord]:
        """Return the records of what is late now; note when to look again."""
        dues = list(self._dues())
        self._soonest = min((at for at, _, _ in dues if at > now), default=None)
        return [self._record(alarm, "late", now, step) for at, alarm, step in dues if at <= now]

    def of(self, alarm: AlarmId) -> Checklist | None:
        """Return the playbook of a standing alarm, None when it has none."""
        running = self._running.get(alarm)
        if running is None or running.rule not in self._steps:
            return None
        started = running.started
        return Checklist(
            alarm, running.occurrence, running.since, tuple(_state(running, s) for s in self._steps[running.rule]),
            started.who if started else None, started.at if started else None, running.mark,
        )  # fmt: skip

    async def act(
        self, alarm: AlarmId, occurrence: int, what: str, who: str, step: str | None = None, note: str | None = None
    ) -> Checklist:
        """Start a playbook (`started`), or mark a step `done` or `undone`; returns once it is journaled.

        Raises Refused: unknown, conflict (another occurrence stands), not_recorded.
        """
        running = self._expected(alarm, occurrence, step)
        now = self._clock.now()
        records = [] if running.started else [self._record(alarm, "started", now, who=who)]
        if what != "started" and (what == "done") != (step in running.done):
            records.append(self._record(alarm, what, now, step, who, note))
        if records:
            try:
                await asyncio.wait_for(self._journaled(records), RECORD_SECONDS)
            except TimeoutError:
                raise Refused("not_recorded", "the journal could not take it, so it was not done; try again") from None
        found = self.of(alarm)
        if found is None:
            raise Refused("conflict", "the alarm is over")
        return found

    def _expected(self, alarm: AlarmId, occurrence: int, step: str | None) -> Running:
        running = self._running.get(alarm)
        if running is None or running.rule not in self._steps:
            raise Refused("unknown", f"no alarm '{alarm}' with a checklist stands")
        if occurrence != running.occurrence:
            raise Refused("conflict", "another occurrence of this alarm stands now; look at it and act on that one")
        if step is not None and step not in {known.id for known in self._steps[running.rule]}:
            raise Refused("unknown", f"the checklist has no step '{step}'")
        return running

    def _record(
        self, alarm: AlarmId, what: str, at: Timestamp, step: str | None = None, who: str | None = None,
        note: str | None = None,
    ) -> StepRecord:  # fmt: skip
        running = self._running[alarm]
        return StepRecord(alarm, running.occurrence, what, at, step, who, note, running.mark)

    # -- the fold ---------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        while page := self._journal.read(self._mark, 2000):
            for seq, record in page:
                self._take(record)
                self._mark = seq
        self._mark = max(self._mark, self._journal.last_seq)

    def _take(self, record: JournalRecord) -> None:
        if isinstance(record, Transition) and record.rule in self._steps:
            self._transition(record)
        elif isinstance(record, StepRecord):
            running = self._running.get(record.alarm)
            if running is not None and running.occurrence == record.occurrence:
                _fold(running, record)
                self._soonest = 0 if record.what == "undone" else self._soonest

    def _transition(self, t: Transition) -> None:
        known = self._running.get(t.alarm)
        if t.input == "remove" or not (t.active or t.latched or not t.acked):
            self._running.pop(t.alarm, None)
        elif known is None or known.occurrence != t.occurrence:
            self._running[t.alarm] = Running(t.rule, t.occurrence, t.at, t.mark)
            self._expect(t)
        else:
            known.mark = t.mark

    def _expect(self, t: Transition) -> None:
        ends = [t.at + step.within for step in self._steps[t.rule] if step.within is not None]
        if ends:
            self._soonest = min(ends) if self._soonest is None else min(self._soonest, *ends)

    def _dues(self) -> Iterator[tuple[Timestamp, AlarmId, str]]:
        for alarm, running in self._running.items():
            for step in self._steps.get(running.rule, ()):
                if step.within is not None and step.id not in running.done and step.id not in running.late:
                    yield running.since + step.within, alarm, step.id

    # -- the journal ------------------------------------------------------------------------------------------------

    async def _journaled(self, records: Sequence[StepRecord]) -> None:
        durable = asyncio.Event()
        self._journal.append(records, durable.set)
        await durable.wait()
        self._read()

    async def _wait(self, until: Timestamp | None, now: Timestamp) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(None if until is None else max(0.0, (until - now) / SECOND)):
                await self._journal.wait_beyond(self._mark)

    def _may_keep(self) -> None:
        if self._mark <= self.checkpointed or self._keeping or self._clock.monotonic() < self._next_keep:
            return
        self._keeping, seq = True, self._mark
        self._next_keep = self._clock.monotonic() + KEEP_NS

        def kept() -> None:
            self._keeping = False
            self.checkpointed = seq

        self._journal.checkpoint(CHECKPOINT, seq, msgspec.json.encode(self._running), kept)


def _checklists(rules: Sequence[Rule]) -> dict[str, tuple[PlayStep, ...]]:
    return {rule.id: rule.playbook for rule in rules if rule.playbook}


def _fold(running: Running, record: StepRecord) -> None:
    match record.what, record.step:
        case "started", _:
            running.started = running.started or record
        case "done", str(step):
            running.done.setdefault(step, record)
        case "undone", str(step):
            running.done.pop(step, None)
        case "late", str(step) if step not in running.late:
            running.late.append(step)


def _state(running: Running, step: PlayStep) -> StepState:
    done = running.done.get(step.id)
    due = None if step.within is None else running.since + step.within
    late = step.id in running.late
    return StepState(step, due, late, *((done.who, done.at, done.note) if done else (None, None, None)))
