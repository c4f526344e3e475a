"""What the rules see and hear: readings, events and time, given to the tests that listen to them.

Three sorts of tests hang on a point: those of its value, those of its age (`stale_for`), and those that look through a
window. Whatever a test then says goes to `settle`, which decides what it means for the alarm.

Windows go by the time at which the hub hears, which never runs backwards: late and repeated readings are heard when
they come. An event that comes later than its window is long counts for nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from hub.model import SECOND, AlarmId, DeviceEvent, DeviceId, PointId, Quality, Reading, Reason, Timestamp
from rules.condition import AGE
from rules.families import Families
from rules.instance import Instance, Wire
from rules.logic import Truth
from rules.memory import Memory
from rules.pasts import EACH_READING, Match, matching
from rules.timers import Timers, Waiting
from rules.upkeep import Said

_SAYS_NOTHING = frozenset({Reason.WAITING, Reason.OUT_OF_SERVICE, Reason.NOT_PROGRAMMED})
"""Bad for a reason that is nobody's news: no `on_bad_quality` acts on it."""
_KEEP_EVERY = 5 * SECOND
"""How old what is kept of windows may be: a crash loses no more of them."""

Settle = Callable[[Wire, Truth, bool, Timestamp, Said], None]
_Ears = tuple[tuple[Wire, ...], tuple[Wire, ...], tuple[Wire, ...]]


