"""The rule engine: readings, operator actions and time in; transitions out. Nothing else happens here.

It is a pure machine: it reads no clock, waits for nothing and writes nothing down. Whoever holds it journals what it
returns before anyone hears of it, wakes it at `due()`, keeps `dump()` and gives it back with `load()`. The same calls
in the same order give the same transitions, byte for byte.

After a start nothing changes until readings say so: an alarm whose points have not been heard holds as it was.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from hub.model import (
    SECOND,
    Alarm,
    AlarmId,
    OperatorAction,
    Outcome,
    PointId,
    Quality,
    Reading,
    Reason,
    Rule,
    Selector,
    Site,
    Timestamp,
    Transition,
)
from rules.binding import PointsOf, anchors, operand, points_of
from rules.book import Book
from rules.condition import AGE, Truth, verdict
from rules.instance import Instance, Wire
from rules.machine import Input, Refusal
from rules.memory import Memory, from_json, to_json
from rules.timers import Timers, Waiting

_SAYS_NOTHING = frozenset({Reason.WAITING, Reason.OUT_OF_SERVICE, Reason.NOT_PROGRAMMED})
"""Bad for a reason that is nobody's news: no `on_bad_quality` acts on it."""
_ACTIONS = {"ack": Input.ACK, "reset": Input.RESET, "comment": Input.COMMENT}
_REMEMBERED = 500
"""How many answers to requests are remembered, so that a request sent twice acts once."""


