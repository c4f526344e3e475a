"""The fold: journaled transitions and deliveries into a ledger, by the rules and escalations of a site."""

from collections.abc import Mapping
from zlib import crc32

from msgspec.structs import replace

from adapters.notify.ledger import Due, Followed, Health, Ledger, Parcel
from hub.model import SECOND, Timestamp, Transition
from hub.model.notify import Channel, Covered, Delivery, Step

FIRST_PAUSE, LONGEST_PAUSE = SECOND, 60 * SECOND
MOST_DEAD = 1000
"""Messages in the dead-letter list; older ones remain in the journal only, and are counted."""
MOST_HEARD = 20


class Folding:
    """Folds records into a ledger, by the rules and escalations of a site."""

    def __init__(
        self,
        ledger: Ledger,
        notify: Mapping[str, str],
        escalations: Mapping[str, tuple[Step, ...]],
        channels: Mapping[str, Channel],
    ) -> None:
        self._ledger = ledger
        self._steps = {rule: escalations[name] for rule, name in notify.items() if name in escalations}
        self._channels = channels

    def take(self, record: object) -> bool:
        """Take one journaled record; tell whether it meant anything."""
        if isinstance(record, Transition):
            return self._transition(record)
        if isinstance(record, Delivery):
            return self._delivery(record)
        return False

    # -- alarms -----------------------------------------------------------------------------------------------------

    def _transition(self, t: Transition) -> bool:
        folds = self._fold_under(t)
        known = self._ledger.alarms.get(t.alarm)
        if known is None:
            if t.rule not in self._steps or silent(t) or not asks(t):
                return folds
            self._ledger.alarms[t.alarm] = known = Followed(t, t.at, raises=1)
            self._begin(known, t)
            return True
        if t.n <= known.last.n:
            return False
        before, known.last = known.last, t
        fresh = t.occurrence != before.occurrence
        if fresh:
            self._anew(known, t)
        known.raises += fresh or (t.active and not before.active)
        self._follow(known, before, t, fresh)
        return True

    def _fold_under(self, t: Transition) -> bool:
        parent = t.folded_under
        if parent is None or not t.active:
            return self._ledger.folded.pop(t.alarm, None) is not None
        self._ledger.folded[t.alarm] = parent
        return True

    def _anew(self, known: Followed, t: Transition) -> None:
        known.since, known.begun, known.raises = t.at, 0, 0
        known.due = [due for due in known.due if due.event != "raised" or self._owed(due, t)]
        for due in known.due:
            due.people, due.earlier = known.people.get(due.channel, ()), known.heard.get(due.channel, [])
        known.heard, known.people = {}, {}

    def _follow(self, known: Followed, before: Transition, t: Transition, fresh: bool) -> None:
        if silent(t):
            known.due = [due for due in known.due if due.event != "raised"]
            known.begun = 0
            if t.mark is None and change(before, t) == "closed":
                self._tell_on(known, t, "closed")
            return
        known.due = [due for due in known.due if not stopped(due, t) or self._owed(due, t)]
        if asks(t) and (not known.begun or before.acked):
            self._begin(known, t)
        elif not fresh and (event := change(before, t)) is not None:
            self._tell_on(known, t, event)

    def _begin(self, known: Followed, t: Transition) -> None:
        known.begun = t.n
        for n, step in enumerate(self._steps.get(t.rule, ())):
            unless = tuple(sorted(step.unless))
            due = Due(t.at + step.after, f"{t.n}.{n}.0", "raised", "", step.who, unless, step.repeat, step.times - 1)
            known.due += [replace(due, channel=name, seen=self._seen(name, t, step)) for name in step.to]

    def _seen(self, channel: str, t: Transition, step: Step) -> Transition | None:
        """Return what a channel that tells every change is told at once."""
        return t if step.after == 0 and self._complete(channel) else None

    def _complete(self, channel: str) -> bool:
        known = self._channels.get(channel)
        return known is not None and "closed" in known.tells

    def _owed(self, due: Due, t: Transition) -> bool:
        """Tell whether a channel that tells how alarms end must first hear that this one began."""
        return due.at <= t.at and self._complete(due.channel)

    def _tell_on(self, known: Followed, t: Transition, event: str) -> None:
        """Let those who were told that it was raised hear what became of it, where their channel tells that."""
        owed = {due.channel: None for due in known.due if due.event == "raised" and self._owed(due, t)}
        for name in known.heard | owed:
            channel = self._channels.get(name)
            if channel is not None and event in channel.tells:
                known.due.append(Due(t.at, f"{event}.{t.n}", event, name, seen=t))

    # -- messages ---------------------------------------------------------------------------------------------------

    def _delivery(self, d: Delivery) -> bool:
        match d.outcome:
            case "queued":
                self._queued(d)
            case "sent":
                self._sent(d)
            case "failed":
                self._failed(d)
            case "gave_up":
                self._gave_up(d)
            case "requeued":
                self._requeued(d)
        return True

    def _queued(self, d: Delivery) -> None:
        known = self._ledger.outbox.setdefault(d.key, Parcel(d, since=d.at))
        if known.delivery is not d:
            return
        if d.group:
            self._ledger.groups[d.group] = d.at
        for covered in d.covers:
            followed = self._ledger.alarms.get(covered.alarm)
            if followed is not None:
                self._covered(followed, covered, d)

    def _covered(self, followed: Followed, covered: Covered, d: Delivery) -> None:
        ended = [due for due in followed.due if due.what == covered.what and due.channel == d.channel]
        followed.due = [due for due in followed.due if due not in ended]
        if d.event == "raised":
            followed.told_at[d.channel] = d.at
        if covered.occurrence != followed.last.occurrence:
            return
        seen = next((due.seen for due in ended if due.seen is not None), followed.last)
        heard = followed.heard.setdefault(d.channel, [])
        if (seen.n, seen.at) not in heard:
            heard[:] = [*heard, (seen.n, seen.at)][-MOST_HEARD:]
        followed.people[d.channel] = tuple(dict.fromkeys((*followed.people.get(d.channel, ()), *d.to)))
        followed.due += [again for due in ended if (again := _again(due, d.at)) and not stopped(again, followed.last)]

    def _sent(self, d: Delivery) -> None:
        waited = self._ledger.outbox.pop(d.key, None) or self._ledger.dead.pop(d.key, None)
        if waited is not None:
            health = self._health(d.channel)
            health.sent += 1
            health.in_a_row, health.failing_since, health.detail, health.not_before = 0, None, "", 0
            health.last_sent = d.at

    def _failed(self, d: Delivery) -> None:
        parcel = self._ledger.outbox.get(d.key)
        if parcel is None:
            return
        parcel.attempts, parcel.error = d.attempt, d.detail
        parcel.next = d.at + pause(d.key, d.attempt)
        health = self._health(d.channel)
        health.failed += 1
        health.in_a_row += 1
        health.not_before = d.at + pause(d.channel, health.in_a_row)
        health.detail = d.detail
        if health.failing_since is None:
            health.failing_since = d.at

    def _gave_up(self, d: Delivery) -> None:
        parcel = self._ledger.outbox.pop(d.key, None)
        if parcel is None:
            return
        parcel.error = d.detail
        self._health(d.channel).gave_up += 1
        self._ledger.dead[d.key] = parcel
        while len(self._ledger.dead) > MOST_DEAD:
            del self._ledger.dead[next(iter(self._ledger.dead))]
            self._ledger.forgotten += 1

    def _requeued(self, d: Delivery) -> None:
        parcel = self._ledger.dead.pop(d.key, None)
        if parcel is not None:
            parcel.attempts, parcel.next, parcel.since = 0, 0, d.at
            self._ledger.outbox[d.key] = parcel

    def _health(self, channel: str) -> Health:
        return self._ledger.health.setdefault(channel, Health())


