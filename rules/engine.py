"""The rule engine: readings, operator actions and time in; transitions out. Nothing else happens here.

It is a pure machine: it reads no clock, waits for nothing and writes nothing down. Whoever holds it journals what it
returns before anyone hears of it, wakes it at `due()`, keeps `dump()` and gives it back with `load()`. The same calls
in the same order give the same transitions, byte for byte.

After a start nothing changes until readings say so: an alarm whose points have not been heard holds as it was.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from hub.model import (
    SECOND,
    Alarm,
    AlarmId,
    DeviceEvent,
    DeviceId,
    OperatorAction,
    Outcome,
    PointId,
    Reading,
    Rule,
    Selector,
    ServiceChange,
    Site,
    Timestamp,
    Transition,
)
from rules.absences import Absences
from rules.binding import PointsOf, points_of
from rules.book import DRILL, TEST, Book
from rules.circuits import instances
from rules.families import Families
from rules.flood import Flood
from rules.folding import Folding
from rules.hours import Gate
from rules.instance import Instance, Wire
from rules.keeping import running
from rules.logic import Truth
from rules.memory import Memory, from_json, to_json
from rules.muting import Mute, Mutes
from rules.people import People
from rules.replay import follow
from rules.senses import Senses
from rules.timers import Timers, Waiting
from rules.upkeep import Said, Upkeep, Wait


class Engine:
    """All rules of a site at all the points they select."""

    def __init__(self, site: Site, *, drill: bool = False) -> None:
        """Compile and bind every rule; alarms of a `drill` bear that mark. Raises ValueError naming a wrong rule."""
        self.drill = drill
        self._revision = 0
        self.unbound: list[tuple[Rule, PointId, Selector]] = []
        """Operands that name no point of their device: the test is unknown for ever."""
        self._book = Book(site, lambda instance, at: self._upkeep.standing(instance, at), mark=DRILL if drill else None)  # noqa: PLW0108 - made later
        self._timers = Timers()
        self._instances: dict[AlarmId, Instance] = {}
        self._now: Timestamp | None = None
        self._memory = Memory()
        self._gates: dict[str, Gate] = {}
        points, zone = points_of(site), ZoneInfo(site.timezone)
        for rule in site.rules:
            self._add(rule, site, points, zone)
        self._absences = Absences(site)
        self._folding = Folding(self._instances.values(), site.devices)
        self._flood = Flood(site.operators)
        self._mutes = Mutes(self._instances.values(), zone)
        standing = (self._absences, self._folding, self._flood, self._mutes)
        self._upkeep = Upkeep(self._book, self._instances, self._timers, *standing)
        self._people = People(self._book, self._instances, self._absences, self._upkeep)
        self._families = Families(self._instances)
        self._senses = Senses(self._instances.values(), self._timers, self._settle, self._families)
        self.watched: frozenset[PointId] = self._senses.watched
        """Every point that some rule watches; readings of others may be kept back."""
        self.told_of: frozenset[tuple[DeviceId, str]] = self._senses.told_of
        """Every device and kind of event that some rule counts."""
        self.aged: frozenset[PointId] = self._senses.aged
        """Points of which every refresh must be told, also one that changes nothing (`stale_for`, `sum`, `count`)."""

    @property
    def revision(self) -> int:
        """Grows whenever `dump()` would say something new that is in no transition: keep it again."""
        return self._revision + self._senses.revision + self._mutes.revision

    @property
    def possible(self) -> frozenset[AlarmId]:
        """Every alarm that these rules watch for now."""
        return frozenset(self._instances)

    def can_raise(self, alarm: AlarmId) -> bool:
        """Tell whether these rules stand behind an alarm, now or once an event asks for it."""
        return alarm in self._instances or self._families.owns(alarm)

    def _add(self, rule: Rule, site: Site, points: PointsOf, zone: ZoneInfo) -> None:
        if rule.active is not None:
            self._gates[rule.id] = Gate(rule.id, rule.active, zone)
        try:
            for instance in instances(rule, site, points):
                instance.gate = self._gates.get(rule.id)
                self._instances[instance.id] = instance
                own = instance.wires[: instance.circuit.own]
                missing = [w.test for w in own if w.point is None and not w.hears_events]
                self.unbound += [(rule, instance.anchor.id, t.of or rule.for_each) for t in missing]
        except ValueError as wrong:
            raise ValueError(f"{rule.origin or 'rule'} {rule.id}: {wrong}") from wrong

    # -- readings and time ------------------------------------------------------------------------------------------

    def step(self, readings: Sequence[Reading], now: Timestamp, events: Sequence[DeviceEvent] = ()) -> Said:
        """Return what these readings and events change, after everything that was due before them."""
        out = self.wake(now)
        at = self._now or now
        self._senses.hear(readings, at, out)
        if events:
            self._senses.told(events, at, out)
        return out

    def wake(self, now: Timestamp) -> Said:
        """Return what the passing of time alone changes: delays and holds that end, points that are silent too long."""
        out: Said = []
        if self._now is None:
            self._begin(now, out)
        elif now < self._now - SECOND:
            out += self.shift(now - self._now, now)
        self._now = now = max(now, self._now or now)  # a clock that trembles stands still
        for item in self._timers.passed(now):
            if isinstance(item, Instance):
                self._consider(item, now, out)
            elif isinstance(item, Wire):
                self._senses.wake(item, now, out)
            elif isinstance(item, Gate):
                self._turn(item, now, out)
            elif isinstance(item, Wait | Mute):
                self._upkeep.passed(item, now, out)
        return out

    def due(self) -> Timestamp | None:
        """Return when `wake` will next have something to do; 0 for at once (silence is counted from the first wake)."""
        senses, memory = self._senses.waiting or self._gates or self._mutes, self._memory
        waits = senses or memory.pending or any(True for _ in self._book.every()) or self._absences.every()
        return 0 if self._now is None and waits else self._timers.due()

    def shift(self, by: int, now: Timestamp) -> Said:
        """Take note that the wall clock was set by `by` ns and shows `now`; return what that changes."""
        out: Said = []
        if self._now is not None:
            self._now = now
            self._timers.shift(self._waiting(), by)
            self._senses.shift(by)
            for gate in self._gates.values():
                self._turn(gate, now, out)
            self._upkeep.look_at_mutes(now, out)
        return out

    def _turn(self, gate: Gate, now: Timestamp, out: Said) -> None:
        """The hours of a rule have begun or ended."""
        self._timers.set(gate, gate.turn(now))
        for instance in self._instances.values():
            if instance.gate is gate:
                self._consider(instance, now, out)

    def _settle(self, wire: Wire, truth: Truth, heard: bool, now: Timestamp, out: Said) -> None:
        wire.truth = wire.instance.truths[wire.index] = truth
        wire.heard = heard
        if truth is not None and truth is not wire.last:
            wire.last = truth
            self._revision += wire.test.deadband > 0
        instance = wire.instance
        if wire.index >= instance.circuit.tried:
            self._upkeep.mute(self._mutes.get(instance.id), now, out)
        if instance.test_over:
            # the test is over and the condition is not: what was a test alarm is now a real one
            self._switch(instance, now, out)
        self._consider(instance, now, out)

    def _consider(self, instance: Instance, now: Timestamp, out: Said) -> None:
        """Start, keep, cancel or end the instance's delay, as its condition now demands.

        A delay that ends while the condition is unknown waits for it to be known: then it is overdue and acts at once.
        """
        wanted = instance.wanted()
        if wanted is None:
            return
        if wanted is instance.active:
            if instance.deadline is not None:
                instance.deadline = None
                self._revision += 1
            return
        if instance.deadline is None and instance.delay:
            self._timers.set(instance, now + instance.delay)
            self._revision += 1
        elif instance.deadline is None or instance.deadline <= now:
            self._switch(instance, now, out)

    def _switch(self, instance: Instance, now: Timestamp, out: Said) -> None:
        done = self._book.switch(instance, now)
        instance.deadline = None
        if isinstance(done, Transition):
            instance.active, instance.marked = done.active, done.mark == TEST
            if instance.born is not None:
                instance.born(instance)
        self._upkeep.tell(done, out)

    def _waiting(self) -> Iterator[Waiting]:
        return chain(self._instances.values(), self._gates.values(), self._senses.waits(), self._upkeep.waits())

    @property
    def instances(self) -> Mapping[AlarmId, Instance]:
        """Every alarm that these rules can raise, as it is wired."""
        return self._instances

    def look_again(self, wires: Iterable[Wire], last: Mapping[PointId, Reading], now: Timestamp) -> Said:
        """Let new tests hear the last readings of their points, then consider every alarm; return what that changes."""
        out: Said = []
        for wire in wires:
            if wire.point is not None and wire.lens is None and (reading := last.get(wire.point.id)) is not None:
                self._senses.hear_one(wire, reading, now, out)
        for instance in self._instances.values():
            self._consider(instance, now, out)
        return out

    # -- people -----------------------------------------------------------------------------------------------------

    def act(self, action: OperatorAction, now: Timestamp) -> Outcome:
        """Carry out what a person asks, or say why not; a request seen before gets the answer it got."""
        return self._people.act(action, now)

    def out_of_service(self) -> list[ServiceChange]:
        """Return everything that people took out of service, oldest first."""
        return self._absences.every()

    def alarms(self) -> list[Alarm]:
        """Return every alarm that a console must show, in the order in which each was first raised."""
        return [alarm for alarm in self._book.every() if alarm.retained]

    def alarm(self, alarm: AlarmId) -> Alarm | None:
        """Return one alarm, shown or not, if it ever was."""
        return self._book.get(alarm)

    def orphans(self, now: Timestamp, who: str | None = None) -> Said:
        """End every shown alarm that no rule stands behind any more, free what only such an alarm held; return that."""
        out: Said = []
        self._upkeep.orphans(now, out, who)
        return out

    # -- memory -----------------------------------------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """Return what must not be forgotten, JSON-ready."""
        instances, now = self._instances.values(), self._now
        kept = self._memory if now is None else running(now, instances, self._senses, self._mutes)
        standing = {"alarms": list(self._book.every()), "service": self._absences.every(), "flood": self._flood.kept()}
        return to_json(replace(kept, answers=self._people.answers(), **standing))

    def load(self, dump: Mapping[str, Any], after: Iterable[object] = ()) -> None:
        """Take back a dump and the records journaled `after` it, into an engine that has not begun.

        Records that the dump holds already are passed over. Raises ValueError for a dump that cannot be read.
        """
        self._memory = from_json(dict(dump))
        for alarm in self._memory.alarms:
            self._book.put(alarm)
        for change in self._memory.service:
            self._absences.take(change)
        self._flood.recall(self._memory.flood)
        news = follow(after, self._book, self._absences, self._flood, self._memory.pending)
        self._people.recall([*self._memory.answers, *news])
        self._families.recall(self._memory, self._book)
        self._recall()

    def _recall(self) -> None:
        for alarm, instance in self._instances.items():
            known = self._book.get(alarm)
            instance.active = known is not None and known.last.active
            instance.marked = known is not None and known.last.mark == TEST
            for wire in instance.wires:
                if wire.key in self._memory.bands.get(alarm, ()):
                    wire.last = True
        self._senses.recall(self._memory)
        self._mutes.recall(self._memory, self._book)

    def _begin(self, now: Timestamp, out: Said) -> None:
        """Set the clocks that were running: delays to their own end, silences to what was left of them."""
        for alarm, deadline in self._memory.pending.items():
            instance = self._instances.get(alarm)
            if instance is not None:
                self._timers.set(instance, min(deadline, now + instance.delay))
        for gate in self._gates.values():
            self._turn(gate, now, out)
        self._senses.begin(self._memory, now, out)
        self._upkeep.begin(now, out)
        self._memory = Memory()