class Engine:
    """All rules of a site at all the points they select."""

    def __init__(self, site: Site) -> None:
        """Compile and bind every rule. Raises ValueError naming a rule that cannot be compiled."""
        self.revision = 0
        """Grows whenever `dump()` would say something new that is in no transition: keep it again."""
        self.unbound: list[tuple[Rule, PointId, Selector]] = []
        """Operands that name no point of their device: the test is unknown for ever."""
        self._book = Book(site)
        self._timers = Timers()
        self._instances: dict[AlarmId, Instance] = {}
        self._now: Timestamp | None = None
        self._memory = Memory()
        self._answers: dict[tuple[str, str], Outcome] = {}
        points = points_of(site)
        for rule in site.rules:
            self._add(rule, site, points)
        self._ages = [w for i in self._instances.values() for w in i.wires if w.test.verb == AGE]
        self._wires: Mapping[PointId, tuple[tuple[Wire, ...], tuple[Wire, ...]]] = _by_point(self._instances.values())
        self.watched: frozenset[PointId] = frozenset(self._wires)
        """Every point that some rule watches; readings of others may be kept back."""
        self.possible: frozenset[AlarmId] = frozenset(self._instances)
        """Every alarm that these rules can raise."""
        self.aged: frozenset[PointId] = frozenset(w.point.id for w in self._ages if w.point is not None)
        """Points under `stale_for`: every refresh of theirs must be told, also one that changes nothing."""

    def _add(self, rule: Rule, site: Site, points: PointsOf) -> None:
        try:
            tests, judged = verdict(rule.when)
            for anchor in anchors(rule, site, points):
                bound = [(test, operand(test, anchor, points)) for test in tests]
                instance = Instance(rule, anchor, bound, judged)
                self._instances[instance.id] = instance
                self.unbound += [(rule, anchor.id, t.of or rule.for_each) for t, point in bound if point is None]
        except ValueError as wrong:
            raise ValueError(f"{rule.origin or 'rule'} {rule.id}: {wrong}") from wrong

    # -- readings and time ------------------------------------------------------------------------------------------

    def step(self, readings: Sequence[Reading], now: Timestamp) -> list[Transition]:
        """Return what these readings change, after everything that was due before them."""
        out = self.wake(now)
        find = self._wires.get
        bad = Quality.BAD
        for reading in readings:
            wires = find(reading.point)
            if wires is None:
                continue
            value, heard = reading.value, True
            if reading.quality is bad:
                value, heard = None, reading.reason not in _SAYS_NOTHING
            for wire in wires[0]:
                truth = wire.judge(value, wire.last)
                wire.reading = reading
                if truth is not wire.truth or heard is not wire.heard:
                    self._settle(wire, truth, heard, now, out)
            if wires[1]:
                self._refresh(wires[1], reading, now, out)
        return out

    def wake(self, now: Timestamp) -> list[Transition]:
        """Return what the passing of time alone changes: delays that end, points that have been silent too long."""
        out: list[Transition] = []
        if self._now is None:
            self._begin(now)
        elif now < self._now - SECOND:
            self._timers.shift(self._waiting(), now - self._now)
        self._now = now
        for item in self._timers.passed(now):
            if isinstance(item, Instance):
                self._consider(item, now, out)
            elif isinstance(item, Wire):
                item.deadline = None
                self._settle(item, True, True, now, out)
        return out

    def due(self) -> Timestamp | None:
        """Return when `wake` will next have something to do; 0 for at once (silence is counted from the first wake)."""
        return 0 if self._now is None and (self._ages or self._memory.pending) else self._timers.due()

    def _refresh(self, ages: Sequence[Wire], reading: Reading, now: Timestamp, out: list[Transition]) -> None:
        """Begin the wait of `stale_for` anew when the reading is fresh: not bad, and not itself marked stale."""
        fresh = reading.quality is not Quality.BAD and reading.reason is not Reason.STALE
        for age in ages:
            age.reading = reading
            if fresh:
                self._timers.set(age, now + age.span)
                if age.truth is not False:
                    self._settle(age, False, True, now, out)

    def _settle(self, wire: Wire, truth: Truth, heard: bool, now: Timestamp, out: list[Transition]) -> None:
        wire.truth = wire.instance.truths[wire.index] = truth
        wire.heard = heard
        if truth is not None and truth is not wire.last:
            wire.last = truth
            self.revision += wire.test.deadband > 0
        self._consider(wire.instance, now, out)

    def _consider(self, instance: Instance, now: Timestamp, out: list[Transition]) -> None:
        """Start, keep, cancel or end the instance's delay, as its condition now demands.

        A delay that ends while the condition is unknown waits for it to be known: then it is overdue and acts at once.
        """
        wanted = instance.wanted()
        if wanted is None:
            return
        if wanted is instance.active:
            if instance.deadline is not None:
                instance.deadline = None
                self.revision += 1
            return
        if instance.deadline is None and instance.delay:
            self._timers.set(instance, now + instance.delay)
            self.revision += 1
        elif instance.deadline is None or instance.deadline <= now:
            self._switch(instance, now, out)

    def _switch(self, instance: Instance, now: Timestamp, out: list[Transition]) -> None:
        done = self._book.switch(instance, now)
        instance.deadline = None
        if isinstance(done, Transition):
            instance.active = done.active
            out.append(done)

    def _waiting(self) -> Iterator[Waiting]:
        yield from self._instances.values()
        yield from self._ages

    # -- people -----------------------------------------------------------------------------------------------------

    def act(self, action: OperatorAction, now: Timestamp) -> Outcome:
        """Carry out what a person asks, or say why not; a request seen before gets the answer it got."""
        key = None if action.request is None else (action.who, action.request)
        if key is not None and key in self._answers:
            return self._answers[key]
        outcome = self._act(action, now)
        if key is not None:
            self._remember(key, outcome)
        return outcome

    def _act(self, action: OperatorAction, now: Timestamp) -> Outcome:
        alarm = self._book.get(action.alarm)
        happened = _ACTIONS.get(action.kind)
        if alarm is None or happened is None:
            return Outcome(refused="unknown" if alarm is None else "not_allowed", alarm=alarm)
        unnamed = happened is Input.COMMENT and action.occurrence == 0
        if action.occurrence != alarm.last.occurrence and not unnamed:
            return Outcome(refused="conflict", alarm=alarm)
        done = self._book.change(action.alarm, happened, now, who=action.who, note=action.note, request=action.request)
        if isinstance(done, Refusal):
            return Outcome(refused=done.reason, alarm=alarm)
        return Outcome(done, alarm=self._book.get(action.alarm))

    def _remember(self, key: tuple[str, str], outcome: Outcome) -> None:
        self._answers[key] = outcome
        if len(self._answers) > _REMEMBERED:
            del self._answers[next(iter(self._answers))]

    def alarms(self) -> list[Alarm]:
        """Return every alarm that a console must show, in the order in which each was first raised."""
        return [alarm for alarm in self._book.every() if alarm.retained]

    def alarm(self, alarm: AlarmId) -> Alarm | None:
        """Return one alarm, shown or not, if it ever was."""
        return self._book.get(alarm)

    def orphans(self, now: Timestamp) -> list[Transition]:
        """End every shown alarm that no rule stands behind any more; return the transitions (input `remove`)."""
        gone = [a.last.alarm for a in self.alarms() if a.last.alarm not in self._instances]
        ended = [self._book.change(alarm, Input.REMOVE, now) for alarm in gone]
        return [t for t in ended if isinstance(t, Transition)]

    # -- memory -----------------------------------------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """Return what must not be forgotten, JSON-ready."""
        kept = self._memory if self._now is None else self._running(self._now)
        answers = [o.done for o in self._answers.values() if o.done is not None]
        return to_json(replace(kept, alarms=list(self._book.every()), answers=answers))

    def _running(self, now: Timestamp) -> Memory:
        """Return the clocks that are running and the bands that values are in."""
        instances = self._instances.values()
        pending = {i.id: i.deadline for i in instances if i.deadline is not None}
        bands = {i.id: [w.key for w in i.wires if w.test.deadband and w.last] for i in instances}
        silences: dict[AlarmId, dict[str, Timestamp]] = {}
        for age in self._ages:
            if age.deadline is not None:
                silences.setdefault(age.instance.id, {})[age.key] = age.deadline
        return Memory(
            now, pending=pending, bands={alarm: keys for alarm, keys in bands.items() if keys}, silences=silences
        )

    def load(self, dump: Mapping[str, Any], after: Iterable[object] = ()) -> None:
        """Take back a dump and the records journaled `after` it, into an engine that has not begun.

        Records other than transitions, and transitions that the dump holds already, are passed over. Raises ValueError
        for a dump that cannot be read.
        """
        self._memory = from_json(dict(dump))
        for alarm in self._memory.alarms:
            self._book.put(alarm)
        answers = list(self._memory.answers)
        for t in after:
            if isinstance(t, Transition) and self._book.replay(t):
                answers.append(t)
                if t.input in (Input.RAISE.value, Input.RETURN.value):
                    self._memory.pending.pop(t.alarm, None)
        for t in answers:
            if t.request is not None and t.who is not None:
                self._remember((t.who, t.request), Outcome(t, alarm=self._book.get(t.alarm)))
        self._recall()

    def _recall(self) -> None:
        for alarm, instance in self._instances.items():
            known = self._book.get(alarm)
            instance.active = known is not None and known.last.active
            for wire in instance.wires:
                if wire.key in self._memory.bands.get(alarm, ()):
                    wire.last = True

    def _begin(self, now: Timestamp) -> None:
        """Set the clocks that were running: delays to their own end, silences to what was left of them."""
        for alarm, deadline in self._memory.pending.items():
            instance = self._instances.get(alarm)
            if instance is not None:
                self._timers.set(instance, min(deadline, now + instance.delay))
        for age in self._ages:
            kept = self._memory.silences.get(age.instance.id, {}).get(age.key)
            left = age.span if kept is None or self._memory.at is None else kept - self._memory.at
            self._timers.set(age, now + min(max(left, 0), age.span))
        self._memory = Memory()


def _by_point(instances: Iterable[Instance]) -> dict[PointId, tuple[tuple[Wire, ...], tuple[Wire, ...]]]:
    """Return, for each point, the tests of its value and the tests of its age."""
    found: dict[PointId, tuple[list[Wire], list[Wire]]] = {}
    for instance in instances:
        for wire in instance.wires:
            if wire.point is not None:
                found.setdefault(wire.point.id, ([], []))[wire.test.verb == AGE].append(wire)
    return {point: (tuple(tests), tuple(ages)) for point, (tests, ages) in found.items()}
