"""Which messages are due: grouping, quiet hours, repeats. Pure: a ledger, a site's channels and the time go in."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import tzinfo
from hashlib import blake2b

from msgspec import Struct

from adapters.notify.folding import over
from adapters.notify.hours import quiet_until
from adapters.notify.ledger import Due, Followed, Ledger
from hub.model import Priority, Timestamp
from hub.model.notify import (
    MOST_COVERED,
    MOST_SPELT_OUT,
    URGENT_GATHER,
    Channel,
    Covered,
    Delivery,
    Notifying,
    Told,
)

OnDuty = Callable[[Sequence[str], Timestamp], tuple[str, ...]]
"""Contacts and rosters, and a time → the contacts who are meant then."""
MOST_AT_ONCE, EACH = 2000, 2
"""How much is decided before others have their turn: alarms told, and two for each message; a flood takes several."""
_Waiting = tuple[Timestamp, Followed, Due]


class Decided(Struct):
    """What is to be sent now, and when to look again if nothing happens until then."""

    messages: list[Delivery]
    next: Timestamp | None = None

    def look_at(self, at: Timestamp | None) -> None:
        """Look again at `at`, or earlier."""
        if at is not None:
            self.next = at if self.next is None else min(self.next, at)


def decide(ledger: Ledger, notifying: Notifying, on_duty: OnDuty, now: Timestamp, zone: tzinfo) -> Decided:
    """Return every message that is due at `now`; the ledger is changed when their records are folded, not here."""
    decided = Decided([])
    spent = 0
    for channel_id, key, waiting in _most_urgent_first(_groups(ledger, notifying)):
        channel = notifying.channels.get(channel_id) or Channel(channel_id, "gone", None)
        loud = [w for w in waiting if _in_time(w, channel, now, zone, decided)]
        go = _goes_at(channel, loud, ledger.groups.get(key)) if loud else None
        if go is None or go > now:
            decided.look_at(go)
            continue
        if spent >= MOST_AT_ONCE:
            decided.look_at(now)
            break
        ready = [w for w in loud if w[0] <= now]
        decided.look_at(loud[len(ready)][0] if len(ready) < len(loud) else None)
        for some in _portions(ready):
            decided.messages += _messages(ledger, channel, key, some, on_duty, now)
        spent += EACH + len(ready)
    decided.messages.sort(key=lambda d: (d.priority, d.told[0].at, d.told[0].n))
    return decided


def prune(ledger: Ledger, notifying: Notifying, now: Timestamp) -> None:
    """Forget alarms that are over and groups whose last message is long past."""
    patience = max((max(c.again, c.gather) for c in notifying.channels.values()), default=0)
    ledger.groups = {key: at for key, at in ledger.groups.items() if at + patience >= now}
    ledger.alarms = {
        alarm: f
        for alarm, f in ledger.alarms.items()
        if f.due or not over(f.last) or max(f.told_at.values(), default=f.last.at) + patience >= now
    }


def _groups(ledger: Ledger, notifying: Notifying) -> dict[tuple[str, str], list[_Waiting]]:
    """Return what waits to be told, gathered as it will be in messages, earliest first."""
    found: dict[tuple[str, str], list[_Waiting]] = {}
    for followed in ledger.alarms.values():
        for due in followed.due:
            channel = notifying.channels.get(due.channel)
            key = (due.channel, _key(channel, followed, due))
            found.setdefault(key, []).append((_ready(channel, followed, due), followed, due))
    for waiting in found.values():
        waiting.sort(key=lambda w: w[0])
    return found


def _most_urgent_first(
    groups: dict[tuple[str, str], list[_Waiting]],
) -> Iterator[tuple[str, str, list[_Waiting]]]:
    order = {group: min(f.last.priority for _, f, _ in waiting) for group, waiting in groups.items()}
    for group in sorted(groups, key=lambda group: order[group]):
        yield *group, groups[group]


def _key(channel: Channel | None, followed: Followed, due: Due) -> str:
    t = followed.last
    if channel is None or not channel.gather:
        return f"{due.channel}|{t.alarm}|{due.what}"
    shared = {"rule": t.rule, "zone": t.zone, "device": t.device}.get(channel.by, "")
    people = ",".join(due.who if due.event == "raised" else _heard_by(channel, followed, due))
    return f"{channel.id}|{due.event}|{people}|{shared}"


def _ready(channel: Channel | None, followed: Followed, due: Due) -> Timestamp:
    """Return when something may be told for itself; a next occurrence soon after the last waits, but for fire."""
    if channel is None or due.event != "raised" or followed.last.category == "fire":
        return due.at
    told = followed.told_at.get(channel.id)
    first = due.what.endswith(".0") and channel.id not in followed.heard
    return max(due.at, told + channel.again) if told is not None and first else due.at


def _in_time(waiting: _Waiting, channel: Channel, now: Timestamp, zone: tzinfo, decided: Decided) -> bool:
    """Tell whether quiet hours do not hold something back that is ready."""
    ready, followed, _ = waiting
    ends = quiet_until(channel.quiet, followed.last.priority, max(ready, now), zone)
    if ends > max(ready, now):
        decided.look_at(ends)
        return False
    return True


def _goes_at(channel: Channel, waiting: Sequence[_Waiting], last: Timestamp | None) -> Timestamp:
    """Return when a group's message goes out. The first of something urgent goes at once; others gather."""
    first = waiting[0][0]
    urgent = [ready for ready, followed, _ in waiting if followed.last.priority is Priority.CRITICAL]
    gathered = first + channel.gather if last is None else max(first + channel.gather, last + channel.gather)
    if not urgent:
        return gathered
    at_once = urgent[0] if last is None else max(urgent[0], last + min(channel.gather, URGENT_GATHER))
    return min(at_once, gathered)


