"""What follows from a transition by itself: shelving that ends, reminders, consequences that fold, service resumed.

Every deadline here follows from the journal (when a hold ends, when somebody acknowledged, when a failure returned), so
nothing of it has to be kept: after a restart the same deadlines are set from the same alarms.
"""

from collections.abc import Iterator, Mapping
from itertools import chain

from hub.model import Alarm, AlarmId, Hold, HoldKind, ServiceChange, SystemNote, Timestamp, Transition
from rules.absences import Absences, hold_of
from rules.book import Book
from rules.flood import Flood, rings
from rules.folding import Folding
from rules.instance import Instance
from rules.machine import Input, Refusal
from rules.muting import MUTE, Mute, Mutes, muted
from rules.timers import Timers, Waiting

Said = list[Transition | ServiceChange | SystemNote]
"""What the rules say, in order."""


class Wait(Waiting):
    """Something of an alarm or a scope that ends by time. An end that people were told does not move with the clock."""

    __slots__ = ("key", "what")

    def __init__(self, what: str, key: str) -> None:
        super().__init__()
        self.what = what
        self.key = key

    @property
    def fixed(self) -> bool:
        """Whether its deadline is an instant that somebody named."""
        return self.what in (Input.UNSHELVE, Input.IN_SERVICE)


FLOOD = "flood"
"""What waits for the end of a flood."""


