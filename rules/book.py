"""Every alarm there ever was, and the only place where transitions are made: the table decides, the book writes."""

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from hub.model import Alarm, AlarmId, Site, Timestamp, Transition, fold
from rules.instance import Instance
from rules.machine import NORMAL, Flags, Input, Refusal, advance
from rules.wording import render


class Book:
    """Alarms by id, also those long normal: their numbering never starts anew."""

    def __init__(self, site: Site) -> None:
        self._site = site
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

    def replay(self, t: Transition) -> bool:
        """Take a journaled transition; tell whether it was news (an older `n` is not)."""
        known = self._alarms.get(t.alarm)
        if known is not None and t.n <= known.last.n:
            return False
        self._alarms[t.alarm] = fold(known, t)
        return True

    def switch(self, instance: Instance, at: Timestamp) -> Transition | Refusal:
        """Raise the alarm of an instance, or let it return, whichever it is not."""
        if instance.active:
            return self.change(instance.id, Input.RETURN, at, cause=instance.cause())
        return self._raise(instance, at)

    def _raise(self, instance: Instance, at: Timestamp) -> Transition | Refusal:
        rule, anchor = instance.rule, instance.anchor
        known = self._alarms.get(instance.id)
        cell = advance(_flags(known), Input.RAISE, latching=rule.latch)
        if isinstance(cell, Refusal):
            return cell
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
                text=render(rule.text, anchor, self._site, instance.value()),
                cause=instance.cause(),
                at=at,
                instructions=rule.instructions or self._zone_instructions(anchor.zone),
            )
        )

    def change(
        self,
        alarm: AlarmId,
        happened: Input,
        at: Timestamp,
        *,
        cause: dict[str, Any] | None = None,
        who: str | None = None,
        note: str | None = None,
        request: str | None = None,
    ) -> Transition | Refusal:
        """Write any change but a raise; the alarm must be known. Without `cause` the last one stands."""
        last = self._alarms[alarm].last
        cell = advance(Flags(last.active, last.acked, last.latched), happened)
        if isinstance(cell, Refusal):
            return cell
        return self._write(
            replace(
                last,
                n=last.n + 1,
                input=happened.value,
                active=cell.flags.active,
                acked=cell.flags.acked,
                latched=cell.flags.latched,
                cause=last.cause if cause is None else cause,
                at=at,
                who=who,
                note=note,
                request=request,
            )
        )

    def _write(self, t: Transition) -> Transition:
        self._alarms[t.alarm] = fold(self._alarms.get(t.alarm), t)
        return t

    def _zone_instructions(self, zone: str) -> str | None:
        """Return the instructions of the zone or of the nearest zone around it."""
        place = self._site.zones.get(zone)
        while place is not None and place.instructions is None:
            place = None if place.parent is None else self._site.zones.get(place.parent)
        return None if place is None else place.instructions


def _flags(alarm: Alarm | None) -> Flags:
    return NORMAL if alarm is None else Flags(alarm.last.active, alarm.last.acked, alarm.last.latched)
