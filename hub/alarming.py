"""Carries the pure rules engine: steps it, wakes it when it is due, journals what it says, restores it after a crash.

An alarm is heard of when it is journaled, never before; the one exception, announced by a system note, is a journal
whose disk refuses: then a life-safety alarm is shown all the same, because people must see a fire that cannot be noted.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, Protocol

import msgspec
import structlog
from msgspec.structs import replace

from hub.journal import Journal
from hub.model import (
    SECOND,
    Alarm,
    AlarmId,
    Clock,
    DeviceEvent,
    DeviceId,
    JournalRecord,
    OperatorAction,
    Outcome,
    PointId,
    Reading,
    Record,
    ServiceChange,
    SystemNote,
    Timestamp,
    Transition,
)
from hub.model.clock import Steps

log = structlog.get_logger(__name__)

CHECKPOINT = "alarms"
CHECKPOINT_NS = SECOND // 4
ACTION_SECONDS = 5.0
Publish = Callable[[Sequence[Record]], None]
Said = Sequence[Transition | ServiceChange | SystemNote]
"""What the rules say."""


class Engine(Protocol):
    """What alarming needs of the rules."""

    @property
    def watched(self) -> frozenset[PointId]:
        """The points that some rule watches."""
        ...

    @property
    def aged(self) -> frozenset[PointId]:
        """The points of which every refresh must be told, also one that changes nothing (`stale_for`)."""
        ...

    @property
    def revision(self) -> int:
        """Grows whenever `dump` would say something that no transition says."""
        ...

    @property
    def told_of(self) -> frozenset[tuple[DeviceId, str]]:
        """The devices and kinds of events that some rule counts."""
        ...

    def step(self, readings: Sequence[Reading], now: Timestamp, events: Sequence[DeviceEvent] = ()) -> Said:
        """Take readings and events; return what changed."""
        ...

    def act(self, action: OperatorAction, now: Timestamp) -> Outcome:
        """Take a person's action; return its effect or why there is none."""
        ...

    def shift(self, by: int, now: Timestamp) -> Said:
        """Take note that the wall clock was set by `by` ns and shows `now`; return what that changes."""
        ...

    def due(self) -> Timestamp | None:
        """Return when time alone will change something."""
        ...

    def wake(self, now: Timestamp) -> Said:
        """Do what is due."""
        ...

    def dump(self) -> dict[str, Any]:
        """Return what must survive a crash, JSON-ready."""
        ...

    def load(self, dump: dict[str, Any], after: Iterable[JournalRecord]) -> None:
        """Take a dump back, then the records journaled after it."""
        ...

    def orphans(self, now: Timestamp) -> Said:
        """Return the removal of every alarm whose rule is gone, and what follows from it."""
        ...

    def alarms(self) -> Sequence[Alarm]:
        """Return every alarm that is not normal and acknowledged."""
        ...

    def alarm(self, alarm: AlarmId) -> Alarm | None:
        """Return one alarm."""
        ...