def _portions(ready: list[_Waiting]) -> Iterator[list[_Waiting]]:
    ready.sort(key=lambda w: (w[1].last.priority, w[1].since, w[1].last.alarm))
    for first in range(0, len(ready), MOST_COVERED):
        yield ready[first : first + MOST_COVERED]


def _messages(
    ledger: Ledger, channel: Channel, key: str, ready: Sequence[_Waiting], on_duty: OnDuty, now: Timestamp
) -> Iterator[Delivery]:
    _, leading, due = ready[0]
    people = on_duty(due.who, now) if due.event == "raised" else _heard_by(channel, leading, due)
    people = tuple(dict.fromkeys((*people, *channel.to)))
    covers = tuple(Covered(f.last.alarm, (d.seen or f.last).occurrence, d.what) for _, f, d in ready)
    spelt = tuple(_told(ledger, channel, f, d) for _, f, d in ready[:MOST_SPELT_OUT])
    for to in ((person,) for person in people) if channel.each and people else (people,):
        yield Delivery(
            key=name(channel.id, covers, to if channel.each else ()), channel=channel.id, outcome="queued", at=now,
            event=due.event, to=to, group=key if channel.gather else "", priority=leading.last.priority,
            covers=covers, told=spelt,
        )  # fmt: skip


def _heard_by(channel: Channel, followed: Followed, due: Due) -> tuple[str, ...]:
    return due.people or followed.people.get(channel.id, ())


def name(channel: str, covers: Iterable[Covered], to: Sequence[str]) -> str:
    """Return the name of a message: the same for the same things told to the same people, for ever."""
    said = "\n".join([*to, *(f"{c.alarm} {c.occurrence} {c.what}" for c in covers)])
    return f"{channel}-{blake2b(said.encode(), digest_size=12).hexdigest()}"


def _told(ledger: Ledger, channel: Channel, followed: Followed, due: Due) -> Told:
    t = due.seen or followed.last
    earlier = due.earlier or followed.heard.get(channel.id, [])
    return Told(
        alarm=t.alarm, occurrence=t.occurrence, n=t.n, state=t.state, priority=t.priority, category=t.category,
        rule=t.rule, device=t.device, point=t.point, zone=t.zone, text=t.text, at=t.at, since=followed.since,
        cause=t.cause, raises=followed.raises, folded=sum(parent == t.alarm for parent in ledger.folded.values()),
        who=t.who, note=t.note, earlier=tuple((n, at) for n, at in earlier),
    )  # fmt: skip