class Senses:
    """Every test of every alarm, by what it listens to."""

    def __init__(self, instances: Iterable[Instance], timers: Timers, settle: Settle, families: Families) -> None:
        self._timers = timers
        self._families = families
        self._settle = settle
        self.revision = 0
        """Grows when windows have changed enough to be kept again."""
        self._kept: Timestamp = 0
        wires = [w for instance in instances for w in instance.wires]
        self._ages = [w for w in wires if w.test.verb == AGE]
        self._lenses = [w for w in wires if w.lens is not None]
        self._points = _by_point(wires)
        self._events = _by_event(wires)
        self.watched: frozenset[PointId] = frozenset(self._points)
        each = (w for w in self._lenses if w.lens is not None and w.lens.window.fold in EACH_READING)
        self.aged: frozenset[PointId] = frozenset(w.point.id for w in [*self._ages, *each] if w.point is not None)
        self.told_of: frozenset[tuple[DeviceId, str]] = frozenset(self._events)

    @property
    def waiting(self) -> bool:
        """Whether something must be set at the first wake."""
        return bool(self._ages) or bool(self._events)

    # -- readings ---------------------------------------------------------------------------------------------------

    def hear(self, readings: Sequence[Reading], now: Timestamp, out: Said) -> None:
        """Give readings to the tests that listen to their points."""
        find = self._points.get
        settle = self._settle
        bad = Quality.BAD
        for reading in readings:
            ears = find(reading.point)
            if ears is None:
                continue
            value, heard = reading.value, True
            if reading.quality is bad:
                value, heard = None, reading.reason not in _SAYS_NOTHING
            for wire in ears[0]:
                truth = wire.judge(value, wire.last)
                wire.reading = reading
                if truth is not wire.truth or heard is not wire.heard:
                    settle(wire, truth, heard, now, out)
            if ears[1]:
                self._refresh(ears[1], reading, now, out)
            for wire in ears[2]:
                wire.reading = reading
                self._push(wire, value, heard, now, out)

    def hear_one(self, wire: Wire, reading: Reading, now: Timestamp, out: Said) -> None:
        """Give a reading to one test that has no window."""
        if wire.test.verb == AGE:
            self._refresh((wire,), reading, now, out)
            return
        bad = reading.quality is Quality.BAD
        wire.reading = reading
        truth = wire.judge(None if bad else reading.value, wire.last)
        self._settle(wire, truth, not bad or reading.reason not in _SAYS_NOTHING, now, out)

    def _refresh(self, ages: Sequence[Wire], reading: Reading, now: Timestamp, out: Said) -> None:
        """Begin the wait of `stale_for` anew when the reading is fresh: not bad, and not itself marked stale."""
        fresh = reading.quality is not Quality.BAD and reading.reason is not Reason.STALE
        for age in ages:
            age.reading = reading
            if fresh:
                self._timers.set(age, now + age.span)
                if age.truth is not False:
                    self._settle(age, False, True, now, out)

    def _push(self, wire: Wire, value: Any, heard: bool, now: Timestamp, out: Said) -> None:
        lens = wire.lens
        if lens is None:
            return
        lens.past.push(lens.feed(value), now)
        if now - self._kept >= _KEEP_EVERY:
            self._kept, self.revision = now, self.revision + 1
        self._look(wire, heard, now, out)

    def _look(self, wire: Wire, heard: bool, now: Timestamp, out: Said) -> None:
        """Judge what a window says now, and set when time alone may change it."""
        lens = wire.lens
        if lens is None:
            return
        lens.seen = number = lens.past.look(now)
        truth = None if number is None else wire.judge(number, wire.last)
        if (
            number is not None
            and lens.covered
            and not (truth is True and lens.sure)
            and not lens.past.cover.enough(now)
        ):
            # too little is known: that is no bad quality, it holds until there is more
            truth, heard = None, False
        due = lens.next_look(truth, now)
        if due is None:
            wire.deadline = None
        else:
            self._timers.set(wire, max(due, now + 1))
        if truth is not wire.truth or heard is not wire.heard:
            self._settle(wire, truth, heard, now, out)

    # -- events and time --------------------------------------------------------------------------------------------

    def told(self, events: Sequence[DeviceEvent], now: Timestamp, out: Said) -> None:
        """Give events to the tests that count them."""
        for event in events:
            for wire, match in self._events.get((event.device, event.kind), ()):
                if wire.lens is not None and match(event) and _in_time(event, wire.lens.window.span, now):
                    self._count(self._families.wire(wire, event, now), event, now, out)

    def _count(self, wire: Wire, event: DeviceEvent, now: Timestamp, out: Said) -> None:
        lens = wire.lens
        if lens is None:
            return
        if lens.window.distinct is None:
            lens.past.add(1, now)
        elif (value := event.attributes.get(lens.window.distinct)) is not None:
            lens.past.see(value, now)
        wire.event = event
        self.revision += 1
        self._look(wire, True, now, out)

    def wake(self, wire: Wire, now: Timestamp, out: Said) -> None:
        """Do what time alone makes true: silence that is too long, windows that have moved on."""
        wire.deadline = None
        if wire.lens is None:
            self._settle(wire, True, True, now, out)
        else:
            self._look(wire, wire.heard or wire.truth is None, now, out)

    def waits(self) -> Iterator[Waiting]:
        """Give everything that may have a deadline."""
        yield from self._ages
        yield from self._windows()

    def _windows(self) -> Iterator[Wire]:
        return chain(self._lenses, self._families.wires())

    def shift(self, by: int) -> None:
        """Move the times of all windows: the wall clock was stepped."""
        self._kept += by
        for wire in self._windows():
            if wire.lens is not None:
                wire.lens.past.shift(by)

    # -- memory -----------------------------------------------------------------------------------------------------

    def silences(self) -> dict[AlarmId, dict[str, Timestamp]]:
        """Return when each `stale_for` will be true."""
        found: dict[AlarmId, dict[str, Timestamp]] = {}
        for age in self._ages:
            if age.deadline is not None:
                found.setdefault(age.instance.id, {})[age.key] = age.deadline
        return found

    def windows(self) -> dict[AlarmId, dict[str, dict[str, Any]]]:
        """Return what is in each window."""
        found: dict[AlarmId, dict[str, dict[str, Any]]] = {}
        for wire in self._windows():
            if wire.lens is not None:
                found.setdefault(wire.instance.id, {})[wire.key] = wire.lens.past.dump()
        return found

    def recall(self, memory: Memory) -> None:
        """Take back the windows; what they see is unknown until it is heard again. Raises ValueError."""
        for wire in self._windows():
            kept = memory.windows.get(wire.instance.id, {}).get(wire.key)
            if kept is None or wire.lens is None:
                continue
            try:
                wire.lens.past.load(kept, memory.at or 0)
            except (KeyError, TypeError, IndexError, ValueError) as wrong:
                raise ValueError(f"the window of {wire.instance.id} cannot be read: {wrong}") from wrong

    def begin(self, memory: Memory, now: Timestamp, out: Said) -> None:
        """Set the clocks of silence to what was left of them, and look at what was counted."""
        for age in self._ages:
            kept = memory.silences.get(age.instance.id, {}).get(age.key)
            left = age.span if kept is None or memory.at is None else kept - memory.at
            self._timers.set(age, now + min(max(left, 0), age.span))
        for wire in chain((wire for ears in self._events.values() for wire, _ in ears), self._families.wires()):
            self._look(wire, True, now, out)


def _in_time(event: DeviceEvent, span: int, now: Timestamp) -> bool:
    return event.source_time is None or now - event.source_time < span


def _by_point(wires: Iterable[Wire]) -> dict[PointId, _Ears]:
    """Return, for each point, the tests of its value, of its age, and of its past."""
    found: dict[PointId, tuple[list[Wire], list[Wire], list[Wire]]] = {}
    for wire in wires:
        if wire.point is not None:
            sort = 2 if wire.lens is not None else int(wire.test.verb == AGE)
            found.setdefault(wire.point.id, ([], [], []))[sort].append(wire)
    return {point: (tuple(a), tuple(b), tuple(c)) for point, (a, b, c) in found.items()}


def _by_event(wires: Iterable[Wire]) -> dict[tuple[DeviceId, str], list[tuple[Wire, Match]]]:
    found: dict[tuple[DeviceId, str], list[tuple[Wire, Match]]] = {}
    for wire in wires:
        kind = wire.instance.rule.for_each.event
        if kind is not None and wire.hears_events and wire.lens is not None:
            place = (wire.instance.anchor.device.id, kind)
            found.setdefault(place, []).append((wire, matching(wire.lens.window)))
    return found