class Upkeep:
    """Follows every transition, and does what is due."""

    def __init__(
        self,
        book: Book,
        instances: Mapping[AlarmId, Instance],
        timers: Timers,
        absences: Absences,
        folding: Folding,
        flood: Flood,
        mutes: Mutes,
    ) -> None:
        self._book = book
        self._instances = instances
        self._timers = timers
        self._absences = absences
        self._folding = folding
        self._flood = flood
        self._mutes = mutes
        self._waits: dict[tuple[str, str], Wait] = {}

    def waits(self) -> Iterator[Waiting]:
        """Give everything that may have a deadline."""
        return chain(self._waits.values(), self._mutes.every())

    def begin(self, now: Timestamp, out: Said) -> None:
        """Set every deadline that follows from the alarms as they stand, and look at every mute."""
        self.look_at_mutes(now, out)
        for alarm in self._book.every():
            self._deadlines(alarm)
        for change in self._absences.every():
            self._until(Input.IN_SERVICE, change.scope, change.until)
        self._until(FLOOD, "", self._flood.due())
        for parent in self._folding.parents():
            known, instance = self._book.get(parent), self._instances[parent]
            if known is not None and not instance.active and known.returned_at is not None:
                self._linger(parent, min(known.returned_at, now))

    def standing(self, instance: Instance, at: Timestamp) -> tuple[Hold, ...]:
        """Return what holds an alarm that is raised now: what is out of service, its cause, what mutes it."""
        folded = self._folding.hold(instance, at)
        by_design = self._mutes.hold(instance, at)
        return (*self._absences.holds(instance.anchor), *(() if folded is None else (folded,)), *by_design)

    # -- after a transition -----------------------------------------------------------------------------------------

    def tell(self, t: Transition | Refusal, out: Said) -> None:
        """Say a transition, then whatever follows from it; a refusal says nothing."""
        if isinstance(t, Refusal):
            return
        out.append(t)
        if rings(t) and (began := self._flood.take(t.at)) is not None:
            self._until(FLOOD, "", self._flood.due())
            out.append(began)
        alarm = self._book.get(t.alarm)
        if alarm is not None:
            self._deadlines(alarm)
        if t.input == Input.RETURN.value and any(hold.once for hold in t.holds):
            self.tell(self._book.free(t.alarm, Input.UNSHELVE, t.at), out)
        if self._folding.below(t.alarm):
            self._fold(t, out)

    def _deadlines(self, alarm: Alarm) -> None:
        t = alarm.last
        shelved = next((hold for hold in t.holds if hold.kind is HoldKind.SHELVED), None)
        self._until(Input.UNSHELVE, t.alarm, None if shelved is None else shelved.until)
        instance = self._instances.get(t.alarm)
        after = 0 if instance is None else instance.rule.realarm_after
        waiting = after and t.active and not t.holds and alarm.acked_at is not None
        self._until(Input.REALARM, t.alarm, (alarm.acked_at or 0) + after if waiting else None)

    def _until(self, what: str, key: str, deadline: Timestamp | None) -> None:
        wait = self._waits.get((what, key))
        if deadline is not None:
            if wait is None:
                wait = self._waits[what, key] = Wait(what, key)
            self._timers.set(wait, deadline)
        elif wait is not None:
            wait.deadline = None
            if wait.queued is None:
                del self._waits[what, key]

    # -- by time ----------------------------------------------------------------------------------------------------

    def passed(self, wait: Wait | Mute, now: Timestamp, out: Said) -> None:
        """Do what is due."""
        if isinstance(wait, Mute):
            self.mute(wait, now, out)
            return
        self._until(wait.what, wait.key, None)
        match wait.what:
            case Input.UNSHELVE:
                self.tell(self._book.free(wait.key, Input.UNSHELVE, now), out)
            case Input.REALARM:
                self.tell(self._book.change(wait.key, Input.REALARM, now), out)
            case Input.IN_SERVICE:
                self.put_back(ServiceChange(wait.key, out=False, at=now), out)
            case Input.UNSUPPRESS:
                self._unfold(wait.key, now, out)
            case _:
                ended = self._flood.wake(now)
                out += [] if ended is None else [ended]
                self._until(FLOOD, "", self._flood.due())

    # -- service ----------------------------------------------------------------------------------------------------

    def take_out(self, change: ServiceChange, out: Said) -> None:
        """Take a scope out of service: hold every alarm in it that stands."""
        self._absences.take(change)
        self._until(Input.IN_SERVICE, change.scope, change.until)
        out.append(change)
        for alarm in list(self._book.every()):
            t = alarm.last
            if alarm.retained and t.alarm in self._instances and change.covers(t.zone, t.device, t.point):
                self.tell(self._book.hold(t.alarm, Input.OUT_OF_SERVICE, hold_of(change), change.at), out)

    def put_back(self, change: ServiceChange, out: Said) -> None:
        """Put a scope back into service: judge every alarm in it anew."""
        self._absences.take(change)
        self._until(Input.IN_SERVICE, change.scope, None)
        out.append(change)
        for alarm in list(self._book.every()):
            if any(hold.by == change.scope for hold in alarm.last.holds):
                freed = self._book.free(alarm.last.alarm, Input.IN_SERVICE, change.at, by=change.scope, action=change)
                self.tell(freed, out)

    # -- mutes ------------------------------------------------------------------------------------------------------

    def look_at_mutes(self, now: Timestamp, out: Said) -> None:
        """Judge every mute anew."""
        for mute in self._mutes.every():
            self.mute(mute, now, out)

    def mute(self, mute: Mute | None, now: Timestamp, out: Said) -> None:
        """Judge a mute (if there is one) anew: hold the alarm if it stands, or let its condition judge it again."""
        if mute is None:
            return
        self._mutes.look(mute, now, self._timers)
        alarm, known = mute.instance.id, self._book.get(mute.instance.id)
        if known is None:
            return
        held = muted(known.last.holds)
        if mute.until is None and held:
            self.tell(self._book.free(alarm, Input.UNSUPPRESS, now, by=MUTE), out)
        elif mute.until is not None and mute.instance.active and not held:
            self.tell(self._book.hold(alarm, Input.SUPPRESS, mute.hold(now), now), out)

    # -- folding ----------------------------------------------------------------------------------------------------

    def _fold(self, t: Transition, out: Said) -> None:
        """A failure has begun or ended: fold what stands behind it, or let it wait for its grace time."""
        if t.input == Input.RAISE.value:
            self._folding.lingering.discard(t.alarm)
            self._until(Input.UNSUPPRESS, t.alarm, None)
            for child in self._folding.below(t.alarm):
                self._fold_one(child, t.at, out)
        elif t.input == Input.RETURN.value:
            self._linger(t.alarm, t.at)

    def _fold_one(self, child: Instance, at: Timestamp, out: Said) -> None:
        known = self._book.get(child.id)
        hold = self._folding.hold(child, at)
        if known is not None and child.active and hold is not None and known.last.folded_under is None:
            self.tell(self._book.hold(child.id, Input.SUPPRESS, hold, at), out)

    def _linger(self, parent: AlarmId, since: Timestamp) -> None:
        self._folding.lingering.add(parent)
        self._until(Input.UNSUPPRESS, parent, since + self._folding.grace(parent))

    def _unfold(self, parent: AlarmId, now: Timestamp, out: Said) -> None:
        self._folding.lingering.discard(parent)
        for child in self._folding.below(parent):
            known = self._book.get(child.id)
            if known is not None and known.last.folded_under == parent:
                self._judge_again(child, f"alarm:{parent}", now, out)

    def _judge_again(self, child: Instance, by: str, now: Timestamp, out: Said) -> None:
        other = self._folding.hold(child, now) if child.active else None
        if other is None:
            self.tell(self._book.free(child.id, Input.UNSUPPRESS, now, by=by), out)
        else:
            self.tell(self._book.hold(child.id, Input.SUPPRESS, other, now, instead=by), out)

    def orphans(self, now: Timestamp, out: Said, who: str | None = None) -> None:
        """End every shown alarm that no rule stands behind any more, and free what only such an alarm or rule held;
        `who` changed the rules.
        """
        shown = [alarm.last.alarm for alarm in self._book.every() if alarm.retained]
        for gone in (alarm for alarm in shown if alarm not in self._instances):
            self.tell(self._book.change(gone, Input.REMOVE, now, who=who), out)
        self._strays(now, out)

    def _strays(self, now: Timestamp, out: Said) -> None:
        """Free what is folded under something that no longer stands above it, or muted by a rule that mutes nothing
        any more: the configuration has changed.
        """
        for alarm in list(self._book.every()):
            if muted(alarm.last.holds) and self._mutes.get(alarm.last.alarm) is None:
                self.tell(self._book.free(alarm.last.alarm, Input.UNSUPPRESS, now, by=MUTE), out)
            parent = alarm.last.folded_under
            if parent is not None and not self._folding.may(alarm.last.alarm, parent):
                self.tell(self._book.free(alarm.last.alarm, Input.UNSUPPRESS, now, by=f"alarm:{parent}"), out)
