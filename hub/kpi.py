"""How heavy the alarms weigh on people: the figures of EEMUA 191 and ISA-18.2 / IEC 62682, from occurrences. Pure.

What annunciated is counted: an alarm that was raised while it was shelved, folded or out of service, or as a test, rang
at nobody's desk and is counted apart. Times are integer nanoseconds UTC, shares lie between 0 and 1.
"""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from math import ceil

from msgspec import Struct

from hub.model import DAY, HOUR, MINUTE, SECOND, AlarmId, Timestamp, Transition

INTERVAL = 10 * MINUTE
FLOOD_BEGINS, FLOOD_ENDS = 10, 5
"""Alarms of one operator within ten minutes: more than the first begins a flood, fewer than the second ends it."""
CHATTER, CHATTER_SPAN = 3, MINUTE
"""So many raises of one alarm within so long are chattering."""
FLEETING = 10 * SECOND
"""Active for less than a person needs to act."""
LONG = DAY
TOP = 10
PRIORITIES = ("critical", "high", "medium", "low")


class Occurrence(Struct, frozen=True):
    """One life of an alarm."""

    alarm: AlarmId
    priority: str
    raised: Timestamp
    returned: Timestamp | None = None
    acked: Timestamp | None = None
    """When somebody first acknowledged it."""
    held: bool = False
    """Whether it was raised under a hold or as a test, and rang nowhere."""


class Share(Struct, frozen=True):
    """How many, and which part of all."""

    alarms: int
    share: float


class Bad(Struct, frozen=True):
    """An alarm that needs somebody's attention, and the number that says so."""

    alarm: AlarmId
    number: float


class FloodSpan(Struct, frozen=True):
    """One flood."""

    start: Timestamp
    end: Timestamp
    alarms: int


class Ack(Struct, frozen=True):
    """How long alarms waited for a person, seconds."""

    acked: int
    never: int
    p50: float | None
    p90: float | None
    p95: float | None
    p99: float | None
    longest: float | None


class Kpis(Struct, frozen=True):
    """The load of a period."""

    start: Timestamp
    end: Timestamp
    operators: int
    coverage: float
    """Share of the period during which the hub ran."""
    alarms: int
    held: int
    per_operator_10_min: float
    per_operator_day: float
    peak_10_min: float
    """The most alarms of one operator within any ten minutes."""
    peak_at: Timestamp | None
    intervals_over_10: float
    """Share of ten-minute intervals with more than ten alarms of one operator."""
    in_flood: float
    """Share of the time in flood."""
    floods: list[FloodSpan]
    top: list[Bad]
    """The most frequent alarms and how often they came."""
    top_share: float
    chattering: list[Bad]
    """Alarms that came three times or more within a minute, and the most within a minute."""
    fleeting: int
    standing_long: list[Bad]
    """Alarms that stood for more than a day, and for how many hours."""
    priorities: dict[str, Share]
    ack: Ack


def kpis(
    occurrences: Iterable[Occurrence], start: Timestamp, end: Timestamp, *, operators: int = 1, coverage: float = 1.0
) -> Kpis:
    """Compute the figures of [start, end). Raises ValueError for a period that is empty."""
    if end <= start:
        raise ValueError("the period is empty")
    every = sorted(occurrences, key=lambda o: (o.raised, o.alarm))
    within = [o for o in every if start <= o.raised < end]
    rang = [o for o in within if not o.held]
    times = [o.raised for o in rang]
    peak, peak_at = _peak(times)
    spans = floods(times, end, operators)
    often = Counter(o.alarm for o in rang)
    top = sorted(often.items(), key=lambda item: (-item[1], item[0]))[:TOP]
    return Kpis(
        start=start,
        end=end,
        operators=operators,
        coverage=coverage,
        alarms=len(rang),
        held=len(within) - len(rang),
        per_operator_10_min=len(rang) * INTERVAL / (end - start) / operators,
        per_operator_day=len(rang) * DAY / (end - start) / operators,
        peak_10_min=peak / operators,
        peak_at=peak_at,
        intervals_over_10=_intervals_over(times, start, end, operators),
        in_flood=sum(min(f.end, end) - f.start for f in spans) / (end - start),
        floods=spans,
        top=[Bad(alarm, n) for alarm, n in top],
        top_share=sum(n for _, n in top) / len(rang) if rang else 0.0,
        chattering=_chattering(rang),
        fleeting=sum(1 for o in rang if o.returned is not None and o.returned - o.raised < FLEETING),
        standing_long=_standing_long(every, start, end),
        priorities=_mix(rang),
        ack=_ack(rang),
    )