class Alarming:
    """The desk at which readings and people meet the rules."""

    def __init__(self, engine: Engine, journal: Journal, publish: Publish, clock: Clock) -> None:
        self._engine = engine
        self._journal = journal
        self._publish = publish
        self._clock = clock
        self._steps = Steps(clock)
        self._changed = asyncio.Event()
        self._dirty = False
        self._keeping = False
        self.checkpointed = 0
        """Every record up to this number is in a checkpoint: a restart does not need it."""
        self._unheard: dict[int, Said] = {}
        self._next_keep = 0
        """Monotonic time before which no checkpoint is written."""
        self.transitions = 0
        self._ask(engine)

    def _ask(self, engine: Engine) -> None:
        """Take over what an engine wants to hear."""
        self._engine = engine
        self.watched = engine.watched
        self.aged = engine.aged
        self.told_of = engine.told_of

    def succeed(self, engine: Engine, said: Said, done: Callable[[], None]) -> None:
        """Go on with another engine, which has the memory of the one before; `done` once what it says is journaled."""
        self._ask(engine)
        self.commit(said, done)

    @property
    def unheard(self) -> int:
        """How many transitions wait for the journal."""
        return sum(map(len, self._unheard.values()))

    def restore(self) -> None:
        """Bring the engine to where the journal says it was."""
        kept = self._journal.restore(CHECKPOINT)
        try:
            self._load(*((kept[0], msgspec.json.decode(kept[1], type=dict[str, Any])) if kept else (0, {})))
        except ValueError as error:
            log.error("the checkpoint of the alarms is damaged; the journal alone restores them", why=str(error))
            self._load(0, {})
        gone = self._engine.orphans(self._clock.now())
        for t in gone:
            if isinstance(t, Transition) and t.input == "remove":
                log.warning("an alarm stood whose rule, device or point is no longer configured", alarm=t.alarm)
        self.commit(gone)

    def _load(self, seq: int, dump: dict[str, Any]) -> None:
        after: list[JournalRecord] = []
        while page := self._journal.read(seq):
            after.extend(record for _, record in page)
            seq = page[-1][0]
        self._engine.load(dump, after)

    def step(
        self,
        readings: Sequence[Reading],
        now: Timestamp,
        done: Callable[[], None] | None = None,
        events: Sequence[DeviceEvent] = (),
    ) -> bool:
        """Give readings and events to the rules; True when that made transitions, and then `done` runs once they are
        journaled.
        """
        engine = self._engine
        self.follow_clock(now)
        before = engine.revision
        transitions = engine.step(readings, now, events) if events else engine.step(readings, now)
        if transitions:
            self.commit(transitions, done)
        elif engine.revision != before:
            self._touch()
        return bool(transitions)

    def follow_clock(self, now: Timestamp) -> None:
        """Let no delay end early and none last longer because somebody set the wall clock."""
        step = self._steps.since(now)
        if step:
            self.commit(self._engine.shift(step, now))
            self._touch()

    def commit(self, transitions: Said, done: Callable[[], None] | None = None) -> None:
        """Journal transitions, then let them be heard, then `done`."""
        if not transitions:
            return
        self.transitions += sum(1 for record in transitions if isinstance(record, Transition))
        self._dirty = True
        key = id(transitions)
        self._unheard[key] = transitions

        def durable() -> None:
            if self._unheard.pop(key, None) is not None:
                self._publish(transitions)
            self._changed.set()
            if done is not None:
                done()

        self._journal.append(transitions, durable)
        if self._journal.file.trouble is not None:
            self._changed.set()
            self.publish_unrecorded()

    def publish_unrecorded(self) -> None:
        """Let every waiting life-safety transition be heard though the journal cannot take it."""
        for key in list(self._unheard):
            transitions = self._unheard[key]
            if any(isinstance(t, Transition) and t.category == "fire" for t in transitions):
                self._publish(self._unheard.pop(key))

    async def act(self, action: OperatorAction) -> Outcome:
        """Carry out a person's action; return once it is journaled, or with the reason why nothing was done."""
        now = self._clock.now()
        self.follow_clock(now)
        outcome = self._engine.act(action, now)
        if outcome.refused is not None:
            return outcome
        journaled = asyncio.Event()
        if outcome.records:
            self.commit(outcome.records, journaled.set)
        else:
            # the answer to a request that was carried out before: nothing new, but it must be on disk, too
            self._journal.after_all(journaled.set)
        try:
            async with asyncio.timeout(ACTION_SECONDS):
                await journaled.wait()
        except TimeoutError:
            log.error("action is not recorded: the journal takes no writes", alarm=action.alarm, who=action.who)
            return Outcome(refused="not_recorded", alarm=outcome.alarm)
        return replace(outcome, records=())

    async def run(self) -> None:
        """Wake the engine whenever it is due, and keep its checkpoint fresh."""
        while True:
            self._changed.clear()
            now = self._clock.now()
            self.follow_clock(now)
            due = self._engine.due()
            if due is not None and due <= now:
                self.commit(self._engine.wake(now))
                self._touch()
                await asyncio.sleep(0)
                continue
            waits = [] if due is None else [due - now]
            if self._may_keep():
                waits.append(self._next_keep - self._clock.monotonic())
                if waits[-1] <= 0:
                    self.keep()
                    continue
            with suppress(TimeoutError):
                async with asyncio.timeout(min(waits) / SECOND if waits else None):
                    await self._changed.wait()

    def keep(self) -> None:
        """Write a checkpoint of the engine as it stands, which is after every record that is journaled."""
        begun = self._clock.monotonic()
        self._dirty, self._keeping = False, True
        seq = self._journal.last_seq

        def kept() -> None:
            self._keeping = False
            self.checkpointed = seq
            self._changed.set()

        self._journal.checkpoint(CHECKPOINT, seq, msgspec.json.encode(self._engine.dump()), kept)
        # a checkpoint of a great flood is large: it may take a twentieth of the time, no more
        now = self._clock.monotonic()
        self._next_keep = now + max(CHECKPOINT_NS, 20 * (now - begun))

    def _may_keep(self) -> bool:
        """Tell whether there is something to keep, and the journal is not still busy with what was before it."""
        return self._dirty and not self._unheard and not self._keeping

    def _touch(self) -> None:
        self._dirty = True
        self._changed.set()
