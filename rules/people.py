"""What people do to alarms: checked, carried out, and answered once however often a request comes."""

from collections.abc import Iterable, Mapping

from hub.model import AlarmId, Hold, HoldKind, OperatorAction, Outcome, ServiceChange, Timestamp, Transition
from hub.model.alarm import Alarm
from rules.absences import LONGEST, Absences, scope_of
from rules.book import Book
from rules.instance import Instance
from rules.machine import Input, Refusal
from rules.upkeep import Said, Upkeep

_PLAIN = {"ack": Input.ACK, "reset": Input.RESET, "comment": Input.COMMENT}
_UNNAMED = frozenset({"comment", "unshelve"})
"""Actions that need not name the occurrence."""
_REMEMBERED = 500
"""How many answers to requests are remembered, so that a request sent twice acts once."""


class People:
    """The counter at which actions are handed in."""

    def __init__(self, book: Book, instances: Mapping[AlarmId, Instance], absences: Absences, upkeep: Upkeep) -> None:
        self._book = book
        self._instances = instances
        self._absences = absences
        self._upkeep = upkeep
        self._answers: dict[tuple[str, str], Outcome] = {}

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
        match action.kind:
            case "out_of_service" | "in_service":
                return self._serve(action, now)
            case _ if alarm is None:
                return Outcome(refused="unknown")
            case "ack" | "reset" | "comment" | "shelve" | "unshelve":
                return self._on_alarm(action, alarm, now)
        return Outcome(refused="not_allowed", alarm=alarm)

    def _on_alarm(self, action: OperatorAction, alarm: Alarm, now: Timestamp) -> Outcome:
        unnamed = action.kind in _UNNAMED and action.occurrence == 0
        if action.occurrence != alarm.last.occurrence and not unnamed:
            return Outcome(refused="conflict", alarm=alarm)
        done = self._change(action, now)
        if isinstance(done, Refusal):
            return Outcome(refused=done.reason, alarm=alarm)
        said: Said = []
        self._upkeep.tell(done, said)
        return self._outcome(action.alarm, said)

    def _change(self, action: OperatorAction, now: Timestamp) -> Transition | Refusal:
        if action.kind == "shelve":
            return self._shelve(action, now)
        if action.kind == "unshelve":
            return self._book.free(action.alarm, Input.UNSHELVE, now, action=action)
        return self._book.change(action.alarm, _PLAIN[action.kind], now, action=action)

    def _shelve(self, action: OperatorAction, now: Timestamp) -> Transition | Refusal:
        instance = self._instances.get(action.alarm)
        longest = 0 if instance is None else instance.rule.max_shelve
        if longest == 0:
            return Refusal("forbidden")
        until = now + longest if action.until is None else action.until
        if (wrong := _wrong(action, until, now, longest)) is not None:
            return wrong
        hold = Hold(HoldKind.SHELVED, now, until=until, once=action.once, who=action.who, why=action.note)
        return self._book.hold(action.alarm, Input.SHELVE, hold, now, request=action.request)

    # -- service ----------------------------------------------------------------------------------------------------

    def _serve(self, action: OperatorAction, now: Timestamp) -> Outcome:
        instance, alarm = self._instances.get(action.alarm), self._book.get(action.alarm)
        if action.alarm and instance is None:
            return Outcome(refused="unknown", alarm=alarm)
        scope = self._scope(action, instance)
        if scope is None or not self._absences.exists(scope):
            return Outcome(refused="unknown" if scope else "not_held", alarm=alarm)
        wrong = self._wrong_service(action, scope, now)
        if wrong is not None:
            return Outcome(refused=wrong.reason, alarm=alarm)
        out = action.kind == "out_of_service"
        until = action.until if out else None
        change = ServiceChange(scope, out, now, action.who, action.note, until, action.request)
        said: Said = []
        self._upkeep.take_out(change, said) if out else self._upkeep.put_back(change, said)
        return self._outcome(action.alarm, said)

    def _scope(self, action: OperatorAction, instance: Instance | None) -> str | None:
        """Return the scope in full; without one, the narrowest that is out of service at the alarm's place."""
        if action.scope is not None and ":" in action.scope:
            return action.scope
        if instance is None:
            return None
        if action.scope is not None:
            return scope_of(action.scope, instance.anchor)
        return next((change.scope for change in self._absences.over(instance.anchor)), None)

    def _wrong_service(self, action: OperatorAction, scope: str, now: Timestamp) -> Refusal | None:
        if action.kind == "in_service":
            return None if self._absences.get(scope) is not None else Refusal("not_held")
        if action.until is None:
            return Refusal("until_missing")
        return _wrong(action, action.until, now, LONGEST)

    def _outcome(self, alarm: AlarmId, said: Said) -> Outcome:
        told = tuple(record for record in said if isinstance(record, Transition | ServiceChange))
        done = next((t for t in told if isinstance(t, Transition) and t.alarm == alarm), None)
        change = next((c for c in told if isinstance(c, ServiceChange)), None)
        return Outcome(done, alarm=self._book.get(alarm), change=change, records=told)

    # -- answers ----------------------------------------------------------------------------------------------------

    def _remember(self, key: tuple[str, str], outcome: Outcome) -> None:
        kept = Outcome(outcome.done, outcome.refused, outcome.alarm, outcome.change)
        self._answers[key] = kept
        if len(self._answers) > _REMEMBERED:
            del self._answers[next(iter(self._answers))]

    def answers(self) -> list[Transition | ServiceChange]:
        """Return what recent requests led to, oldest first."""
        return [record for o in self._answers.values() if (record := o.change or o.done) is not None]

    def recall(self, answers: Iterable[Transition | ServiceChange]) -> None:
        """Take back what recent requests led to."""
        for record in answers:
            if record.request is None or record.who is None:
                continue
            if isinstance(record, Transition):
                outcome = Outcome(record, alarm=self._book.get(record.alarm))
            else:
                outcome = Outcome(change=record)
            self._remember((record.who, record.request), outcome)


def _wrong(action: OperatorAction, until: Timestamp, now: Timestamp, longest: int) -> Refusal | None:
    """Say what is wrong with a hold that a person asks for."""
    if not (action.note or "").strip():
        return Refusal("note_missing")
    if until <= now:
        return Refusal("until_invalid")
    return Refusal("until_too_late") if until > now + longest else None