def silent(t: Transition) -> bool:
    """Tell whether nobody outside may hear of an alarm now: it is held, folded under another, or only rehearsed."""
    return bool(t.holds) or t.mark is not None


def asks(t: Transition) -> bool:
    """Tell whether an alarm asks for somebody."""
    return t.active and not t.acked


def over(t: Transition) -> bool:
    """Tell whether an alarm is normal and acknowledged, or gone with its rule."""
    return t.input == "remove" or not (t.active or t.latched or not t.acked)


def stopped(due: Due, t: Transition) -> bool:
    """Tell whether something that was to be told need not be told any more."""
    if due.event != "raised":
        return False
    acknowledged = t.acked and "acknowledged" in due.unless
    return over(t) or acknowledged or (not t.active and "returned" in due.unless)


def change(before: Transition, t: Transition) -> str | None:
    """Return which event a change of an alarm is, None for one that is nobody's news (a comment)."""
    if over(t):
        return None if over(before) else "closed"
    if t.acked and not before.acked:
        return "acknowledged"
    if before.active and not t.active:
        return "returned"
    return "raised_again" if t.active and not before.active else None


def pause(key: str, attempt: int) -> int:
    """Return how long to wait after a failed attempt: 1 s, doubling up to 60 s, a quarter more or less by the key."""
    length = min(FIRST_PAUSE << min(attempt - 1, 10), LONGEST_PAUSE)
    return length * (768 + crc32(f"{key} {attempt}".encode()) % 512) // 1024


def _again(due: Due, at: Timestamp) -> Due | None:
    if due.repeat is None or due.left <= 0:
        return None
    base, _, count = due.what.rpartition(".")
    what = f"{base}.{int(count) + 1}"
    return replace(due, at=at + due.repeat, what=what, left=due.left - 1, seen=None)