def _peak(times: Sequence[Timestamp]) -> tuple[int, Timestamp | None]:
    most, at, first = 0, None, 0
    for n, time in enumerate(times):
        while times[first] <= time - INTERVAL:
            first += 1
        if n - first + 1 > most:
            most, at = n - first + 1, times[first]
    return most, at


def _intervals_over(times: Sequence[Timestamp], start: Timestamp, end: Timestamp, operators: int) -> float:
    counts = Counter((time - start) // INTERVAL for time in times)
    over = sum(1 for n in counts.values() if n > FLOOD_BEGINS * operators)
    return over / ceil((end - start) / INTERVAL)


def floods(times: Sequence[Timestamp], end: Timestamp, operators: int = 1) -> list[FloodSpan]:
    """Return the floods among alarms that rang at `times`, in order; one that is still on ends at `end`."""
    found: list[FloodSpan] = []
    window: deque[Timestamp] = deque()
    since, alarms = None, 0
    for time in [*times, None]:
        now = end if time is None else time
        while window and window[0] <= now - INTERVAL:
            gone = window.popleft() + INTERVAL
            if since is not None and len(window) < FLOOD_ENDS * operators:
                found.append(FloodSpan(since, gone, alarms))
                since = None
        if time is None:
            break
        window.append(time)
        alarms += 1
        if since is None and len(window) > FLOOD_BEGINS * operators:
            since, alarms = time, len(window)
    return found if since is None else [*found, FloodSpan(since, end, alarms)]


def _chattering(rang: Sequence[Occurrence]) -> list[Bad]:
    times: dict[AlarmId, list[Timestamp]] = {}
    for o in rang:
        times.setdefault(o.alarm, []).append(o.raised)
    found = []
    for alarm, raised in times.items():
        most = max(sum(1 for t in raised[n : n + 600] if t < first + CHATTER_SPAN) for n, first in enumerate(raised))
        if most >= CHATTER:
            found.append(Bad(alarm, most))
    return sorted(found, key=lambda bad: (-bad.number, bad.alarm))


def _standing_long(every: Sequence[Occurrence], start: Timestamp, end: Timestamp) -> list[Bad]:
    stood: dict[AlarmId, int] = {}
    for o in every:
        until = end if o.returned is None else min(o.returned, end)
        if until > start and o.raised < end and until - o.raised > LONG:
            stood[o.alarm] = max(stood.get(o.alarm, 0), until - o.raised)
    return [
        Bad(alarm, round(ns / HOUR, 1)) for alarm, ns in sorted(stood.items(), key=lambda item: (-item[1], item[0]))
    ]


def _mix(rang: Sequence[Occurrence]) -> dict[str, Share]:
    counts = Counter(o.priority for o in rang)
    return {word: Share(counts[word], counts[word] / len(rang) if rang else 0.0) for word in PRIORITIES}


def _ack(rang: Sequence[Occurrence]) -> Ack:
    waited = sorted((o.acked - o.raised) / SECOND for o in rang if o.acked is not None)

    def percentile(p: int) -> float | None:
        return waited[max(0, ceil(len(waited) * p / 100) - 1)] if waited else None

    longest = waited[-1] if waited else None
    return Ack(
        len(waited), len(rang) - len(waited), percentile(50), percentile(90), percentile(95), percentile(99), longest
    )


def occurrences(transitions: Iterable[Transition]) -> list[Occurrence]:
    """Fold journaled transitions, in order, into occurrences."""
    found: dict[tuple[AlarmId, int], Occurrence] = {}
    for t in transitions:
        key = (t.alarm, t.occurrence)
        known = found.get(key)
        if t.input == "raise":
            found[key] = Occurrence(t.alarm, t.priority.word, t.at, held=bool(t.holds) or t.mark is not None)
        elif known is None:
            continue
        elif t.input == "return" or (t.input == "remove" and known.returned is None):
            found[key] = Occurrence(known.alarm, known.priority, known.raised, t.at, known.acked, known.held)
        elif t.input == "ack" and known.acked is None:
            found[key] = Occurrence(known.alarm, known.priority, known.raised, known.returned, t.at, known.held)
    return list(found.values())
