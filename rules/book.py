"""Every alarm there ever was, and the only place where transitions are made: the table decides, the book writes."""

from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import replace

from hub.model import (
    Alarm,
    AlarmId,
    Hold,
    HoldKind,
    OperatorAction,
    ServiceChange,
    Site,
    Timestamp,
    Transition,
    fold,
)
from rules.groups import Groups, group_of
from rules.instance import Instance
from rules.machine import HOLDING, NORMAL, Flags, Input, Refusal, advance
from rules.seeing import Seeing
from rules.wording import render

TEST = "TEST"
"""The mark of an alarm that is raised while its place is under test: shown with that word, told to nobody outside."""
DRILL = "DRILL"
"""The mark of every other alarm of a drill: like TEST, but it latches and counts as it would if it were real."""

Standing = Callable[[Instance, Timestamp], tuple[Hold, ...]]
"""What holds an alarm that is raised at this place now, whatever held it before."""


class Book:
    """Alarms by id, also those long normal: their numbering never starts anew."""

    def __init__(self, site: Site, standing: Standing = lambda _instance, _at: (), *, mark: str | None = None) -> None:
        """`mark`: what every alarm bears that is not under test."""
        self._site = site
        self._mark = mark
        self._standing = standing
        self._groups = Groups()
        self._seeing = Seeing(site)
        self._alarms: dict[AlarmId, Alarm] = {}

    def get(self, alarm: AlarmId) -> Alarm | None:
        """Return an alarm, if it ever was."""
        return self._alarms.get(alarm)

    def every(self) -> Iterable[Alarm]:
        """Return every alarm there ever was."""
        return self._alarms.values()

    def put(self, alarm: Alarm) -> None:
        """Take an alarm as it was kept."""
        self._alarms[alarm.last.alarm] = alarm
        self._groups.take(alarm)

    def replay(self, t: Transition) -> bool:
        """Take a journaled transition; tell whether it was news (an older `n` is not)."""
        known = self._alarms.get(t.alarm)
        if known is not None and t.n <= known.last.n:
            return False
        self.put(fold(known, t))
        return True

    def switch(self, instance: Instance, at: Timestamp) -> Transition | Refusal:
        """Raise the alarm of an instance, or let it return, whichever it is not."""
        if instance.active:
            return self.change(instance.id, Input.RETURN, at, cause=instance.cause())
        return self._raise(instance, at)

    def _raise(self, instance: Instance, at: Timestamp) -> Transition | Refusal:
        rule, anchor = instance.rule, instance.anchor
        known = self._alarms.get(instance.id)
        holds = (*_own(known), *self._standing(instance, at))
        trial = instance.under_test
        before = _under(NORMAL if known is None else flags(known.last), holds)
        cell = advance(before, Input.RAISE, latching=rule.latch and not trial)
        if isinstance(cell, Refusal):
            return cell
        group = group_of(rule, anchor)
        return self._write(
            Transition(
                alarm=instance.id,
                occurrence=1 if known is None else known.last.occurrence + cell.new_occurrence,
                n=1 if known is None else known.last.n + 1,
                input=Input.RAISE.value,
                active=cell.flags.active,
                acked=cell.flags.acked,
                latched=cell.flags.latched,
                priority=rule.priority,
                category=rule.category,
                rule=rule.id,
                device=anchor.device.id,
                point=None if anchor.point is None else anchor.point.id,
                zone=anchor.zone,
                text=render(rule.text, anchor, self._site, instance.value(), instance.event()),
                cause=instance.cause(),
                at=at,
                instructions=rule.instructions or self._zone_instructions(anchor.zone),
                holds=holds,
                group=group,
                first=self._groups.first(group, instance.id, known),
                mark=TEST if trial else self._mark,
                cameras=self._seeing.of(rule, anchor),
            )
        )

    def change(
        self,
        alarm: AlarmId,
        happened: Input,
        at: Timestamp,
        *,
        cause: dict[str, Any] | None = None,
        action: OperatorAction | None = None,
        who: str | None = None,
    ) -> Transition | Refusal:
        """Write a change that is neither a raise nor about a hold; the alarm must be known. Without `cause` the last
        one stands.
        """
        last = self._alarms[alarm].last
        holds = () if happened is Input.REMOVE else last.holds
        said = {**_said(action, who), "cause": last.cause if cause is None else cause}
        return self._step(last, happened, at, holds, said)

    def hold(
        self,
        alarm: AlarmId,
        happened: Input,
        hold: Hold,
        at: Timestamp,
        *,
        instead: str | None = None,
        request: str | None = None,
    ) -> Transition | Refusal:
        """Begin a hold on a known alarm, or give it another end; `instead`: what it takes the place of (`Hold.by`)."""
        last = self._alarms[alarm].last
        gone = {(hold.kind, hold.by), (hold.kind, hold.by if instead is None else instead)}
        holds = (*(h for h in last.holds if (h.kind, h.by) not in gone), hold)
        return self._step(last, happened, at, holds, {"who": hold.who, "note": hold.why, "request": request})

    def free(
        self,
        alarm: AlarmId,
        happened: Input,
        at: Timestamp,
        *,
        by: str = "",
        action: OperatorAction | ServiceChange | None = None,
    ) -> Transition | Refusal:
        """End what holds a known alarm, as somebody asked or by itself; another hold of the same kind stays."""
        last = self._alarms[alarm].last
        kind = HOLDING[happened][0]
        left = tuple(h for h in last.holds if (h.kind, h.by) != (kind, by))
        said = _said(action)
        if len(left) < len(last.holds) and any(h.kind is kind for h in left):
            return self._next(last, happened, at, holds=left, **said)
        return self._step(last, happened, at, left, said)

    def _step(
        self, last: Transition, happened: Input, at: Timestamp, holds: tuple[Hold, ...], said: dict[str, Any]
    ) -> Transition | Refusal:
        cell = advance(flags(last), happened, category=last.category)
        if isinstance(cell, Refusal):
            return cell
        active, acked, latched = cell.flags[:3]
        return self._next(last, happened, at, active=active, acked=acked, latched=latched, holds=holds, **said)

    def _next(self, last: Transition, happened: Input, at: Timestamp, **changed: Any) -> Transition:
        return self._write(replace(last, n=last.n + 1, input=happened.value, at=at, **changed))

    def _write(self, t: Transition) -> Transition:
        self.put(fold(self._alarms.get(t.alarm), t))
        return t

    def _zone_instructions(self, zone: str) -> str | None:
        """Return the instructions of the zone or of the nearest zone around it."""
        place = self._site.zones.get(zone)
        while place is not None and place.instructions is None:
            place = None if place.parent is None else self._site.zones.get(place.parent)
        return None if place is None else place.instructions


def flags(t: Transition) -> Flags:
    """Return the six flags of an alarm after a transition."""
    return _under(Flags(t.active, t.acked, t.latched), t.holds)


def _under(life: Flags, holds: Iterable[Hold]) -> Flags:
    kinds = {hold.kind for hold in holds}
    return Flags(*life[:3], *(kind in kinds for kind in HoldKind))


def _said(action: OperatorAction | ServiceChange | None, who: str | None = None) -> dict[str, Any]:
    """Return who did it, with what words."""
    if action is None:
        return {"who": who, "note": None, "request": None}
    return {"who": action.who, "note": action.note, "request": action.request}


def _own(alarm: Alarm | None) -> tuple[Hold, ...]:
    """Return what holds an alarm for itself: that it is shelved."""
    return () if alarm is None else tuple(hold for hold in alarm.last.holds if not hold.by)
